"""The corpus: what people and robots do with the links of a mail, as requests, and the verdict that each must get.

`people_*` and `robots_*` are the traces, `agents` who asks, `model` the words they are written in, `replay` sends them to
the real addresses, `choosing` picks the thresholds of responses.verdicts on one half and counts errors on the other.
What comes of it stands in docs/clicks.md, "How sure the rules are".
"""

from itertools import chain
from typing import Final

from tests.responses.traces import (
    people_alone,
    people_beside_machines,
    people_of_two_minds,
    robots_fetching,
    robots_with_script,
)
from tests.responses.traces.model import Trace, halves

_ROOMS: Final = (people_alone, people_of_two_minds, people_beside_machines, robots_fetching, robots_with_script)
TRACES: Final[tuple[Trace, ...]] = tuple(chain.from_iterable(room.TRACES for room in _ROOMS))
HALVES: Final = halves(TRACES)

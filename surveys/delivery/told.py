"""What a provider tells about one message, in the words of all providers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from surveys.customers.models import SuppressionReason
from surveys.delivery.models import Happening

LONGEST_KEY: Final = 100
LONGEST_WORDS: Final = 500


@dataclass(frozen=True)
class Told:
    """One event. `organization` is that of the road, None on the operator's: nothing of another one is touched by it.

    `key` is unique on the road: the provider's id of the event, or a digest of all it said. The message is meant by
    `token` (of Purpose.MESSAGE, from the metadata that we sent along), else by one of `names`: Message-IDs of ours, or
    what the provider calls it. `address` is whom it is about, "" when the provider does not say. `suppresses` is why the
    address must not be mailed any more, None when nothing speaks against it.
    """

    route: str
    organization: int | None
    key: str
    kind: Happening
    at: datetime | None  # as the provider says
    address: str = ""
    token: str = ""
    names: tuple[str, ...] = ()
    said: str = ""
    suppresses: SuppressionReason | None = None


@dataclass(frozen=True)
class Unread:
    """A part of a report that could not be understood; `problem` says why, to people."""

    raw: str
    problem: str

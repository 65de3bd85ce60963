"""The requests about invitations that are kept, as rules read them: never more than so many of one. See docs/clicks.md."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from surveys.responses.models import ClickEvent
from surveys.responses.verdicts import HUMAN_ACTS, Click

# Of one invitation, in its life. Clicks and what pages tell are kept until there are so many requests; acts always.
MOST: Final = 1_000
MOST_ACTS: Final = 100

# All but some acts in the middle, which no rule asks for: the latest decides. Both ways the index is read from an end, and
# not further than the limits reach.
_JUDGED: Final = """
    SELECT e.* FROM surveys_invitation i CROSS JOIN LATERAL (
        (SELECT c.* FROM surveys_clickevent c WHERE c.organization_id = i.organization_id AND c.invitation_id = i.id
         ORDER BY c.at, c.id LIMIT %(most)s)
        UNION
        (SELECT c.* FROM surveys_clickevent c WHERE c.organization_id = i.organization_id AND c.invitation_id = i.id
         AND c.kind = ANY(%(acts)s) ORDER BY c.at DESC, c.id DESC LIMIT %(most_acts)s)
    ) e
    WHERE i.id = ANY(%(invitations)s) ORDER BY e.at, e.id
"""


def judged_of(invitations: Iterable[int]) -> dict[int, list[Click]]:
    """What rules judge each of them by, in order; nothing for those of which nothing is kept. One statement."""
    limits = {
        "most": MOST,
        "most_acts": MOST_ACTS,
        "acts": sorted(map(str, HUMAN_ACTS)),
        "invitations": list(invitations),
    }
    found: dict[int, list[Click]] = defaultdict(list)
    for event in ClickEvent.objects.raw(_JUDGED, limits):
        found[event.invitation_id].append(click_of(event))
    return found


def click_of(event: ClickEvent) -> Click:
    return Click(event.at, event.kind, event.score, event.network, event.user_agent, event.signals)

"""What routing would have done with the comments that are there: before it is stored, and to see what nobody wants."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from surveys.accounts.models import Organization
from surveys.inbox import routing
from surveys.inbox.models import Team
from surveys.responses.models import Response

MOST: Final = 500  # the latest comments
EXAMPLES: Final = 3


@dataclass
class Share:
    """What goes to one team; to nobody where `team` is None. `examples` are the latest."""

    team: Team | None
    count: int = 0
    examples: list[Response] = field(default_factory=list)

    def add(self, response: Response) -> None:
        self.count += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(response)


@dataclass(frozen=True)
class Trial:
    """`total` comments were looked at; a share for each team, in their order, and what nobody wants."""

    total: int
    shares: list[Share]
    nobodys: Share

    @property
    def routed(self) -> int:
        return self.total - self.nobodys.count

    def share_of(self, team: Team) -> Share | None:
        return next((share for share in self.shares if share.team is team), None)


def trial(organization: Organization, teams: Sequence[Team]) -> Trial:
    """One statement. `teams` in their order; they need not be stored as they are."""
    told = Response.objects.counted().filter(organization=organization).exclude(comment="")
    comments = list(told.select_related("customer").order_by("-responded_at", "-pk")[:MOST])
    shares = {id(team): Share(team) for team in teams}
    nobodys = Share(None)
    for response in comments:
        team = routing.first(teams, response)
        (nobodys if team is None else shares[id(team)]).add(response)
    return Trial(len(comments), list(shares.values()), nobodys)


def instead(teams: Sequence[Team], changed: Team) -> list[Team]:
    """The teams with one as it would be; one that is new is the last."""
    if changed.pk is None:
        return [*teams, changed]
    return [changed if team.pk == changed.pk else team for team in teams]

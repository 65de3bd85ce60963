"""How the sample company answers: hours, promises, teams, saved replies, review sites. Each is there once, however often."""

from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from surveys.accounts.models import Membership, User
from surveys.automation.models import ReferralSettings, ReviewSite
from surveys.inbox.actions import cards, saving, settings, teams
from surveys.inbox.actions.teams import TeamDraft
from surveys.inbox.models import CardKey, SavedReply, Team, TeamMember
from surveys.samples import colleagues
from surveys.samples.loop import words

_HELP_DESK: Final = "https://help.northwind-tools.example"
_WEEK: Final = {str(day): [["09:00", "18:00"]] for day in range(1, 5)} | {"5": [["09:00", "16:00"]]}
_ESCALATE_AFTER: Final = 480
REFERRALS_LEAD_TO: Final = "https://www.northwind-tools.example/friends"


class _Team(NamedTuple):
    name: str
    words: tuple[str, ...]
    members: tuple[str, ...]  # colleagues by name; None of them takes turns: nobody signs in as one


_TEAMS: Final = (
    _Team(
        "Billing",
        (
            "invoice*",
            "billing",
            "charged",
            "VAT",
            "price",
            "expensive",
            "Rechnung*",
            "abgebucht",
            "Preis*",
            "factur*",
            "請求",
        ),
        ("Ines Keller", "Maeve Walsh"),
    ),
    _Team(
        "Technical support",
        (
            "slow",
            "crash*",
            "app",
            "API",
            "export",
            "import",
            "time out",
            "langsam",
            "stürzt",
            "Ausfall",
            "lent*",
            "遅い",
        ),
        ("Tomás Pereira", "Maeve Walsh"),
    ),
    _Team("Key accounts", (), ("Ines Keller", "Tomás Pereira")),
)
_SITES: Final = (
    ("Business Software Guide", "https://reviews.example.com/northwind-tools"),
    ("Werkzeugkasten-Vergleich", "https://vergleich.example.net/northwind"),
)


def set_up(by: Membership, at: datetime) -> list[Team]:
    """The teams, in the order in which they are asked. In the caller's transaction."""
    _promise(by, at)
    found = _make_teams(by, at)
    there = set(SavedReply.objects.filter(organization=by.organization).values_list("name", flat=True))
    for name, text in words.SAVED:
        if name not in there:
            saving.save(saved=None, name=name, text=text, by=by, at=at)
    if not CardKey.objects.filter(organization=by.organization).exists():
        cards.make_key(name="Help desk", origins=[_HELP_DESK], by=by, at=at)
    _make_sites(by, at)
    return found


def _promise(by: Membership, at: datetime) -> None:
    settings.change(
        changes={
            "hours": _WEEK,
            "holidays": [f"{date(year, month, day)} {name}" for year in _years(at) for month, day, name in _HOLIDAYS],
            "first_reply": {"0": 960, "1": 480, "2": 240, "3": 60},
            "next_reply": {"0": 960, "1": 480, "2": 240, "3": 60},
            "escalate_after": _ESCALATE_AFTER,
            "escalate_to_id": by.user_id,
        },
        by=by,
        at=at,
    )


_HOLIDAYS: Final = ((1, 1, "New Year"), (5, 1, "Labour Day"), (10, 3, "German Unity Day"), (12, 25, "Christmas"))


def _years(at: datetime) -> list[int]:
    return sorted({(at - timedelta(days=200)).year, at.year, at.year + 1})


def _make_teams(by: Membership, at: datetime) -> list[Team]:
    there = {team.name: team for team in Team.objects.filter(organization=by.organization)}
    users = User.objects.filter(pk__in=colleagues.members(by.organization))
    known = {user.name: user for user in users}
    for each in _TEAMS:
        if each.name not in there:
            draft = TeamDraft(each.name, words=each.words, members=[by.user_id])
            there[each.name] = team = teams.create(draft=draft, by=by, at=at)
            members = [known[name] for name in each.members if name in known]
            TeamMember.objects.bulk_create(
                TeamMember(organization=by.organization, team=team, user=user) for user in members
            )
    return [there[each.name] for each in _TEAMS]


def _make_sites(by: Membership, at: datetime) -> None:
    ReferralSettings.objects.get_or_create(
        organization=by.organization, defaults={"is_on": True, "target": REFERRALS_LEAD_TO, "updated_at": at}
    )
    there = set(ReviewSite.objects.filter(organization=by.organization).values_list("name", flat=True))
    ReviewSite.objects.bulk_create(
        ReviewSite(organization=by.organization, name=name, url=url, position=place, created_at=at - timedelta(days=90))
        for place, (name, url) in enumerate(_SITES)
        if name not in there
    )

"""What somebody asked for by a query, outside of a page: files, reports, mails and links read it the same way."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import QueryDict

from surveys.accounts.models import Organization
from surveys.analytics.choices import choices
from surveys.analytics.look import Look
from surveys.analytics.tables import Asked
from surveys.core.periods import local_day


class MeansNothing(ValueError):
    """A kept query asks for what is not there (any more): without that part it would be of more than was meant.

    `problems` are for people.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


def asked(organization: Organization, query: QueryDict, *, at: datetime, sees_hidden: bool) -> Asked:
    """`sees_hidden`: filters on properties that only some may see are understood."""
    found = choices(organization, sees_hidden=sees_hidden)
    look = Look.from_query(query, local_day(at, ZoneInfo(organization.time_zone)))
    return Asked(organization, found.understood(look, sees_hidden=sees_hidden, at=at), found, query, at)


def kept(organization: Organization, query: str, *, at: datetime, sees_hidden: bool) -> Asked:
    """As `asked`, where nobody would see that something was left out: mails and links. Raises MeansNothing."""
    found = asked(organization, QueryDict(query), at=at, sees_hidden=sees_hidden)
    if found.look.left_out:
        raise MeansNothing(found.look.left_out)
    return found

"""What filters of the inbox name by numbers, and whether it is there. What is not is left out, and said so."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

from django.utils.translation import gettext as _

from surveys.accounts.models import Membership, Organization, User
from surveys.campaigns.models import Campaign
from surveys.comments.models import Theme
from surveys.customers.models import Segment
from surveys.inbox.filters import InboxFilters
from surveys.inbox.models import Conversation, Team


def assigned_person(organization: Organization, pk: int) -> User | None:
    """A colleague, or who was one: what they have closed is theirs."""
    if _is_member(organization, pk) or Conversation.objects.filter(organization=organization, assignee=pk).exists():
        return User.objects.filter(pk=pk).first()
    return None


def team(organization: Organization, pk: int) -> Team | None:
    """One that was deleted too: what it closed is its own."""
    return Team.ever.filter(organization=organization, pk=pk).first()


def _is_there(model: Any) -> Callable[[Organization, int], bool]:
    return lambda organization, pk: model.objects.filter(organization=organization, pk=pk).exists()


def _is_member(organization: Organization, pk: int) -> bool:
    return Membership.objects.filter(organization=organization, user=pk).exists()


_LOOKS: Final[dict[str, Callable[[Organization, int], object]]] = {
    "assignee": assigned_person,
    "team": team,
    "campaign": _is_there(Campaign),
    "theme": _is_there(Theme),
    "segment": _is_there(Segment),
    "owner": _is_member,
}


def standing(organization: Organization, filters: InboxFilters) -> InboxFilters:
    """Without what names nothing; a statement for each number that is named."""
    gone = list(_gone(organization, filters))
    if not gone:
        return filters
    words = _("“%(name)s=%(value)s” was left out: there is nothing of this number (any more).")
    problems = [words % {"name": name, "value": value} for name, value in gone]
    return replace(filters.without(*gone), problems=(*filters.problems, *problems))


def _gone(organization: Organization, filters: InboxFilters) -> Iterator[tuple[str, str]]:
    for name, value in filters.narrowing():
        look = _LOOKS.get(name)
        if look is not None and value.isdecimal() and not look(organization, int(value)):
            yield name, value

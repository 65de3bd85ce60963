"""Names of what notifications are about that lies in other domains: rules, conversations. Registered in subscriptions.py."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from surveys.accounts.models import Organization, User
from surveys.alerts.models import Notification
from surveys.customers.models import Customer
from surveys.integrations.queries import hooks_by_id

Find = Callable[[Organization, list[int]], Mapping[int, Any]]


@dataclass(frozen=True)
class Written:
    """What a message says; `stranger` is the address of somebody who wrote in the place of the customer."""

    text: str
    stranger: str = ""


_finders: dict[str, Find] = {}


def contribute(fact: str, find: Find) -> None:
    """`find` says what the ids that stand as `fact` in notifications are called; those that are gone it leaves out."""
    _finders[fact] = find


def _colleagues(organization: Organization, ids: Collection[int]) -> Mapping[int, Any]:
    return User.objects.filter(memberships__organization=organization).in_bulk(ids)


def _customers(organization: Organization, ids: Collection[int]) -> Mapping[int, Any]:
    return Customer.objects.filter(organization=organization).in_bulk(ids)


_OWN: Final[dict[str, Find]] = {"by": _colleagues, "customer": _customers, "newcomer": _customers, "hook": hooks_by_id}


class Names:
    """Looked up for many notifications with one statement for each kind."""

    def __init__(self, organization: Organization, notifications: Iterable[Notification]) -> None:
        wanted: dict[str, set[int]] = defaultdict(set)
        finders = _OWN | _finders
        for each in notifications:
            for fact, value in each.facts.items():
                if fact in finders and isinstance(value, int):
                    wanted[fact].add(value)
        self._known = {fact: finders[fact](organization, sorted(ids)) for fact, ids in wanted.items()}

    def of(self, notification: Notification, fact: str) -> Any:
        """None when nothing was said, or when it is gone."""
        return self._known.get(fact, {}).get(notification.facts.get(fact))

"""What customers choose themselves, on their preference page: how often they are asked, what they are called, and in
which language they are written to. What colleagues may do about it is at the end. docs/privacy.md says it in words."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction

from surveys.accounts import access, audit
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.core import bidi
from surveys.customers.actions import changes
from surveys.customers.models import ChangeSource, Customer, CustomerChange, SuppressionReason
from surveys.outbox import actions as outbox

YEARLY: Final = 365  # days
CHANGED: Final = "customer.preferences_changed"


MOST_AN_HOUR: Final = 30  # changes; each is a row of the history


class TooOften(RuntimeError):
    """So many changes within an hour are no person's."""


class NotThere(ValueError):
    """The customer was deleted, erased or merged meanwhile."""


@dataclass(frozen=True)
class Rest:
    """`days` between two asks, 0 for as often as the organization's rules allow; nothing at all before `until`."""

    days: int = 0
    until: datetime | None = None

    @classmethod
    def of(cls, customer: Customer) -> "Rest":
        return cls(customer.rest_days, customer.resting_until)


def choose(*, customer: Customer, rest: Rest, at: datetime) -> bool:
    """How often this person is asked from now on; says whether that is new. Choosing it again changes nothing.

    Publishes `customer.preferences_changed`. Raises NotThere, TooOften.
    """
    with transaction.atomic():
        locked = _locked(customer)
        if Rest.of(locked) == rest:
            return False
        _require_patience(locked, at)
        return _rest(locked, rest, ChangeSource.CUSTOMER, at)


def correct(*, customer: Customer, name: str, language: str, at: datetime) -> bool:
    """The person says what they are called and what they read; says whether that is new. Without a name it stays.

    Raises NotThere, TooOften.
    """
    with transaction.atomic():
        locked = _locked(customer)
        _require_patience(locked, at)
        before = changes.state(locked)
        locked.name, locked.language = bidi.plain(name).strip() or locked.name, language
        after = changes.state(locked)
        if before == after:
            return False
        Customer.objects.filter(pk=locked.pk).update(name=locked.name, language=language, updated_at=at)
        changes.note(customer=locked, before=before, after=after, source=ChangeSource.CUSTOMER, at=at)
    return True


def note_return(*, customer: Customer, at: datetime) -> None:
    """Within the transaction in which the person takes back that they unsubscribed. Saying "never" is never refused, coming
    back is, so nobody turns it on and off without end. Raises NotThere, TooOften."""
    locked = _locked(customer)
    _require_patience(locked, at)
    before = {"suppression": str(SuppressionReason.UNSUBSCRIBED)}
    changes.note(customer=locked, before=before, after={}, source=ChangeSource.CUSTOMER, at=at)


def lift(*, customer: Customer, by: Membership, at: datetime) -> bool:
    """A colleague says that the person wants to be asked again; False when there was no such wish any more.

    It is in the audit trail, and on the record. Raises NotThere.
    """
    access.require(by, Permission.EDIT_CUSTOMERS)
    with transaction.atomic():
        locked = _locked(customer)
        wished = Rest.of(locked)
        if not _rest(locked, Rest(), ChangeSource.EDIT, at, actor_id=by.user_id):
            return False
        audit.record(by, "customer.rest_lifted", locked, at=at, changed=_said(wished, Rest()))
    return True


def _require_patience(locked: Customer, at: datetime) -> None:
    lately = CustomerChange.objects.filter(organization=locked.organization_id, customer=locked).order_by("-pk")
    theirs = lately.filter(source=ChangeSource.CUSTOMER, at__gt=at - timedelta(hours=1))
    if theirs[:MOST_AN_HOUR].count() >= MOST_AN_HOUR:
        raise TooOften(locked.pk)


def _locked(customer: Customer) -> Customer:
    people = Customer.objects.select_for_update(no_key=True, of=("self",)).select_related("organization")
    found = people.filter(organization=customer.organization_id, pk=customer.pk).first()
    if found is None:
        raise NotThere(customer.pk)
    return found


def _rest(locked: Customer, rest: Rest, source: ChangeSource, at: datetime, actor_id: int | None = None) -> bool:
    before = Rest.of(locked)
    if before == rest:
        return False
    Customer.objects.filter(pk=locked.pk).update(rest_days=rest.days, resting_until=rest.until, updated_at=at)
    changes.note(customer=locked, before=_state(before), after=_state(rest), source=source, at=at, actor_id=actor_id)
    outbox.publish(CHANGED, locked, at=at)
    return True


def _said(before: Rest, after: Rest) -> dict[str, list[Any]]:
    """What differs."""
    old, new = _state(before), _state(after)
    return {name: [old[name], new[name]] for name in old if old[name] != new[name]}


def _state(rest: Rest) -> dict[str, Any]:
    """As the history keeps it; unset is null."""
    return {"rest_days": rest.days or None, "resting_until": rest.until.isoformat() if rest.until else None}

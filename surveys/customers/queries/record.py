"""Reads for the record of one customer: how they changed, and why they are not mailed."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from surveys.accounts import access
from surveys.accounts.models import Membership
from surveys.core import readable
from surveys.core.filters import PROPERTY_PREFIX
from surveys.core.timeline import Part
from surveys.customers import addresses
from surveys.customers.models import Customer, CustomerChange, Property, Suppression

MOST_CHANGES: Final = 500


@dataclass(frozen=True)
class Before:
    """What a property said until `until`, when somebody or something changed it."""

    value: str
    until: datetime
    source: str
    actor_id: int | None


@dataclass(frozen=True)
class Known:
    """A property of a customer as a person reads it, with what it said before, newest first."""

    key: str
    label: str
    value: str
    history: list[Before] = field(default_factory=list)


@dataclass(frozen=True)
class Visible:
    """The declared properties as a member may see them: `declared` are shown, `hidden` keys are not spoken of."""

    declared: dict[str, Property]
    hidden: frozenset[str]


def visible(by: Membership) -> Visible:
    declared = {known.key: known for known in Property.objects.filter(organization=by.organization)}
    if access.sees_hidden_properties(by):
        return Visible(declared, frozenset())
    hidden = frozenset(key for key, known in declared.items() if not known.visible_to_agents)
    return Visible({key: known for key, known in declared.items() if key not in hidden}, hidden)


def changes_of(customer: Customer) -> list[CustomerChange]:
    """The latest, newest first."""
    found = CustomerChange.objects.filter(organization=customer.organization_id, customer=customer)
    return list(found.order_by("-pk")[:MOST_CHANGES])


def known_of(customer: Customer, seen: Visible, changes: Iterable[CustomerChange]) -> list[Known]:
    """What is known now, or was once, in the declared order."""
    histories = _histories(changes, seen)
    return [
        Known(key, known.label, _said(known, customer.properties.get(key)), histories.get(key, []))
        for key, known in seen.declared.items()
        if key in customer.properties or key in histories
    ]


def _histories(changes: Iterable[CustomerChange], seen: Visible) -> dict[str, list[Before]]:
    found: dict[str, list[Before]] = defaultdict(list)
    for change in changes:
        for name, (before, _after) in change.changes.items():
            known = seen.declared.get(name.removeprefix(PROPERTY_PREFIX))
            if known and name.startswith(PROPERTY_PREFIX):
                source = str(change.get_source_display())
                found[known.key].append(Before(_said(known, before), change.at, source, change.actor_id))
    return found


def _said(known: Property, value: Any) -> str:
    return "" if value is None else readable.property_value(known.type, value)


@dataclass(frozen=True)
class Wish:
    """What stands of what a customer chose. `until` is only there while it is to come."""

    days: int
    until: datetime | None
    since: datetime | None


def wish_of(customer: Customer, *, at: datetime) -> Wish | None:
    until = customer.resting_until if customer.resting_until and customer.resting_until > at else None
    return Wish(customer.rest_days, until, _since(customer)) if customer.rest_days or until else None


def _since(customer: Customer) -> datetime | None:
    wishes = CustomerChange.objects.filter(
        organization=customer.organization_id, customer=customer, changes__has_any_keys=["rest_days", "resting_until"]
    )
    return wishes.order_by("-pk").values_list("at", flat=True).first()


def suppression_of(customer: Customer) -> Suppression | None:
    """Why the address must not be mailed, by whom and since when."""
    if not customer.email_key:
        return None
    return Suppression.objects.filter(organization=customer.organization_id, address_hash=_hash(customer)).first()


def _hash(customer: Customer) -> str:
    return addresses.address_hash(customer.organization_id, customer.email_key) if customer.email_key else ""


_TIMELINE: Final = """
    SELECT c.created_at, 'added', c.id, jsonb_build_object('import', j.id, 'list', j.file_name)
    FROM surveys_customer c
    LEFT JOIN surveys_importjob j ON j.id = c.import_id AND j.organization_id = c.organization_id
    WHERE c.organization_id = %(organization)s AND c.id = %(customer)s
    UNION ALL
    SELECT h.at, 'changed', h.id, jsonb_build_object(
        'source', h.source, 'source_id', h.source_id, 'actor', h.actor_id, 'changes', h.changes)
    FROM surveys_customerchange h WHERE h.organization_id = %(organization)s AND h.customer_id = %(customer)s
    UNION ALL
    SELECT e.occurred_at, 'event', e.id, jsonb_build_object('kind', e.kind, 'data', e.data)
    FROM surveys_customerevent e WHERE e.organization_id = %(organization)s AND e.customer_id = %(customer)s
    UNION ALL
    SELECT s.at, 'suppressed', s.id, jsonb_build_object('reason', s.reason, 'source', s.source)
    FROM surveys_suppression s WHERE s.organization_id = %(organization)s AND s.address_hash = %(address_hash)s
    UNION ALL
    SELECT a.at, 'exported', a.id, jsonb_build_object('actor', a.actor_id, 'email', a.actor_email)
    FROM surveys_auditentry a WHERE a.organization_id = %(organization)s AND a.target_type = 'customer'
        AND a.target_id = %(customer)s AND a.action = 'customer.exported'
"""


def timeline(customer: Customer) -> Part:
    """Added, changed, suppressed, exported; and what happened elsewhere."""
    params = {"organization": customer.organization_id, "customer": customer.pk, "address_hash": _hash(customer)}
    return Part(_TIMELINE, params)

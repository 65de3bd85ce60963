"""Reads about acts on many customers."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from surveys.accounts import access
from surveys.accounts.models import Membership, Organization, User
from surveys.customers import values
from surveys.customers.models import REMOVING, BulkAct, BulkKind, BulkStatus, Customer, Property


def bulk_acts(organization: Organization) -> list[BulkAct]:
    """The latest, newest first."""
    return list(BulkAct.objects.filter(organization=organization).select_related("created_by").order_by("-pk")[:30])


@dataclass(frozen=True)
class Said:
    """An act in words: what is set, and to what."""

    what: str
    value: str


def is_hidden_from(by: Membership, kind: str, key: str) -> bool:
    """The act sets a property that this person's role may not see."""
    if kind != BulkKind.SET_PROPERTY or access.sees_hidden_properties(by):
        return False
    return not Property.objects.filter(organization=by.organization, key=key, visible_to_agents=True).exists()


def said_of(act: BulkAct, by: Membership) -> Said | None:
    """None for acts that set nothing."""
    if is_hidden_from(by, act.kind, act.key):
        return Said(_("A property that you may not see"), "")
    if act.kind == BulkKind.SET_PROPERTY:
        known = Property.objects.filter(organization=act.organization, key=act.key).first()
        return Said(known.label if known else act.key, _shown(act.value))
    if act.kind == BulkKind.SET_OWNER:
        owner = User.objects.filter(pk=act.value).first() if act.value else None
        return Said(_("Owner"), str(owner) if owner else _("Nobody"))
    if act.kind == BulkKind.SET_LANGUAGE:
        return Said(_("Language"), values.language_name(act.value) if act.value else _("Not known"))
    if act.kind == BulkKind.SET_TIME_ZONE:
        return Said(_("Time zone"), act.value or _("That of the organization"))
    return None


def _shown(value: Any) -> str:
    if value is None:
        return _("Not known")
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return str(value)


@dataclass(frozen=True)
class Merge:
    """The two of a merge; None who is not there any more."""

    survivor: Customer | None
    gone: Customer | None


def merge_of(act: BulkAct) -> Merge | None:
    if act.kind != BulkKind.MERGE or not act.ids:
        return None
    people = Customer.objects.filter(organization=act.organization).select_related("organization").in_bulk(act.ids)
    return Merge(*(people.get(pk) for pk in act.ids))


@dataclass(frozen=True)
class Missing:
    """Customers who were picked and are gone; `merged` are the numbers of those who became one with somebody."""

    count: int
    merged: list[tuple[int, Customer]]


def missing(organization: Organization, ids: Collection[int]) -> Missing | None:
    there = Customer.objects.filter(organization=organization, pk__in=ids).count()
    return Missing(len(ids) - there, _merged(organization, ids)) if there < len(ids) else None


def missing_of(act: BulkAct) -> Missing | None:
    """Whom an act that is over was to delete or erase, and did not find."""
    if act.kind not in REMOVING or act.status != BulkStatus.DONE or act.ids is None or act.seen >= len(act.ids):
        return None
    return Missing(len(act.ids) - act.seen, _merged(act.organization, act.ids))


def _merged(organization: Organization, ids: Collection[int]) -> list[tuple[int, Customer]]:
    merges = BulkAct.objects.filter(
        organization=organization, kind=BulkKind.MERGE, status=BulkStatus.DONE, ids__1__in=list(ids)
    )
    pairs = {gone: survivor for survivor, gone in merges.values_list("ids__0", "ids__1")}
    people = Customer.objects.filter(organization=organization).select_related("organization").in_bulk(pairs.values())
    return [(gone, people[survivor]) for gone, survivor in sorted(pairs.items()) if survivor in people]

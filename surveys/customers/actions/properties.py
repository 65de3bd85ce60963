"""What a person does with properties. What reaches every customer is ordered here and done by `actions.property_work`."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.http import QueryDict

from surveys.accounts import access, audit
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.accounts.queries import saved_views
from surveys.core.filters import PROPERTY_PREFIX
from surveys.customers.importing.columns import property_key
from surveys.customers.models import (
    ConditionUser,
    Customer,
    ImportJob,
    ImportStatus,
    Property,
    PropertyType,
    PropertyUse,
    PropertyWork,
    PropertyWorkKind,
    PropertyWorkStatus,
)
from surveys.customers.properties import MOST_CHARACTERS, MOST_SEGMENTABLE, MOST_VALUES
from surveys.customers.queries import properties as queries
from surveys.customers.values import Kind
from surveys.outbox.nudges import nudge

MOST_PROPERTIES: Final = 200  # of an organization
_WORK: Final = "surveys.customers.tasks.work_on_property"


class LabelTaken(ValueError):
    """Another property has this label, or one that becomes the same key."""


class TooManyProperties(ValueError):
    """An organization has at most MOST_PROPERTIES."""


class PropertyInUse(ValueError):
    """Conditions ask about it; `uses` say whose."""

    def __init__(self, uses: list[PropertyUse]) -> None:
        super().__init__(uses)
        self.uses = uses


class Busy(RuntimeError):
    """A list is being imported, or another property is being changed: one after the other."""


class NotComparable(ValueError):
    """Customers cannot be compared by it; `why` is "type", "many" (values), "long" or "full" (enough others are)."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class TooLate(RuntimeError):
    """The work has begun, or was undone already."""


def declare_property(
    *, label: str, type: PropertyType, visible_to_agents: bool, by: Membership, at: datetime
) -> Property:
    """Raises LabelTaken, TooManyProperties."""
    access.require(by, Permission.MANAGE_PROPERTIES)
    with transaction.atomic():
        declared = Property.objects.filter(organization=by.organization)
        if declared.count() >= MOST_PROPERTIES:
            raise TooManyProperties
        _refuse_label(declared, label)
        position = (declared.aggregate(last=Max("position"))["last"] or 0) + 1
        try:
            with transaction.atomic():
                made = Property.objects.create(
                    organization=by.organization,
                    key=property_key(label),
                    label=label,
                    type=type,
                    visible_to_agents=visible_to_agents,
                    position=position,
                )
        except IntegrityError as error:
            raise LabelTaken(label) from error
        audit.record(by, "property.declared", made, at=at, type=type)
    return made


def _refuse_label(others: Any, label: str) -> None:
    if others.filter(label__iexact=label).exists():
        raise LabelTaken(label)


def change_property(*, found: Property, label: str, visible_to_agents: bool, by: Membership, at: datetime) -> None:
    """Its label, and who sees it. Its key stays: lists and conditions know it by that. Raises LabelTaken."""
    access.require(by, Permission.MANAGE_PROPERTIES)
    with transaction.atomic():
        locked = Property.objects.select_for_update().get(pk=found.pk)
        _refuse_label(Property.objects.filter(organization=by.organization).exclude(pk=found.pk), label)
        after = {"label": label, "visible_to_agents": visible_to_agents}
        changed = {
            name: [getattr(locked, name), value] for name, value in after.items() if getattr(locked, name) != value
        }
        if changed:
            Property.objects.filter(pk=found.pk).update(**after)
            audit.record(by, "property.changed", locked, at=at, changed=changed)


def move_property(*, found: Property, up: bool, by: Membership, at: datetime) -> None:
    """Change places with the neighbour. Positions are counted anew; at the end nothing happens."""
    access.require(by, Permission.MANAGE_PROPERTIES)
    with transaction.atomic():
        ordered = list(Property.objects.select_for_update().filter(organization=by.organization))
        place = next((n for n, each in enumerate(ordered) if each.pk == found.pk), None)
        other = place + (-1 if up else 1) if place is not None else -1
        if place is None or not 0 <= other < len(ordered):
            return
        ordered[place], ordered[other] = ordered[other], ordered[place]
        for position, each in enumerate(ordered, start=1):
            each.position = position
        Property.objects.bulk_update(ordered, ["position"])


# ── What reaches every customer ──────────────────────────────────────────────────────────────────────────────────────


def retype(*, found: Property, kind: Kind, by: Membership, at: datetime) -> PropertyWork:
    """Read all values as another type; those that cannot be are lost (the history keeps them).

    Raises PropertyInUse, Busy.
    """
    _refuse_used(found)
    return _order(found, PropertyWorkKind.RETYPE, by, at, reads_as=kind, total=queries.filled(found))


def merge(*, found: Property, into: Property, prefers_merged: bool, by: Membership, at: datetime) -> PropertyWork:
    """Give `into` the values of `found`, which goes. Both have the same type. Raises PropertyInUse, Busy."""
    if found.pk == into.pk or found.type != into.type:
        raise ValueError("only two properties of one type become one")
    _refuse_used(found)
    return _order(
        found, PropertyWorkKind.MERGE, by, at, into=into, prefers_merged=prefers_merged, total=queries.filled(found)
    )


def delete(*, found: Property, by: Membership, at: datetime) -> PropertyWork:
    """Forget it and its values, in the history too. Raises PropertyInUse, Busy."""
    _refuse_used(found)
    return _order(found, PropertyWorkKind.DELETE, by, at, total=queries.filled(found))


def compare_by(*, found: Property, wanted: bool, by: Membership, at: datetime) -> PropertyWork:
    """Let customers be compared by it on dashboards, or no longer. Raises NotComparable, PropertyInUse, Busy."""
    access.require(by, Permission.MANAGE_PROPERTIES)
    if wanted:
        _refuse_incomparable(found)
    else:
        _refuse_filtered(found)
    everybody = Customer.objects.filter(organization=by.organization).count()
    return _order(found, PropertyWorkKind.REGROUP, by, at, total=everybody)


def _refuse_used(found: Property) -> None:
    uses = queries.property_uses(found)
    if uses:
        raise PropertyInUse(uses)


def _refuse_filtered(found: Property) -> None:
    """Views of figures that keep one of its values as a filter would show nothing any more; conditions go on as before."""
    uses = [use for use in queries.property_uses(found) if use.user_kind == ConditionUser.VIEW]
    views = saved_views.views_by_id(found.organization, [use.user_id for use in uses])
    filtered = [use for use in uses if use.user_id in views and _has_filter(views[use.user_id].query, found)]
    if filtered:
        raise PropertyInUse(filtered)


def _has_filter(query: str, found: Property) -> bool:
    name, asked = f"{PROPERTY_PREFIX}{found.key}", QueryDict(query)
    sides = [*asked.getlist("l"), *asked.getlist("r")]  # queries inside the query: two held side by side
    return name in asked or name in asked.getlist("unset") or any(_has_filter(side, found) for side in sides)


def _refuse_incomparable(found: Property) -> None:
    if found.type not in queries.COMPARABLE:
        raise NotComparable("type")
    if Property.objects.filter(organization=found.organization_id, segmentable=True).count() >= MOST_SEGMENTABLE:
        raise NotComparable("full")
    spread = queries.spread(found, MOST_VALUES)
    if spread.distinct > MOST_VALUES:
        raise NotComparable("many")
    if spread.longest > MOST_CHARACTERS:
        raise NotComparable("long")


def _order(found: Property, kind: PropertyWorkKind, by: Membership, at: datetime, **details: Any) -> PropertyWork:
    """Lists that were checked are checked again: what was read from them may mean something else now."""
    access.require(by, Permission.MANAGE_PROPERTIES)
    with transaction.atomic():
        recheck_lists(found.organization_id)
        try:
            with transaction.atomic():
                work = PropertyWork.objects.create(
                    organization=by.organization,
                    created_by_id=by.user_id,
                    created_at=at,
                    kind=kind,
                    about=found,
                    label=found.label,
                    starts_at=at + timedelta(seconds=settings.UNDO_SECONDS),
                    **details,
                )
        except IntegrityError as error:
            raise Busy from error
        audit.record(by, f"property.{_SAID[kind]}", found, at=at, into=str(work.into or ""), reads_as=work.reads_as)
        transaction.on_commit(lambda: nudge(_WORK, work.pk, after_seconds=settings.UNDO_SECONDS + 1))
    return work


_SAID: Final = {
    PropertyWorkKind.RETYPE: "retyped",
    PropertyWorkKind.MERGE: "merged",
    PropertyWorkKind.DELETE: "deleted",
    PropertyWorkKind.REGROUP: "regrouped",
}


def recheck_lists(organization_id: int) -> None:
    """Raises Busy while a list is in work or paused. Lists that wait to be imported go back to their columns."""
    jobs = ImportJob.objects.select_for_update().filter(organization=organization_id).order_by("pk")
    if jobs.in_work().exists() or jobs.filter(status=ImportStatus.PAUSED).exists():
        raise Busy
    ImportJob.objects.filter(organization=organization_id, status=ImportStatus.CHECKED).update(
        status=ImportStatus.UPLOADED
    )


def undo(*, work: PropertyWork, by: Membership, at: datetime) -> None:
    """Possible until it starts. Raises TooLate."""
    access.require(by, Permission.MANAGE_PROPERTIES)
    with transaction.atomic():
        waiting = PropertyWork.objects.filter(pk=work.pk, status=PropertyWorkStatus.WAITING)
        if not waiting.update(status=PropertyWorkStatus.CANCELLED, finished_at=at):
            raise TooLate(work.pk)
        if work.about:
            audit.record(by, "property.change_undone", work.about, at=at, kind=work.kind)


def sweep(*, at: datetime) -> None:
    """Nudge what is due, and what a dead worker or a lost nudge left."""
    stale = at - timedelta(seconds=settings.LEASE_SECONDS)
    for pk in list(PropertyWork.objects.forsaken(at, stale).values_list("pk", flat=True)):
        nudge(_WORK, pk)

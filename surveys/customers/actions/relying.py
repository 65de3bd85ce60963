"""Who asks about which segments and properties: rows whose foreign keys keep what is asked about from going."""

from typing import Any

from surveys.accounts.models import Organization
from surveys.customers import segments
from surveys.customers.models import ConditionUser, Property, PropertyUse, Segment, SegmentUse
from surveys.customers.segments import Stored

PROPERTY_PREFIX = "p."


def rely(*, kind: ConditionUser, user_id: int, organization: Organization, conditions: Stored) -> None:
    """Note that something asks about what its conditions mention, and about nothing else any more.

    Call it in the transaction that stores the conditions. What is gone is left out: whoever reads the conditions is
    told of it.
    """
    mine: dict[str, Any] = {"organization": organization, "user_kind": kind, "user_id": user_id}
    keys = [key.removeprefix(PROPERTY_PREFIX) for key in segments.fields(conditions) if key.startswith(PROPERTY_PREFIX)]
    properties = _held(Property.objects.filter(organization=organization, key__in=keys))
    PropertyUse.objects.filter(**mine).exclude(property__in=properties).delete()
    PropertyUse.objects.bulk_create([PropertyUse(**mine, property_id=pk) for pk in properties], ignore_conflicts=True)
    mentioned = _held(Segment.objects.filter(organization=organization, pk__in=segments.mentioned(conditions)))
    SegmentUse.objects.filter(**mine).exclude(segment__in=mentioned).delete()
    SegmentUse.objects.bulk_create([SegmentUse(**mine, segment_id=pk) for pk in mentioned], ignore_conflicts=True)


def _held(rows: Any) -> list[int]:
    """Their ids, locked in order: who deletes one of them waits, and then finds the use."""
    return list(rows.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))


def release(*, kind: ConditionUser, user_id: int, organization: Organization) -> None:
    """It asks about nothing any more: it ended, or it is going to be deleted."""
    mine: dict[str, Any] = {"organization": organization, "user_kind": kind, "user_id": user_id}
    PropertyUse.objects.filter(**mine).delete()
    SegmentUse.objects.filter(**mine).delete()

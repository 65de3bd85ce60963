"""Who is about to be deleted or erased must not slip away into a merge: both are decided one after the other."""

from collections.abc import Collection
from datetime import datetime

from django.db import connection

from surveys.accounts.models import Organization
from surveys.customers import queries
from surveys.customers.list_filters import ListFilters
from surveys.customers.models import REMOVING, BulkAct
from surveys.customers.queries import BadCondition

_SPACE = 7032  # tells these advisory locks from others


def hold(organization_id: int) -> None:
    """Taken by whoever confirms that people go, and by whoever merges two; ends with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_SPACE, organization_id % 2**31])


def act_about(organization: Organization, ids: Collection[int], at: datetime) -> BulkAct | None:
    """An act that is going to delete or erase one of these customers. The caller holds the lock."""
    acts = BulkAct.objects.open().filter(organization=organization, kind__in=REMOVING).order_by("pk")
    return next((act for act in acts if _means_one_of(act, ids, at)), None)


def _means_one_of(act: BulkAct, ids: Collection[int], at: datetime) -> bool:
    """Whoever stands before its cursor had their turn; conditions that nothing understands any more mean nobody."""
    if act.ids is not None:
        return not set(act.ids).isdisjoint(ids)
    try:
        meant = queries.matching(act.organization, ListFilters.from_text(act.query), at=at)
    except BadCondition:
        return False
    return meant.filter(pk__in=ids, pk__gt=act.cursor, pk__lte=act.last_id).exists()

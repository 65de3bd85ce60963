"""Notifications go: of what is junk or erased, of who has left, and of long ago."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet

from surveys.alerts.actions.choosing import forget
from surveys.alerts.models import Notification
from surveys.responses.models import Response


def of_responses(*, organization_id: int, ids: Collection[int]) -> int:
    return _delete(Notification.objects.filter(organization=organization_id, response_id__in=ids))


def of_uncounted(*, organization_id: int, ids: Collection[int]) -> int:
    """Of those of these responses that do not count now."""
    there = Response.objects.counted().filter(organization=organization_id, pk__in=ids)
    return of_responses(organization_id=organization_id, ids=set(ids) - set(there.values_list("pk", flat=True)))


def of_conversations(*, organization_id: int, ids: Collection[int]) -> int:
    return _delete(Notification.objects.filter(organization=organization_id, conversation_id__in=ids))


def of_user(*, organization_id: int, user_id: int) -> None:
    """They have left for good."""
    forget(organization_id, user_id)
    Notification.objects.filter(organization=organization_id, user=user_id)._raw_delete("default")


def prune(*, at: datetime) -> int:
    """What is older than anybody looks back."""
    return _delete(Notification.objects.filter(at__lt=at - timedelta(days=settings.ALERT_DAYS)))


def _delete(found: QuerySet[Notification]) -> int:
    """Nothing points at them. Of no ids at all there is nothing to ask the database."""
    return found._raw_delete("default") or 0

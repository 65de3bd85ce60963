"""Notifications go: of what is junk or erased, of who has left, and of long ago."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings

from surveys.alerts.actions.choosing import forget
from surveys.alerts.models import Notification
from surveys.responses.models import Response


def of_responses(*, organization_id: int, ids: Collection[int]) -> int:
    about = Notification.objects.filter(organization=organization_id, response_id__in=ids)
    return int(about._raw_delete("default"))


def of_uncounted(*, organization_id: int, ids: Collection[int]) -> int:
    """Of those of these responses that do not count now."""
    there = Response.objects.counted().filter(organization=organization_id, pk__in=ids)
    return of_responses(organization_id=organization_id, ids=set(ids) - set(there.values_list("pk", flat=True)))


def of_conversations(*, organization_id: int, ids: Collection[int]) -> int:
    about = Notification.objects.filter(organization=organization_id, conversation_id__in=ids)
    return int(about._raw_delete("default"))


def of_user(*, organization_id: int, user_id: int) -> None:
    """They have left for good."""
    forget(organization_id, user_id)
    Notification.objects.filter(organization=organization_id, user=user_id)._raw_delete("default")


def prune(*, at: datetime) -> int:
    """What is older than anybody looks back."""
    old = Notification.objects.filter(at__lt=at - timedelta(days=settings.ALERT_DAYS))
    return int(old._raw_delete("default"))

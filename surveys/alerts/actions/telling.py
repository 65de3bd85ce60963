"""Colleagues are told something: once each, whatever runs twice."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import models

from surveys.accounts.models import Membership, Organization, User
from surveys.alerts.models import Matter, Notification
from surveys.responses.models import Response


def tell(
    *,
    organization: Organization,
    users: Iterable[User],
    matter: Matter,
    key: str,
    response: Response | None = None,
    conversation: models.Model | None = None,
    facts: Mapping[str, Any] | None = None,
    at: datetime,
) -> int:
    """Tell them by the bell; returns how many had not been told. Who is no member is left out.

    `key` says what it is about: nobody is told the same twice. `facts` are numbers and codes, never names of customers.
    """
    wanted = {user.pk for user in users}
    members = Membership.objects.filter(organization=organization, user__in=wanted, user__is_active=True)
    told = set(Notification.objects.filter(organization=organization, key=key).values_list("user_id", flat=True))
    new = [
        Notification(
            organization=organization,
            user_id=user,
            key=key,
            matter=matter,
            response_id=response.pk if response else None,
            conversation_id=conversation.pk if conversation else None,
            facts=dict(facts or {}),
            at=at,
        )
        for user in members.order_by("user_id").values_list("user_id", flat=True)
        if user not in told
    ]
    Notification.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)

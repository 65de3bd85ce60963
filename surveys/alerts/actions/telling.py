"""Colleagues are told something: once each, whatever runs twice."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import models

from surveys.accounts.models import Organization, User
from surveys.alerts.audience import Person, people
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
    """Tell them by the bell, and by mail as each has chosen; returns how many had not been told.

    Who is no member is left out, and who does not want to hear of such things. `key` says what it is about: nobody is
    told the same twice. `facts` are numbers, codes and what colleagues wrote, never names of customers.
    """
    found = people(organization, {user.pk for user in users})
    before = Notification.objects.filter(organization=organization, user__in=[each.user for each in found], key=key)
    told = set(before.values_list("user_id", flat=True))
    new = [
        made(
            organization,
            person,
            matter,
            key,
            at,
            response_id=response.pk if response else None,
            conversation_id=conversation.pk if conversation else None,
            facts=dict(facts or {}),
        )
        for person in found
        if person.user not in told and person.wish.is_told(matter)
    ]
    Notification.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def made(organization: Organization, person: Person, matter: str, key: str, at: datetime, **about: Any) -> Notification:
    """Not stored yet."""
    turn = person.wish.turn(matter, ZoneInfo(organization.time_zone), at)
    return Notification(
        organization=organization,
        user_id=person.user,
        key=key,
        matter=matter,
        at=at,
        mailing=turn.mailing,
        mail_due_at=turn.due_at,
        is_for_digest=turn.is_for_digest,
        **about,
    )

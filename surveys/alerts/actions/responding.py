"""Customers answer: colleagues who want to hear of such answers are told.

What follows within moments of what somebody was told (a slip of the finger is mended, a comment is typed) changes that
notification, and makes no second one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import transaction

from surveys.alerts.actions import telling
from surveys.alerts.audience import Person, Subject, people
from surveys.alerts.models import Mailing, Matter, Notification
from surveys.core import nps
from surveys.responses.models import Response

JOINS: Final = timedelta(minutes=2)  # so long after it was touched last a notification takes what follows
STALE: Final = timedelta(days=1)  # what is older when its event is handled is no news


@dataclass(frozen=True)
class Happened:
    """`key` is the notification's, for those who were not told a moment ago."""

    response: Response
    matter: Matter
    key: str
    at: datetime
    before: int | None = None  # the score, where it was changed


def consider(happened: Happened) -> None:
    """Tell who wants to know. Doing it again tells nobody twice. What does not count alerts nobody."""
    response = happened.response
    if not response.is_counted or not _is_news(happened):
        return
    subject = Subject(response, happened.before, happened.at)
    with transaction.atomic():
        recent = _recent(response, happened.at)
        new = [
            made
            for person in people(response.organization)
            if (made := _told(person, subject, happened, recent)) is not None
        ]
        Notification.objects.bulk_create(new, ignore_conflicts=True)


def _is_news(happened: Happened) -> bool:
    if happened.matter == Matter.AMENDED and happened.before is not None:
        return nps.classify(happened.before) != nps.classify(happened.response.score)
    return happened.matter != Matter.COMMENT or bool(happened.response.comment.strip())


def _recent(response: Response, at: datetime) -> dict[int, Notification]:
    """By user, what they were told of this response a moment ago; locked."""
    mine = Notification.objects.filter(organization=response.organization_id, response_id=response.pk)
    fresh = mine.filter(matter__in=[Matter.RESPONSE, Matter.COMMENT, Matter.AMENDED], at__gte=at - JOINS)
    return {each.user_id: each for each in fresh.select_for_update(no_key=True).order_by("pk")}


def _told(
    person: Person, subject: Subject, happened: Happened, recent: Mapping[int, Notification]
) -> Notification | None:
    standing = recent.get(person.user)
    if standing is not None:
        _goes_on(standing, person, happened)
        return None
    matter = _matter(person, happened)
    if not person.wish.is_told(matter) or not subject.is_wanted_by(person):
        return None
    about: dict[str, Any] = {"response_id": happened.response.pk, "facts": _facts(happened)}
    return telling.made(happened.response.organization, person, matter, happened.key, happened.at, **about)


def _matter(person: Person, happened: Happened) -> Matter:
    """An answer that was changed into a category that somebody has chosen is as good as a new one."""
    if happened.matter != Matter.AMENDED or happened.before is None:
        return happened.matter
    entered = str(nps.classify(happened.before)) not in person.wish.categories
    return Matter.RESPONSE if person.wish.categories and entered else Matter.AMENDED


def _facts(happened: Happened) -> dict[str, Any]:
    return {} if happened.before is None else {"before": happened.before}


def _goes_on(standing: Notification, person: Person, happened: Happened) -> None:
    """What was told a moment ago now says more. Not yet mailed and not wanted any more: it was a slip, and goes."""
    if happened.at < standing.at:
        return  # it was known when they were told
    is_open = standing.mailing in (Mailing.WAITING, Mailing.NONE) and standing.seen_at is None
    before = standing.facts.get("before") if standing.matter == Matter.AMENDED else None
    if is_open and not Subject(happened.response, before, happened.at).is_wanted_by(person):
        standing.delete()
        return
    _mail_later(standing, person, happened)
    standing.at = happened.at
    standing.save(update_fields=["at", "matter", "mailing", "mail_due_at", "is_for_digest"])


def _mail_later(standing: Notification, person: Person, happened: Happened) -> None:
    """A mail that has not left waits for what is still being typed; what was told by the bell alone may be worth one now."""
    zone = ZoneInfo(happened.response.organization.time_zone)
    if standing.mailing == Mailing.WAITING and not standing.is_for_digest:
        turn = person.wish.turn(standing.matter, zone, happened.at)
        if turn.due_at is not None and not turn.is_for_digest:
            standing.mail_due_at = turn.due_at
    elif standing.mailing == Mailing.NONE and standing.seen_at is None:
        turn = person.wish.turn(happened.matter, zone, happened.at)
        if turn.due_at is not None:
            standing.matter, standing.mailing = happened.matter, turn.mailing
            standing.mail_due_at, standing.is_for_digest = turn.due_at, turn.is_for_digest

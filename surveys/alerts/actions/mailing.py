"""Notifications leave by mail: all that are due for one person in one mail.

The mail is ordered in the transaction that marks them as mailed, under a lock on the membership: two workers, or one that
is killed, mail nothing twice. Who is no member any more gets nothing.
"""

import logging
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from surveys.accounts.models import Membership, Organization
from surveys.alerts import audience, letters, words
from surveys.alerts.audience import Person
from surveys.alerts.models import How, Mailing, Notification
from surveys.alerts.wishes import OF_RESPONSES
from surveys.delivery.actions.enqueue import enqueue_letter
from surveys.delivery.models import Kind

logger = logging.getLogger(__name__)

AT_ONCE: Final = 100  # people of one task
FAILED: Final = timedelta(minutes=10)  # until a mail that could not be made is tried again


def mail_due(*, at: datetime) -> int:
    """How many people were looked at; with AT_ONCE there may be more."""
    due = Notification.objects.filter(mailing=Mailing.WAITING, mail_due_at__lte=at)
    pairs = list(
        due.values_list("organization_id", "user_id").order_by("organization_id", "user_id").distinct()[:AT_ONCE]
    )
    for organization, user in pairs:
        try:
            with transaction.atomic():
                _mail(organization, user, at)
        except Exception:  # of one person: all others get theirs, and this one is tried again
            logger.exception("alerts of user %s in organization %s could not be mailed", user, organization)
            mine = due.filter(organization=organization, user=user)
            mine.update(mail_due_at=at + FAILED)
    return len(pairs)


def _mail(organization_id: int, user: int, at: datetime) -> None:
    members = Membership.objects.filter(organization=organization_id, user=user)
    member = (
        members.select_for_update(no_key=True, skip_locked=True, of=("self",)).select_related("organization").first()
    )
    if member is None and members.exists():
        return  # another worker mails them
    waiting = Notification.objects.filter(organization=organization_id, user=user, mailing=Mailing.WAITING)
    person = next(iter(audience.people(member.organization, [user])), None) if member else None
    if member is None or person is None or member.organization.is_stopped:
        waiting.filter(mail_due_at__lte=at).update(mailing=Mailing.DROPPED)
        return
    waiting = waiting.select_for_update(no_key=True).order_by("at", "pk")
    at_once = waiting.filter(is_for_digest=False, mail_due_at__lte=at + _together())
    _mail_together(member.organization, person, _leaving(list(at_once), at), at, is_digest=False)
    digest = waiting.filter(is_for_digest=True, mail_due_at__lte=at)
    _mail_together(member.organization, person, list(digest), at, is_digest=True)


def _together() -> timedelta:
    return timedelta(seconds=settings.ALERT_GROUP_SECONDS)


def _leaving(found: list[Notification], at: datetime) -> list[Notification]:
    """With what is due goes what would be in a moment. What is about an answer that is still being typed waits for it."""
    if not any(_is_due(each, at) for each in found):
        return []
    typed = {each.response_id: each for each in found if each.matter in OF_RESPONSES and not _is_due(each, at)}
    for response, answer in typed.items():
        late = [each.pk for each in found if each.response_id == response and _is_due(each, at)]
        Notification.objects.filter(pk__in=late).update(mail_due_at=answer.mail_due_at)
    return [each for each in found if each.response_id not in typed]


def _is_due(notification: Notification, at: datetime) -> bool:
    return notification.mail_due_at is not None and notification.mail_due_at <= at


def _mail_together(
    organization: Organization, person: Person, found: list[Notification], at: datetime, *, is_digest: bool
) -> None:
    wanted = [each for each in found if _is_wanted(each, person)]
    _mark([each for each in found if each not in wanted], Mailing.DROPPED)
    until = person.wish.quiet.over(at, ZoneInfo(organization.time_zone))
    if until > at and not is_digest:  # quiet hours were chosen, or changed, meanwhile
        Notification.objects.filter(pk__in=[each.pk for each in wanted]).update(mail_due_at=until)
        return
    told = [line for line in words.lines(organization, wanted) if not line.is_gone]
    _mark([each for each in wanted if each not in [line.notification for line in told]], Mailing.DROPPED)
    if told:
        _send(organization, person, told, at, is_digest=is_digest)


def _is_wanted(notification: Notification, person: Person) -> bool:
    """Neither seen on a page before its turn, nor switched off since."""
    return notification.seen_at is None and person.wish.how[notification.matter] in (How.AT_ONCE, How.DIGEST)


def _send(organization: Organization, person: Person, told: list[words.Line], at: datetime, *, is_digest: bool) -> None:
    letter = letters.letter(organization, person.membership, told, is_digest=is_digest)
    delivery = enqueue_letter(
        kind=Kind.ALERT,
        organization=organization,
        customer=None,
        to=person.email,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        sender=settings.DEFAULT_FROM_EMAIL,
        unsubscribe_url=letter.unsubscribe_url,
        automatic=True,
        at=at,
    )
    _mark([line.notification for line in told], Mailing.MAILED, delivery_id=delivery.pk)


def _mark(found: list[Notification], mailing: Mailing, **more: int) -> None:
    if found:
        Notification.objects.filter(pk__in=[each.pk for each in found]).update(mailing=mailing, **more)

"""Mails with figures that colleagues get by themselves: subscribed to, sent in the morning, stopped.

An issue is written in the transaction that orders its mail and moves the digest on: two workers, or one that is killed,
send nothing twice.
"""

import logging
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from surveys.accounts import access, audit
from surveys.accounts.models import Membership, Organization, SavedView
from surveys.accounts.permissions import Permission
from surveys.analytics.actions import scans
from surveys.analytics.counting import counts
from surveys.analytics.counting.counts import Question
from surveys.analytics.counting.scanning import Unfinished
from surveys.analytics.models import Digest, DigestIssue, Frequency
from surveys.analytics.sharing import asking, digest_letters, page_sheets, printed, sheets
from surveys.analytics.sharing.asking import MeansNothing
from surveys.analytics.sharing.digest_letters import Contents
from surveys.analytics.tables import Asked
from surveys.core.periods import ONE_DAY, Period, local_day
from surveys.delivery.actions.enqueue import enqueue_system

logger = logging.getLogger(__name__)

AT_ONCE: Final = 100  # digests of one task
FAILED: Final = timedelta(hours=1)  # until one that could not be made is tried again
UNFINISHED: Final = timedelta(minutes=2)  # until a digest whose figures are being counted is looked at again


def subscribe(*, view: SavedView | None, frequency: str, by: Membership, at: datetime) -> Digest:
    """The same view in the same rhythm is one digest, however often it is asked for. Raises MeansNothing."""
    access.require(by, Permission.VIEW)
    access.require_going_on(by)
    if view:
        page_sheets.kept(view, at=at, sees_hidden=access.sees_hidden_properties(by))
    with transaction.atomic():
        digest, is_new = Digest.objects.get_or_create(
            organization=by.organization,
            user=by.user,
            view=view,
            frequency=Frequency(frequency),
            defaults={"created_at": at, "next_at": next_morning(by.organization, frequency, at)},
        )
        if is_new:
            audit.record(by, "digest.subscribed", by.organization, at=at, view=str(view or ""), frequency=frequency)
    return digest


def stop(*, digest: Digest, by: Membership, at: datetime) -> None:
    """One's own. Stopping one that is gone changes nothing."""
    access.require(by, Permission.VIEW)
    with transaction.atomic():
        gone, _rows = Digest.objects.filter(pk=digest.pk, organization=by.organization, user=by.user).delete()
        if gone:
            audit.record(by, "digest.stopped", by.organization, at=at, view=str(digest.view or ""))


def stop_by_link(*, digest_id: int, at: datetime) -> None:
    """By the link in the mail, that only who gets it has."""
    with transaction.atomic():
        digest = Digest.objects.select_related("organization", "view").filter(pk=digest_id).first()
        if digest is None:
            return
        audit.record_automatic(
            digest.organization, "digest.stopped", digest.organization, at=at, view=str(digest.view or "")
        )
        digest.delete()


def leave(*, organization_id: int, user_id: int) -> None:
    """A colleague has left for good."""
    Digest.objects.filter(organization=organization_id, user=user_id).delete()


# ── When ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def next_morning(organization: Organization, frequency: str, after: datetime) -> datetime:
    """The first morning of a day, of a week or of a month, on the organization's clock, that is later than `after`."""
    zone = ZoneInfo(organization.time_zone)
    day = local_day(after, zone)
    while True:
        morning = datetime.combine(day, time(settings.DIGEST_HOUR), zone)
        if morning > after and _begins(day.isoweekday(), day.day, organization.week_start, frequency):
            return morning
        day += ONE_DAY


def _begins(weekday: int, day: int, week_start: int, frequency: str) -> bool:
    if frequency == Frequency.WEEKLY:
        return weekday == week_start
    return day == 1 if frequency == Frequency.MONTHLY else True


# ── Sending ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def send_due(*, at: datetime) -> int:
    """How many were looked at; with AT_ONCE of them there may be more."""
    due = list(Digest.objects.filter(next_at__lte=at).order_by("next_at").values_list("pk", flat=True)[:AT_ONCE])
    for pk in due:
        try:
            with transaction.atomic():
                _send(pk, at)
        except Exception:  # of one view: all others get theirs, and this one is tried again
            logger.exception("digest %s could not be made", pk)
            Digest.objects.filter(pk=pk, next_at__lte=at).update(next_at=at + FAILED)
    return len(due)


def _send(pk: int, at: datetime) -> None:
    held = Digest.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=pk, next_at__lte=at)
    digest = held.select_related("organization", "user", "view").first()
    if digest is None:
        return  # another worker has it, or had it
    member = Membership.objects.filter(organization=digest.organization_id, user=digest.user_id).first()
    if member is None or not _is_seen(digest):
        digest.delete()
        return
    Digest.objects.filter(pk=pk).update(next_at=next_morning(digest.organization, digest.frequency, at))
    if digest.organization.is_stopped or not digest.user.is_active:
        return
    try:
        _issue(digest, member, at)
    except MeansNothing as nothing:
        _tell(digest, nothing, at)
    except Unfinished as unfinished:  # it is sent as soon as its figures are counted
        scans.ask(unfinished.missing, at=at)
        Digest.objects.filter(pk=pk).update(next_at=at + UNFINISHED)


def _is_seen(digest: Digest) -> bool:
    """A view that somebody else does not share any more is none of theirs."""
    return digest.view is None or digest.view.is_shared or digest.view.user_id == digest.user_id


def _issue(digest: Digest, member: Membership, at: datetime) -> None:
    period = since_last_issue(digest, at)
    if period is None:
        return
    asked = _asked(digest, at, sees_hidden=access.sees_hidden_properties(member))
    new, late = _counted(asked, period), _late(digest, asked)
    if not new + late:
        return
    sheet = sheets.sheet(asked, digest.view.name if digest.view else digest_letters.overview())
    tables = printed.in_brief(digest.view.page, asked) if digest.view else []
    _write(digest, Contents(sheet, tables, period, new, late), at)


def _asked(digest: Digest, at: datetime, *, sees_hidden: bool) -> Asked:
    if digest.view:
        return page_sheets.kept(digest.view, at=at, sees_hidden=sees_hidden)
    return asking.kept(digest.organization, "", at=at, sees_hidden=sees_hidden)


def _tell(digest: Digest, nothing: MeansNothing, at: datetime) -> None:
    """In place of figures, that there are none and why: its days come with the next issue once the view is right."""
    letter = digest_letters.no_figures(digest, nothing.problems)
    enqueue_system(
        to=digest.user.email, subject=letter.subject, text=letter.text, unsubscribe_url=letter.unsubscribe_url, at=at
    )


def _write(digest: Digest, contents: Contents, at: datetime) -> None:
    letter = digest_letters.letter(digest, contents)
    delivery = enqueue_system(
        to=digest.user.email,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        unsubscribe_url=letter.unsubscribe_url,
        at=at,
    )
    DigestIssue.objects.create(
        organization_id=digest.organization_id,
        digest=digest,
        first=contents.since.first,
        last=contents.since.last,
        responses=contents.new,
        delivery_id=delivery.pk,
        at=at,
    )


def since_last_issue(digest: Digest, at: datetime) -> Period | None:
    """Whole days up to yesterday; of the first issue those of one rhythm."""
    yesterday = local_day(at, ZoneInfo(digest.organization.time_zone)) - ONE_DAY
    last = _last_issue(digest)
    first = last.last + ONE_DAY if last else yesterday - _RHYTHM[Frequency(digest.frequency)] + ONE_DAY
    return Period(first, yesterday) if first <= yesterday else None


_RHYTHM: Final = {
    Frequency.DAILY: timedelta(days=1),
    Frequency.WEEKLY: timedelta(days=7),
    Frequency.MONTHLY: timedelta(days=30),
}


def _last_issue(digest: Digest) -> DigestIssue | None:
    return DigestIssue.objects.filter(organization=digest.organization_id, digest=digest).order_by("-last").first()


def _late(digest: Digest, asked: Asked) -> int:
    """What counts of the days of the last issue beyond what it said: settled, judged or imported since then.

    None where the view shows something else by now.
    """
    last = _last_issue(digest)
    if last is None or (digest.view and digest.view.updated_at > last.at):
        return 0
    return max(0, _counted(asked, Period(last.first, last.last)) - last.responses)


def _counted(asked: Asked, period: Period) -> int:
    """Counted responses of these days that pass the filters of the view."""
    cells = counts.scores(Question(asked.organization, period, asked.look.filters))
    return sum(map(sum, cells.values()))

"""Counting by a task what is too much to count while somebody waits; how it holds together: analytics.counting.scanning.

A worker may die anywhere: what a slice of days found commits with its sign of life. Nobody who looks: it stops.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext as _

from surveys.analytics.choices import choices
from surveys.analytics.counting import counts, funnels, people, scanning
from surveys.analytics.counting.counts import fetched
from surveys.analytics.counting.scanning import Days, Missing, Standing, Wanted
from surveys.analytics.models import JobStatus, Scan, ScanDay
from surveys.analytics.segments import revenue
from surveys.core.filters import Filters
from surveys.core.periods import Period
from surveys.customers.actions import holding
from surveys.customers.actions.holding import Clock, Hold, Superseded
from surveys.outbox.nudges import nudge
from surveys.responses import filtering

logger = logging.getLogger(__name__)

COUNT: Final = "surveys.analytics.tasks.scan"
SLICE: Final = 50_000  # responses or asks, and at least one day
MOST_AT_ONCE: Final = 6  # scans of one organization that are in work
MOST_PERIODS: Final = 12  # of one scan
KEPT: Final = timedelta(days=1)  # what nobody asked for since is thrown away
_LOCK: Final = 0x5CA9  # advisory, with the organization: one of its scans is counted at a time


# --- asking


def ask(missing: Sequence[Missing], *, at: datetime) -> list[Scan]:
    """The scans that count what is missing, begun where they are not in work; without those that have to wait.

    They are held in one order, whoever asks: two who ask for the same ones the other way round wait for each other.
    """
    with transaction.atomic():
        found = [_ask(each, at) for each in sorted(missing, key=lambda each: each.wanted.digest)]
    return [scan for scan in found if scan]


def _ask(missing: Missing, at: datetime) -> Scan | None:
    wanted = missing.wanted
    mine = Scan.objects.filter(organization=wanted.organization)
    scan = mine.select_for_update().filter(digest=wanted.digest).first()
    if (scan is None or not scan.is_in_work) and mine.filter(status=JobStatus.RUNNING).count() >= MOST_AT_ONCE:
        return None
    if scan is None:
        scan = _begun(wanted, at)
    _want(scan, missing.period, at)
    return scan


def _begun(wanted: Wanted, at: datetime) -> Scan:
    defaults = {
        "question": wanted.question,
        "is_of_people": wanted.is_of_people,
        "created_at": at,
        "asked_at": at,
        "round": 0,
        "status": JobStatus.CANCELLED,
    }
    return Scan.objects.get_or_create(organization=wanted.organization, digest=wanted.digest, defaults=defaults)[0]


def _want(scan: Scan, period: Period, at: datetime) -> None:
    """What was found about people does not last: once it is over, such a scan begins from nothing."""
    ends = [day.isoformat() for day in period.ends]
    scan.asked_at = at
    if not scan.is_in_work:
        scan.status, scan.heartbeat_at, scan.finished_at = JobStatus.RUNNING, None, None
        scan.tries, scan.seen, scan.error = 0, 0, ""
        if scan.is_of_people or not scan.round:
            scan.round, scan.wanted = scan.round + 1, []
            Scan.objects.filter(pk=scan.pk).update(cursor=0, found=None, total=0)
        transaction.on_commit(partial(nudge, COUNT, scan.pk))
    scan.wanted = [*(other for other in scan.wanted if other != ends), ends][-MOST_PERIODS:]
    scan.save(update_fields=_ASKED)


_ASKED: Final = ["asked_at", "status", "heartbeat_at", "finished_at", "tries", "seen", "error", "round", "wanted"]


# --- counting


def work(*, scan_id: int, clock: Clock, is_over: Callable[[], bool], size: int = SLICE) -> None:
    """Go on with it until it is done, nobody asks any more, or the time is over; then another task may take it."""
    stale = clock() - timedelta(seconds=settings.LEASE_SECONDS)
    hold = holding.take(Scan.objects.forsaken(stale), scan_id, clock)
    if hold is None:
        return
    try:
        _go_on(hold, is_over, size)
    except Superseded:
        logger.info("scan %s was taken over", scan_id)


def _go_on(hold: Hold[Scan], is_over: Callable[[], bool], size: int) -> None:
    if hold.is_hopeless:
        _finish(hold, JobStatus.FAILED, error=_("The count stopped again and again. Ask your operator."))
        return
    wanted = _wanted(hold.row, hold.clock())
    while wanted and _slice(hold, wanted, size):
        if is_over():
            hold.let_go()
            nudge(COUNT, hold.row.pk)
            return
    if wanted is None:
        _finish(hold, JobStatus.CANCELLED)


def _finish(hold: Hold[Scan], status: JobStatus, **fields: Any) -> None:
    """The organization's scans are counted one after the other: who is done wakes the next. The sweep does it, too."""
    hold.step(status=status, finished_at=hold.clock(), **fields)
    stale = hold.clock() - timedelta(seconds=settings.LEASE_SECONDS)
    waiting = Scan.objects.forsaken(stale).filter(organization=hold.row.organization_id).exclude(pk=hold.row.pk)
    for pk in waiting.order_by("asked_at").values_list("pk", flat=True)[:1]:
        transaction.on_commit(partial(nudge, COUNT, pk))


def _wanted(scan: Scan, at: datetime) -> Wanted | None:
    """What was asked; None when it means something else by now: a segment was changed, or it is another day."""
    question = scan.question
    filters = Filters.from_query(QueryDict(question["query"]))
    known = choices(scan.organization, sees_hidden=True).known
    filters = filtering.understood(scan.organization, filters, known, sees_hidden=True, at=at)
    during = _period(*question["days"]) if "days" in question else None
    wanted = Wanted(scan.organization, question["about"], filters, question["by"], during)
    return wanted if wanted.digest == scan.digest else None


def _slice(hold: Hold[Scan], wanted: Wanted, size: int) -> bool:
    """Count some days, or some people; False when there is nothing more to do for now."""
    with transaction.atomic():
        hold.step(tries=0)
        scan = hold.row
        scan.refresh_from_db(fields=["wanted", "asked_at", "round", "seen", "total", "cursor", "found"])
        if scan.asked_at < hold.clock() - timedelta(seconds=settings.SCAN_PATIENCE_SECONDS):
            _finish(hold, JobStatus.CANCELLED)
            return False
        if wanted.during:
            return _people(hold, wanted, size)
        missing = [day for day in scanning.standing(wanted, _periods(scan)) if day.cells is None]
        if sum(day.total for day in missing) <= settings.SCAN_INLINE:
            _finish(hold, JobStatus.DONE)
            return False
        if not _is_alone(scan):
            hold.let_go()
            return False
        days = _first(missing, size)
        _keep(scan, wanted, [day.day for day in days])
        hold.step(seen=scan.seen + sum(day.total for day in days))
    return True


def _people(hold: Hold[Scan], wanted: Wanted, size: int) -> bool:
    """The next customers; what was found of all before them, and of them, is written down with their place."""
    scan, organization = hold.row, wanted.organization
    if not _is_alone(scan):
        hold.let_go()
        return False
    total = scan.total or people.answers_of(organization, people.Slice())
    next_ones = people.slice_after(organization, scan.cursor, size)
    found = _OF_PEOPLE[wanted.about](wanted, next_ones, scan.found or {})
    seen = scan.seen + people.answers_of(organization, next_ones)
    hold.step(cursor=next_ones.last, found=found, seen=seen, total=total)
    if next_ones.is_the_last:
        _finish(hold, JobStatus.DONE)
    return not next_ones.is_the_last


_OF_PEOPLE: Final = {scanning.WORTH: revenue.of_slice}


def _periods(scan: Scan) -> list[Period]:
    return [_period(*ends) for ends in scan.wanted]


def _period(first: str, last: str) -> Period:
    return Period(date.fromisoformat(first), date.fromisoformat(last))


def _is_alone(scan: Scan) -> bool:
    """Until the end of the transaction no other scan of the organization is counted. Who is done wakes who waits."""
    return bool(fetched("SELECT pg_try_advisory_xact_lock(%s, %s)", [_LOCK, scan.organization_id % 2**31])[0][0])


def _first(missing: list[Standing], size: int) -> list[Standing]:
    taken, left = [], size
    for day in missing:
        taken.append(day)
        left -= day.total
        if left <= 0:
            break
    return taken


def _keep(scan: Scan, wanted: Wanted, days: list[date]) -> None:
    rows = [
        ScanDay(organization_id=scan.organization_id, scan=scan, round=scan.round, **found)
        for found in _counted(wanted, days)
    ]
    ScanDay.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["organization", "scan", "day"],
        update_fields=["round", "changes", "unfolded", "cells"],
    )


_COUNTS: Final[dict[str, tuple[str, Callable[..., tuple[str, list[Any]]], Callable[..., Days]]]] = {
    scanning.ANSWERS: ("score, n", counts.by_day, counts.days_of),
    scanning.ASKS: ("sent, bounced, answered, commented, unsubscribed", funnels.by_day, funnels.days_of),
}
_DELTAS: Final = {scanning.ANSWERS: "surveys_scoredelta", scanning.ASKS: "surveys_invitationdelta"}


def _counted(wanted: Wanted, days: list[date]) -> list[dict[str, Any]]:
    """Versions and counts of these days, in one statement: both are of the same moment."""
    columns, by_day, days_of = _COUNTS[wanted.about]
    counting, parameters = by_day(wanted, days)
    statement = f"""
        WITH counted(day, value, {columns}) AS MATERIALIZED ({counting})
        SELECT d.day, coalesce(v.changes, 0),
               (SELECT count(*) FROM {_DELTAS[wanted.about]} c WHERE c.organization_id = %s AND c.day = d.day),
               (SELECT json_agg(json_build_array(value, {columns})) FROM counted WHERE counted.day = d.day)
        FROM unnest(%s::date[]) AS d(day)
        LEFT JOIN surveys_daychange v ON v.organization_id = %s AND v.about = %s AND v.day = d.day
    """
    pk = wanted.organization.pk
    found = fetched(statement, [*parameters, pk, days, pk, wanted.about])
    return [
        {
            "day": day,
            "changes": changes,
            "unfolded": unfolded,
            "cells": days_of((day, *row) for row in rows or ()).get(day, {}),
        }
        for day, changes, unfolded, rows in found
    ]


# --- keeping house


def sweep(*, at: datetime) -> None:
    """Nudge what a dead worker or a lost nudge left, and throw away what nobody asks for."""
    stale = at - timedelta(seconds=settings.LEASE_SECONDS)
    for pk in Scan.objects.forsaken(stale).order_by("asked_at").values_list("pk", flat=True):
        nudge(COUNT, pk)
    Scan.objects.filter(asked_at__lt=at - KEPT).delete()

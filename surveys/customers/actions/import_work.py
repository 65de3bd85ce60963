"""The work on an uploaded list, in steps that can stop anywhere: check (read, type, fold, count), then merge; or undo.

A worker takes a job by counting up `attempt`; each step is a transaction that begins with an UPDATE naming that attempt.
Killed, it leaves a heartbeat that grows old; then another takes the job: a check begins anew, merge and undo go on at their
cursor.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import BigIntegerField, F, Value
from django.db.models.functions import Greatest, Least
from django.utils.translation import gettext as _
from psycopg2.errors import DeadlockDetected

from surveys.accounts.models import Membership
from surveys.customers import allowance, properties
from surveys.customers.actions import import_files, import_undo
from surveys.customers.actions.import_files import forget_refusals, throw_away
from surveys.customers.importing import differences, folding, merging, staging
from surveys.customers.importing.columns import Column, Target
from surveys.customers.importing.encoding import BadFile
from surveys.customers.importing.merging import Counts, NotSettled, Rules
from surveys.customers.importing.reading import Record
from surveys.customers.importing.sources import Source
from surveys.customers.models import ImportFormat, ImportJob, ImportRow, ImportStatus
from surveys.outbox.nudges import nudge

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]
MOST_TRIES = 5


class Superseded(RuntimeError):
    """The job was cancelled, or another worker has taken it: this one must not touch it any more."""


@dataclass(frozen=True)
class Hold:
    """A job in the hands of this worker."""

    job: ImportJob
    columns: list[Column]
    clock: Clock

    def step(self, **changes: object) -> None:
        """Give a sign of life and change the job. Raises Superseded; call it first in each transaction."""
        mine = ImportJob.objects.filter(pk=self.job.pk, attempt=self.job.attempt, status=self.job.status)
        if not mine.update(heartbeat_at=self.clock(), **changes):
            raise Superseded(self.job.pk)

    @property
    def id_column(self) -> str:
        return next((column.name for column in self.columns if column.target == Target.EXTERNAL_ID), "")


def work(*, job_id: int, clock: Clock) -> None:
    """Do what the job needs, if nobody else is at it."""
    hold = _take(job_id, clock)
    if hold is None:
        return
    try:
        _WORK[ImportStatus(hold.job.status)](hold)
    except Superseded:
        logger.info("import %s was taken over or cancelled", job_id)
    except BadFile as problem:
        _fail(hold.job, str(problem), clock())
    except (NotSettled, IntegrityError, OperationalError) as collision:
        if isinstance(collision, OperationalError) and not isinstance(collision.__cause__, DeadlockDetected):
            raise
        logger.warning("import %s met another writer (%s) and begins its slice again", job_id, collision)
        ImportJob.objects.filter(pk=job_id, attempt=hold.job.attempt).update(heartbeat_at=None)
        nudge("surveys.customers.tasks.work_on_import", job_id)


def _take(job_id: int, clock: Clock) -> Hold | None:
    at = clock()
    stale = at - timedelta(seconds=settings.LEASE_SECONDS)
    taken = ImportJob.objects.forsaken(stale).filter(pk=job_id)
    if not taken.update(attempt=F("attempt") + 1, tries=F("tries") + 1, heartbeat_at=at):
        return None
    job = ImportJob.objects.select_related("organization").get(pk=job_id)
    if job.tries > MOST_TRIES:
        _fail(
            job,
            _("The work stopped %(tries)d times without a result. Ask your operator to look at the log of the workers.")
            % {"tries": MOST_TRIES},
            at,
        )
        return None
    return Hold(job, [Column.restored(stored) for stored in job.columns], clock)


def _fail(job: ImportJob, error: str, at: datetime) -> None:
    mine = ImportJob.objects.filter(pk=job.pk, attempt=job.attempt, status=job.status)
    mine.update(status=ImportStatus.FAILED, error=error[:500], finished_at=at)


@contextmanager
def _durable_later() -> Iterator[None]:
    """A transaction that does not wait for the disk. A crash of PostgreSQL may forget the last ones, each as a whole, and
    the work goes on before them; the transaction that ends the job waits, and makes all before it durable."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit = off")
        yield


# ── check ──


def _check(hold: Hold) -> None:
    rules = _rules(hold)
    _stage(hold)
    last_line = ImportJob.objects.values_list("last_line", flat=True).get(pk=hold.job.pk)
    total = Counts()
    for after in range(0, last_line, merging.SLICE):
        with _durable_later():
            hold.step()
            total += merging.count(hold.job, rules, after=after, upto=after + merging.SLICE)
    hold.step(
        status=ImportStatus.CHECKED,
        new=total.new,
        changed=total.changed,
        unchanged=total.unchanged,
        skipped=total.skipped,
        finished_at=hold.clock(),
    )


def _stage(hold: Hold) -> None:
    """Read the file into typed rows, one per person. Begins anew whatever an earlier attempt left."""
    job = hold.job
    with transaction.atomic():
        hold.step(bytes_read=0, lines=0, last_line=0, refused=0, blank=0, repeated=0, is_folded=False)
        ImportRow.objects.filter(organization_id=job.organization_id, job_id=job.pk)._raw_delete("default")
        forget_refusals(job)
    source = Source(import_files.form_of(job), hold.columns, import_files.chunks(job), job.size)
    records = source.records()
    judge = staging.Judge(hold.columns, _terms(hold))
    while _stage_some(hold, judge, records, source):
        pass
    with transaction.atomic():
        hold.step(bytes_read=job.size)
        repeated, refused = folding.fold(job, id_column=hold.id_column)
        hold.step(is_folded=True, repeated=repeated, refused=F("refused") + refused)


def _stage_some(hold: Hold, judge: staging.Judge, records: Iterator[Record], source: Source) -> int:
    """How many records were left to stage, up to a batch."""
    with _durable_later():
        hold.step()
        staged = staging.stage(hold.job, judge, records)
        if staged.lines:
            hold.step(
                bytes_read=source.position,
                last_line=staged.last_line,
                lines=F("lines") + staged.lines,
                refused=F("refused") + staged.refused,
                blank=F("blank") + staged.blank,
            )
    return staged.lines


def _terms(hold: Hold) -> staging.Terms:
    members = Membership.objects.filter(organization=hold.job.organization)
    return staging.Terms(
        is_marked=hold.job.format != ImportFormat.CSV,
        clears_empty=hold.job.clears_empty,
        colleagues={email.lower(): pk for email, pk in members.values_list("user__email", "user_id")},
    )


# ── merge ──


def _merge(hold: Hold) -> None:
    job = hold.job
    if not _is_staged(job):
        _stage(hold)
        job.refresh_from_db(fields=["last_line"])
    with transaction.atomic():
        hold.step()
        properties.declare(job, hold.columns)
    rules = _rules(hold)
    for after in range(job.merged_line, job.last_line, merging.SLICE):
        _merge_slice(hold, rules, after, min(after + merging.SLICE, job.last_line))
    hold.step(status=ImportStatus.DONE, finished_at=hold.clock())
    throw_away(job)


def _is_staged(job: ImportJob) -> bool:
    """The staging table is unlogged: after a crash of PostgreSQL it is empty."""
    staged = ImportRow.objects.filter(organization_id=job.organization_id, job_id=job.pk).count()
    return job.is_folded and staged == job.lines - job.repeated - job.refused - job.blank


def _rules(hold: Hold) -> Rules:
    return Rules(differences.of(hold.job, hold.columns), hold.job.updates_known, hold.id_column)


def _merge_slice(hold: Hold, rules: Rules, after: int, upto: int) -> None:
    """The cursor, the customers and the counts move in one transaction: a slice is merged once or not at all."""
    with _durable_later():
        hold.step(merged_line=upto)
        counts = merging.merge(hold.job, rules, after=after, upto=upto, at=hold.clock())
        if counts.new:
            allowance.require_room(hold.job.organization_id)
        hold.step(
            new=F("new") + counts.new,
            changed=F("changed") + counts.changed,
            unchanged=F("unchanged") + counts.unchanged,
            skipped=F("skipped") + counts.skipped,
            refused=F("refused") + counts.refused,
            first_customer_id=Least("first_customer_id", Value(counts.first, BigIntegerField())),
            last_customer_id=Greatest("last_customer_id", Value(counts.last, BigIntegerField())),
        )


# ── undo ──


def _undo(hold: Hold) -> None:
    after = hold.job.undo_cursor
    if not hold.job.undo_total:
        hold.step(undo_total=F("new") + F("changed"))
    while (cursor := _undo_slice(hold, after)) is not None:
        after = cursor
    hold.step(status=ImportStatus.UNDONE, finished_at=hold.clock())
    throw_away(hold.job)


def _undo_slice(hold: Hold, after: int) -> int | None:
    """The cursor behind the slice; None when nobody was left."""
    with transaction.atomic():
        hold.step()
        undone = import_undo.undo_slice(hold.job, after=after, at=hold.clock())
        if undone is None:
            return None
        hold.step(**undone.counts())
    return undone.cursor


_WORK: dict[ImportStatus, Callable[[Hold], None]] = {
    ImportStatus.CHECKING: _check,
    ImportStatus.RUNNING: _merge,
    ImportStatus.UNDOING: _undo,
}

"""Long work of analytics, each a row: exact scans, exports, rollups built anew, segments of the past."""

from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from surveys.customers.models import HeldWork


class JobStatus(models.TextChoices):
    RUNNING = "running", _("In work")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Stopped")
    FAILED = "failed", _("Failed")


IN_WORK = Q(status="running")


class JobQuerySet(models.QuerySet[Any]):
    def forsaken(self, before: datetime) -> Self:
        """In work, but no worker has given a sign of life since then."""
        return self.filter(IN_WORK).filter(Q(heartbeat_at__isnull=True) | Q(heartbeat_at__lt=before))


class Job(HeldWork):
    """Work in slices. A slice and its cursor commit together; a worker holds the job by `attempt`."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    created_by = models.ForeignKey(
        "surveys.User", null=True, on_delete=models.SET_NULL, db_index=False, related_name="+"
    )
    created_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=JobStatus, default=JobStatus.RUNNING)
    total = models.BigIntegerField(default=0)
    seen = models.BigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True, default="")

    objects = JobQuerySet.as_manager()

    class Meta(HeldWork.Meta):
        abstract = True

    @property
    def is_in_work(self) -> bool:
        return self.status == JobStatus.RUNNING


class Scan(Job):
    """A question that neither rollups nor indexes answer, counted response by response, some days at a time.

    `question` is its canonical form and `digest` that form's hash: who asks the same finds the same scan. `wanted` are
    the first and last days of the periods that are asked about. What was found stands in ScanDay; of a question about
    people, who do not add up by days, in `found`, up to the customer `cursor`.
    """

    digest = models.CharField(max_length=64)
    question = models.JSONField()
    wanted = models.JSONField(default=list)
    is_of_people = models.BooleanField(default=False)  # about customers as they are now: it does not last
    round = models.PositiveIntegerField(default=1)  # counted up when what was found is too old
    asked_at = models.DateTimeField()  # when somebody last wanted it: scans that nobody waits for stop
    cursor = models.BigIntegerField(default=0, db_default=0)
    found = models.JSONField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "digest"], name="one_scan_per_question")]
        indexes = [
            models.Index(fields=["heartbeat_at"], name="scan_in_work", condition=IN_WORK),
            models.Index(fields=["asked_at"], name="scan_asked"),
        ]


class ScanDay(models.Model):
    """What a scan found on one day: {value: counts}. It holds as long as the day's version is `changes`, `unfolded`."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    scan = models.ForeignKey("surveys.Scan", on_delete=models.CASCADE, related_name="days", db_index=False)
    day = models.DateField()
    round = models.PositiveIntegerField()
    changes = models.BigIntegerField()
    unfolded = models.BigIntegerField()
    cells = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "scan", "day"], name="one_scan_day")]
        indexes = [models.Index(fields=["scan"], name="day_of_scan")]


class FigureExport(Job):
    """Responses as a file. `rows` is what the file states."""

    query = models.TextField(blank=True)  # of the feed or the dashboard that it was asked from
    form = models.CharField(max_length=4)  # csv, xlsx
    rows = models.BigIntegerField(default=0)
    size = models.BigIntegerField(default=0)  # bytes, when it is done
    cursor = models.CharField(max_length=80, blank=True, default="")
    expires_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["organization", "-id"], name="figure_export_newest"),
            models.Index(fields=["heartbeat_at"], name="figure_export_in_work", condition=IN_WORK),
        ]


class FigureExportChunk(models.Model):
    """A piece of the file."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    export = models.ForeignKey("surveys.FigureExport", on_delete=models.CASCADE, related_name="chunks", db_index=False)
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "export", "number"], name="one_figure_chunk_per_number")
        ]


class Rebuild(Job):
    """All rollups of an organization compared with a recount and repaired, slice by slice; goes on where it was."""

    cursor = models.CharField(max_length=120, blank=True, default="")  # of the last slice that is done
    repaired = models.BigIntegerField(default=0)  # cells
    from_scratch = models.BooleanField(default=False, db_default=False)  # what is stored is not even looked at

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization"], name="one_rebuild_at_a_time", condition=IN_WORK)
        ]


class RegroupingPhase(models.TextChoices):
    """Whose asks are looked at; then all of them once more, for what was under way at the first turn."""

    PEOPLE = "people", _("Asks of customers")
    NOBODY = "nobody", _("Asks of nobody who is still known")
    ANSWERS = "answers", _("Answers without an ask")


class Regrouping(Job):
    """A property was changed: asks and answers of the past follow it, and count as segments anew.

    Those of one organization are done one after the other. `cursor` is the last customer, ask or answer that was looked
    at, by phase; it moves in the transaction that changes the rows and their counts.
    """

    work = models.ForeignKey("surveys.PropertyWork", on_delete=models.CASCADE, db_index=False)
    key = models.CharField(max_length=60)  # of the property, which may be gone
    into_key = models.CharField(max_length=60, blank=True, default="")  # of the one that it was merged into
    phase = models.CharField(max_length=12, choices=RegroupingPhase, default=RegroupingPhase.PEOPLE)
    is_second_turn = models.BooleanField(default=False)
    due_at = models.DateTimeField()
    cursor = models.BigIntegerField(default=0)
    changed = models.BigIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["organization", "-id"], name="regrouping_newest_first"),
            models.Index(fields=["due_at"], name="regrouping_in_work", condition=IN_WORK),
            models.Index(fields=["work"], name="regrouping_of_work"),
        ]

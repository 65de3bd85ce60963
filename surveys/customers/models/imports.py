"""Uploaded lists, on their way to customers."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Trim
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class ImportStatus(models.TextChoices):
    UPLOADED = "uploaded", _("Columns to check")
    CHECKING = "checking", _("Checking")
    CHECKED = "checked", _("Checked")
    RUNNING = "running", _("Importing")
    PAUSED = "paused", _("Paused")
    DONE = "done", _("Imported")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Stopped")
    UNDOING = "undoing", _("Being undone")
    UNDONE = "undone", _("Undone")


class ImportFormat(models.TextChoices):
    CSV = "csv", _("CSV")
    EXCEL = "excel", _("Excel")
    JSON_LINES = "json_lines", _("JSON Lines")


IN_WORK = (ImportStatus.CHECKING, ImportStatus.RUNNING, ImportStatus.UNDOING)


# Lists that were imported before people carried the list that added them: nobody can tell any more who they were.
OF_BEFORE = Q(new__gt=0, first_customer_id=None, merged_line__gt=0)


class ImportJobQuerySet(models.QuerySet["ImportJob"]):
    def in_work(self) -> "ImportJobQuerySet":
        return self.filter(status__in=IN_WORK)

    def undoable(self, since: datetime) -> "ImportJobQuerySet":
        """Over since then or later, with something to take back; not undone or being undone."""
        over = [ImportStatus.DONE, ImportStatus.CANCELLED, ImportStatus.FAILED]
        moved = Q(new__gt=0) | Q(changed__gt=0)
        found = self.filter(moved, status__in=over, undo_started_at=None, merged_line__gt=0, finished_at__gte=since)
        return found.exclude(OF_BEFORE)

    def forsaken(self, before: datetime) -> "ImportJobQuerySet":
        """In work, but no worker has given a sign of life since then."""
        return self.in_work().filter(Q(heartbeat_at__isnull=True) | Q(heartbeat_at__lt=before))


class ImportJob(models.Model):
    """One uploaded list: uploaded → checking → checked → running → done; checking again when the columns change; from
    done, for a day, → undoing → undone. Running and undoing may be paused.

    A worker holds a job by `attempt`: it is counted up when the job is taken, and every step of the work begins with
    an UPDATE that names it, so a worker that was thought dead can do nothing more. `merged_line` is the merge's cursor,
    `undo_cursor` that of the undoing: the customer up to whom it came.
    """

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    created_by = models.ForeignKey("surveys.User", null=True, on_delete=models.SET_NULL, db_index=False)
    created_at = models.DateTimeField()
    file_name = models.CharField(max_length=255)
    size = models.BigIntegerField()  # bytes
    format = models.CharField(max_length=10, choices=ImportFormat, default=ImportFormat.CSV)
    encoding = models.CharField(max_length=16)
    separator = models.CharField(max_length=1)
    sheet = models.CharField(max_length=100, blank=True, default="")  # of a workbook
    sheets = models.JSONField(default=list)  # the names of all its sheets that have cells
    columns = models.JSONField(default=list)  # one importing.columns.Column per column of the file
    mapping = models.ForeignKey("surveys.ImportMapping", null=True, on_delete=models.SET_NULL, db_index=False)
    updates_known = models.BooleanField(default=True)  # else people who are there already are left as they are
    clears_empty = models.BooleanField(default=False)  # else an empty cell leaves what stood
    status = models.CharField(max_length=10, choices=ImportStatus, default=ImportStatus.UPLOADED)
    error = models.CharField(max_length=500, blank=True, default="")  # why it failed, for people
    attempt = models.PositiveIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(
        default=0
    )  # how often workers took it since a person last pressed a button
    heartbeat_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    bytes_read = models.BigIntegerField(default=0)
    is_folded = models.BooleanField(default=False)  # all lines are staged, one row per person
    last_line = models.PositiveIntegerField(default=0)
    merged_line = models.PositiveIntegerField(default=0)
    lines = models.PositiveIntegerField(default=0)  # records without the header: the sum of the counts below
    new = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    repeated = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    blank = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)  # known people who would have changed
    first_customer_id = models.BigIntegerField(null=True)  # the new people's ids lie between these two; others may too
    last_customer_id = models.BigIntegerField(null=True)
    undo_started_at = models.DateTimeField(null=True)
    undo_cursor = models.BigIntegerField(default=0)
    undo_total = models.PositiveIntegerField(default=0)  # people that undoing looks at
    undo_seen = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)  # of the new ones
    restored = models.PositiveIntegerField(default=0)  # of the changed ones
    kept = models.PositiveIntegerField(default=0)  # listed in ImportKept

    objects = ImportJobQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["organization", "-id"], name="import_newest_first"),
            models.Index(
                fields=["heartbeat_at"],
                name="import_in_work",
                condition=Q(status__in=["checking", "running", "undoing"]),
            ),
        ]

    def __str__(self) -> str:
        return self.file_name

    def get_absolute_url(self) -> str:
        return reverse("customers:import", kwargs={"slug": self.organization.slug, "pk": self.pk})

    @property
    def is_in_work(self) -> bool:
        return self.status in IN_WORK

    @property
    def is_of_before(self) -> bool:
        """See OF_BEFORE."""
        return self.new > 0 and self.first_customer_id is None and self.merged_line > 0

    @property
    def good(self) -> int:
        """People of the list, once it is checked."""
        return self.new + self.changed + self.unchanged


class ImportChunk(models.Model):
    """A piece of an uploaded file: in the database, so that any worker on any host can read it."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    job = models.ForeignKey("surveys.ImportJob", on_delete=models.CASCADE, related_name="chunks", db_index=False)
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "job", "number"], name="one_chunk_per_number")]


class ImportRow(models.Model):
    """A valid line of a list that waits to be merged, typed. The table is unlogged: after a crash of PostgreSQL it is
    empty, and the file is read again. Foreign keys are not checked: rows come and go by the million."""

    pk = models.CompositePrimaryKey("organization_id", "job_id", "line")
    organization = models.ForeignKey(
        "surveys.Organization", on_delete=models.CASCADE, db_index=False, db_constraint=False
    )
    job = models.ForeignKey("surveys.ImportJob", on_delete=models.CASCADE, db_index=False, db_constraint=False)
    line = models.PositiveIntegerField()  # the physical line on which the record begins; the header is on line 1
    email = models.CharField(max_length=254, null=True)
    email_key = models.GeneratedField(
        expression=Lower(Trim("email")), output_field=models.CharField(max_length=254, null=True), db_persist=True
    )
    external_id = models.CharField(max_length=100, null=True)
    name = models.CharField(max_length=255)
    language = models.CharField(max_length=12)
    time_zone = models.CharField(max_length=64)
    owner_id = models.BigIntegerField(null=True)
    properties = models.JSONField()
    person = models.PositiveIntegerField(null=True)  # the earlier line of the same person, while repeats are folded


class RefusalReason(models.TextChoices):
    """Why a line of a list was not imported."""

    NOT_AN_ADDRESS = "address", _("This is not an email address.")
    NO_ADDRESS = "no_address", _("There is no email address.")
    TOO_LONG = "too_long", _("This is too long. Texts have at most 2,000 characters, names 255, external IDs 100.")
    NO_SUCH_DATE = "date", _("There is no such date, or it is written in another way than chosen.")
    NOT_A_NUMBER = "number", _("This is not a number, or it is written in another way than chosen.")
    NOT_YES_OR_NO = "boolean", _("This is neither yes nor no.")
    UNKNOWN_LANGUAGE = "language", _("This language code is not known. Codes look like en, de or pt-br.")
    UNKNOWN_TIME_ZONE = "time_zone", _("This time zone is not known. Zones look like Europe/Berlin.")
    TOO_MANY_CELLS = "cells", _("The line has more cells than the header has columns.")
    UNREADABLE = "unreadable", _("There is a character here that cannot be read.")
    CELL_ERROR = "cell_error", _("The spreadsheet has an error here, or a formula without a result.")
    NOT_AN_OBJECT = "not_json", _("This line is not a JSON object.")
    NESTED = "nested", _("There is a list or an object here. Only text, numbers, true, false and null can be imported.")
    UNKNOWN_COLLEAGUE = "colleague", _("Nobody in this organization signs in with this address.")
    TWO_PEOPLE = "two_people", _("The email address and the external ID belong to two different customers.")


class ImportRefusal(models.Model):
    """A line that was not imported, and why."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    job = models.ForeignKey("surveys.ImportJob", on_delete=models.CASCADE, related_name="refusals", db_index=False)
    line = models.PositiveIntegerField()
    column = models.CharField(max_length=200, blank=True, default="")
    value = models.TextField(blank=True, default="")
    reason = models.CharField(max_length=12, choices=RefusalReason)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "job", "line"], name="one_refusal_per_line")]


class ImportMapping(models.Model):
    """What the columns of a list became, remembered for the next list with the same header."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    name = models.CharField(max_length=100)
    header_digest = models.CharField(max_length=64)  # see importing.columns.header_digest
    columns = models.JSONField()  # importing.columns.Column without samples
    created_by = models.ForeignKey("surveys.User", null=True, on_delete=models.SET_NULL, db_index=False)
    created_at = models.DateTimeField()
    used_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "header_digest"], name="one_mapping_per_header")]

    def __str__(self) -> str:
        return self.name


class KeptReason(models.TextChoices):
    """Why undoing an import left a customer, or some of their values, as they are."""

    ANSWERED = "answered", _("Answered a survey since.")
    ASKED = "asked", _("Was asked since.")
    CHANGED = "changed", _("Was changed since.")
    VALUES = "values", _("Some of the imported values were changed since; those stay, the others went back.")
    TAKEN = "taken", _("The earlier address or external ID belongs to somebody else now; it stays as imported.")


class ImportKept(models.Model):
    """A customer whom undoing an import left, wholly or in part. No foreign key: the customer may go at any time."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    job = models.ForeignKey("surveys.ImportJob", on_delete=models.CASCADE, related_name="kept_people", db_index=False)
    customer_number = models.BigIntegerField()
    reason = models.CharField(max_length=8, choices=KeptReason)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "job", "customer_number"], name="one_reason_per_kept")
        ]

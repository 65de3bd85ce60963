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
    DONE = "done", _("Imported")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class ImportJobQuerySet(models.QuerySet["ImportJob"]):
    def in_work(self) -> "ImportJobQuerySet":
        return self.filter(status__in=[ImportStatus.CHECKING, ImportStatus.RUNNING])

    def forsaken(self, before: datetime) -> "ImportJobQuerySet":
        """In work, but no worker has given a sign of life since then."""
        return self.in_work().filter(Q(heartbeat_at__isnull=True) | Q(heartbeat_at__lt=before))


class ImportJob(models.Model):
    """One uploaded list: uploaded → checking → checked → running → done; checking again when the columns change.

    A worker holds a job by `attempt`: it is counted up when the job is taken, and every step of the work begins with
    an UPDATE that names it, so a worker that was thought dead can do nothing more. `merged_line` is the merge's cursor.
    """

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    created_by = models.ForeignKey("surveys.User", null=True, on_delete=models.SET_NULL, db_index=False)
    created_at = models.DateTimeField()
    file_name = models.CharField(max_length=255)
    size = models.BigIntegerField()  # bytes
    encoding = models.CharField(max_length=16)
    separator = models.CharField(max_length=1)
    columns = models.JSONField(default=list)  # one importing.columns.Column per column of the file
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

    objects = ImportJobQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["organization", "-id"], name="import_newest_first"),
            models.Index(
                fields=["heartbeat_at"], name="import_in_work", condition=Q(status__in=["checking", "running"])
            ),
        ]

    def __str__(self) -> str:
        return self.file_name

    def get_absolute_url(self) -> str:
        return reverse("customers:import", kwargs={"slug": self.organization.slug, "pk": self.pk})

    @property
    def is_in_work(self) -> bool:
        return self.status in (ImportStatus.CHECKING, ImportStatus.RUNNING)

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
    properties = models.JSONField()
    person = models.PositiveIntegerField(null=True)  # the earlier line of the same person, while repeats are folded


class RefusalReason(models.TextChoices):
    """Why a line of a list was not imported."""

    NOT_AN_ADDRESS = "address", _("This is not an email address.")
    NO_ADDRESS = "no_address", _("There is no email address.")
    TOO_LONG = "too_long", _("This is too long.")
    NO_SUCH_DATE = "date", _("There is no such date, or it is written in another way than chosen.")
    NOT_A_NUMBER = "number", _("This is not a number, or it is written in another way than chosen.")
    NOT_YES_OR_NO = "boolean", _("This is neither yes nor no.")
    UNKNOWN_LANGUAGE = "language", _("This language code is not known. Codes look like en, de or pt-br.")
    UNKNOWN_TIME_ZONE = "time_zone", _("This time zone is not known. Zones look like Europe/Berlin.")
    TOO_MANY_CELLS = "cells", _("The line has more cells than the header has columns.")
    UNREADABLE = "unreadable", _("There is a character here that cannot be read.")
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

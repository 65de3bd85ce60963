"""Uploaded lists of events, on their way to the events of customers."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from surveys.customers.events import Flaw
from surveys.customers.models.imports import ImportFormat, RefusalReason


class EventListStatus(models.TextChoices):
    UPLOADED = "uploaded", _("Columns to check")
    CHECKING = "checking", _("Checking")
    CHECKED = "checked", _("Checked")
    RUNNING = "running", _("Taking in")
    DONE = "done", _("Taken in")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Stopped")


LISTS_IN_WORK = (EventListStatus.CHECKING, EventListStatus.RUNNING)


class EventListQuerySet(models.QuerySet["EventList"]):
    def in_work(self) -> "EventListQuerySet":
        return self.filter(status__in=LISTS_IN_WORK)

    def forsaken(self, before: datetime) -> "EventListQuerySet":
        """In work, but no worker has given a sign of life since then."""
        return self.in_work().filter(Q(heartbeat_at__isnull=True) | Q(heartbeat_at__lt=before))


class EventList(models.Model):
    """One uploaded list: uploaded → checking → checked → running → done.

    A worker holds it by `attempt`, as an ImportJob. `line` is the cursor: the line up to which it was taken in.
    """

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    created_by = models.ForeignKey("surveys.User", null=True, on_delete=models.SET_NULL, db_index=False)
    created_at = models.DateTimeField()
    file_name = models.CharField(max_length=255)
    size = models.BigIntegerField()  # bytes
    format = models.CharField(max_length=10, choices=ImportFormat, default=ImportFormat.CSV)
    encoding = models.CharField(max_length=16)
    separator = models.CharField(max_length=1)
    sheet = models.CharField(max_length=100, blank=True, default="")
    sheets = models.JSONField(default=list)
    columns = models.JSONField(default=list)  # one importing.event_columns.EventColumn per column of the file
    kind = models.CharField(max_length=60, blank=True, default="")  # of the lines that do not say one
    time_zone = models.CharField(max_length=64)  # of times without one
    status = models.CharField(max_length=10, choices=EventListStatus, default=EventListStatus.UPLOADED)
    error = models.CharField(max_length=500, blank=True, default="")
    attempt = models.PositiveIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)  # how often workers took it since somebody pressed a button
    heartbeat_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    bytes_read = models.BigIntegerField(default=0)
    line = models.PositiveIntegerField(default=0)
    lines = models.PositiveIntegerField(default=0)  # the sum of the counts below
    new = models.PositiveIntegerField(default=0)
    duplicate = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    blank = models.PositiveIntegerField(default=0)

    objects = EventListQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["organization", "-id"], name="event_list_newest_first"),
            models.Index(
                fields=["heartbeat_at"], name="event_list_in_work", condition=Q(status__in=["checking", "running"])
            ),
        ]

    def __str__(self) -> str:
        return self.file_name

    def get_absolute_url(self) -> str:
        return reverse("customers:event_list", kwargs={"slug": self.organization.slug, "pk": self.pk})

    @property
    def is_in_work(self) -> bool:
        return self.status in LISTS_IN_WORK


class EventListChunk(models.Model):
    """A piece of an uploaded list, until it is taken in."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    event_list = models.ForeignKey("surveys.EventList", on_delete=models.CASCADE, db_index=False)
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "event_list", "number"], name="one_piece_per_number")
        ]


class EventListRefusal(models.Model):
    """A line that was not taken in, and why."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    event_list = models.ForeignKey("surveys.EventList", on_delete=models.CASCADE, db_index=False)
    line = models.PositiveIntegerField()
    column = models.CharField(max_length=200, blank=True, default="")
    value = models.TextField(blank=True, default="")
    reason = models.CharField(max_length=20)  # a customers.events.Flaw, or a RefusalReason

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "event_list", "line"], name="one_refused_event_per_line")
        ]

    @property
    def why(self) -> str:
        known: type[Flaw] | type[RefusalReason] = Flaw if self.reason in Flaw.values else RefusalReason
        return str(known(self.reason).label) if self.reason in known.values else self.reason

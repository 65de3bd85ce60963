"""One act on many customers, from the first click to the last row."""

from datetime import datetime
from typing import Final

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from surveys.customers.models.held import HeldWork


class BulkKind(models.TextChoices):
    SET_PROPERTY = "property", _("Set a property")
    SET_OWNER = "owner", _("Set the owner")
    SET_LANGUAGE = "language", _("Set the language")
    SET_TIME_ZONE = "time_zone", _("Set the time zone")
    SUPPRESS = "suppress", _("Do not mail")
    LIFT = "lift", _("Mail again")
    DELETE = "delete", _("Delete")
    ERASE = "erase", _("Erase personal data")
    MERGE = "merge", _("Merge two customers")


REMOVING: Final = (BulkKind.DELETE, BulkKind.ERASE)


class BulkStatus(models.TextChoices):
    WAITING = "waiting", _("About to start")
    RUNNING = "running", _("In work")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Stopped")
    UNDOING = "undoing", _("Being undone")
    UNDONE = "undone", _("Undone")
    FAILED = "failed", _("Failed")


class BulkActQuerySet(models.QuerySet["BulkAct"]):
    def open(self) -> "BulkActQuerySet":
        """Confirmed, and not over."""
        return self.filter(status__in=[BulkStatus.WAITING, BulkStatus.RUNNING])

    def standing(self) -> "BulkActQuerySet":
        """Neither taken back nor stopped nor failed: their form is used up."""
        return self.filter(status__in=[BulkStatus.WAITING, BulkStatus.RUNNING, BulkStatus.DONE])

    def forsaken(self, at: datetime, before: datetime) -> "BulkActQuerySet":
        """To be worked on at `at`, and no worker has given a sign of life since `before`."""
        nobody = Q(heartbeat_at__isnull=True) | Q(heartbeat_at__lt=before)
        due = Q(status__in=[BulkStatus.RUNNING, BulkStatus.UNDOING]) | Q(status=BulkStatus.WAITING, starts_at__lte=at)
        return self.filter(nobody, due)


class BulkAct(HeldWork):
    """waiting → running → done; stopped on the way; what it set can be undone: done → undoing → undone.

    Who it is about is `ids`, or the customers up to `last_id` that match `query` when their turn comes. `cursor` is the
    id of the last customer that was looked at, and moves in the transaction that changes them: each has one turn.
    A worker holds the act by `attempt`, as it holds an import. `form` is the form that was sent: sent again it makes no
    second act, unless the first was taken back. A merge has `ids` of who stays and who goes, see actions.merging.
    """

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    created_by = models.ForeignKey("surveys.User", null=True, on_delete=models.SET_NULL, db_index=False)
    created_at = models.DateTimeField()
    kind = models.CharField(max_length=10, choices=BulkKind)
    key = models.CharField(max_length=60, blank=True)  # of the property that is set
    value = models.JSONField(null=True)  # what is set, as it is stored; null unsets
    ids = models.JSONField(null=True)  # of the customers that were picked one by one
    query = models.TextField(blank=True)  # of the list, when all that match are meant
    last_id = models.BigIntegerField()
    total = models.PositiveIntegerField()  # how many were counted when the act was confirmed
    status = models.CharField(max_length=10, choices=BulkStatus, default=BulkStatus.WAITING)
    starts_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    cursor = models.BigIntegerField(default=0)
    seen = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    restored = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True, default="")
    form = models.UUIDField(null=True)

    objects = BulkActQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "form"],
                name="one_bulk_act_per_form",
                condition=Q(form__isnull=False, status__in=["waiting", "running", "done"]),
            )
        ]
        indexes = [
            models.Index(fields=["organization", "-id"], name="bulk_act_newest_first"),
            models.Index(
                fields=["starts_at"],
                name="bulk_act_in_work",
                condition=Q(status__in=["waiting", "running", "undoing"]),
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())

    def get_absolute_url(self) -> str:
        return reverse("customers:bulk_act", kwargs={"slug": self.organization.slug, "pk": self.pk})

    @property
    def is_in_work(self) -> bool:
        return self.status in (BulkStatus.WAITING, BulkStatus.RUNNING, BulkStatus.UNDOING)

"""What is kept about the life of whole organizations: exports of everything that one has."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ExportStatus(models.TextChoices):
    RUNNING = "running", _("Running")
    DONE = "done", _("Ready")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Stopped")


class OrganizationExportQuerySet(models.QuerySet["OrganizationExport"]):
    def forsaken(self, stale: datetime) -> Self:
        """Running, and no worker has given a sign of life since `stale`."""
        return self.filter(status=ExportStatus.RUNNING).exclude(heartbeat_at__gt=stale)


class OrganizationExport(models.Model):
    """A ZIP of everything that an organization has, made by a task. `attempt` says which worker it belongs to."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    asked_by = models.ForeignKey("surveys.User", null=True, on_delete=models.SET_NULL, db_index=False)
    asked_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=ExportStatus, default=ExportStatus.RUNNING)
    attempt = models.PositiveIntegerField(default=0)
    heartbeat_at = models.DateTimeField(null=True)
    tables = models.PositiveSmallIntegerField(default=0)  # that are to be written
    tables_done = models.PositiveSmallIntegerField(default=0)
    rows = models.BigIntegerField(default=0)  # written so far
    size = models.BigIntegerField(default=0)  # bytes, when it is done
    error = models.CharField(max_length=300, blank=True, default="")
    finished_at = models.DateTimeField(null=True)

    objects = OrganizationExportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization"], condition=Q(status="running"), name="one_export_at_a_time"
            ),
        ]
        indexes = [models.Index(fields=["organization", "-id"], name="export_newest_first")]

    def __str__(self) -> str:
        return f"export {self.pk}"


class OrganizationExportChunk(models.Model):
    """A megabyte of the ZIP."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    export = models.ForeignKey(
        "surveys.OrganizationExport", on_delete=models.CASCADE, related_name="chunks", db_index=False
    )
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "export", "number"], name="one_export_chunk_per_number")
        ]

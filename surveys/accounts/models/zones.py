"""A change of an organization's time zone, and the work that follows from it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ZoneChangeQuerySet(models.QuerySet["ZoneChange"]):
    def under_way(self) -> "ZoneChangeQuerySet":
        return self.filter(state__in=[ZoneChange.State.RUNNING, ZoneChange.State.PAUSED])


class ZoneChange(models.Model):
    """Every stored day is computed anew, in slices: first of responses, then of invitations, then of what came meanwhile.

    The cursor is the place in the current phase; a slice and its cursor commit together.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        PAUSED = "paused", _("Paused")
        DONE = "done", _("Done")
        REPLACED = "replaced", _("Replaced by a later change")

    class Phase(models.TextChoices):
        RESPONSES = "responses", _("Responses")
        INVITATIONS = "invitations", _("Invitations")
        LATECOMERS = "latecomers", _("What came meanwhile")

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    before = models.CharField(max_length=64)
    after = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    phase = models.CharField(max_length=12, choices=Phase, default=Phase.RESPONSES)
    cursor_at = models.DateTimeField(null=True)
    cursor_id = models.BigIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)  # rows to look at, counted when it began
    looked_at = models.PositiveIntegerField(default=0)
    moved = models.PositiveIntegerField(default=0)  # rows whose day is another now
    due_at = models.DateTimeField()  # of the next slice
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    objects = ZoneChangeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization"], condition=Q(state__in=["running", "paused"]), name="one_zone_change_at_once"
            )
        ]
        indexes = [
            models.Index(fields=["organization", "-created_at"], name="zone_change_of"),
            models.Index(fields=["due_at"], condition=Q(state="running"), name="zone_change_due"),
        ]

    def __str__(self) -> str:
        return f"{self.before} → {self.after}"

"""Acts on many conversations at once."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from surveys.customers.models.held import HeldWork


class InboxActKind(models.TextChoices):
    ASSIGN = "assign", _("Assign")
    CLOSE = "close", _("Close")
    REOPEN = "reopen", _("Open again")
    PRIORITIZE = "prioritize", _("Set the priority")


class ActStatus(models.TextChoices):
    WAITING = "waiting", _("About to start")
    RUNNING = "running", _("In work")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Stopped")
    UNDOING = "undoing", _("Being undone")
    UNDONE = "undone", _("Undone")
    FAILED = "failed", _("Failed")


class InboxActQuerySet(models.QuerySet["InboxAct"]):
    def in_work(self) -> "InboxActQuerySet":
        return self.filter(status__in=[ActStatus.WAITING, ActStatus.RUNNING, ActStatus.UNDOING])

    def forsaken(self, at: datetime, before: datetime) -> "InboxActQuerySet":
        """To be worked on at `at`, and no worker has given a sign of life since `before`."""
        return self.in_work().filter(Q(heartbeat_at__isnull=True) | Q(heartbeat_at__lt=before), starts_at__lte=at)


class InboxAct(HeldWork):
    """One act on many conversations: waiting → running → done; stopped on the way; done → undoing → undone.

    Which ones is `ids`; `query` is the list that they were chosen from. `cursor` is the last one that was looked at, and
    moves in the transaction that changes them. `form` is the form that was sent: sent again it makes no second act.
    """

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    created_by = models.ForeignKey("surveys.User", null=True, on_delete=models.SET_NULL, db_index=False)
    created_at = models.DateTimeField()
    kind = models.CharField(max_length=10, choices=InboxActKind)
    # {"to": 3, "team": None}, {"reason": "solved"} or {"priority": 2}
    facts = models.JSONField(default=dict)
    name = models.CharField(max_length=120, blank=True, default="")  # of the colleague or the team, when they are gone
    ids = models.JSONField(null=True)
    query = models.TextField(blank=True)
    last_id = models.BigIntegerField()
    total = models.PositiveIntegerField()  # how many were counted when the act was confirmed
    status = models.CharField(max_length=10, choices=ActStatus, default=ActStatus.WAITING)
    starts_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    cursor = models.BigIntegerField(default=0)
    seen = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    restored = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True, default="")
    form = models.UUIDField(null=True)

    objects = InboxActQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "form"],
                name="one_inbox_act_per_form",
                condition=Q(form__isnull=False, status__in=["waiting", "running", "done"]),
            )
        ]
        indexes = [
            models.Index(fields=["organization", "-id"], name="inbox_act_newest_first"),
            models.Index(
                fields=["starts_at"],
                name="inbox_act_in_work",
                condition=Q(status__in=["waiting", "running", "undoing"]),
            ),
        ]

    def __str__(self) -> str:
        what = str(self.get_kind_display())
        return f"{what}: {self.name}" if self.name else what

    def get_absolute_url(self) -> str:
        return reverse("inbox_acts:act", kwargs={"slug": self.organization.slug, "pk": self.pk})

    @property
    def is_in_work(self) -> bool:
        return self.status in (ActStatus.WAITING, ActStatus.RUNNING, ActStatus.UNDOING)

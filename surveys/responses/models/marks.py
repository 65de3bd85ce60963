"""What colleagues say about responses: that one is junk, that some belong together under a tag."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from surveys.customers.models.held import HeldWork
from surveys.responses.models.answers import JunkReason


class Tag(models.Model):
    """A word that colleagues put on responses. `Response.tags` holds the keys."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    name = models.CharField(_("name"), max_length=40)
    created_by = models.ForeignKey("surveys.User", null=True, on_delete=models.SET_NULL, db_index=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("organization", Lower("name"), name="one_tag_per_name")]

    def __str__(self) -> str:
        return self.name


class ResponseChange(models.Model):
    """One change of what colleagues say about a response: its history on the page, and what undoing an act reads.

    `changes` is {name: [before, after]} with the names "junk" (a JunkReason or null), "note", "tags" (keys). Goes with
    the response.
    """

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    response = models.ForeignKey("surveys.Response", on_delete=models.CASCADE, related_name="changes", db_index=False)
    at = models.DateTimeField()
    act = models.BigIntegerField(null=True)  # the ResponseAct that it came with; unset for a single one
    actor_id = models.BigIntegerField(null=True)  # the user
    changes = models.JSONField()

    class Meta:
        indexes = [
            models.Index(fields=["organization", "response", "-id"], name="change_of_response"),
            models.Index(fields=["response"], name="change_by_response"),
            models.Index(
                fields=["organization", "act", "response"], name="change_of_act", condition=Q(act__isnull=False)
            ),
        ]


class MarkKind(models.TextChoices):
    TAG = "tag", _("Tag")
    UNTAG = "untag", _("Take a tag off")
    EXCLUDE = "exclude", _("Mark as junk")
    INCLUDE = "include", _("Count again")
    MERGE = "merge", _("Merge two tags")
    DROP = "drop", _("Delete a tag")


class MarkStatus(models.TextChoices):
    WAITING = "waiting", _("About to start")
    RUNNING = "running", _("In work")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Stopped")
    UNDOING = "undoing", _("Being undone")
    UNDONE = "undone", _("Undone")
    FAILED = "failed", _("Failed")


class ResponseActQuerySet(models.QuerySet["ResponseAct"]):
    def in_work(self) -> "ResponseActQuerySet":
        return self.filter(status__in=[MarkStatus.WAITING, MarkStatus.RUNNING, MarkStatus.UNDOING])

    def forsaken(self, at: datetime, before: datetime) -> "ResponseActQuerySet":
        """To be worked on at `at`, and no worker has given a sign of life since `before`."""
        return self.in_work().filter(Q(heartbeat_at__isnull=True) | Q(heartbeat_at__lt=before), starts_at__lte=at)


class ResponseAct(HeldWork):
    """One act on many responses: waiting → running → done; stopped on the way; done → undoing → undone.

    Merging a tag into another and deleting one are such acts too, about all that have the tag.

    Who it is about is `ids`, or the responses up to `last_id` that match `query` when their turn comes. `cursor` is the
    id of the last one that was looked at, and moves in the transaction that changes them. A worker holds the act by
    `attempt`. `form` is the form that was sent: sent again it makes no second act.
    """

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    created_by = models.ForeignKey("surveys.User", null=True, on_delete=models.SET_NULL, db_index=False)
    created_at = models.DateTimeField()
    kind = models.CharField(max_length=8, choices=MarkKind)
    tag = models.ForeignKey("surveys.Tag", null=True, on_delete=models.SET_NULL, db_index=False, related_name="+")
    into = models.ForeignKey("surveys.Tag", null=True, on_delete=models.SET_NULL, db_index=False, related_name="+")
    name = models.CharField(max_length=100, blank=True, default="", db_default="")  # of the tags, when they are gone
    reason = models.CharField(max_length=12, choices=JunkReason, blank=True, default="")
    note = models.CharField(max_length=300, blank=True, default="")
    ids = models.JSONField(null=True)
    query = models.TextField(blank=True)
    last_id = models.BigIntegerField()
    total = models.PositiveIntegerField()  # how many were counted when the act was confirmed
    status = models.CharField(max_length=10, choices=MarkStatus, default=MarkStatus.WAITING)
    starts_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    cursor = models.BigIntegerField(default=0)
    seen = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    restored = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True, default="")
    form = models.UUIDField(null=True)

    objects = ResponseActQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "form"],
                name="one_response_act_per_form",
                condition=Q(form__isnull=False, status__in=["waiting", "running", "done"]),
            )
        ]
        indexes = [
            models.Index(fields=["organization", "-id"], name="response_act_newest_first"),
            models.Index(
                fields=["starts_at"],
                name="response_act_in_work",
                condition=Q(status__in=["waiting", "running", "undoing"]),
            ),
        ]

    def __str__(self) -> str:
        what = str(self.get_kind_display())
        return f"{what}: {self.name}" if self.name else what

    def get_absolute_url(self) -> str:
        return reverse("responses:act", kwargs={"slug": self.organization.slug, "pk": self.pk})

    @property
    def is_in_work(self) -> bool:
        return self.status in (MarkStatus.WAITING, MarkStatus.RUNNING, MarkStatus.UNDOING)

"""Other systems that an organization lets know what happened."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class HookKind(models.TextChoices):
    """In whose form a message is posted."""

    SLACK = "slack", _("Slack, or what understands its messages")
    WEBHOOK = "webhook", _("Webhook")  # signed JSON, https://www.standardwebhooks.com


class StandingHooks(models.Manager["Hook"]):
    def get_queryset(self) -> models.QuerySet["Hook"]:
        return super().get_queryset().filter(deleted_at=None)


class Hook(models.Model):
    """An address that messages are posted to. The address of a Slack channel is a secret, so it is kept like one.

    `address` and `secret` are sealed (core.sealing); `host` is what may be shown of the address. One that was removed can
    be brought back until they are erased: `objects` are the others, and `ever` are all, as rules go on naming them.
    """

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=8, choices=HookKind)
    address = models.TextField()
    host = models.CharField(max_length=253)
    secret = models.TextField(blank=True, default="")  # what posts are signed with; of Slack none
    # Whether posts say what the customer wrote and who they are; else ids and scores alone.
    tells_words = models.BooleanField(default=False, db_default=False)
    is_on = models.BooleanField(default=True)
    stopped_reason = models.CharField(max_length=300, blank=True, default="")  # why it is off, when nobody switched it
    failing_since = models.DateTimeField(null=True)
    rests_until = models.DateTimeField(null=True)  # while it fails, nothing is posted before
    tried_at = models.DateTimeField(null=True)  # whose turn was longest ago is next
    created_by = models.ForeignKey("surveys.User", null=True, on_delete=models.SET_NULL, db_index=False)
    created_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)

    objects = StandingHooks()
    ever = models.Manager["Hook"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "organization", Lower("name"), name="one_hook_per_name", condition=Q(deleted_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("integrations:hook", kwargs={"slug": self.organization.slug, "pk": self.pk})

    @property
    def is_slack(self) -> bool:
        return self.kind == HookKind.SLACK


class PostState(models.TextChoices):
    DUE = "due", _("Due")
    POSTED = "posted", _("Posted")
    FAILED = "failed", _("Failed")  # for good: too often, or what it answered cannot pass
    CANCELLED = "cancelled", _("Cancelled")  # the hook is off or gone; `ended` says which


class Ending(models.TextChoices):
    """Why a post was cancelled."""

    REMOVED = "removed", _("The connection was removed.")  # brought back with it
    SWITCHED_OFF = "off", _("The connection was switched off.")
    STOPPED = "stopped", _("The connection was stopped, for it failed.")


class HookPost(models.Model):
    """One message to one hook. `key` says what it is about: the same thing is told once, however often tasks run.

    At least once: whoever dies after posting and before the row says so posts again, with the same id.
    """

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    hook = models.ForeignKey("surveys.Hook", on_delete=models.CASCADE, related_name="posts", db_index=False)
    key = models.CharField(max_length=120)
    body = models.JSONField()
    state = models.CharField(max_length=10, choices=PostState, default=PostState.DUE)
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    status = models.PositiveSmallIntegerField(null=True)  # of the last answer
    said = models.CharField(max_length=500, blank=True, default="")  # by the other side, or why it was not reached
    ended = models.CharField(max_length=8, choices=Ending, blank=True, default="", db_default="")
    created_at = models.DateTimeField()
    posted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "hook", "key"], name="one_post_per_matter")]
        indexes = [
            models.Index(
                fields=["lease_until"], name="post_on_its_way", condition=Q(state="due", lease_until__isnull=False)
            ),
            models.Index(fields=["hook", "due_at"], name="post_due_of_hook", condition=Q(state="due")),
            models.Index(fields=["hook", "-id"], name="post_of_hook"),
            models.Index(fields=["created_at"], name="post_prune", condition=~Q(state="due")),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def public_id(self) -> str:
        """What the other side knows it by; the same however often it is posted."""
        return f"post_{self.pk}"

    @property
    def is_test(self) -> bool:
        return self.body.get("type") == "test"

    @property
    def about(self) -> str:
        """For the log: the rule that posted it, else what happened."""
        return str(self.body.get("rule_name") or self.body.get("type") or self.key)

    @property
    def may_be_repeated(self) -> bool:
        return self.state in (PostState.FAILED, PostState.CANCELLED)

"""What people add to dashboards: notes on the trend, mails that come by themselves, links for others, a rule about risk."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Annotation(models.Model):
    """Something that happened (a release, an incident): shown on trends, with the score before and after."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    campaign = models.ForeignKey("surveys.Campaign", null=True, blank=True, on_delete=models.CASCADE, db_index=False)
    day = models.DateField(_("day"))
    last_day = models.DateField(_("until"), null=True, blank=True)  # when it took more than one
    text = models.CharField(_("what happened"), max_length=120)
    created_by = models.ForeignKey("surveys.User", null=True, on_delete=models.SET_NULL, db_index=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)  # the row stays, so that deleting can be undone

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day__isnull=True) | Q(last_day__gte=models.F("day")), name="annotation_days_in_order"
            )
        ]
        indexes = [models.Index(fields=["organization", "day"], name="annotation_by_day")]

    def __str__(self) -> str:
        return self.text


class Frequency(models.TextChoices):
    DAILY = "daily", _("Every day")
    WEEKLY = "weekly", _("Every week")
    MONTHLY = "monthly", _("Every month")


class Digest(models.Model):
    """A colleague gets the figures of a saved view (or of the overview) by mail. `next_at` is when it is looked at next."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    user = models.ForeignKey("surveys.User", on_delete=models.CASCADE, db_index=False)
    view = models.ForeignKey("surveys.SavedView", null=True, blank=True, on_delete=models.CASCADE, db_index=False)
    frequency = models.CharField(max_length=7, choices=Frequency)
    next_at = models.DateTimeField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "user", "view", "frequency"], name="one_digest", nulls_distinct=False
            )
        ]
        indexes = [
            models.Index(fields=["next_at"], name="digest_due"),
            models.Index(fields=["view"], name="digest_of_view", condition=Q(view__isnull=False)),
        ]


class DigestIssue(models.Model):
    """One digest for one period: written in the transaction that orders the mail, so nobody gets it twice."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    digest = models.ForeignKey("surveys.Digest", on_delete=models.CASCADE, related_name="issues", db_index=False)
    first = models.DateField()
    last = models.DateField()
    responses = models.PositiveIntegerField()  # new ones; with none there was nothing to send
    delivery_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "digest", "last"], name="one_issue_per_period")]
        indexes = [models.Index(fields=["digest"], name="issue_of_digest")]


class ShareLink(models.Model):
    """Whoever has the link reads a saved view without signing in, until it expires or is revoked."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    view = models.ForeignKey("surveys.SavedView", on_delete=models.CASCADE, related_name="links", db_index=False)
    secret_hash = models.CharField(max_length=64, unique=True)  # SHA-256 of what stands in the address
    label = models.CharField(_("for whom"), max_length=100, blank=True)
    shows_comments = models.BooleanField(_("with comments"), default=False)  # never with names
    created_by = models.ForeignKey("surveys.User", null=True, on_delete=models.SET_NULL, db_index=False)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    opened = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["organization", "-id"], name="share_link_newest_first"),
            models.Index(fields=["view"], name="share_link_of_view"),
        ]

    def is_open(self, at: datetime) -> bool:
        return self.revoked_at is None and self.expires_at > at


class RiskRule(models.Model):
    """When a customer is listed as likely to leave: which parts (see analytics.risk), and how many must apply."""

    organization = models.OneToOneField("surveys.Organization", on_delete=models.CASCADE)
    parts = models.JSONField(default=list)
    least = models.PositiveSmallIntegerField(default=1)
    version = models.PositiveIntegerField(default=1)
    updated_by = models.ForeignKey("surveys.User", null=True, on_delete=models.SET_NULL, db_index=False)
    updated_at = models.DateTimeField()

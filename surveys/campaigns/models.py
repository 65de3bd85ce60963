"""What is asked, of whom, and in which words."""

from typing import Self

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SCHEDULED = "scheduled", _("Scheduled")  # launched; waits for `starts_at` (at least the undo time)
    LIVE = "live", _("Live")
    PAUSED = "paused", _("Paused")
    ENDED = "ended", _("Ended")


class Kind(models.TextChoices):
    ONE_OFF = "one_off", _("One-off")


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def drafts(self) -> Self:
        return self.filter(status=Status.DRAFT)

    def scheduled(self) -> Self:
        return self.filter(status=Status.SCHEDULED)

    def live(self) -> Self:
        return self.filter(status=Status.LIVE)

    def paused(self) -> Self:
        return self.filter(status=Status.PAUSED)

    def of_working_organizations(self) -> Self:
        """Neither suspended by the operator nor about to be deleted."""
        return self.filter(organization__suspended_at=None, organization__deletes_at=None)

    def running(self) -> Self:
        """Launched and not over: what can be cancelled."""
        return self.filter(status__in=(Status.LIVE, Status.PAUSED))


class Campaign(models.Model):
    """draft → scheduled → live ⇄ paused → ended. Launching with Undo is scheduled → draft before `starts_at`."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.ONE_OFF)
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    status_reason = models.CharField(max_length=300, blank=True)  # why it was paused or ended, for people
    audience = models.JSONField(default=dict)  # a condition tree, see core.conditions; {} is everyone
    version = models.PositiveIntegerField(default=1)  # of its wording; a live campaign's version never changes
    wave = models.PositiveIntegerField(default=0)  # of the latest launch; 0 before the first
    answer_window_days = models.PositiveSmallIntegerField(default=90)
    throttle_days = models.PositiveSmallIntegerField(
        null=True, blank=True
    )  # stricter than the organization's, or unset
    created_by = models.ForeignKey("surveys.User", null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    starts_at = models.DateTimeField(null=True)
    launched_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    plan_cursor = models.BigIntegerField(default=0)  # last customer id that the wave's planning has decided about
    planned_at = models.DateTimeField(null=True)  # planning of the wave has seen everyone
    audience_size = models.PositiveIntegerField(null=True)  # people the wave's planning is going to ask, for progress

    objects = CampaignQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["organization", "-id"], name="campaign_newest_first"),
            models.Index(fields=["status", "starts_at"], name="campaign_starting"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("campaigns:detail", kwargs={"slug": self.organization.slug, "pk": self.pk})

    @property
    def occasion(self) -> str:
        return f"wave:{self.wave}"

    @property
    def is_draft(self) -> bool:
        return self.status == Status.DRAFT

    @property
    def is_scheduled(self) -> bool:
        return self.status == Status.SCHEDULED

    @property
    def is_live(self) -> bool:
        return self.status == Status.LIVE

    @property
    def is_paused(self) -> bool:
        return self.status == Status.PAUSED

    @property
    def is_cancelled(self) -> bool:
        """Ended by a person, whose name is the reason; one that ended because everybody was asked has none."""
        return self.status == Status.ENDED and bool(self.status_reason)

    @property
    def standing(self) -> str:
        """Its status in a word."""
        return gettext("Cancelled") if self.is_cancelled else self.get_status_display()


class Wording(models.Model):
    """The words of one version of a campaign in one language. Plain text with {{ placeholders }} from an allow-list."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    campaign = models.ForeignKey("surveys.Campaign", on_delete=models.CASCADE, related_name="wordings")
    version = models.PositiveIntegerField(default=1)
    language = models.CharField(max_length=12)
    subject = models.CharField(_("subject"), max_length=200)
    intro = models.TextField(_("introduction"), blank=True, max_length=2000)
    question = models.CharField(_("question"), max_length=300)
    low_label = models.CharField(_("label at 0"), max_length=40)
    high_label = models.CharField(_("label at 10"), max_length=40)
    comment_prompt = models.CharField(_("comment question"), max_length=200)
    thanks_promoter = models.TextField(_("thanks for promoters"), max_length=1000)
    thanks_passive = models.TextField(_("thanks for passives"), max_length=1000)
    thanks_detractor = models.TextField(_("thanks for detractors"), max_length=1000)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "campaign", "version", "language"], name="one_wording_per_language"
            )
        ]

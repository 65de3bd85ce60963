"""What is asked, of whom, and in which words."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SCHEDULED = "scheduled", _("Scheduled")  # launched; waits for `starts_at` (at least the undo time)
    LIVE = "live", _("Live")
    PAUSED = "paused", _("Paused")
    ENDED = "ended", _("Ended")
    ARCHIVED = "archived", _("Archived")  # ended, and out of the way


class Kind(models.TextChoices):
    ONE_OFF = "one_off", _("One-off")  # everyone in the audience once
    RECURRING = "recurring", _("Recurring")  # everyone in the audience every so many days, some of them each day
    TRIGGERED = "triggered", _("Triggered")  # after an event, or around a date


class Trigger(models.TextChoices):
    EVENT = "event", _("Event")
    DATE = "date", _("Date property")


class Priority(models.IntegerChoices):
    """When several campaigns want the same person."""

    LOW = 1, _("Low")
    NORMAL = 2, _("Normal")
    HIGH = 3, _("High")
    HIGHEST = 4, _("Highest")


ALL_DAYS = 0b1111111  # bit 0 is Monday
EVERYBODY = 10_000  # of 10,000: the whole audience
MOST_REMINDERS = 3


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def drafts(self) -> Self:
        return self.filter(status=Status.DRAFT)

    def scheduled(self) -> Self:
        return self.filter(status=Status.SCHEDULED)

    def live(self) -> Self:
        return self.filter(status=Status.LIVE)

    def paused(self) -> Self:
        return self.filter(status=Status.PAUSED)

    def ended(self) -> Self:
        return self.filter(status=Status.ENDED)

    def archived(self) -> Self:
        return self.filter(status=Status.ARCHIVED)

    def of_working_organizations(self) -> Self:
        """Neither suspended by the operator nor about to be deleted."""
        return self.filter(organization__suspended_at=None, organization__deletes_at=None)

    def running(self) -> Self:
        """Launched and not over: what can be cancelled."""
        return self.filter(status__in=(Status.LIVE, Status.PAUSED))


class Campaign(models.Model):
    """draft → scheduled → live ⇄ paused → ended ⇄ archived. Undoing a launch is scheduled → draft, before `starts_at`."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.ONE_OFF)
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    status_reason = models.CharField(max_length=300, blank=True)  # why it was paused or ended, for people
    audience = models.JSONField(default=dict)  # a condition tree, see core.conditions; {} is everyone
    exclusions = models.JSONField(default=dict)  # who of them is left out, as conditions; {} is nobody
    version = models.PositiveIntegerField(default=1)  # the current one; every change after the launch makes a new one
    wave = models.PositiveIntegerField(default=0)  # of the latest launch; 0 before the first
    answer_window_days = models.PositiveSmallIntegerField(default=90)
    throttle_days = models.PositiveSmallIntegerField(
        null=True, blank=True
    )  # stricter than the organization's, or unset
    # When it asks. Of a triggered one: what sets it off, and how long after it.
    trigger = models.CharField(max_length=10, choices=Trigger, blank=True, default="")
    event_kind = models.CharField(max_length=60, blank=True, default="")  # "order.delivered"
    event_conditions = models.JSONField(default=dict)  # about the event's own fields
    date_property = models.CharField(max_length=60, blank=True, default="")  # the key of a property
    delay_minutes = models.IntegerField(default=0)  # of a date: whole days; negative is before it
    late_days = models.PositiveSmallIntegerField(default=7)  # an occasion that is older is not asked about any more
    every_days = models.PositiveSmallIntegerField(null=True)  # of a recurring one
    # Whom first, how many, and at which hours of the customer's day.
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.NORMAL)
    sample_share = models.PositiveSmallIntegerField(default=EVERYBODY)  # of 10,000
    daily_cap = models.PositiveIntegerField(null=True)
    total_cap = models.PositiveIntegerField(null=True)
    response_target = models.PositiveIntegerField(null=True)  # so many counted responses end it
    send_from = models.TimeField(null=True)  # both or none; from < until
    send_until = models.TimeField(null=True)
    send_days = models.PositiveSmallIntegerField(default=ALL_DAYS)  # bits, Monday first
    begins_at = models.DateTimeField(null=True)  # not before; unset: when launched
    ends_at = models.DateTimeField(null=True)  # nothing is sent from then on
    reminders = models.PositiveSmallIntegerField(default=0)
    reminder_days = models.PositiveSmallIntegerField(default=5)  # between a mail and the next
    created_by = models.ForeignKey("surveys.User", null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    starts_at = models.DateTimeField(null=True)
    launched_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)  # a person ended a wave before everybody was asked
    archived_at = models.DateTimeField(null=True)
    plan_cursor = models.BigIntegerField(default=0)  # last customer id that the wave's planning has decided about
    planned_at = models.DateTimeField(null=True)  # planning of the wave (of the day, of what recurs) has seen everyone
    plan_day = models.DateField(null=True)  # the latest day of the organization that was planned, of what recurs
    audience_size = models.PositiveIntegerField(null=True)  # people the wave's planning is going to ask, for progress

    objects = CampaignQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["organization", "-id"], name="campaign_newest_first"),
            models.Index(fields=["status", "starts_at"], name="campaign_starting"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(sample_share__gte=1, sample_share__lte=EVERYBODY), name="sample_share_is_a_share"
            ),
            models.CheckConstraint(
                condition=Q(send_from=None, send_until=None) | Q(send_from__lt=F("send_until")),
                name="sending_hours_are_a_window",
            ),
            models.CheckConstraint(
                condition=Q(send_days__gte=1, send_days__lte=ALL_DAYS), name="some_day_is_for_sending"
            ),
            models.CheckConstraint(condition=Q(reminders__lte=MOST_REMINDERS), name="few_reminders"),
            models.CheckConstraint(
                condition=~Q(kind="recurring") | Q(every_days__gte=1), name="what_recurs_has_an_interval"
            ),
            models.CheckConstraint(
                condition=~Q(kind="triggered")
                | Q(trigger="event", delay_minutes__gte=0) & ~Q(event_kind="")
                | Q(trigger="date") & ~Q(date_property=""),
                name="what_is_triggered_has_a_trigger",
            ),
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
    def is_archived(self) -> bool:
        return self.status == Status.ARCHIVED

    @property
    def is_over(self) -> bool:
        """Ended, be it in the archive: nothing about it changes any more."""
        return self.status in (Status.ENDED, Status.ARCHIVED)

    @property
    def is_cancelled(self) -> bool:
        """A person stopped its wave for good; one that ended by itself, or whose end was a matter of time, is not."""
        return self.cancelled_at is not None

    @property
    def standing(self) -> str:
        """Its status in a word."""
        is_told = self.is_cancelled and self.status == Status.ENDED
        return gettext("Cancelled") if is_told else self.get_status_display()

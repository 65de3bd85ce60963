"""The ask, and the messages that carry it. States and their arrows: docs/delivery.md."""

from datetime import datetime
from typing import Final, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from surveys.core.choices import Channel


class Reason(models.TextChoices):
    """Why a customer of the audience is or is not asked."""

    INVITED = "invited", _("Invited")
    UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")
    BOUNCED = "bounced", _("Address bounced")
    COMPLAINED = "complained", _("Complained")
    BLOCKED = "blocked", _("Do not mail")
    ERASED = "erased", _("Erased on request")
    THROTTLED = "throttled", _("Asked recently")
    NO_ADDRESS = "no_address", _("No email address")
    RESTING = "resting", _("Wants to be asked less often")  # said on the preference page
    WAITING = "waiting", _("Waiting for the right time")  # the delay after the trigger is not over
    COMPANY = "company", _("A colleague was asked recently")  # the organization's rule per account
    OUTRANKED = "outranked", _("A campaign of higher priority asks first")
    NOT_SAMPLED = "not_sampled", _("Not in the sample")
    EXCLUDED = "excluded", _("Excluded")  # by the campaign's own conditions
    OVER_CAP = "over_cap", _("Over the cap")
    LEFT = "left", _("Not in the audience any more")
    TOO_LATE = "too_late", _("Too long ago")  # an occasion that could not be asked about in time
    ENDED = "ended", _("The campaign ended first")


class PlanDecision(models.Model):
    """The decision about one customer on one occasion of a campaign, upserted by planning and by claiming.

    With `until` it is not the last word: it is decided anew then. Without, it stands.
    """

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    campaign = models.ForeignKey("surveys.Campaign", on_delete=models.CASCADE, db_index=False)
    customer = models.ForeignKey("surveys.Customer", on_delete=models.CASCADE, db_index=False)
    occasion = models.CharField(max_length=60)
    reason = models.CharField(max_length=12, choices=Reason)
    until = models.DateTimeField(null=True)  # when it is decided again
    event_id = models.BigIntegerField(null=True)  # the CustomerEvent of an "event:…" occasion
    blocker = models.BigIntegerField(null=True)  # the campaign that asked, or asks, instead
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "campaign", "customer", "occasion"], name="one_decision_per_occasion"
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "customer"], name="decision_of_customer"),
            models.Index(fields=["campaign", "until"], name="decision_deferred", condition=Q(until__isnull=False)),
            models.Index(fields=["organization", "campaign", "reason"], name="decision_by_reason"),
        ]


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def mailed(self) -> Self:
        """Asks by email, sent or not: survey links make invitations, too."""
        return self.filter(channel=Channel.EMAIL)


class Invitation(models.Model):
    """One ask of one customer on one occasion, with the snapshot taken when it was claimed, and its outcome."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    campaign = models.ForeignKey("surveys.Campaign", on_delete=models.CASCADE, db_index=False)
    customer = models.ForeignKey(
        "surveys.Customer", null=True, on_delete=models.SET_NULL, db_index=False
    )  # erasure may keep counts
    occasion = models.CharField(max_length=60)
    version = models.PositiveIntegerField(default=1)  # of the campaign
    language = models.CharField(max_length=12, blank=True, default="")
    variant = models.CharField(max_length=1, blank=True, default="", db_default="")  # of the version's design
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.EMAIL, db_default=Channel.EMAIL)
    event_id = models.BigIntegerField(null=True)  # the CustomerEvent that it is about
    property_set = models.ForeignKey("surveys.PropertySet", null=True, on_delete=models.PROTECT, db_index=False)
    properties = models.JSONField(null=True)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)  # when planning wants it to be sent
    claimed_at = models.DateTimeField(null=True)  # set: this ask has taken the person
    asked_before = models.DateTimeField(null=True)  # when the person was last asked before that, to give back
    account = models.CharField(max_length=255, blank=True, default="", db_default="")  # the company that it has taken
    account_before = models.DateTimeField(null=True)  # when the company was last asked before that
    sent_at = models.DateTimeField(null=True)  # accepted by the mail server
    sent_day = models.DateField(null=True)  # in the organization's time zone
    reminded = models.PositiveSmallIntegerField(default=0, db_default=0)  # reminders that were made
    remind_at = models.DateTimeField(null=True)  # when the next one is
    opened_at = models.DateTimeField(null=True)  # a person saw the survey's page
    bounced_at = models.DateTimeField(null=True)
    complained_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)  # first click of a response that counts
    unsubscribed_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "campaign", "occasion", "customer"], name="one_ask_per_occasion"
            ),
        ]
        indexes = [
            # With what tells how often somebody was asked since, and whether in vain: counted for many people at once.
            models.Index(
                fields=["organization", "customer", "-id"],
                name="invitation_of_customer",
                include=["sent_at", "bounced_at", "sent_day", "answered_at"],
            ),
            models.Index(fields=["organization", "campaign", "sent_at"], name="invitation_of_campaign"),
            models.Index(
                fields=["organization", "sent_day"],
                name="invitation_by_day",
                include=["campaign", "property_set"],
                condition=Q(sent_day__isnull=False),
            ),
            models.Index(
                fields=["organization", "property_set", "sent_day"],
                name="invitation_by_property_set",
                include=["id", "campaign", "bounced_at", "answered_at", "unsubscribed_at"],
                condition=Q(sent_day__isnull=False),
            ),
            models.Index(
                fields=["id"], name="invitation_under_way", condition=Q(claimed_at__isnull=False, sent_at=None)
            ),
            models.Index(fields=["remind_at"], name="invitation_to_remind", condition=Q(remind_at__isnull=False)),
            models.Index(
                fields=["campaign", "remind_at"],
                name="invitation_to_remind_here",
                condition=Q(remind_at__isnull=False),
            ),
            models.Index(
                fields=["organization", "campaign"], name="invitation_opened", condition=Q(opened_at__isnull=False)
            ),
            models.Index(
                fields=["organization", "campaign"], name="invitation_answered", condition=Q(answered_at__isnull=False)
            ),
        ]


class Kind(models.TextChoices):
    ASK = "ask", _("Invitation")
    REMINDER_1 = "reminder-1", _("First reminder")
    REMINDER_2 = "reminder-2", _("Second reminder")
    REMINDER_3 = "reminder-3", _("Third reminder")
    REPLY = "reply", _("Reply")  # of a colleague, in a conversation
    AUTOMATION = "automation", _("Automatic mail")  # of a rule, to a customer
    ALERT = "alert", _("Alert")  # to a colleague
    SYSTEM = "system", _("System")  # sign-up, password reset
    TEST = "test", _("Test")


REMINDERS: Final = (Kind.REMINDER_1, Kind.REMINDER_2, Kind.REMINDER_3)  # the n-th is at n - 1


class State(models.TextChoices):
    DUE = "due", _("Due")
    CLAIMED = "claimed", _("Claimed")
    SENDING = "sending", _("Sending")
    SENT = "sent", _("Sent")
    DELIVERED = "delivered", _("Delivered")
    BOUNCED = "bounced", _("Bounced")
    DELAYED = "delayed", _("Delayed")
    UNCERTAIN = "uncertain", _("Uncertain")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Expired")


class Queue(models.TextChoices):
    """System mails, tests and replies go before bulk."""

    EMAIL = "email"
    BULK = "bulk"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self, at: datetime) -> Self:
        return self.filter(state=State.DUE, due_at__lte=at)

    def in_doubt(self, at: datetime) -> Self:
        """Messages that were in flight when their sender's lease ran out."""
        return self.filter(state=State.SENDING, lease_until__lt=at)


class Delivery(models.Model):
    """One message of any kind to one address. Every mail that the product sends is one of these."""

    organization = models.ForeignKey(
        "surveys.Organization", null=True, on_delete=models.CASCADE, db_index=False
    )  # null: sign-up, reset
    campaign = models.ForeignKey("surveys.Campaign", null=True, on_delete=models.CASCADE, db_index=False)
    invitation = models.ForeignKey(
        "surveys.Invitation", null=True, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    # Without a constraint in the database: it would look through all messages for each customer that is deleted, and an
    # index for it would be written with every change of state.
    customer = models.ForeignKey(
        "surveys.Customer", null=True, on_delete=models.SET_NULL, db_index=False, db_constraint=False
    )
    kind = models.CharField(max_length=12, choices=Kind)
    queue = models.CharField(max_length=8, choices=Queue)
    state = models.CharField(max_length=10, choices=State, default=State.DUE)
    reason = models.CharField(max_length=300, blank=True, default="")  # of a terminal or deferred state, for people
    due_at = models.DateTimeField()
    lease_owner = models.CharField(max_length=64, blank=True, default="")
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    to_address = models.CharField(max_length=320, blank=True, default="")  # of an ask: taken when claimed
    message_id = models.CharField(max_length=200, blank=True, default="")  # the same for every copy
    provider_id = models.CharField(max_length=200, blank=True, default="", db_default="")  # what the provider calls it
    content = models.JSONField(null=True)  # subject, text, html of what is not rendered from a campaign
    created_at = models.DateTimeField()
    sending_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)  # terminal
    uncertain_at = models.DateTimeField(null=True)  # stays set: a second copy exists only where this is set
    last_error = models.TextField(blank=True, default="")
    # Whether it stands in the counts of what was sent; None: from before there were any. Of an ask its invitation says so.
    is_counted = models.BooleanField(null=True, default=False, db_default=False)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["organization", "invitation", "kind"], name="one_message_per_ask_and_kind"),
            models.CheckConstraint(
                condition=~Q(state__in=["claimed", "sending"]) | Q(lease_until__isnull=False),
                name="in_flight_is_leased",
            ),
        ]
        indexes = [
            models.Index(fields=["queue", "due_at", "id"], name="delivery_due", condition=Q(state="due")),
            models.Index(
                fields=["campaign", "due_at", "id"], name="delivery_due_in_campaign", condition=Q(state="due")
            ),
            models.Index(fields=["lease_until"], name="delivery_leased", condition=Q(state__in=["claimed", "sending"])),
            models.Index(
                fields=["organization", "uncertain_at"], name="delivery_uncertain", condition=Q(state="uncertain")
            ),
            models.Index(fields=["organization", "campaign", "state", "kind"], name="delivery_of_campaign"),
            models.Index(fields=["invitation"], name="delivery_of_invitation"),
            # What colleagues and rules wrote to somebody: found when they go, and when they ask what is known.
            models.Index(
                fields=["organization", "customer"],
                name="letter_of_customer",
                condition=Q(campaign__isnull=True, customer__isnull=False),
            ),
            models.Index(fields=["provider_id"], name="delivery_of_provider", condition=~Q(provider_id="")),
            models.Index(
                fields=["sent_at"],
                name="delivery_uncounted",
                condition=Q(is_counted=False, sent_at__isnull=False) & ~Q(kind="ask"),
            ),
            models.Index(fields=["finished_at"], name="delivery_failed", condition=Q(state="failed")),
            models.Index(fields=["uncertain_at"], name="delivery_doubted", condition=Q(uncertain_at__isnull=False)),
        ]


class Batch(models.Model):
    """Deliveries that one sender has claimed together; gone when it is done with them.

    The table is UNLOGGED: PostgreSQL empties it when it recovers from a crash. So a claim whose batch is missing is one
    whose latest commits may have been forgotten (they are asynchronous), and what was sent since is not known.
    """

    owner = models.CharField(max_length=64, primary_key=True)
    queue = models.CharField(max_length=8, choices=Queue)
    route = models.CharField(max_length=40, blank=True, default="", db_default="")  # as in RouteState
    claimed_at = models.DateTimeField()
    lease_until = models.DateTimeField()

    class Meta:
        verbose_name_plural = "batches"


class MailDay(models.Model):
    """How many people an organization with a limit has taken for asking on one of its days. Others have no rows here."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    day = models.DateField()  # in the organization's time zone
    taken = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "day"], name="one_count_of_mails_per_day")]

    def __str__(self) -> str:
        return f"{self.taken} on {self.day}"


class CampaignDay(models.Model):
    """How many people a campaign with a daily cap has taken on one day of its organization."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    campaign = models.ForeignKey("surveys.Campaign", on_delete=models.CASCADE, db_index=False)
    day = models.DateField()
    taken = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "campaign", "day"], name="one_count_of_asks_per_day")
        ]
        indexes = [models.Index(fields=["campaign", "day"], name="day_of_campaign")]

    def __str__(self) -> str:
        return f"{self.taken} on {self.day}"


class AccountAsk(models.Model):
    """When somebody of a company (one value of the organization's account property) was last asked."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    value = models.CharField(max_length=255)
    last_asked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "value"], name="one_row_per_account")]

    def __str__(self) -> str:
        return self.value

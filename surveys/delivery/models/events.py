"""What mail providers tell after they have taken a message, and what it adds up to."""

from typing import Final

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Happening(models.TextChoices):
    """What a provider tells about a message, in the words of all providers."""

    QUEUED = "queued", _("Queued")
    ACCEPTED = "accepted", _("Accepted")  # by the provider, for whoever waits in "uncertain"
    DELAYED = "delayed", _("Delayed")
    DELIVERED = "delivered", _("Delivered")
    SOFT_BOUNCED = "soft_bounced", _("Bounced for now")
    BOUNCED = "bounced", _("Bounced")
    REJECTED = "rejected", _("Refused by the provider")
    FAILED = "failed", _("Failed at the provider")
    COMPLAINED = "complained", _("Reported as spam")
    UNSUBSCRIBED = "unsubscribed", _("Unsubscribed at the provider")
    OTHER = "other", _("Something else")  # opened, clicked …: noted, and nothing follows


# What says something about an address.
TELLING: Final = (
    Happening.DELIVERED,
    Happening.SOFT_BOUNCED,
    Happening.BOUNCED,
    Happening.REJECTED,
    Happening.COMPLAINED,
    Happening.UNSUBSCRIBED,
)


class DeliveryEvent(models.Model):
    """One thing that a provider told about one message, once: unique by the road and the provider's own id of it.

    Append-only, pruned, and nothing points here. `delivery_id` is None where nothing follows from it for a message of ours:
    see docs/provider-events.md.
    """

    organization = models.ForeignKey("surveys.Organization", null=True, on_delete=models.CASCADE, db_index=False)
    route = models.CharField(max_length=40, blank=True)  # as in RouteState
    key = models.CharField(max_length=100)  # the provider's id of the event, or a digest of all it said
    delivery_id = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=14, choices=Happening)
    at = models.DateTimeField()  # when it happened, as the provider says
    received_at = models.DateTimeField()
    address_hash = models.CharField(max_length=64, blank=True, default="")  # see customers.addresses
    domain = models.CharField(max_length=253, blank=True, default="")  # of the address
    said = models.CharField(max_length=500, blank=True, default="")  # why, in the words of the receiving server

    class Meta:
        constraints = [models.UniqueConstraint(fields=["route", "key"], name="one_event_of_a_provider")]
        indexes = [
            models.Index(
                fields=["delivery_id", "at"], name="event_of_delivery", condition=Q(delivery_id__isnull=False)
            ),
            models.Index(
                fields=["organization", "address_hash", "at"], name="told_of_address", condition=Q(kind__in=TELLING)
            ),
            models.Index(fields=["organization", "-received_at"], name="told_newest_first"),
            BrinIndex(fields=["received_at"], name="delivery_event_prune"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.delivery_id}"


class UnreadEvent(models.Model):
    """A part of a provider's report that could not be understood: kept for a while, and shown, instead of dropped."""

    route = models.CharField(max_length=40, blank=True)
    provider = models.CharField(max_length=20)
    received_at = models.DateTimeField()
    problem = models.CharField(max_length=300)
    raw = models.TextField()  # the first 10,000 characters

    class Meta:
        indexes = [models.Index(fields=["-received_at"], name="unread_newest_first")]

    def __str__(self) -> str:
        return self.problem


class MailDomainDay(models.Model):
    """What became of the mails to one recipient domain that left on one day (the organization's). Counts of messages."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    day = models.DateField()
    domain = models.CharField(max_length=253)
    sent = models.PositiveIntegerField(default=0, db_default=0)
    delivered = models.PositiveIntegerField(default=0, db_default=0)
    bounced = models.PositiveIntegerField(default=0, db_default=0)  # refused at once, or later
    soft_bounced = models.PositiveIntegerField(default=0, db_default=0)
    complained = models.PositiveIntegerField(default=0, db_default=0)
    unsubscribed = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "day", "domain"], name="one_row_per_domain_and_day")
        ]

    def __str__(self) -> str:
        return f"{self.domain} on {self.day}"


class MailMinute(models.Model):
    """What became of mails in one minute, of all organizations: how fast it goes. When it was told, not when they left.

    Writers of one minute spread over slots, so that they do not wait for each other. Minutes that are over for long are
    folded into BEGINNING: the sum of all rows is the total since the counts began.
    """

    minute = models.DateTimeField()
    slot = models.SmallIntegerField()
    sent = models.BigIntegerField(default=0, db_default=0)
    delivered = models.BigIntegerField(default=0, db_default=0)
    bounced = models.BigIntegerField(default=0, db_default=0)
    soft_bounced = models.BigIntegerField(default=0, db_default=0)
    complained = models.BigIntegerField(default=0, db_default=0)
    unsubscribed = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["minute", "slot"], name="one_row_per_minute_and_slot")]

    def __str__(self) -> str:
        return f"{self.sent} in {self.minute:%H:%M}"


class MailHealth(models.Model):
    """Whether an organization's mail was stopped for its rates, and since when these are counted.

    Somebody looked into it: days before `counted_from` do not stop anything again, and of that day itself not what it had
    counted until then (`had_*`).
    """

    organization = models.OneToOneField("surveys.Organization", on_delete=models.CASCADE, related_name="mail_health")
    counted_from = models.DateField(null=True)
    had_sent = models.IntegerField(default=0, db_default=0)
    had_bounced = models.IntegerField(default=0, db_default=0)
    had_complained = models.IntegerField(default=0, db_default=0)
    looked_into_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True, default="")

    def __str__(self) -> str:
        return self.reason or "well"

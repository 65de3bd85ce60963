"""Who of an organization is told what, and how."""

from typing import Final

from django.db import models
from django.db.models import Case, CharField, F, Q, Value, When
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext_lazy as _


class Matter(models.TextChoices):
    """What colleagues are told about."""

    RESPONSE = "response", _("A response")  # in a category or segment that one has chosen
    COMMENT = "comment", _("A comment was written or changed")
    AMENDED = "amended", _("A score fell or rose")
    ASSIGNED = "assigned", _("A conversation became mine or my team's")
    REPLIED = "replied", _("A customer wrote in a conversation of mine")
    MENTIONED = "mentioned", _("A colleague mentioned me")
    OVERDUE = "overdue", _("A conversation of mine is overdue, or was handed up to me")
    RULE = "rule", _("An automation rule tells me")
    UNROUTED = "unrouted", _("Mail came in that belongs to no conversation")
    SIGNED_UP = "signed_up", _("Somebody signed up by a recommendation")  # of a customer of mine, or of nobody's
    TROUBLE = "trouble", _("A rule or a connection fails")


class How(models.TextChoices):
    AT_ONCE = "at_once", _("At once")
    DIGEST = "digest", _("Together, once a day")
    OFF = "off", _("Only in the application")
    NEVER = "never", _("Not at all")


class AlertChoice(models.Model):
    """How one person wants to be told in one organization. Who has no row is told as `alerts.defaults` says."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    user = models.ForeignKey("surveys.User", on_delete=models.CASCADE, db_index=False)
    how = models.JSONField(default=dict)  # {matter: how}; what is missing is the default
    # About which responses: all of these must hold. Empty: any.
    categories = models.JSONField(default=list)
    segments = models.JSONField(default=list)  # keys of segments, any of which the customer is in now
    only_owned = models.BooleanField(default=False)  # of customers that one owns
    # In the organization's time zone. Mails wait until quiet hours are over; the bell does not.
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)
    quiet_days = models.JSONField(default=list)  # ISO weekdays without mail
    digest_at = models.TimeField(null=True)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "user"], name="one_alert_choice_per_person")]
        indexes = [models.Index(fields=["user"], name="alert_choice_of_user")]


class Mailing(models.TextChoices):
    """What becomes of a notification by mail."""

    NONE = "none"  # only the bell
    WAITING = "waiting"  # until mail_due_at: at once, after quiet hours, or with the digest
    MAILED = "mailed"
    DROPPED = "dropped"  # nobody to mail to any more, or seen before its turn in a digest


def _key(letter: str, column: str) -> Concat:
    return Concat(Value(letter), Cast(F(column), CharField()))


# What is about one response is one; else what is about one conversation; else each alone. In Python: Notification.about.
SUBJECT: Final = Case(
    When(response_id__isnull=False, then=_key("r", "response_id")),
    When(conversation_id__isnull=False, then=_key("c", "conversation_id")),
    default=_key("n", "pk"),
)


class Notification(models.Model):
    """One thing told to one person. `key` says which, so that it is told once, however often tasks run.

    Links are kept as numbers and looked up when shown: what is gone, or not to be seen any more, is not told again.
    """

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    user = models.ForeignKey("surveys.User", on_delete=models.CASCADE, db_index=False)
    key = models.CharField(max_length=120)
    matter = models.CharField(max_length=10, choices=Matter)
    response_id = models.BigIntegerField(null=True)
    conversation_id = models.BigIntegerField(null=True)
    facts = models.JSONField(default=dict)  # numbers and codes that the sentence needs; never names of customers
    at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    mailing = models.CharField(max_length=8, choices=Mailing, default=Mailing.NONE)
    mail_due_at = models.DateTimeField(null=True)
    is_for_digest = models.BooleanField(default=False)
    delivery_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "user", "key"], name="told_once")]
        indexes = [
            models.Index(fields=["user", "organization", "-id"], name="notification_of_user"),
            models.Index(fields=["user", "organization"], name="notification_unseen", condition=Q(seen_at=None)),
            models.Index(fields=["mail_due_at"], name="notification_to_mail", condition=Q(mailing="waiting")),
            models.Index(fields=["at"], name="notification_prune"),
            models.Index(
                fields=["organization", "response_id"],
                name="notification_of_response",
                condition=Q(response_id__isnull=False),
            ),
            models.Index(
                fields=["organization", "conversation_id"],
                name="notification_of_talk",
                condition=Q(conversation_id__isnull=False),
            ),
        ]

    @property
    def about(self) -> dict[str, int | None]:
        """The columns by which others are about the same; by the database it is SUBJECT."""
        if self.response_id is not None:
            return {"response_id": self.response_id}
        if self.conversation_id is not None:
            return {"response_id": None, "conversation_id": self.conversation_id}
        return {"pk": self.pk}

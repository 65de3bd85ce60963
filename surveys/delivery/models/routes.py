"""The roads that mail leaves by, and how fast. Shared by all workers of all hosts: what they know of a road is a row."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Provider(models.TextChoices):
    """Whom an organization can have an account with. Behind all but SMTP stands a backend of django-anymail."""

    SMTP = "smtp", _("SMTP server")
    AMAZON_SES = "amazon_ses", "Amazon SES"
    BREVO = "brevo", "Brevo"
    MAILERSEND = "mailersend", "MailerSend"
    MAILGUN = "mailgun", "Mailgun"
    MAILJET = "mailjet", "Mailjet"
    MAILTRAP = "mailtrap", "Mailtrap"
    MANDRILL = "mandrill", "Mandrill (Mailchimp Transactional)"
    POSTAL = "postal", "Postal"
    POSTMARK = "postmark", "Postmark"
    RESEND = "resend", "Resend"
    SCALEWAY = "scaleway", "Scaleway"
    SENDGRID = "sendgrid", "SendGrid"
    SPARKPOST = "sparkpost", "SparkPost"
    UNISENDER_GO = "unisender_go", "Unisender Go"


class MailAccount(models.Model):
    """An organization's own account with a provider. Without one, or while it is off, its mail takes the operator's road.

    `secrets` is sealed JSON (core.sealing) and never leaves the server again; `options` is what may be shown.
    """

    organization = models.OneToOneField("surveys.Organization", on_delete=models.CASCADE, related_name="mail_account")
    provider = models.CharField(max_length=20, choices=Provider)
    options = models.JSONField(default=dict)  # host, port, user, region, domain … by provider
    secrets = models.TextField(blank=True, default="")
    is_on = models.BooleanField(default=False)
    mails_a_second = models.FloatField(null=True, blank=True)  # as agreed with the provider; None is unlimited
    checked_at = models.DateTimeField(null=True)  # when it last accepted the credentials
    problem = models.CharField(max_length=500, blank=True, default="")  # what it said when it did not
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()  # a sender with an older connection opens a new one

    def __str__(self) -> str:
        return f"{self.get_provider_display()} #{self.pk}"


class RouteState(models.Model):
    """What senders found out about a road: one that cannot be reached is left alone for a while by all of them.

    The operator's road is the key "", that of an account "account:<id>".
    """

    route = models.CharField(max_length=40, primary_key=True)
    unreachable_until = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)  # in a row
    problem = models.CharField(max_length=500, blank=True, default="")
    claimed_at = models.DateTimeField(null=True)  # the road that waits longest is next
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.route or "default"


class Pace(models.Model):
    """A bucket of tokens: how many mails may leave now, of a road, an organization, or to a domain by a road.

    Refilled by time (`rate` a second, up to `burst`) in the statement that takes from it. A domain that says "slower" is
    given a lower rate until `slowed_until`.
    """

    key = models.CharField(
        max_length=320, primary_key=True
    )  # route:<route> · organization:<id> · domain:<route>:<name>
    tokens = models.FloatField()
    filled_at = models.DateTimeField()
    booked_until = models.DateTimeField(
        null=True
    )  # of a domain: messages that had to wait come back one by one until then
    slowed_rate = models.FloatField(null=True)  # mails a second, while `slowed_until` is not over
    slowed_until = models.DateTimeField(null=True)
    slowed_at = models.DateTimeField(null=True)  # when it was last told to
    reason = models.CharField(max_length=300, blank=True, default="")  # what the domain's server said

    class Meta:
        indexes = [
            models.Index(fields=["slowed_until"], name="pace_slowed", condition=models.Q(slowed_until__isnull=False))
        ]

    def __str__(self) -> str:
        return self.key


class Wake(models.Model):
    """When senders of a queue look again by themselves, because mail waits for room: one nudge, whoever finds that."""

    queue = models.CharField(max_length=8, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.queue} at {self.at}"

"""Organizations that ask their customers, and their settings."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Organization(models.Model):
    """It asks its customers. Everything else belongs to exactly one."""

    name = models.CharField(_("name"), max_length=100)
    slug = models.SlugField(max_length=60, unique=True)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    week_start = models.PositiveSmallIntegerField(
        _("first day of the week"), default=1
    )  # ISO: 1 is Monday, 7 is Sunday
    default_language = models.CharField(_("language"), max_length=12, default="en")
    brand_color = models.CharField(_("brand colour"), max_length=7, default="#0b6e66")
    sender_name = models.CharField(_("sender name"), max_length=100, blank=True)
    # The From address that mails leave with; empty is the operator's. Never one that nobody has confirmed.
    sender_email = models.EmailField(_("sender address"), max_length=254, blank=True)
    # The one that is to take its place, while it waits to be confirmed.
    wanted_sender_email = models.EmailField(max_length=254, blank=True, default="")
    reply_to = models.EmailField(_("reply-to address"), max_length=254, blank=True)
    postal_address = models.CharField(_("postal address"), max_length=300, blank=True)
    # Of its Logo; empty is none. Here, because every page of a customer needs it.
    logo_digest = models.CharField(max_length=32, blank=True, default="")
    logo_width = models.PositiveSmallIntegerField(default=0)
    logo_height = models.PositiveSmallIntegerField(default=0)
    throttle_days = models.PositiveSmallIntegerField(
        _("days between two asks of a person"),
        default=90,
        validators=[MinValueValidator(0), MaxValueValidator(3650)],
    )
    # One ask in so many days for all customers that share a value of this property, such as their company; 0 is off.
    account_property = models.CharField(max_length=60, blank=True, default="")  # a key
    account_gap_days = models.PositiveSmallIntegerField(default=0)
    requires_mfa = models.BooleanField(default=False)  # only people with two-factor sign-in get in
    # What the operator has set for it, and its end. Written by surveys.operations alone.
    customers_limit = models.PositiveIntegerField(_("most customers"), null=True, blank=True)
    mails_a_day_limit = models.PositiveIntegerField(_("most survey mails a day"), null=True, blank=True)
    mails_a_minute_limit = models.PositiveIntegerField(_("most survey mails a minute"), null=True, blank=True)
    suspended_at = models.DateTimeField(null=True)
    suspension_reason = models.CharField(max_length=300, blank=True, default="")
    deletes_at = models.DateTimeField(null=True)  # an owner has asked for its deletion; until then it can be kept
    deletion_began_at = models.DateTimeField(null=True)  # from here on there is no way back
    # What customers do themselves on their preference page; else they write to the organization.
    customers_may_correct = models.BooleanField(
        _("customers may correct their name and language"), default=True, db_default=True
    )
    customers_may_take_data = models.BooleanField(
        _("customers may download and erase their data"), default=True, db_default=True
    )
    # Whether the scores of people who are deleted or erased go on counting, without a name.
    erasure_keeps_counts = models.BooleanField(_("scores of erased customers go on counting"), default=True)
    is_sample = models.BooleanField(default=False)  # made by "load sample data"; one click removes it all
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(week_start__gte=1, week_start__lte=7), name="week_start_is_iso"),
            models.CheckConstraint(
                condition=models.Q(deletion_began_at=None) | models.Q(deletion_began_at__gte=models.F("deletes_at")),
                name="deletion_was_announced",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_stopped(self) -> bool:
        """Suspended by the operator, or about to be deleted: nothing is sent, and members can only look."""
        return self.suspended_at is not None or self.deletes_at is not None

    def get_absolute_url(self) -> str:
        return reverse("analytics:overview", kwargs={"slug": self.slug})


class OrganizationSlug(models.Model):
    """A slug that an organization has or once had. It never becomes another's, so old addresses can lead to new ones."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, related_name="slugs")
    slug = models.SlugField(max_length=60, unique=True)  # of all organizations
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.slug

"""The people who are asked, what is known about them, and who must not be mailed."""

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import MD5, Cast, Coalesce, Concat, Lower, Trim
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class SuppressionReason(models.TextChoices):
    UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")
    BOUNCED = "bounced", _("Address bounced")
    COMPLAINED = "complained", _("Complained")


class PropertyType(models.TextChoices):
    TEXT = "text", _("Text")
    NUMBER = "number", _("Number")
    BOOLEAN = "boolean", _("Yes or no")
    DATE = "date", _("Date")


class Property(models.Model):
    """A declared fact about customers. Values stand in `Customer.properties[key]`, typed:
    text → string, number → number, yes/no → boolean, date → "YYYY-MM-DD"; an unset property has no key."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    key = models.CharField(max_length=60)
    label = models.CharField(max_length=100)
    type = models.CharField(max_length=8, choices=PropertyType)
    segmentable = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name_plural = "properties"
        constraints = [models.UniqueConstraint(fields=["organization", "key"], name="one_property_per_key")]
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.label


class PropertySet(models.Model):
    """One distinct combination of segmentable property values. A dictionary, not a cube; rows never change."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    values = models.JSONField(default=dict)  # {property key: value as text}; unset properties are absent
    digest = models.GeneratedField(
        expression=MD5(Cast("values", models.TextField())),
        output_field=models.CharField(max_length=32),
        db_persist=True,
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "digest"], name="one_row_per_combination")]


class CustomerQuerySet(models.QuerySet["Customer"]):
    def matching(self, words: str) -> "CustomerQuerySet":
        """Name, email address or external id contains the words, in any case."""
        return self.filter(Q(search_key__contains=Lower(Value(words))) | Q(external_id=words))


class Customer(models.Model):
    """A person who may be asked.

    `email_key` and `search_key` are computed by PostgreSQL alone: Python folds "İ" differently.
    The `last_…` columns and counts are what campaigns must know; downstream writes them through `customers.actions`.
    """

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    email = models.CharField(max_length=254, null=True, blank=True)
    email_key = models.GeneratedField(
        expression=Lower(Trim("email")), output_field=models.CharField(max_length=254, null=True), db_persist=True
    )
    external_id = models.CharField(max_length=100, null=True, blank=True)
    phone = models.CharField(max_length=32, null=True, blank=True)
    name = models.CharField(max_length=255, blank=True, default="")
    language = models.CharField(max_length=12, blank=True, default="")
    time_zone = models.CharField(max_length=64, blank=True, default="")
    properties = models.JSONField(default=dict)
    property_set = models.ForeignKey("surveys.PropertySet", null=True, on_delete=models.PROTECT, db_index=False)
    search_key = models.GeneratedField(
        expression=Lower(Concat(F("name"), Value(" "), Coalesce(F("email"), Value("")))),
        output_field=models.TextField(),
        db_persist=True,
    )
    suppression = models.CharField(max_length=12, choices=SuppressionReason, blank=True, default="")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    last_asked_at = models.DateTimeField(null=True)
    last_answered_at = models.DateTimeField(null=True)
    last_score = models.PositiveSmallIntegerField(null=True)
    previous_score = models.PositiveSmallIntegerField(null=True)
    asked_count = models.PositiveIntegerField(default=0)
    answered_count = models.PositiveIntegerField(default=0)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "email_key"], name="one_customer_per_address"),
            models.UniqueConstraint(
                fields=["organization", "external_id"],
                name="one_customer_per_external_id",
                condition=Q(external_id__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["organization", "phone"], name="one_customer_per_phone", condition=Q(phone__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-id"], name="customer_newest_first"),
            models.Index(fields=["organization", "last_asked_at"], name="customer_last_asked"),
            models.Index(fields=["organization", "property_set"], name="customer_property_set"),
        ]

    def __str__(self) -> str:
        return self.name or self.email or self.external_id or f"#{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("customers:detail", kwargs={"slug": self.organization.slug, "pk": self.pk})


class Suppression(models.Model):
    """An address that must not be mailed. Keyed by a hash, so that deleting the person does not forget it."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    address_hash = models.CharField(max_length=64)  # hex HMAC-SHA256 of the normalized address, see customers.addresses
    reason = models.CharField(max_length=12, choices=SuppressionReason)
    source = models.CharField(max_length=60, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "address_hash"], name="one_suppression_per_address")
        ]

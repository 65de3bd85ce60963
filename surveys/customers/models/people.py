"""The people who are asked, how they changed, and who must not be mailed."""

from typing import Final

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Concat, Lower, Trim
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from surveys.core.conditions.compiler import Where
from surveys.core.conditions.orm import Meets


class SuppressionReason(models.TextChoices):
    UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")
    BOUNCED = "bounced", _("Address bounced")
    COMPLAINED = "complained", _("Complained")
    BLOCKED = "blocked", _("Do not mail")  # said by a member of the organization, who may lift it
    ERASED = "erased", _("Erased on request")  # only the hash is left of them


# Suppression.source where nobody has said it himself; see suppression_memory.
_SAID_BY: Final = {
    "mail server": _("the mail server"),
    "provider": _("the mail provider"),
    "provider, several bounces in a row": _("the mail provider, several bounces in a row"),
}


def said_by(source: str) -> str:
    """Who said that an address must not be mailed, for people."""
    return str(_SAID_BY.get(source, source))


class CustomerQuerySet(models.QuerySet["Customer"]):
    def matching(self, words: str) -> "CustomerQuerySet":
        """Name, email address or external id contains the words, in any case."""
        return self.filter(Q(search_key__contains=Lower(Value(words))) | Q(external_id=words))

    def meeting(self, where: Where) -> "CustomerQuerySet":
        """Those of its organization for whom a compiled condition about customers holds, see core.conditions."""
        return self.filter(Meets(where), organization=where.organization)


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
    # Unchecked: sets are interned and never deleted, and asking for each of a million imported rows is a fifth of the work.
    property_set = models.ForeignKey(
        "surveys.PropertySet", null=True, on_delete=models.PROTECT, db_index=False, db_constraint=False
    )
    search_key = models.GeneratedField(
        expression=Lower(Concat(F("name"), Value(" "), Coalesce(F("email"), Value("")))),
        output_field=models.TextField(),
        db_persist=True,
    )
    suppression = models.CharField(max_length=12, choices=SuppressionReason, blank=True, default="")
    # What the person chose on their preference page. "Never" is a suppression.
    rest_days = models.PositiveSmallIntegerField(
        default=0, db_default=0
    )  # between two asks, if more than our own rules
    resting_until = models.DateTimeField(null=True)
    owner = models.ForeignKey("surveys.User", null=True, blank=True, on_delete=models.SET_NULL, db_index=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    import_id = models.BigIntegerField(null=True)  # the list that added this person: undoing it finds them by it
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
            GinIndex(
                fields=["organization", "search_key"],
                opclasses=["int8_ops", "gin_trgm_ops"],
                name="customer_words",
            ),
            models.Index(fields=["organization", "search_key", "id"], name="customer_by_name"),
            models.Index(
                fields=["organization", "last_score", "id"],
                name="customer_by_score",
                condition=Q(last_score__isnull=False),
            ),
            models.Index(
                fields=["organization", "last_answered_at", "id"],
                name="customer_by_answer",
                condition=Q(last_answered_at__isnull=False),
            ),
            # Few of all, each: who fell or is watched, and who recovered.
            models.Index(
                fields=["organization", "last_answered_at", "id"],
                name="customer_below_promoter",
                include=["last_score", "previous_score"],
                condition=Q(last_score__lt=9),
            ),
            models.Index(
                fields=["organization", "last_answered_at", "id"],
                name="customer_recovered",
                condition=Q(last_score__gte=9, previous_score__lte=6),
            ),
            models.Index(fields=["organization", "owner"], name="customer_of_owner", condition=Q(owner__isnull=False)),
            models.Index(
                fields=["organization", "suppression"], name="customer_suppressed", condition=~Q(suppression="")
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email or self.external_id or f"#{self.pk}"

    @property
    def trail_name(self) -> str:
        """How the audit trail calls a customer: it is never changed, so it must not know who somebody was."""
        return f"#{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("customers:detail", kwargs={"slug": self.organization.slug, "pk": self.pk})


class ChangeSource(models.TextChoices):
    """By which road a customer changed."""

    EDIT = "edit", _("Changed by hand")
    IMPORT = "import", _("Imported")
    BULK = "bulk", _("Changed with others")
    MERGE = "merge", _("Merged")
    PROPERTY = "property", _("Property changed")
    CUSTOMER = "customer", _("Changed by the customer")
    UNDO = "undo", _("Import undone")
    RULE = "rule", _("By an automation rule")


class CustomerChange(models.Model):
    """One change of one customer: what the record's history shows, and what undoing reads.

    `changes` is {name: [before, after]}; names are columns ("name", "email", "owner") and, for properties, "p." and the
    key; null is unset. Written set-wise by who changes people set-wise. Goes with the customer.
    """

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    customer = models.ForeignKey(
        "surveys.Customer", on_delete=models.CASCADE, related_name="changes", db_index=False, db_constraint=False
    )
    at = models.DateTimeField()
    source = models.CharField(max_length=10, choices=ChangeSource)
    source_id = models.BigIntegerField(null=True)  # of the import job, bulk act …
    actor_id = models.BigIntegerField(null=True)  # the user; unset for what happened by itself
    changes = models.JSONField()

    class Meta:
        indexes = [
            models.Index(fields=["organization", "customer", "-id"], name="change_of_customer"),
            models.Index(
                fields=["organization", "source", "source_id", "customer"],
                name="change_of_source",
                condition=Q(source_id__isnull=False),
            ),
        ]


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

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def said_by(self) -> str:
        return said_by(self.source)


class SharedSuppression(models.Model):
    """An address that no organization here mails any more (NPS_SHARED_SUPPRESSIONS): it bounced or complained somewhere.

    Of no organization: keyed by a hash that is the same for all. It says neither who mailed it nor who it is.
    """

    address_hash = models.CharField(max_length=64, unique=True)
    reason = models.CharField(max_length=12)  # a SuppressionReason
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"#{self.pk}"

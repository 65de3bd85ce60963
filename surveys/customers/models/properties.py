"""What is known about customers: declared properties, and the combinations that segments are counted by."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.db.models.functions import MD5, Cast
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from surveys.customers.models.held import HeldWork


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
    visible_to_agents = models.BooleanField(default=True)  # to roles that may not manage properties
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


class PropertyUse(models.Model):
    """Something asks about a property. As long as it does, the database keeps the property from being deleted."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    property = models.ForeignKey("surveys.Property", on_delete=models.RESTRICT, related_name="uses", db_index=False)
    user_kind = models.CharField(max_length=10)  # a ConditionUser
    user_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "property", "user_kind", "user_id"], name="one_use_of_a_property"
            )
        ]
        indexes = [models.Index(fields=["organization", "user_kind", "user_id"], name="properties_used_by")]


class PropertyWorkKind(models.TextChoices):
    RETYPE = "retype", _("Change the type")
    MERGE = "merge", _("Merge into another")
    DELETE = "delete", _("Delete")
    REGROUP = "regroup", _("Compare by it, or no longer")


class PropertyWorkStatus(models.TextChoices):
    WAITING = "waiting", _("About to start")
    RUNNING = "running", _("In work")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Undone before it started")
    FAILED = "failed", _("Failed")


class PropertyWorkQuerySet(models.QuerySet["PropertyWork"]):
    def open(self) -> "PropertyWorkQuerySet":
        return self.filter(status__in=[PropertyWorkStatus.WAITING, PropertyWorkStatus.RUNNING])

    def forsaken(self, at: datetime, before: datetime) -> "PropertyWorkQuerySet":
        """To be worked on at `at`, and no worker has given a sign of life since `before`."""
        nobody = Q(heartbeat_at__isnull=True) | Q(heartbeat_at__lt=before)
        due = Q(status=PropertyWorkStatus.RUNNING) | Q(status=PropertyWorkStatus.WAITING, starts_at__lte=at)
        return self.filter(nobody, due)


class PropertyWork(HeldWork):
    """A change of a property that reaches every customer: waiting → running → done; one at a time per organization.

    `cursor` is the id of the last customer that was looked at, and moves in the transaction that changes them. A worker
    holds the work by `attempt`, as it holds an import.
    """

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    created_by = models.ForeignKey("surveys.User", null=True, on_delete=models.SET_NULL, db_index=False)
    created_at = models.DateTimeField()
    kind = models.CharField(max_length=8, choices=PropertyWorkKind)
    about = models.ForeignKey("surveys.Property", null=True, on_delete=models.SET_NULL, db_index=False)
    label = models.CharField(max_length=100)  # stays readable when the property is gone
    into = models.ForeignKey("surveys.Property", null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    reads_as = models.CharField(
        max_length=12, blank=True
    )  # a values.Kind: how text is understood when the type changes
    prefers_merged = models.BooleanField(default=False)  # where both are set, the value of the merged property wins
    status = models.CharField(max_length=9, choices=PropertyWorkStatus, default=PropertyWorkStatus.WAITING)
    starts_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    total = models.PositiveIntegerField()  # customers when it was ordered
    cursor = models.BigIntegerField(default=0)
    seen = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    lost = models.PositiveIntegerField(default=0)  # values that could not be converted; the history keeps them
    error = models.CharField(max_length=500, blank=True, default="")

    objects = PropertyWorkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization"],
                name="one_property_work_at_a_time",
                condition=Q(status__in=["waiting", "running"]),
            )
        ]
        indexes = [
            models.Index(fields=["organization", "-id"], name="property_work_newest_first"),
            models.Index(
                fields=["starts_at"], name="property_work_open", condition=Q(status__in=["waiting", "running"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.label}"

    def get_absolute_url(self) -> str:
        return reverse("customers:property_work", kwargs={"slug": self.organization.slug, "pk": self.pk})

    @property
    def is_open(self) -> bool:
        return self.status in (PropertyWorkStatus.WAITING, PropertyWorkStatus.RUNNING)

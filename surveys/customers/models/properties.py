"""What is known about customers: declared properties, and the combinations that segments are counted by."""

from django.db import models
from django.db.models.functions import MD5, Cast
from django.utils.translation import gettext_lazy as _


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

"""Saved conditions about customers, and who relies on them."""

from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class Segment(models.Model):
    """A name for a condition. Its members are those for whom it holds now."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    name = models.CharField(_("name"), max_length=100)
    description = models.CharField(_("description"), max_length=300, blank=True)
    conditions = models.JSONField(default=dict)  # a condition tree, see core.conditions; {} is everyone
    version = models.PositiveIntegerField(default=1)  # counted up by each change: who edits an older one is told
    created_by = models.ForeignKey("surveys.User", null=True, on_delete=models.SET_NULL, db_index=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("organization", Lower("name"), name="one_segment_per_name")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("customers:segment", kwargs={"slug": self.organization.slug, "pk": self.pk})


class ConditionUser(models.TextChoices):
    """What may ask about segments and properties."""

    SEGMENT = "segment", _("Segment")
    CAMPAIGN = "campaign", _("Campaign")
    VIEW = "view", _("Saved view")
    ORGANIZATION = "settings", _("Settings")  # of the organization: its rule for one ask per company
    RISK = "risk", _("Rule about risk")
    RULE = "rule", _("Automation rule")
    ALERTS = "alerts", _("Alerts of a colleague")


class SegmentUse(models.Model):
    """Something relies on a segment. As long as it does, the database keeps the segment from being deleted."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    segment = models.ForeignKey("surveys.Segment", on_delete=models.RESTRICT, related_name="uses", db_index=False)
    user_kind = models.CharField(max_length=10, choices=ConditionUser)
    user_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "segment", "user_kind", "user_id"], name="one_use_of_a_segment"
            )
        ]
        indexes = [models.Index(fields=["organization", "user_kind", "user_id"], name="segments_used_by")]

"""How long what is kept, and the reports of what was removed because its time was over."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Subject(models.TextChoices):
    """What has an age: responses since they were given, comments too, people since anything happened to them."""

    RESPONSES = "responses", _("Responses")
    COMMENTS = "comments", _("Comments")
    PEOPLE = "people", _("Personal data of customers")


class Act(models.TextChoices):
    ANONYMIZE = "anonymize", _("Anonymize")
    DELETE = "delete", _("Delete")


class RetentionRule(models.Model):
    """What happens to one kind of data after so many months. Without a rule it is kept."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    subject = models.CharField(max_length=10, choices=Subject)
    act = models.CharField(max_length=10, choices=Act)
    starts_at = models.DateTimeField()  # nothing is touched before: a rule can be taken back for a while
    months = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(240)])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "subject"], name="one_retention_rule_per_subject")
        ]


class RetentionRun(models.Model):
    """One day's work on one rule, and its report. Work that was interrupted is gone on with: what was done already is
    not affected any more."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    subject = models.CharField(max_length=10, choices=Subject)
    act = models.CharField(max_length=10, choices=Act)
    before = models.DateTimeField()  # what is older was affected
    affected = models.PositiveIntegerField(default=0)
    cursor = models.BigIntegerField(default=0)  # the last response that was looked at, where looking changes little
    started_at = models.DateTimeField()
    heartbeat_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "subject"], name="one_open_retention_run", condition=Q(finished_at=None)
            )
        ]
        indexes = [models.Index(fields=["organization", "-id"], name="retention_newest_first")]

"""The audit trail."""

from django.db import models


class AuditEntry(models.Model):
    """Who did what to what. Written inside the action's transaction; nothing in the application changes or deletes one.

    Pruned by organization deletion only. No foreign key points here.
    """

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)
    actor_email = models.CharField(max_length=254, blank=True)  # stays readable when the user is gone
    action = models.CharField(max_length=60)
    target_type = models.CharField(max_length=40, blank=True)
    target_id = models.BigIntegerField(null=True)
    target_name = models.CharField(max_length=255, blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["organization", "-at", "-id"], name="audit_newest_first")]

"""The audit trail."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _


class Via(models.TextChoices):
    """By which way somebody reached us."""

    WEB = "web", _("Web page")
    API = "api", _("API")
    TASK = "task", _("Background work")
    COMMAND = "command", _("Command line")


@dataclass(frozen=True)
class Origin:
    """Where an act comes from. What says nothing else is work in the background."""

    via: Via = Via.TASK
    ip: str | None = None
    agent: str = ""


class AuditEntry(models.Model):
    """Who did what to what, and from where. Written inside the action's transaction.

    The database refuses to change one, and deletes one only through the two functions of migration 0010: with the whole
    organization, and by age. No foreign key points here.
    """

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)
    actor_email = models.CharField(max_length=254, blank=True)  # stays readable when the user is gone
    is_operator = models.BooleanField(default=False)  # done by an instance administrator, not by a member
    via = models.CharField(max_length=8, choices=Via, default=Via.WEB)
    ip = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=300, blank=True, default="")
    action = models.CharField(max_length=60)
    target_type = models.CharField(max_length=40, blank=True)
    target_id = models.BigIntegerField(null=True)
    target_name = models.CharField(max_length=255, blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["organization", "-at", "-id"], name="audit_newest_first"),
            models.Index(fields=["organization", "target_type", "target_id", "-at", "-id"], name="audit_of_target"),
            models.Index(fields=["organization", "actor_id", "-at", "-id"], name="audit_of_person"),
            models.Index(fields=["organization", "action", "-at", "-id"], name="audit_of_action"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.target_name}"

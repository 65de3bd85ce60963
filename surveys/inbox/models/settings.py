"""How an organization answers: its hours, its promises, who is told when they are not kept."""

from datetime import time

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class InboxSettings(models.Model):
    """One per organization that changed something; without a row what `inbox.promises` calls usual holds."""

    organization = models.OneToOneField("surveys.Organization", on_delete=models.CASCADE, related_name="inbox_settings")
    hours = models.JSONField(default=dict)  # {"1": [["09:00", "17:00"]], …}: ISO weekdays, local times; {}: the usual
    holidays = models.JSONField(default=list)  # ISO dates, perhaps with a name behind: "2026-12-25 Christmas"
    # Minutes of business time until a first reply, and until a reply to what the customer wrote, by priority.
    first_reply = models.JSONField(default=dict)  # {"0": 1440, "1": 480, …}; null: no promise; missing: the usual
    next_reply = models.JSONField(default=dict)
    # After so many minutes of business time overdue it is handed up, to this person, or to the owners.
    escalate_after = models.PositiveIntegerField(null=True)
    escalate_to = models.ForeignKey("surveys.User", null=True, on_delete=models.SET_NULL, db_index=False)
    reopens_days = models.PositiveSmallIntegerField(default=14)  # a customer's mail after that opens a new conversation
    automatic_most = models.PositiveSmallIntegerField(default=2)  # automatic mails for one customer …
    automatic_days = models.PositiveSmallIntegerField(default=7)  # … in so many days
    # Between these hours of the customer's day automatic mail goes out; both null: at any hour.
    automatic_from = models.TimeField(null=True, default=time(8))
    automatic_until = models.TimeField(null=True, default=time(20))
    # Hours or promises changed: times by which we owe a reply are computed anew, behind this conversation; null: done.
    recount_from = models.BigIntegerField(null=True)
    updated_at = models.DateTimeField()


class CardKey(models.Model):
    """What a help desk signs addresses of score cards with. `secret` is sealed; it is shown once."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    name = models.CharField(_("name"), max_length=80)
    secret = models.TextField()
    frame_origins = models.JSONField(default=list)  # who may show the card in a frame: "https://help.example.com"
    created_by = models.ForeignKey("surveys.User", null=True, on_delete=models.SET_NULL, db_index=False)
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)  # to the nearest hour
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["organization"], name="card_key_in_use", condition=Q(revoked_at=None)),
        ]

    def __str__(self) -> str:
        return self.name

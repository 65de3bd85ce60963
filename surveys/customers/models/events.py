"""What customers did elsewhere: an order was delivered, a ticket was closed. Triggered campaigns ask about it."""

from django.db import models
from django.db.models import Q


class CustomerEvent(models.Model):
    """One thing that happened to one customer, told by another system. Stored once, never changed.

    `event_id` is the teller's own id: telling again is harmless. `planned_at` is set when campaigns have looked at it.
    """

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    event_id = models.CharField(max_length=100)
    kind = models.CharField(max_length=60)  # "order.delivered"
    customer = models.ForeignKey("surveys.Customer", on_delete=models.CASCADE, db_index=False, db_constraint=False)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    data = models.JSONField(default=dict)  # its own fields: texts, numbers, yes/no, dates as "YYYY-MM-DD"
    planned_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "event_id"], name="one_event_per_id"),
        ]
        indexes = [
            models.Index(fields=["organization", "kind", "-id"], name="event_newest_first"),
            models.Index(fields=["organization", "customer", "-occurred_at"], name="event_of_customer"),
            models.Index(fields=["organization", "kind", "id"], name="event_unplanned", condition=Q(planned_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"


class EventKind(models.Model):
    """A kind of event that was told at least once, and the fields that came with it: what conditions can ask about."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    name = models.CharField(max_length=60)
    fields = models.JSONField(default=dict)  # {"total": "number"}: a core.conditions.catalogue.Type
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="one_event_kind_per_name")]

    def __str__(self) -> str:
        return self.name

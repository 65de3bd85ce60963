"""Durable "this happened"."""

from django.db import models


class Event(models.Model):
    """Something that happened, stored in the transaction in which it happened.

    Listeners take ids and read the current state; order is not promised. Handled events are pruned after 30 days.
    """

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    kind = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    payload = models.JSONField(default=dict)
    at = models.DateTimeField()
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    handled_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="event_due", condition=models.Q(handled_at__isnull=True)),
            models.Index(fields=["handled_at"], name="event_prune", condition=models.Q(handled_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"

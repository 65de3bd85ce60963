"""The making of sample organizations: a row per making, so that it survives a restart and shows where it is."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Step(models.TextChoices):
    """What is being done; the order is that of the work."""

    CUSTOMERS = "customers", _("Inventing customers")
    HISTORY = "history", _("Two years of answers")
    LAUNCH = "launch", _("Launching a campaign")
    READY = "ready", _("Ready")


class Sample(models.Model):
    """One sample organization of one person. `heartbeat_at` is a worker's sign of life; a silent one is taken over."""

    organization = models.OneToOneField("surveys.Organization", on_delete=models.CASCADE)
    owner = models.OneToOneField("surveys.User", on_delete=models.CASCADE)  # one each: a double-click makes one
    step = models.CharField(max_length=10, choices=Step, default=Step.CUSTOMERS)
    error = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField()
    heartbeat_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"sample {self.organization_id}: {self.step}"

    @property
    def number_of_step(self) -> int:
        """From 0 (just begun) to the number of steps (ready)."""
        return Step.values.index(self.step)

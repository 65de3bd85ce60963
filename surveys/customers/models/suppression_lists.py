"""Lists of addresses that must not be mailed, on their way in: what was read of a file, line by line."""

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from surveys.customers.models.people import SuppressionReason


class SuppressionListStatus(models.TextChoices):
    CHECKED = "checked", _("Waits for you")  # read and counted; nothing was done yet
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    STOPPED = "stopped", _("Stopped")


class SuppressionList(models.Model):
    """A file of addresses. Its lines are kept until it is over, those that were refused until it is forgotten."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    name = models.CharField(max_length=255)
    status = models.CharField(max_length=10, choices=SuppressionListStatus)
    created_by = models.ForeignKey("surveys.User", null=True, on_delete=models.SET_NULL, db_index=False)
    created_at = models.DateTimeField()
    lines = models.PositiveIntegerField()  # that were not empty
    good = models.PositiveIntegerField()  # addresses, each once
    repeated = models.PositiveIntegerField()
    refused = models.PositiveIntegerField()
    known = models.PositiveIntegerField()  # suppressed already when the list was read
    cursor = models.PositiveIntegerField(default=0)  # the last line that was worked off
    added = models.PositiveIntegerField(default=0)
    marked = models.PositiveIntegerField(
        default=0
    )  # customers who have one of the addresses, and were not suppressed; before it runs, foreseen
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["organization", "-id"], name="suppression_list_newest"),
            models.Index(fields=["id"], name="suppression_list_running", condition=models.Q(status="running")),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_running(self) -> bool:
        return self.status == SuppressionListStatus.RUNNING

    @property
    def new(self) -> int:
        return self.good - self.known

    def get_absolute_url(self) -> str:
        return reverse("customers:suppression_list", kwargs={"slug": self.organization.slug, "pk": self.pk})


class SuppressionLine(models.Model):
    """One line of a list: an address to be suppressed, or, with a `problem`, one that was refused."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    list = models.ForeignKey(
        SuppressionList, on_delete=models.CASCADE, related_name="rows", db_index=False, db_constraint=False
    )
    line = models.PositiveIntegerField()  # as an editor counts
    address = models.CharField(max_length=320)  # of a refused line: what stood there
    reason = models.CharField(max_length=12, choices=SuppressionReason, blank=True)
    at = models.DateTimeField(null=True)  # since when, as the list says
    problem = models.CharField(max_length=100, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "list", "line"], name="one_row_per_line_of_suppressions")
        ]

    def __str__(self) -> str:
        return f"line {self.line}"

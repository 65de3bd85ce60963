"""Work that is a row, and the columns by which a worker holds it; see customers.actions.holding."""

from django.db import models


class HeldWork(models.Model):
    """A worker counts `attempt` up when it takes the row; whoever comes with an older one can do nothing more."""

    status: models.CharField
    attempt = models.PositiveIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)  # since the last slice that was committed
    heartbeat_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

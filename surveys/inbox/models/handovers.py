"""Open conversations of who left, or of a team that was deleted, on their way to others."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class HandOver(models.Model):
    """Work that is under way; the row goes when the last conversation went. See inbox.actions.handing_over."""

    class Why(models.TextChoices):
        LEFT = "left", _("A colleague left, or may not answer any more")
        TEAM_DELETED = "team_deleted", _("The team was deleted")
        TEAM_RESTORED = "team_restored", _("The team came back")

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    why = models.CharField(max_length=14, choices=Why)
    user_id = models.BigIntegerField(null=True)  # who left
    team_id = models.BigIntegerField(null=True)
    by = models.BigIntegerField(null=True)  # the user who did it
    at = models.DateTimeField()  # when: what goes, goes as of then
    # Of a team that comes back: its conversations, by their keys, and the last of them that was looked at.
    ids = models.JSONField(default=list)
    cursor = models.BigIntegerField(default=0)
    total = models.PositiveIntegerField()
    moved = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "team_id"],
                name="one_hand_over_of_a_team",
                condition=Q(team_id__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["organization", "user_id"],
                name="one_hand_over_of_a_colleague",
                condition=Q(user_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_why_display())

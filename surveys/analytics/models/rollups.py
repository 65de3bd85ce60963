"""Rollups: counts per day, kept by deltas. How they stay exact: docs/analytics.md."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

SCORE_COLUMNS = [f"s{score}" for score in range(11)]


class ScoreDelta(models.Model):
    """A counted response appeared (+1), disappeared (−1) or gained a comment; folded into ScoreCount, then gone."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    campaign = models.ForeignKey("surveys.Campaign", on_delete=models.CASCADE, db_index=False)
    property_set = models.ForeignKey("surveys.PropertySet", null=True, on_delete=models.PROTECT, db_index=False)
    day = models.DateField()
    language = models.CharField(max_length=12)
    channel = models.CharField(max_length=10)
    variant = models.CharField(max_length=1, default="", db_default="")
    sentiment = models.SmallIntegerField(null=True)
    comment_language = models.CharField(max_length=12, default="", db_default="")
    themes = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    tags = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    score = models.PositiveSmallIntegerField()
    responses = models.SmallIntegerField()
    comments = models.SmallIntegerField()

    class Meta:
        indexes = [models.Index(fields=["organization", "id"], name="score_delta_unfolded")]


class ScoreCount(models.Model):
    """Counted responses of one campaign on one day, per dimension: "" is everyone, "language", "channel", "p.<property key>"."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    campaign = models.ForeignKey("surveys.Campaign", on_delete=models.CASCADE, db_index=False)
    dimension = models.CharField(max_length=64)
    value = models.CharField(max_length=255)
    day = models.DateField()
    # How often each score was given. Columns, because adding up an array unpacks it eleven times per row (8 times slower).
    s0 = models.IntegerField(default=0)
    s1 = models.IntegerField(default=0)
    s2 = models.IntegerField(default=0)
    s3 = models.IntegerField(default=0)
    s4 = models.IntegerField(default=0)
    s5 = models.IntegerField(default=0)
    s6 = models.IntegerField(default=0)
    s7 = models.IntegerField(default=0)
    s8 = models.IntegerField(default=0)
    s9 = models.IntegerField(default=0)
    s10 = models.IntegerField(default=0)
    comments = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "dimension", "day", "campaign", "value"],
                name="one_score_count",
                include=[*SCORE_COLUMNS, "comments"],
            )
        ]

    @property
    def scores(self) -> list[int]:
        return [getattr(self, column) for column in SCORE_COLUMNS]


class InvitationDelta(models.Model):
    """Changes of the funnel of invitations sent on one day; folded into InvitationCount, then gone."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    campaign = models.ForeignKey("surveys.Campaign", on_delete=models.CASCADE, db_index=False)
    property_set = models.ForeignKey("surveys.PropertySet", null=True, on_delete=models.PROTECT, db_index=False)
    day = models.DateField()  # on which the invitation was sent
    language = models.CharField(max_length=12)
    variant = models.CharField(max_length=1, default="", db_default="")
    version = models.PositiveIntegerField(default=1, db_default=1)  # of the campaign
    sent = models.SmallIntegerField(default=0)
    bounced = models.SmallIntegerField(default=0)
    answered = models.SmallIntegerField(default=0)
    commented = models.SmallIntegerField(default=0)
    unsubscribed = models.SmallIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["organization", "id"], name="invitation_delta_unfolded")]


class InvitationCount(models.Model):
    """The funnel of the invitations of one campaign sent on one day, per dimension."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    campaign = models.ForeignKey("surveys.Campaign", on_delete=models.CASCADE, db_index=False)
    dimension = models.CharField(max_length=64)
    value = models.CharField(max_length=255)
    day = models.DateField()
    sent = models.IntegerField(default=0)
    bounced = models.IntegerField(default=0)
    answered = models.IntegerField(default=0)
    commented = models.IntegerField(default=0)
    unsubscribed = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "dimension", "day", "campaign", "value"], name="one_invitation_count"
            )
        ]


class DayChange(models.Model):
    """How often deltas of a day were folded. Together with the number of those that are not folded yet it is the day's
    version: as long as both are the same, no answer (no ask) of the day has changed."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    about = models.CharField(max_length=7)  # "answers" or "asks"
    day = models.DateField()
    changes = models.BigIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "about", "day"], name="one_day_change", include=["changes"])
        ]

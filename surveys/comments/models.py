"""What is read out of comments: themes, corrections by hand, and what was learned from an organization's own answers.

The results stand on the response itself: `themes`, `sentiment`, `comment_language`, `read_at`.
"""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from surveys.customers.models import HeldWork


class ThemeOrigin(models.TextChoices):
    OWN = "own", _("Yours")
    FOUND = "found", _("Found")


class ThemeState(models.TextChoices):
    ON = "on", _("On")
    OFF = "off", _("Off")  # switched off, or a found one that was dismissed: it is not found again


class Theme(models.Model):
    """What several comments are about. Rules (`words`) and what was learned decide; a person's ruling beats both."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    name = models.CharField(_("name"), max_length=60)
    origin = models.CharField(max_length=6, choices=ThemeOrigin)
    state = models.CharField(max_length=4, choices=ThemeState, default=ThemeState.ON)
    words = models.JSONField(
        default=list
    )  # words and phrases, any of which brings a comment here; "-word" keeps it out
    starter = models.CharField(max_length=20, blank=True, default="", db_default="")  # which of the shipped ones it was
    center = models.BinaryField(null=True)  # of a found one: the middle of its comments, as float32
    reach = models.FloatField(null=True)  # how like the middle a comment must be to belong without any of the words
    version = models.PositiveIntegerField(default=1)  # counted up by each change of the rules
    created_by = models.ForeignKey("surveys.User", null=True, on_delete=models.SET_NULL, db_index=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("organization", Lower("name"), name="one_theme_per_name")]

    def __str__(self) -> str:
        return self.name


class ThemeRuling(models.Model):
    """A person said that a comment is, or is not, about a theme. It stands whatever rules and learning say."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    response = models.ForeignKey("surveys.Response", on_delete=models.CASCADE, db_index=False)
    theme = models.ForeignKey("surveys.Theme", on_delete=models.CASCADE, related_name="rulings", db_index=False)
    belongs = models.BooleanField()
    by = models.ForeignKey("surveys.User", null=True, on_delete=models.SET_NULL, db_index=False)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "response", "theme"], name="one_ruling_per_theme")
        ]
        indexes = [
            models.Index(fields=["response"], name="ruling_of_response"),
            models.Index(fields=["theme", "id"], name="ruling_of_theme"),
        ]


class SentimentRuling(models.Model):
    """A person said how a comment is meant. It stands, and later lessons learn from it."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    response = models.ForeignKey("surveys.Response", on_delete=models.CASCADE, db_index=False)
    sentiment = models.SmallIntegerField()
    by = models.ForeignKey("surveys.User", null=True, on_delete=models.SET_NULL, db_index=False)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "response"], name="one_sentiment_ruling"),
            models.CheckConstraint(condition=Q(sentiment__gte=-1, sentiment__lte=1), name="sentiment_in_range"),
        ]
        indexes = [models.Index(fields=["response"], name="sentiment_ruling_of_response")]


class CommentNoteQuerySet(models.QuerySet["CommentNote"]):
    def unreadable(self) -> "CommentNoteQuerySet":
        return self.exclude(problem="")


class CommentNote(models.Model):
    """Why a comment was read as it was, or why it cannot be. Holds places in the comment and no word of it; goes when
    the comment changes.

    `why` is {"words": [[start, end, weight], …], "themes": {key: ["word", start, end] | ["likeness", 0.7] |
    ["alike", key of a ThemeRuling, 0.9]}}.
    """

    response = models.OneToOneField("surveys.Response", primary_key=True, on_delete=models.CASCADE, related_name="+")
    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    certainty = models.FloatField()  # of the language, 0…1
    feeling = models.FloatField()  # −1…1; the sentiment is which of three parts of that it falls into
    why = models.JSONField(default=dict)
    problem = models.CharField(max_length=200, blank=True, default="", db_default="")  # of one that cannot be read

    objects = CommentNoteQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["organization", "response"], name="note_of_comment"),
            models.Index(fields=["organization", "response"], name="note_of_unreadable", condition=~Q(problem="")),
        ]


class Lesson(models.Model):
    """What was learned from an organization's own scores and rulings. `quality` was measured on comments that were held back."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    kind = models.CharField(max_length=12)  # "sentiment"
    version = models.PositiveIntegerField()
    weights = models.BinaryField()  # float32, see comments.learning
    quality = models.JSONField(default=dict)
    comments = models.PositiveIntegerField()  # how many it learned from
    learned_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "kind"], name="one_lesson_per_kind")]


class Why(models.TextChoices):
    """Why all comments are read anew."""

    THEMES = "themes", _("Themes changed")
    LESSON = "lesson", _("Something was learned")
    SEARCH = "search", _("Themes are looked for")
    ASKED = "asked", _("Somebody asked for it")


class ReadingStatus(models.TextChoices):
    RUNNING = "running", _("In work")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Stopped")
    FAILED = "failed", _("Failed")


class ReadingQuerySet(models.QuerySet["Reading"]):
    def forsaken(self, before: datetime) -> "ReadingQuerySet":
        """In work, but no worker has given a sign of life since then."""
        silent = Q(heartbeat_at__isnull=True) | Q(heartbeat_at__lt=before)
        return self.filter(silent, status=ReadingStatus.RUNNING)


class Reading(HeldWork):
    """All comments of an organization are read anew: themes changed, or something was learned. One at a time."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    why = models.CharField(max_length=20, choices=Why)
    created_by = models.ForeignKey("surveys.User", null=True, on_delete=models.SET_NULL, db_index=False)
    created_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=ReadingStatus, default=ReadingStatus.RUNNING)
    total = models.PositiveIntegerField(default=0)
    seen = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    cursor = models.BigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True, default="")

    objects = ReadingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization"], name="one_reading_at_a_time", condition=Q(status="running")
            )
        ]
        indexes = [
            models.Index(fields=["organization", "-id"], name="reading_newest_first"),
            models.Index(fields=["heartbeat_at"], name="reading_in_work", condition=Q(status="running")),
        ]

    @property
    def share(self) -> float:
        """How much of it is done, 0…1; of one that has not counted yet nothing."""
        return min(1.0, self.seen / self.total) if self.total else 0.0

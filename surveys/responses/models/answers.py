"""What customers answered, and the clicks it rests on."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import models
from django.db.models import F, Func, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from surveys.core.choices import Channel

SCORE_IN_RANGE = Q(score__gte=0, score__lte=10)
COUNTED = Q(verdict="confirmed", excluded_at__isnull=True)
DOUBTED = ~Q(verdict="confirmed") | Q(judged_at__isnull=False)  # what is not simply counted by the rules: few

UNREAD = Q(read_at__isnull=True) & ~Q(comment="")


class Verdict(models.TextChoices):
    PROVISIONAL = "provisional", _("Settling")
    CONFIRMED = "confirmed", _("Confirmed")
    QUARANTINED = "quarantined", _("Quarantined")


class Act(models.TextChoices):
    """What a request to a customer's page was."""

    CLICK = "click", _("Opened a link of the mail")
    CONFIRM = "confirm", _("Pressed the button on the page")
    CHANGE = "change", _("Chose another score on the page")
    COMMENT = "comment", _("Wrote a comment on the page")
    ANSWER = "answer", _("Answered another question on the page")
    STYLE = "style", _("Loaded the style of the page")
    SEEN = "seen", _("Had the page in view")  # told by the page's script, with what it saw
    TRAP = "trap", _("Opened a link that no person sees")


class JunkReason(models.TextChoices):
    """Why a person says that a response means nothing."""

    TEST = "test", _("A test, or a colleague")
    SPAM = "spam", _("Spam or nonsense")
    WRONG_PERSON = "wrong_person", _("Answered by the wrong person")
    DUPLICATE = "duplicate", _("The same person twice")
    OTHER = "other", _("Another reason")


class ResponseQuerySet(models.QuerySet["Response"]):
    def counted(self) -> "ResponseQuerySet":
        return self.filter(COUNTED)


class Response(models.Model):
    """A score and perhaps a comment. One per invitation; answering again amends it and keeps the history.

    `day` is the local day of the first answer click, in the organization's time zone: confirmation decides whether it
    counts, never when.
    """

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    campaign = models.ForeignKey("surveys.Campaign", on_delete=models.CASCADE, db_index=False)
    customer = models.ForeignKey("surveys.Customer", null=True, on_delete=models.SET_NULL, db_index=False)
    invitation = models.OneToOneField("surveys.Invitation", null=True, on_delete=models.CASCADE)
    property_set = models.ForeignKey("surveys.PropertySet", null=True, on_delete=models.PROTECT, db_index=False)
    channel = models.CharField(max_length=10, choices=Channel)
    language = models.CharField(max_length=12, blank=True, default="")
    score = models.PositiveSmallIntegerField()
    comment = models.TextField(blank=True, default="", max_length=10_000)
    verdict = models.CharField(max_length=12, choices=Verdict, default=Verdict.PROVISIONAL)
    verdict_reasons = models.JSONField(default=list)  # codes with figures; responses.verdicts turns them into sentences
    settles_at = models.DateTimeField(null=True)  # when it is judged, or judged again; null while nothing is open
    confirmed_at = models.DateTimeField(null=True)
    # A person of the organization decided whether it counts: rules do not change that any more.
    judged_at = models.DateTimeField(null=True)
    judged_by = models.ForeignKey(
        "surveys.User", null=True, on_delete=models.SET_NULL, db_index=False, related_name="+"
    )
    judged_note = models.CharField(max_length=300, blank=True, default="", db_default="")
    excluded_at = models.DateTimeField(null=True)  # marked as junk by a person
    excluded_by = models.ForeignKey(
        "surveys.User", null=True, on_delete=models.SET_NULL, db_index=False, related_name="+"
    )
    excluded_reason = models.CharField(max_length=12, choices=JunkReason, blank=True, default="", db_default="")
    excluded_note = models.CharField(max_length=300, blank=True, default="", db_default="")
    # What colleagues and the reading of comments say about it; all of it is counted by, so it stands on the row.
    tags = ArrayField(models.BigIntegerField(), default=list, db_default=[])  # keys of Tag, ascending
    themes = ArrayField(models.BigIntegerField(), default=list, db_default=[])  # keys of Theme, ascending
    sentiment = models.SmallIntegerField(null=True)  # −1, 0 or 1; null: no comment, or not read yet
    comment_language = models.CharField(max_length=12, blank=True, default="", db_default="")  # as detected
    read_at = models.DateTimeField(null=True)  # when the comment as it stands was read; null: it is still to be
    day = models.DateField()
    responded_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects = ResponseQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=SCORE_IN_RANGE, name="response_score_in_range")]
        indexes = [
            models.Index(fields=["organization", "-responded_at", "-id"], name="response_newest_first"),
            # With all that migrations between periods read: backwards it has the last answer of each person in a row.
            models.Index(
                fields=["organization", "customer", "responded_at", "id"],
                name="response_of_customer",
                include=["day", "score", "verdict", "excluded_at", "campaign", "property_set"],
            ),
            models.Index(
                fields=["organization", "day"],
                name="response_meant_badly",
                include=["customer"],
                condition=COUNTED & Q(sentiment=-1),
            ),
            models.Index(
                fields=["organization", "property_set", "day"],
                name="response_by_property_set",
                include=["campaign", "score"],
                condition=COUNTED,
            ),
            models.Index(
                fields=["organization", "day"],
                name="response_by_day",
                include=["campaign", "score", "property_set"],
                condition=COUNTED,
            ),
            # Which asks brought a comment: few, so that they can be read beside all asks of a combination.
            models.Index(
                fields=["organization", "invitation"],
                name="response_commented",
                condition=COUNTED & ~Q(comment="") & Q(invitation__isnull=False),
            ),
            models.Index(fields=["settles_at"], name="response_settling", condition=Q(settles_at__isnull=False)),
            models.Index(
                fields=["organization", "day"],
                name="response_doubted",
                include=["campaign", "verdict", "judged_at"],
                condition=DOUBTED,
            ),
            models.Index(fields=["organization", "id"], name="response_unread", condition=UNREAD),
            GinIndex(
                fields=["organization", "themes"],
                opclasses=["int8_ops", "array_ops"],
                name="response_themes",
                condition=~Q(themes=[]),
            ),
            GinIndex(
                fields=["organization", "tags"],
                opclasses=["int8_ops", "array_ops"],
                name="response_tags",
                condition=~Q(tags=[]),
            ),
            GinIndex(
                fields=["organization", "comment"],
                opclasses=["int8_ops", "gin_trgm_ops"],
                name="response_words",
                condition=~Q(comment=""),
            ),
        ]

    @property
    def is_counted(self) -> bool:
        return self.verdict == Verdict.CONFIRMED and self.excluded_at is None

    @property
    def trail_name(self) -> str:
        """In the audit trail: nobody is named, so that nothing is left of who is erased."""
        return f"{self.campaign}: {self.score}"

    def contribution(self) -> dict[str, Any] | None:
        """What this response adds to counts as it stands, as events carry it; None while it does not count."""
        if not self.is_counted:
            return None
        return {
            "campaign": self.campaign_id,
            "invitation": self.invitation_id,
            "day": self.day.isoformat(),
            "score": self.score,
            "has_comment": bool(self.comment),
            "property_set": self.property_set_id,
            "language": self.language,
            "channel": self.channel,
            "sentiment": self.sentiment,
            "comment_language": self.comment_language,
            "themes": list(self.themes),
            "tags": list(self.tags),
        }

    def get_absolute_url(self) -> str:
        return reverse("responses:detail", kwargs={"slug": self.organization.slug, "pk": self.pk})


class ResponseRevision(models.Model):
    """What a counted response said until `at`, when it was amended: one row per change."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    response = models.ForeignKey("surveys.Response", on_delete=models.CASCADE, related_name="revisions", db_index=False)
    score = models.PositiveSmallIntegerField()
    comment = models.TextField(blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=SCORE_IN_RANGE, name="revision_score_in_range")]
        indexes = [models.Index(fields=["response", "id"], name="revision_of_response")]


class AnswerQuerySet(models.QuerySet["Answer"]):
    def typed(self) -> "AnswerQuerySet":
        """Written by hand, unlike numbers and options: what is said of comments holds for these."""
        kind = Func(F("value"), function="jsonb_typeof", output_field=models.TextField())
        return self.alias(value_kind=kind).filter(value_kind="string")


class Answer(models.Model):
    """What somebody said to one of the questions after the score; the latest counts.

    `question` is a key of the design of the version that the invitation used, `value` by its kind: a text, a number of
    its scale, or the list of the options that were chosen (one, where one can be). So what is a text was typed.
    """

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    response = models.ForeignKey("surveys.Response", on_delete=models.CASCADE, related_name="answers", db_index=False)
    question = models.CharField(max_length=10)
    value = models.JSONField()
    at = models.DateTimeField()

    objects = AnswerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "response", "question"], name="one_answer_per_question")
        ]
        indexes = [models.Index(fields=["response"], name="answer_of_response")]


class ClickEvent(models.Model):
    """One raw request to a page of an invitation: the evidence. Append-only, pruned, and nothing points here."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    invitation_id = models.BigIntegerField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=12)  # an Act
    score = models.PositiveSmallIntegerField(null=True)
    network = models.CharField(max_length=43, blank=True, default="")  # /24 or /48 prefix, never the full address
    user_agent = models.CharField(max_length=300, blank=True, default="")
    signals = models.JSONField(default=dict)  # headers that tell a prefetch, and what the page's script saw

    class Meta:
        indexes = [
            models.Index(fields=["organization", "invitation_id", "at"], name="click_of_invitation"),
            BrinIndex(fields=["at"], name="click_prune"),
        ]

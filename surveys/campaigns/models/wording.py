"""What a campaign says: its versions, and the words of each in its languages."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CampaignVersion(models.Model):
    """How a campaign was, language apart. Of a draft it changes; once launched, every change is a new row.

    `design` is campaigns.design.Design as JSON, `rules` a copy of campaigns.rules.Rules (and of the audience) of that
    time, for people. A campaign without a row has an empty design.
    """

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    campaign = models.ForeignKey("surveys.Campaign", on_delete=models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    design = models.JSONField(default=dict)
    rules = models.JSONField(default=dict)
    created_by = models.ForeignKey("surveys.User", null=True, on_delete=models.SET_NULL, db_index=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "campaign", "number"], name="one_campaign_version"),
        ]
        indexes = [models.Index(fields=["campaign", "number"], name="version_of_campaign")]

    def __str__(self) -> str:
        return f"{self.campaign_id}.{self.number}"


class Wording(models.Model):
    """The words of one version of a campaign in one language. Plain text with {{ placeholders }} from an allow-list."""

    organization = models.ForeignKey("surveys.Organization", on_delete=models.CASCADE, db_index=False)
    campaign = models.ForeignKey("surveys.Campaign", on_delete=models.CASCADE, related_name="wordings")
    version = models.PositiveIntegerField(default=1)
    language = models.CharField(max_length=12)
    subject = models.CharField(_("subject"), max_length=200)
    intro = models.TextField(_("introduction"), blank=True, max_length=2000)
    question = models.CharField(_("question"), max_length=300)
    low_label = models.CharField(_("label at 0"), max_length=40)
    high_label = models.CharField(_("label at 10"), max_length=40)
    comment_prompt = models.CharField(_("comment question"), max_length=200)
    thanks_promoter = models.TextField(_("thanks for promoters"), max_length=1000)
    thanks_passive = models.TextField(_("thanks for passives"), max_length=1000)
    thanks_detractor = models.TextField(_("thanks for detractors"), max_length=1000)
    # What belongs to parts of the version's design, by their keys.
    prompts = models.JSONField(default=dict)  # {"detractor": comment question, "0": …}; a score wins over its category
    questions = models.JSONField(default=dict)  # {"q1": {"text": …, "options": {"o1": …}, "low": …, "high": …}}
    links = models.JSONField(default=dict)  # {"l1": what the link on the thank-you page says}
    variants = models.JSONField(default=dict)  # {"B": {"subject": …, "intro": …}}; what is missing is as in A
    sources = models.JSONField(
        default=dict
    )  # of a translation: what the main language said then, see campaigns.languages
    reminders = models.JSONField(default=list)  # [{"subject": …, "intro": …}]; an empty subject is "Re: " and the first

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "campaign", "version", "language"], name="one_wording_per_language"
            )
        ]

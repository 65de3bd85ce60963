"""The standing of several campaigns at once, from rollups: for lists of campaigns and for their own pages."""

from collections.abc import Sequence
from dataclasses import dataclass

from surveys.accounts.models import Organization
from surveys.analytics import words
from surveys.analytics.counting import counts, funnels
from surveys.analytics.counting.funnels import Funnel
from surveys.core import charts
from surveys.core.nps import Split


@dataclass(frozen=True)
class Summary:
    """Of all time. `split` has imported answers too, so it may hold more than the funnel's answered.

    `score`, `interval` and `response_rate` are text, "—" where there is nothing to say.
    """

    funnel: Funnel
    split: Split

    @property
    def responses(self) -> int:
        return self.split.responses

    @property
    def score(self) -> str:
        return words.score(self.split)

    @property
    def interval(self) -> str:
        return words.interval(self.split)

    @property
    def response_rate(self) -> str:
        rate = self.funnel.response_rate
        return words.NOTHING if rate is None else charts.share_text(rate)


def summaries(organization: Organization, campaigns: Sequence[int]) -> dict[int, Summary]:
    """By campaign id, also of those without any counts. Two statements."""
    scores = counts.by_campaign(organization, campaigns)
    found = funnels.by_campaign(organization, campaigns)
    return {
        campaign: Summary(found.get(campaign, Funnel()), Split.of_scores(scores.get(campaign, [0] * 11)))
        for campaign in campaigns
    }

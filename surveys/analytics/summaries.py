"""The standing of several campaigns at once, from rollups: for lists of campaigns."""

from collections.abc import Sequence
from dataclasses import dataclass

from surveys.accounts.models import Organization
from surveys.analytics import counts, funnels
from surveys.analytics.funnels import Funnel
from surveys.core.nps import Split


@dataclass(frozen=True)
class Summary:
    """Of all time. `split` has imported answers too, so it may hold more than the funnel's answered."""

    funnel: Funnel
    split: Split


def summaries(organization: Organization, campaigns: Sequence[int]) -> dict[int, Summary]:
    """By campaign id; a campaign without any counts is absent. Two statements."""
    scores = counts.by_campaign(organization, campaigns)
    found = funnels.by_campaign(organization, campaigns)
    return {
        campaign: Summary(found.get(campaign, Funnel()), Split.of_scores(scores.get(campaign, [0] * 11)))
        for campaign in {*scores, *found}
    }

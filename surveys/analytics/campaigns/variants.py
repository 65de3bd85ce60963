"""What became of each variant of a campaign, compared honestly; and how much was sent of each version. From rollups."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from surveys.analytics.counting.counts import fetched
from surveys.analytics.counting.funnels import Funnel
from surveys.analytics.models import SCORE_COLUMNS
from surveys.analytics.upkeep import sql
from surveys.campaigns.models import Campaign
from surveys.core import nps, proportions
from surveys.core.nps import Difference, Split
from surveys.core.proportions import Range, Rate

FEWEST_DELIVERED: Final = 30  # of each variant, before a difference is spoken of


@dataclass(frozen=True)
class Variant:
    key: str
    funnel: Funnel
    split: Split

    @property
    def rate(self) -> Rate:
        return Rate(self.funnel.answered, max(0, self.funnel.delivered))


class Finding(Enum):
    TOO_FEW = "too_few"
    NO_EVIDENCE = "no_evidence"
    BETTER = "better"  # than the first
    WORSE = "worse"


@dataclass(frozen=True)
class Compared:
    """One variant beside the first: the difference of response rates, and of scores."""

    variant: Variant
    first: Variant
    rates: Range | None
    is_significant: bool

    @property
    def finding(self) -> Finding:
        if min(self.variant.rate.of, self.first.rate.of) < FEWEST_DELIVERED or self.rates is None:
            return Finding.TOO_FEW
        if not self.is_significant or 0 in self.rates:
            return Finding.NO_EVIDENCE
        return Finding.BETTER if self.rates.low > 0 else Finding.WORSE

    @property
    def scores(self) -> Difference:
        return Difference(self.variant.split, self.first.split)


def compared(variants: Sequence[Variant]) -> list[Compared]:
    """Each other one with the first; several comparisons are corrected together (Holm)."""
    if len(variants) < 2:
        return []
    first, *others = variants
    significant = nps.holm(proportions.p_value(other.rate, first.rate) for other in others)
    return [
        Compared(other, first, proportions.difference(other.rate, first.rate), is_significant)
        for other, is_significant in zip(others, significant, strict=True)
    ]


# ── From rollups ─────────────────────────────────────────────────────────────────────────────────────────────────────
_FUNNEL: Final = ", ".join(f"sum({name})" for name in sql.FUNNEL)
_FUNNELS: Final = """
    SELECT value, {sums} FROM (
        SELECT value, {columns} FROM surveys_invitationcount
        WHERE organization_id = %(organization)s AND dimension = %(dimension)s AND campaign_id = %(campaign)s
        UNION ALL
        SELECT {dimension}::text, {columns} FROM surveys_invitationdelta
        WHERE organization_id = %(organization)s AND campaign_id = %(campaign)s
    ) AS rows WHERE value <> '' GROUP BY 1
"""
_SCORES: Final = f"""
    SELECT value, {", ".join(f"sum({column})" for column in SCORE_COLUMNS)} FROM (
        SELECT value, {sql.SCORES} FROM surveys_scorecount
        WHERE organization_id = %(organization)s AND dimension = 'variant' AND campaign_id = %(campaign)s
        UNION ALL
        SELECT variant, {", ".join(f"CASE WHEN score = {score} THEN responses ELSE 0 END" for score in range(11))}
        FROM surveys_scoredelta WHERE organization_id = %(organization)s AND campaign_id = %(campaign)s
    ) AS rows WHERE value <> '' GROUP BY 1
"""


def variants(campaign: Campaign) -> list[Variant]:
    """Those of which something was sent, A first; two statements."""
    funnels = _funnels(campaign, "variant")
    params = {"organization": campaign.organization_id, "campaign": campaign.pk}
    scores = {key: [int(count) for count in counts] for key, *counts in fetched(_SCORES, params)}
    return [
        Variant(key, funnels.get(key, Funnel()), Split.of_scores(scores.get(key, [0] * 11)))
        for key in sorted(funnels.keys() | scores.keys())
    ]


def sent_by_version(campaign: Campaign) -> dict[int, int]:
    return {int(version): funnel.sent for version, funnel in _funnels(campaign, "version").items()}


def _funnels(campaign: Campaign, dimension: str) -> dict[str, Funnel]:
    """Of all time, by the values of "variant" or "version"."""
    statement = _FUNNELS.format(sums=_FUNNEL, columns=", ".join(sql.FUNNEL), dimension=dimension)
    params = {"organization": campaign.organization_id, "campaign": campaign.pk, "dimension": dimension}
    return {value: Funnel(*map(int, counts)) for value, *counts in fetched(statement, params)}

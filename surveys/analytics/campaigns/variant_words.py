"""The comparison of variants, as the campaign's page says it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from surveys.analytics import words
from surveys.analytics.campaigns.variants import Compared, Finding, Variant, compared
from surveys.core import charts, nps
from surveys.core.nps import Verdict
from surveys.core.proportions import Range


@dataclass(frozen=True)
class Row:
    key: str
    sent: int
    answered: int
    rate: str
    range: str
    score: str
    interval: str


@dataclass(frozen=True)
class Card:
    rows: list[Row]
    findings: list[str]
    is_early: bool

    @property
    def is_empty(self) -> bool:
        return len(self.rows) < 2


def card(variants: Sequence[Variant], *, is_running: bool) -> Card:
    """`is_running`: what is found now may still come and go."""
    return Card(
        [_row(variant) for variant in variants],
        [sentence for each in compared(variants) for sentence in (_of_rates(each), _of_scores(each)) if sentence],
        is_running,
    )


def _row(variant: Variant) -> Row:
    value, found = variant.rate.value, variant.rate.range
    return Row(
        variant.key,
        variant.funnel.sent,
        variant.funnel.answered,
        words.NOTHING if value is None else charts.share_text(value),
        f"{charts.share_text(found.low)} – {charts.share_text(found.high)}" if found else words.NOTHING,
        words.score(variant.split),
        words.interval(variant.split) if variant.split.responses else words.NOTHING,
    )


def _of_rates(each: Compared) -> str:
    values = {"one": each.variant.key, "other": each.first.key}
    if each.finding is Finding.TOO_FEW or each.rates is None:
        return _("Response rates of %(one)s and %(other)s: too few to be sure.") % values
    values |= _range(each.rates)
    texts = {
        Finding.NO_EVIDENCE: _(
            "No evidence that %(one)s and %(other)s differ in response rate: the difference is between %(low)s and %(high)s points."
        ),
        Finding.BETTER: _("%(one)s has the better response rate, by %(low)s to %(high)s points."),
        Finding.WORSE: _("%(other)s has the better response rate, by %(nearest)s to %(farthest)s points."),
    }
    return texts[each.finding] % values


def _range(found: Range) -> dict[str, str]:
    low, high = _points(found.low), _points(found.high)
    return {"low": low, "high": high, "nearest": _points(-found.high), "farthest": _points(-found.low)}


def _points(share: float) -> str:
    """Percentage points with one digit and a real minus sign."""
    number = f"{abs(100 * share):.1f}"
    return f"−{number}" if share < 0 and number != "0.0" else number


def _of_scores(each: Compared) -> str:
    """Nothing while there are too few answers: the table has both scores with their intervals."""
    found = each.scores
    if found.verdict is Verdict.TOO_FEW or found.interval is None:
        return ""
    values = {"one": each.variant.key, "other": each.first.key}
    values |= {"low": nps.signed(found.interval.low), "high": nps.signed(found.interval.high)}
    if found.verdict is Verdict.NO_EVIDENCE:
        return (
            _(
                "No evidence that their scores differ: the difference of %(one)s to %(other)s is between %(low)s and %(high)s points."
            )
            % values
        )
    return _("Their scores differ: that of %(one)s by %(low)s to %(high)s points from that of %(other)s.") % values

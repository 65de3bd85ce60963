"""Whether the score moved because people changed or because others answered: a trend with the mix held still, and the
change between two periods taken apart."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Final

from django.utils.translation import gettext as _

from surveys.analytics import words
from surveys.analytics.pages import AnalyticsPage
from surveys.analytics.segments.segment_words import between, fine
from surveys.analytics.segments.segmenting import Segmented
from surveys.core import charts
from surveys.core.charts import Reading, Slot, responses_text
from surveys.core.charts.base import share_text
from surveys.core.decomposing import Decomposition, Part, decomposition
from surveys.core.nps import Split, signed
from surveys.core.periods import Bucket
from surveys.core.standardizing import Standardized, Stratum, standardized

ENOUGH: Final = Fraction(4, 5)  # of the period's mix must be there in a bucket for its adjusted score to be shown


@dataclass(frozen=True)
class Moment:
    """One bucket: as it is, and as it would be with the mix of the whole period."""

    bucket: Bucket
    raw: Split
    adjusted: Standardized
    href: str

    @property
    def stands(self) -> bool:
        return self.adjusted.score is not None and self.adjusted.covered >= ENOUGH

    @property
    def raw_score(self) -> str:
        return words.score(self.raw)

    @property
    def raw_interval(self) -> str:
        return words.interval(self.raw)

    @property
    def score(self) -> str:
        return signed(self.adjusted.score) if self.stands and self.adjusted.score is not None else words.NOTHING

    @property
    def interval(self) -> str:
        found = self.adjusted.interval
        if not self.stands or found is None:
            return words.NOTHING
        return _("%(low)s to %(high)s") % {"low": signed(found.low), "high": signed(found.high)}

    @property
    def covered(self) -> str:
        return share_text(self.adjusted.covered)


@dataclass(frozen=True)
class PartLine:
    label: str
    part: Part

    @property
    def shares(self) -> str:
        return f"{share_text(self.part.share_before)} → {share_text(self.part.share_now)}"

    @property
    def scores(self) -> str:
        return f"{words.score(self.part.before)} → {words.score(self.part.now)}"

    @property
    def of_score(self) -> str:
        return fine(self.part.of_score)

    @property
    def of_mix(self) -> str:
        return fine(self.part.of_mix)

    @property
    def both(self) -> str:
        return fine(self.part.both)


@dataclass(frozen=True)
class Mix:
    page: AnalyticsPage
    found: Segmented

    # --- over time

    @cached_property
    def moments(self) -> list[Moment]:
        return [self._moment(index) for index in range(len(self.found.buckets))]

    def _moment(self, index: int) -> Moment:
        bucket = self.found.buckets[index]
        strata = {row.value: Stratum(row.split.responses, row.by_bucket[index]) for row in self.found.rows}
        answers = self.page.look.filters.during(bucket.first, bucket.last)
        return Moment(bucket, self.found.everyone[index], standardized(strata), self.page.feed_url(answers))

    @cached_property
    def chart(self) -> charts.Pair:
        return charts.pair([_slot(moment) for moment in self.moments], self._finding)

    @property
    def _finding(self) -> str:
        both = [moment for moment in self.moments if moment.stands and moment.raw.score is not None]
        if not both:
            return _("In no part of this period did enough segments answer to hold their mix still.")
        first, last = both[0], both[-1]
        return _(
            "The score went from %(first)s to %(last)s; with the mix of the whole period it went from %(first_adjusted)s to "
            "%(last_adjusted)s."
        ) % {
            "first": first.raw_score,
            "last": last.raw_score,
            "first_adjusted": first.score,
            "last_adjusted": last.score,
        }

    @property
    def stands(self) -> bool:
        """The second line is drawn somewhere."""
        return any(moment.stands and moment.adjusted.score is not None for moment in self.moments)

    # --- between two periods

    @cached_property
    def apart(self) -> Decomposition | None:
        return decomposition(self.found.before_by_value, self.found.now_by_value)

    @property
    def is_too_few(self) -> bool:
        return self.apart is None or self.apart.before.is_too_few or self.apart.now.is_too_few

    @property
    def parts(self) -> list[PartLine]:
        """The largest first."""
        found = sorted(self.apart.parts if self.apart else (), key=lambda part: -abs(part.both))
        return [PartLine(self.found.parted.value(part.name), part) for part in found]

    @property
    def totals(self) -> tuple[str, str, str]:
        apart = self.apart
        return (fine(apart.of_score), fine(apart.of_mix), fine(apart.change)) if apart else ("", "", "")

    @property
    def sentences(self) -> list[str]:
        return list(self._sentences(self.apart)) if self.apart else []

    def _sentences(self, apart: Decomposition) -> Iterable[str]:
        yield _("Since %(days)s (%(before)s) the score went from %(first)s to %(last)s, by %(change)s points.") % {
            "days": self.page.look.compared,
            "before": responses_text(apart.before.responses),
            "first": words.score(apart.before),
            "last": words.score(apart.now),
            "change": fine(apart.change),
        }
        yield _("%(points)s of it because segments score differently (95 %% interval %(interval)s%(evidence)s).") % {
            "points": fine(apart.of_score),
            "interval": between(apart.score_interval),
            "evidence": _evidence(0 in apart.score_interval),
        }
        yield _("%(points)s of it because others answered than before (95 %% interval %(interval)s%(evidence)s).") % {
            "points": fine(apart.of_mix),
            "interval": between(apart.mix_interval),
            "evidence": _evidence(0 in apart.mix_interval),
        }


def _evidence(is_there_none: bool) -> str:
    return _(": no evidence that it did anything") if is_there_none else ""


def _slot(moment: Moment) -> Slot:
    raw, adjusted = moment.raw, moment.adjusted
    readings = (
        Reading(raw.score, raw.interval, raw.is_too_few) if raw.score is not None and raw.interval else None,
        Reading(adjusted.score, adjusted.interval, adjusted.is_too_few)
        if moment.stands and adjusted.score is not None and adjusted.interval
        else None,
    )
    title = _("%(days)s: NPS %(raw)s, with the mix of the whole period %(adjusted)s, %(responses)s") % {
        "days": moment.bucket.title,
        "raw": moment.raw_score,
        "adjusted": moment.score,
        "responses": responses_text(raw.responses),
    }
    return Slot(moment.bucket.label, title, readings, moment.href)

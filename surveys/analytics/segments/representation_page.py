"""Who answered, as its page shows it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final, Self
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.analytics import words
from surveys.analytics.counting import parting
from surveys.analytics.counting.dimensions import Dimension
from surveys.analytics.look import Pairs
from surveys.analytics.pages import AnalyticsPage
from surveys.analytics.segments.representation import Answered, Haste, Represented, answered, haste
from surveys.analytics.segments.segment_page import Wish, told
from surveys.analytics.segments.segment_words import between, fine
from surveys.core.charts import responses_text, share_text
from surveys.core.charts.base import grouped, percent
from surveys.core.nps import Difference, Interval, Verdict, signed
from surveys.core.proportions import Range

OWN: Final = ("per",)


def verdict_of(row: Represented) -> str:
    if row.verdict is Verdict.TOO_FEW:
        return _("too few to be sure")
    if row.verdict is Verdict.NO_EVIDENCE:
        return _("no evidence")
    above = (row.reached.value or 0) > (row.others.value or 0)
    return _("over-represented") if above else _("under-represented")


@dataclass(frozen=True)
class AnsweredLine:
    row: Represented
    feed_url: str

    @property
    def label(self) -> str:
        return self.row.label

    @property
    def rate(self) -> str:
        value = self.row.response_rate.value
        return words.NOTHING if value is None else share_text(value)

    @property
    def rate_range(self) -> str:
        return ranged(self.row.response_rate.range)

    @property
    def share_of_asked(self) -> str:
        return share_text(self.row.share_of_asked)

    @property
    def share_of_answers(self) -> str:
        return share_text(self.row.share_of_answers)

    @property
    def bars(self) -> tuple[str, str]:
        return percent(100 * self.row.share_of_asked), percent(100 * self.row.share_of_answers)

    @property
    def verdict(self) -> str:
        return verdict_of(self.row)

    @property
    def direction(self) -> str:
        if self.row.verdict is not Verdict.CHANGED:
            return ""
        return "up" if (self.row.reached.value or 0) > (self.row.others.value or 0) else "down"

    @property
    def note(self) -> str:
        """By how many points of percent its rate differs from that of the others."""
        found = self.row.difference
        if found is None or self.row.is_too_few:
            return ""
        return _("%(low)s to %(high)s points against the others") % {
            "low": fine(100 * found.low),
            "high": fine(100 * found.high),
        }


@dataclass(frozen=True)
class AnsweredPage:
    page: AnalyticsPage
    wish: Wish
    found: Answered
    haste: Haste | None = None

    @classmethod
    def of(cls, page: AnalyticsPage, query: QueryDict, at: datetime) -> Self:
        wish = Wish.of(query, page.look, parting.of_asks(page.choices))
        parted = parting.parted(page.organization, wish.per, at)
        page = told(page, wish.problems)
        found = answered(page.organization, page.look, parted)
        return cls(page, wish, found, haste(page.organization, page.look) if found.funnel.sent else None)

    @property
    def dimensions(self) -> list[Dimension]:
        return parting.of_asks(self.page.choices)

    @cached_property
    def lines(self) -> list[AnsweredLine]:
        found = sorted(self.found.rows or (), key=lambda row: (-row.funnel.sent, row.label.casefold()))
        return [AnsweredLine(row, self._feed(row)) for row in found]

    def _feed(self, row: Represented) -> str:
        return self.page.feed_url(parting.narrowed(self.page.look.answers, self.found.parted, row.value))

    @property
    def makes_sense(self) -> bool:
        return self.found.rows is not None

    @property
    def is_empty(self) -> bool:
        return not self.found.funnel.sent

    # --- the score

    @property
    def raw(self) -> str:
        return words.score(self.found.split)

    @property
    def raw_interval(self) -> str:
        return words.interval(self.found.split)

    @property
    def score(self) -> str:
        found = self.found.weighed.score
        return words.NOTHING if found is None else signed(found)

    @property
    def interval(self) -> str:
        return spanned(self.found.weighed.interval)

    @property
    def is_weighed(self) -> bool:
        return self.found.weighed.score is not None

    @property
    def effective(self) -> str:
        return grouped(round(self.found.weighed.effective))

    @property
    def moved(self) -> str:
        """What weighing did to the score, in words."""
        raw, weighed = self.found.split.score, self.found.weighed.score
        if raw is None or weighed is None:
            return ""
        points = weighed - raw
        if abs(points) < 1:
            said = _(
                "Weighing moves the score by %(points)s points: as far as these segments tell, those who answered are like "
                "those who were invited."
            )
        else:
            said = _(
                "Weighing moves the score by %(points)s points: as far as these segments tell, those who answered are not "
                "like those who were invited."
            )
        return said % {"points": fine(points)}

    @property
    def done_with_small(self) -> list[str]:
        """What was done with segments that have too few answers to stand by themselves."""
        found, said = self.found.weighed, []
        if found.merged:
            said.append(
                _("Put together, for each has fewer than 5 responses: %(names)s.")
                % {"names": self._named(found.merged)}
            )
        if found.left_out:
            said.append(
                _(
                    "Left out, for even together they have fewer than 5 responses: %(names)s. They are %(share)s of those "
                    "invited."
                )
                % {"names": self._named(found.left_out), "share": share_text(1 - found.covered)}
            )
        if self.found.unasked:
            said.append(
                ngettext(
                    "%(count)s response is of a segment of which nobody was invited in this period: it weighs nothing.",
                    "%(count)s responses are of segments of which nobody was invited in this period: they weigh nothing.",
                    self.found.unasked,
                )
                % {"count": grouped(self.found.unasked)}
            )
        return said

    def _named(self, values: tuple[str, ...]) -> str:
        return ", ".join(self.found.parted.value(value) for value in values)

    # --- early and late

    @property
    def hurried(self) -> list[str]:
        """Whether those who took longer to answer score differently: they may be more like those who never do."""
        if self.haste is None:
            return []
        return [self._halves(self.haste), self._told_by(self.haste.difference)]

    def _halves(self, found: Haste) -> str:
        return _(
            "The half that answered within %(time)s of the ask scores %(early)s (%(early_count)s), the half that took longer "
            "%(late)s (%(late_count)s)."
        ) % {
            "time": waited(found.after),
            "early": words.score(found.early),
            "late": words.score(found.late),
            "early_count": responses_text(found.early.responses),
            "late_count": responses_text(found.late.responses),
        }

    def _told_by(self, difference: Difference) -> str:
        interval = between(difference.interval) if difference.interval else words.NOTHING
        if difference.verdict is Verdict.TOO_FEW:
            return _("That is too few to be sure of a difference.")
        if difference.verdict is Verdict.NO_EVIDENCE:
            return _("No evidence that they differ (late minus early: %(interval)s points).") % {"interval": interval}
        return _(
            "They differ (late minus early: %(interval)s points): if the silent are more like those who answered late, their "
            "score would lie further that way."
        ) % {"interval": interval}

    # --- choices

    @property
    def all_but_dimension(self) -> Pairs:
        found = [*self.page.pairs(self.page.look), *self.page.own]
        return [pair for pair in found if pair[0] not in ("per", "by")]

    @property
    def query(self) -> str:
        """What the files of this page are asked with."""
        return urlencode([*self.page.pairs(self.page.look), *self.page.own])


def ranged(found: Range | None) -> str:
    if found is None:
        return words.NOTHING
    return _("%(low)s to %(high)s") % {"low": share_text(found.low), "high": share_text(found.high)}


def spanned(found: Interval | None) -> str:
    if found is None:
        return words.NOTHING
    return _("%(low)s to %(high)s") % {"low": signed(found.low), "high": signed(found.high)}


def waited(time: timedelta) -> str:
    """Two hours, three days: as coarse as people say it."""
    hours = round(time.total_seconds() / 3600)
    if hours < 48:
        return ngettext("%(count)s hour", "%(count)s hours", max(hours, 1)) % {"count": max(hours, 1)}
    return ngettext("%(count)s day", "%(count)s days", round(hours / 24)) % {"count": round(hours / 24)}

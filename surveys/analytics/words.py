"""How figures and filters are said."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.core import proportions
from surveys.core.charts import responses_text, share_text
from surveys.core.filters import Filters
from surveys.core.nps import TOO_FEW, Difference, Split, Verdict, plural, rounded, signed
from surveys.core.periods import Comparison, Period
from surveys.core.proportions import Range, Rate
from surveys.responses import filter_words

NOTHING = "—"


def score(split: Split) -> str:
    return NOTHING if split.score is None else signed(split.score)


def share(count: int, among: int) -> str:
    return share_text(count / among) if among else NOTHING


def interval(split: Split) -> str:
    if split.interval is None:
        return NOTHING
    return _("%(low)s to %(high)s") % {"low": signed(split.interval.low), "high": signed(split.interval.high)}


def chosen_scores(filters: Filters) -> str:
    """What a filter on the score lets pass: "Detractors", "Scores 9, 10"."""
    given = filter_words.scores(filters.allowed_scores) if filters.scores else ""
    return ", ".join(part for part in (plural(filters.category) if filters.category else "", given) if part)


@dataclass(frozen=True)
class Change:
    """`figure` and `direction` are there only where there is evidence for a change; `sentence` goes on from `verdict`."""

    verdict: str
    sentence: str
    figure: str = ""
    direction: str = ""


def change(difference: Difference, comparison: Comparison, compared: Period) -> Change:
    before, interval = difference.before, difference.interval
    values = {"days": compared, "score": score(before), "responses": responses_text(before.responses)}
    if before.score is None:
        return Change("", _NOBODY[comparison] % values)
    if difference.points is None or interval is None:
        return Change("", _BEFORE[comparison] % values)
    if difference.verdict is Verdict.TOO_FEW:
        return Change(_("Too few to be sure of a change."), _BEFORE[comparison] % values)
    values |= {"low": _with_sign(rounded(interval.low)), "high": _with_sign(rounded(interval.high))}
    sentence = _SINCE[comparison] % values
    if difference.verdict is Verdict.NO_EVIDENCE:
        return Change(_("No evidence of change"), sentence)
    direction = "up" if difference.points > 0 else "down"
    return Change(_("Changed"), sentence, _with_sign(rounded(difference.points)), direction)


_NOBODY = {
    Comparison.PREVIOUS: gettext_lazy("Nobody answered in the period before (%(days)s)."),
    Comparison.YEAR: gettext_lazy("Nobody answered a year earlier (%(days)s)."),
}
_BEFORE = {
    Comparison.PREVIOUS: gettext_lazy("The period before (%(days)s) had a score of %(score)s from %(responses)s."),
    Comparison.YEAR: gettext_lazy("A year earlier (%(days)s) the score was %(score)s from %(responses)s."),
}
_SINCE = {
    Comparison.PREVIOUS: gettext_lazy(
        "since the period before (%(days)s): the difference is between %(low)s and %(high)s points."
    ),
    Comparison.YEAR: gettext_lazy(
        "since a year earlier (%(days)s): the difference is between %(low)s and %(high)s points."
    ),
}


def _with_sign(points: int) -> str:
    return f"+{points}" if points > 0 else signed(points)


@dataclass(frozen=True)
class Rates:
    """A rate's interval, and what is known of its change; `figure` only where there is evidence."""

    interval: str
    verdict: str
    sentence: str = ""
    figure: str = ""
    direction: str = ""


def rates(now: Rate, before: Rate | None, comparison: Comparison, *, is_open: bool) -> Rates | None:
    """None where nothing was delivered. `is_open`: some of those asked now may still answer, so it is no fall yet."""
    if now.range is None:
        return None
    interval = _between_shares(now.range)
    if before is None or before.range is None:
        return Rates(interval, "", str(_NONE_DELIVERED[comparison]))
    sentence = _RATE_BEFORE[comparison] % {"rate": share_text(before.value or 0)}
    if min(now.of, before.of) < TOO_FEW:
        return Rates(
            interval,
            _("Too few to be sure of a change."),
            _RATE_THEN[comparison] % {"rate": share_text(before.value or 0)},
        )
    if is_open and (now.value or 0) < (before.value or 0):
        return Rates(interval, _("Too early to say whether it changed"), sentence)
    between = proportions.difference(now, before)
    if between is None or 0 in between:
        return Rates(interval, _("No evidence of change"), sentence)
    points = rounded(100 * ((now.value or 0) - (before.value or 0)))
    figure = _("%(points)s points") % {"points": _with_sign(points)}
    return Rates(interval, _("Changed"), sentence, figure, "up" if between.low > 0 else "down")


def _between_shares(found: Range) -> str:
    return _("%(low)s to %(high)s") % {"low": share_text(found.low), "high": share_text(found.high)}


_NONE_DELIVERED = {
    Comparison.PREVIOUS: gettext_lazy("Nothing was delivered in the period before."),
    Comparison.YEAR: gettext_lazy("Nothing was delivered a year earlier."),
}
_RATE_THEN = {
    Comparison.PREVIOUS: gettext_lazy("In the period before it was %(rate)s."),
    Comparison.YEAR: gettext_lazy("A year earlier it was %(rate)s."),
}
_RATE_BEFORE = {
    Comparison.PREVIOUS: gettext_lazy("since the period before (%(rate)s)"),
    Comparison.YEAR: gettext_lazy("since a year earlier (%(rate)s)"),
}

"""How segments are compared in words: differences with their verdicts, and what a segment does to the score of all."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.analytics import words
from surveys.core.charts import share_text
from surveys.core.contributions import Contribution
from surveys.core.nps import Difference, Interval, Verdict, rounded, signed


@dataclass(frozen=True)
class Cell:
    """`figure` and `direction` are there only where there is evidence for a difference."""

    verdict: str
    note: str = ""
    figure: str = ""
    direction: str = ""


def with_sign(points: Fraction | float) -> str:
    whole = rounded(points)
    return f"+{whole}" if whole > 0 else signed(points)


def fine(points: Fraction | float) -> str:
    """With a sign and one decimal: contributions are small."""
    tenths = rounded(10 * points)
    sign = "+" if tenths > 0 else "−" if tenths < 0 else ""
    return sign + number_format(abs(tenths) / 10, decimal_pos=1)


def beside(points: Fraction, move: Fraction | float) -> str:
    """A score in a sentence with a move: with a decimal where whole points would not show the move."""
    return signed(points) if abs(float(move)) >= 1 else tenths(points)


def tenths(points: Fraction) -> str:
    found = rounded(10 * points)
    return ("−" if found < 0 else "") + number_format(abs(found) / 10, decimal_pos=1)


def between(interval: Interval) -> str:
    return _("%(low)s to %(high)s") % {"low": with_sign(interval.low), "high": with_sign(interval.high)}


_CHANGE: Final = {
    Verdict.TOO_FEW: gettext_lazy("too few to be sure"),
    Verdict.NO_EVIDENCE: gettext_lazy("no evidence of change"),
}
_OTHERS: Final = {
    Verdict.TOO_FEW: gettext_lazy("too few to be sure"),
    Verdict.NO_EVIDENCE: gettext_lazy("no evidence of a difference"),
}


def change(difference: Difference, verdict: Verdict) -> Cell:
    """Against the period before."""
    if difference.points is None:
        return Cell(_("nobody answered before") if difference.before.score is None else words.NOTHING)
    return _cell(difference, verdict, _CHANGE, _("changed"))


def against_others(difference: Difference, verdict: Verdict) -> Cell:
    if difference.points is None:
        return Cell(words.NOTHING)
    return _cell(difference, verdict, _OTHERS, _("higher") if difference.points > 0 else _("lower"))


def _cell(difference: Difference, verdict: Verdict, words_of: Mapping[Verdict, object], differs: str) -> Cell:
    interval = between(difference.interval) if difference.interval else ""
    if verdict is Verdict.TOO_FEW:
        return Cell(str(words_of[verdict]))
    if verdict is Verdict.NO_EVIDENCE:
        is_chance = difference.interval is None or 0 in difference.interval
        by_itself = _("%(interval)s, but one of many: chance can do that") % {"interval": interval}
        return Cell(str(words_of[verdict]), interval if is_chance else by_itself)
    points = difference.points or Fraction(0)
    return Cell(differs, interval, with_sign(points), "up" if points > 0 else "down")


def contribution(label: str, found: Contribution) -> str:
    """What a segment does to the score of everyone, with its own numbers; empty where there is nothing to say."""
    segment, everyone, move = found.segment.score, found.everyone.score, found.move
    if segment is None or everyone is None or move is None or found.points is None:
        return ""
    values = {
        "segment": label,
        "share": share_text(found.share),
        "score": beside(segment, move),
        "others": beside(found.like_the_others or Fraction(0), move),
        "everyone": beside(everyone, move),
        "points": fine(found.points),
        "move": fine(move),
    }
    return (
        _(
            "%(segment)s gives %(share)s of the responses and scores %(score)s, the others %(others)s: that is %(points)s points of "
            "the overall score of %(everyone)s (share × (score − overall)). If it scored like the others, the overall score "
            "would be %(others)s, a move of %(move)s."
        )
        % values
    )

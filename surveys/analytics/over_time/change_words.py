"""How changes of the same people are said."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.core.charts import share_text
from surveys.core.charts.base import grouped
from surveys.core.migration import FEWEST_MOVES, Homogeneity, Migration
from surveys.core.nps import TOO_FEW, Interval, Verdict, rounded, signed
from surveys.core.proportions import Range, Rate
from surveys.core.turnover import Step

NOTHING = "—"

STEPS = {
    "left": gettext_lazy("Who did not answer again left"),
    "minds": gettext_lazy("The same people changed their minds"),
    "came": gettext_lazy("Others came"),
    "different": gettext_lazy("Different people answered"),
    "repeated": gettext_lazy("Earlier answers of the same period"),
}


def with_sign(points: float) -> str:
    whole = rounded(points)
    return f"+{whole}" if whole > 0 else signed(points)


def points(step: Step) -> str:
    """Halves of a point count here: the steps add up, and rounded ones would not seem to."""
    tenth = rounded(step.points * 10) / 10
    return f"+{tenth:.1f}" if tenth > 0 else f"{tenth:.1f}".replace("-", "−")


def between(interval: Interval | None) -> str:
    if interval is None:
        return NOTHING
    return _("%(low)s to %(high)s") % {"low": with_sign(interval.low), "high": with_sign(interval.high)}


def rate(found: Rate) -> str:
    return NOTHING if found.value is None else share_text(found.value)


def rate_range(found: Range | None) -> str:
    if found is None:
        return NOTHING
    return _("%(low)s to %(high)s") % {"low": share_text(found.low), "high": share_text(found.high)}


def score_moved(found: Migration) -> tuple[str, str]:
    """A verdict, and the sentence that goes on from it."""
    if found.verdict is Verdict.TOO_FEW or found.points is None:
        text = _(
            "Only %(people)s people answered in both periods; from %(fewest)s on this page says whether they changed."
        )
        return _("Too few to be sure."), text % {"people": grouped(found.people), "fewest": TOO_FEW}
    text = _("Their own score moved by %(points)s points, from %(before)s to %(now)s (95 %% interval %(between)s).") % {
        "points": with_sign(float(found.points)),
        "before": signed(found.before.score or 0),
        "now": signed(found.now.score or 0),
        "between": between(found.interval),
    }
    return {Verdict.CHANGED: _("Changed."), Verdict.NO_EVIDENCE: _("No evidence of change.")}[found.verdict], text


def shares_moved(found: Homogeneity) -> str:
    """Whether there are other shares of promoters, passives and detractors among the same people."""
    if found.verdict is Verdict.TOO_FEW:
        return _(
            "Fewer than %(people)s people, or fewer than %(moves)s who moved: too few for a test of the shares."
        ) % {
            "people": TOO_FEW,
            "moves": FEWEST_MOVES,
        }
    if found.verdict is Verdict.CHANGED:
        text = _("The shares of promoters, passives and detractors changed beyond chance (Stuart–Maxwell test, %(p)s).")
    else:
        text = _(
            "No evidence that the shares of promoters, passives and detractors changed (Stuart–Maxwell test, %(p)s)."
        )
    return text % {"p": p_value(found.p_value)}


def p_value(value: float) -> str:
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}" if value < 0.0995 else f"p = {value:.2f}"

"""How themes and drivers are said."""

from dataclasses import dataclass
from fractions import Fraction

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from surveys.analytics import words
from surveys.core.nps import Difference, Interval, Split, Verdict, rounded, signed
from surveys.core.proportions import Range


@dataclass(frozen=True)
class Finding:
    """`figure` only where there is evidence; `range` is the interval in words, "" without one. `direction`: up, down or ""."""

    verdict: Verdict
    said: str
    figure: str = ""
    range: str = ""
    direction: str = ""


def with_sign(points: float | Fraction) -> str:
    whole = rounded(points)
    return f"+{whole}" if whole > 0 else signed(points)


def one_decimal(points: float | Fraction) -> str:
    """ "+1.4", "−0.3": of what is too small for whole points."""
    tenths = rounded(10 * points)
    size = number_format(abs(tenths) / 10, 1)
    return size if not tenths else f"+{size}" if tenths > 0 else f"−{size}"


def interval(found: Interval | None) -> str:
    if found is None:
        return ""
    return _("%(low)s to %(high)s") % {"low": with_sign(found.low), "high": with_sign(found.high)}


def difference(found: Difference, verdict: Verdict) -> Finding:
    """Of two scores."""
    if verdict is Verdict.TOO_FEW or found.points is None:
        return Finding(Verdict.TOO_FEW, _("too few to be sure"))
    if verdict is Verdict.NO_EVIDENCE:
        return Finding(verdict, _("no evidence of a difference"), range=interval(found.interval))
    return Finding(verdict, "", with_sign(found.points), interval(found.interval), _direction(found.points))


def share_change(change: float, found: Range | None, verdict: Verdict) -> Finding:
    """Of two shares, in percentage points."""
    if verdict is Verdict.TOO_FEW or found is None:
        return Finding(Verdict.TOO_FEW, _("too few to be sure"))
    shown = _("%(low)s to %(high)s") % {"low": one_decimal(100 * found.low), "high": one_decimal(100 * found.high)}
    if verdict is Verdict.NO_EVIDENCE:
        return Finding(verdict, _("no evidence of change"), range=shown)
    return Finding(verdict, "", one_decimal(100 * change), shown)  # more is neither good nor bad


def effect(points: float, found: Interval, verdict: Verdict) -> Finding:
    """Of several things that are looked at together."""
    said = ""
    if verdict is not Verdict.CHANGED:
        said = _("no evidence") if 0 in found else _("no evidence, as one of many")
    direction = _direction(points) if verdict is Verdict.CHANGED else ""
    return Finding(verdict, said, with_sign(points), interval(found), direction)


def _direction(points: float | Fraction) -> str:
    return "up" if points > 0 else "down"


def score_with_interval(split: Split) -> str:
    return _("%(score)s (%(interval)s)") % {"score": words.score(split), "interval": words.interval(split)}

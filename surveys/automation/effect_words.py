"""Durations, shares and differences of the page "Does it work?" as people read them."""

from typing import Final

from django.utils.translation import gettext as _

from surveys.automation.effect import Comparison
from surveys.core.charts import DifferenceGauge, difference_gauge, share_text
from surveys.core.charts.base import grouped
from surveys.core.nps import Interval, rounded
from surveys.core.proportions import Range, Rate

NOTHING: Final = "–"


def duration(seconds: float | None) -> str:
    """ "40 min", "3 h 20 min"; beyond 48 hours in whole hours: a day of business has fewer than 24."""
    if seconds is None:
        return NOTHING
    minutes = round(seconds / 60)
    if minutes < 60:
        return _("%(n)d min") % {"n": minutes}
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
    return _("%(n)s h") % {"n": grouped(hours)}


def rate_text(rate: Rate) -> str:
    return NOTHING if rate.value is None else share_text(rate.value)


def range_text(rate: Rate) -> str:
    """Its 95 % interval and of how many."""
    if rate.range is None:
        return _("of nobody")
    words = {"low": share_text(rate.range.low), "high": share_text(rate.range.high), "n": grouped(rate.of)}
    return _("%(low)s to %(high)s · of %(n)s") % words


def points(value: float) -> str:
    whole = rounded(value)
    return f"−{-whole}" if whole < 0 else f"+{whole}" if whole else "0"


def scores(value: float) -> str:
    text = f"{abs(value):.1f}"
    return text if text == "0.0" else f"−{text}" if value < 0 else f"+{text}"


def verdict_of(found: Range | None, more: str, less: str, none: str) -> str:
    if found is None:
        return _("Too few to compare.")
    if 0 in found:
        return none
    return more if found.low > 0 else less


def gauge_of(one: Rate, other: Rate, found: Range | None) -> DifferenceGauge | None:
    if found is None or one.value is None or other.value is None:
        return None
    return difference_gauge(100 * (one.value - other.value), Interval(100 * found.low, 100 * found.high))


def said_of_shares(one: Rate, other: Rate, found: Range | None) -> str:
    if found is None or one.value is None or other.value is None:
        return _("Too few answered once more to compare.")
    words = {
        "points": points(100 * (one.value - other.value)),
        "low": points(100 * found.low),
        "high": points(100 * found.high),
    }
    return _("%(points)s percentage points, 95 %% interval %(low)s to %(high)s.") % words


def said_of_means(comparison: Comparison) -> str:
    one, other, found = comparison.one.next_score.value, comparison.other.next_score.value, comparison.next_score
    if found is None or one is None or other is None:
        return _("Fewer than five of a side answered once more: their scores cannot be compared.")
    words = {"difference": scores(one - other), "low": scores(found.low), "high": scores(found.high)}
    return _("Next score: %(difference)s on average, 95 %% interval %(low)s to %(high)s.") % words

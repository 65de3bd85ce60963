"""Rates in words: why mail was stopped, how sure a rate is, and what to do about it."""

from math import floor

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from surveys.core.proportions import Rate
from surveys.delivery.deliverability import rates
from surveys.delivery.deliverability.rates import Limits, Tally


def share(value: float, digits: int = 2) -> str:
    """0.0123 → "1.23 %"; as many digits as rates of one in a thousand need."""
    return f"{number_format(round(100 * value, digits), digits)} %"


def limit(value: float) -> str:
    """0.003 → "0.3 %"."""
    return f"{number_format(round(100 * value, 3), 1 if value < 0.01 else 0)} %"


def count(number: int) -> str:
    return str(number_format(number, force_grouping=True))


def value_of(rate: Rate) -> str:
    return "—" if rate.value is None else share(rate.value)


def range_of(rate: Rate) -> str:
    """ "0.05 % to 0.42 %", or nothing where nothing was sent."""
    if rate.range is None:
        return ""
    return _("%(low)s to %(high)s") % {"low": share(rate.range.low), "high": share(rate.range.high)}


def too_many_complaints(found: Tally) -> str:
    text = _(
        "Mail was stopped: %(n)s of the %(of)s mails that arrived in the last %(days)d days were reported as spam, surely"
        " more than %(low)s. From %(limit)s on large providers refuse mail, or put it into the spam folder."
    )
    return text % _figures(found.complaints, rates.COMPLAINTS)


def too_many_bounces(found: Tally) -> str:
    text = _(
        "Mail was stopped: %(n)s of the %(of)s mails of the last %(days)d days came back, surely more than %(low)s. From"
        " %(limit)s on providers take a sender for one who mails addresses that never were theirs."
    )
    return text % _figures(found.bounces, rates.BOUNCES)


def _figures(rate: Rate, limits: Limits) -> dict[str, object]:
    low = rate.range.low if rate.range else 0.0
    return {
        "n": count(rate.count),
        "of": count(rate.of),
        "days": rates.DAYS,
        "low": share(floor(1000 * low) / 1000, 1),
        "limit": limit(limits.stop),
    }

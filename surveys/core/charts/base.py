"""What all charts share: coordinates as text, ticks, areas to point at, phrases."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.core import nps
from surveys.core.nps import Split, signed


def percent(value: float | Fraction) -> str:
    """A share of the width, 0…100, as an attribute."""
    return f"{float(value):.3f}".rstrip("0").rstrip(".") + "%"


def number(value: float | Fraction) -> str:
    return f"{float(value):.2f}".rstrip("0").rstrip(".")


def share_text(value: float | Fraction) -> str:
    """0.285 → "29 %", as people read it."""
    return f"{nps.rounded(100 * value)} %"


def grouped(count: int) -> str:
    """4812 → "4,812", in the interface's language: for sentences, never for coordinates."""
    return number_format(count, force_grouping=True)


def responses_text(count: int) -> str:
    return ngettext("%(count)s response", "%(count)s responses", count) % {"count": grouped(count)}


def path(points: Iterable[tuple[float, float]]) -> str:
    """Straight lines through the points, as the `d` of a path."""
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points)


@dataclass(frozen=True)
class Tick:
    at: str
    label: str


@dataclass(frozen=True)
class Hit:
    """A full-height area to point at; `title` is its tooltip, `href` the responses behind it."""

    x: str
    width: str
    title: str
    href: str = ""


def score_sentence(split: Split) -> str:
    if split.score is None or split.interval is None:
        return _("No responses.")
    return _("NPS %(score)s, 95 %% interval %(low)s to %(high)s, %(responses)s.") % {
        "score": signed(split.score),
        "low": signed(split.interval.low),
        "high": signed(split.interval.high),
        "responses": responses_text(split.responses),
    }

"""One score and what it is made of: interval on the scale, stacked split, histogram."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.utils.translation import gettext as _

from surveys.core import nps
from surveys.core.charts.base import Hit, grouped, number, percent, responses_text, score_sentence, share_text
from surveys.core.choices import Category
from surveys.core.nps import Split

HISTOGRAM_HEIGHT = 124  # with its labels the height of .chart.short in components.css


@dataclass(frozen=True)
class Gauge:
    point: str
    band_x: str
    band_width: str
    desc: str


def _on_scale(points: float | Fraction) -> float:
    return (float(points) + 100) / 2


def gauge(split: Split) -> Gauge | None:
    """Where the score and its interval lie between −100 and 100; None without a score."""
    if split.score is None or split.interval is None:
        return None
    low, high = _on_scale(split.interval.low), _on_scale(split.interval.high)
    return Gauge(
        point=percent(_on_scale(split.score)),
        band_x=percent(low),
        band_width=percent(high - low),
        desc=score_sentence(split),
    )


# --- split into categories


@dataclass(frozen=True)
class Part:
    category: Category
    label: str
    count: int
    share: str
    x: str
    width: str
    title: str
    href: str


@dataclass(frozen=True)
class StackedSplit:
    parts: list[Part]
    desc: str


def stacked_split(split: Split, href: Callable[[Category], str] = lambda _category: "") -> StackedSplit:
    parts, x = [], Fraction(0)
    for category in Category:
        share = split.share(category)
        parts.append(_part(split, category, x, href(category)))
        x += 100 * share
    return StackedSplit(parts, desc=", ".join(part.title for part in parts))


def _part(split: Split, category: Category, x: Fraction, href: str) -> Part:
    share = split.share(category)
    return Part(
        category=category,
        label=nps.plural(category),
        count=split.count(category),
        share=share_text(share),
        x=percent(x),
        width=percent(100 * share),
        title=f"{nps.plural(category)}: {grouped(split.count(category))} ({share_text(share)})",
        href=href,
    )


# --- how often each score was given


@dataclass(frozen=True)
class Bar:
    score: int
    category: Category
    count: int
    share: str
    x: str
    width: str
    middle: str
    top: str
    height: str
    label_y: str
    hit: Hit


@dataclass(frozen=True)
class Histogram:
    bars: list[Bar]
    height: int
    plot_height: int
    label_y: int
    desc: str


_LABEL_ROOM = 20


def histogram(counts: Sequence[int], href: Callable[[int], str] = lambda _score: "") -> Histogram:
    """`counts` are eleven, one per score from 0 to 10."""
    bars = [_bar(counts, score, href(score)) for score in nps.SCALE]
    return Histogram(
        bars=bars,
        height=HISTOGRAM_HEIGHT + _LABEL_ROOM,
        plot_height=HISTOGRAM_HEIGHT,
        label_y=HISTOGRAM_HEIGHT + 15,
        desc=_histogram_finding(counts),
    )


def _bar(counts: Sequence[int], score: int, href: str) -> Bar:
    slot, total, most = 100 / 11, sum(counts), max(counts)
    room = HISTOGRAM_HEIGHT - _LABEL_ROOM
    height = room * counts[score] / most if most else 0.0
    share = share_text(Fraction(counts[score], total) if total else 0)
    title = _("Score %(score)s: %(responses)s (%(share)s)") % {
        "score": score,
        "responses": responses_text(counts[score]),
        "share": share,
    }
    return Bar(
        score=score,
        category=nps.classify(score),
        count=counts[score],
        share=share,
        x=percent(score * slot + slot * 0.06),
        width=percent(slot * 0.88),
        middle=percent((score + 0.5) * slot),
        top=number(HISTOGRAM_HEIGHT - height),
        height=number(height),
        label_y=number(HISTOGRAM_HEIGHT - height - 5),
        hit=Hit(percent(score * slot), percent(slot), title, href),
    )


def _histogram_finding(counts: Sequence[int]) -> str:
    if not sum(counts):
        return _("No responses.")
    most = max(nps.SCALE, key=lambda score: counts[score])
    return _("The most frequent score is %(score)s, given in %(count)s of %(responses)s.") % {
        "score": most,
        "count": grouped(counts[most]),
        "responses": responses_text(sum(counts)),
    }

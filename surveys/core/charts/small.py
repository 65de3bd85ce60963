"""Charts inside a line of a page: a person's scores, the steps of a funnel."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from django.utils.translation import gettext as _

from surveys.core import nps
from surveys.core.charts.base import number, path, percent, share_text
from surveys.core.choices import Category

SPARKLINE_HEIGHT = 40  # of .chart.spark in components.css


@dataclass(frozen=True)
class SparkPoint:
    x: str
    y: str
    category: Category
    title: str


@dataclass(frozen=True)
class Sparkline:
    height: int
    line: str
    points: list[SparkPoint]
    desc: str


def sparkline(scores: Sequence[tuple[str, int]]) -> Sparkline:
    """`scores` are (when, 0…10), oldest first."""
    places = [_spark_place(index, score, len(scores)) for index, (_when, score) in enumerate(scores)]
    return Sparkline(
        height=SPARKLINE_HEIGHT,
        line=path(places) if places else "",
        points=[
            SparkPoint(percent(x), number(y), nps.classify(score), f"{when}: {score}")
            for (x, y), (when, score) in zip(places, scores, strict=True)
        ],
        desc=", ".join(f"{when}: {score}" for when, score in scores) or _("No responses."),
    )


def _spark_place(index: int, score: int, count: int) -> tuple[float, float]:
    room = SPARKLINE_HEIGHT - 10
    x = 4 + 92 * index / (count - 1) if count > 1 else 50.0
    return x, 5 + room * (10 - score) / 10


# --- funnel


@dataclass(frozen=True)
class Step:
    label: str
    count: int
    width: str
    share: str
    href: str = ""


@dataclass(frozen=True)
class Funnel:
    steps: list[Step] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not any(step.count for step in self.steps)


def funnel(counts: Sequence[tuple[str, int, str]]) -> Funnel:
    """`counts` are (label, count, href) from the widest step on; shares are of the first."""
    first = counts[0][1] if counts else 0
    return Funnel([_step(label, count, href, first) for label, count, href in counts])


def _step(label: str, count: int, href: str, first: int) -> Step:
    share = Fraction(count, first) if first else Fraction(0)
    return Step(label, count, percent(min(100 * share, Fraction(100))), share_text(share) if first else "—", href)

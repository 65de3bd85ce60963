"""Segments × time: a table whose cells say score and number, and are shaded by the score."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.utils.translation import gettext as _

from surveys.analytics import words
from surveys.analytics.segments.segmenting import SegmentFigures
from surveys.core.charts import score_sentence
from surveys.core.nps import Split
from surveys.core.periods import Bucket


@dataclass(frozen=True)
class HeatCell:
    """`shade` is a class of charts.css: "heat-1" (lowest) … "heat-5", "unsure" (too few: hatched) or "none"."""

    label: str
    score: str
    responses: int
    shade: str
    said: str
    href: str


@dataclass(frozen=True)
class HeatRow:
    label: str
    cells: list[HeatCell]


@dataclass(frozen=True)
class HeatMap:
    buckets: list[Bucket]
    rows: list[HeatRow]


def heat_map(
    rows: Sequence[SegmentFigures], buckets: list[Bucket], href: Callable[[SegmentFigures, int], str]
) -> HeatMap:
    return HeatMap(buckets, [_row(row, buckets, href) for row in rows])


def _row(row: SegmentFigures, buckets: list[Bucket], href: Callable[[SegmentFigures, int], str]) -> HeatRow:
    cells = zip(buckets, row.by_bucket, strict=True)
    return HeatRow(row.label, [_cell(bucket, split, href(row, at)) for at, (bucket, split) in enumerate(cells)])


def _cell(bucket: Bucket, split: Split, href: str) -> HeatCell:
    return HeatCell(
        label=bucket.label,
        score=words.score(split),
        responses=split.responses,
        shade=shade(split),
        said=f"{bucket.title}: {score_sentence(split)}{_too_few(split)}",
        href=href,
    )


def _too_few(split: Split) -> str:
    return " " + _("Too few to be sure.") if split.responses and split.is_too_few else ""


_STEPS = (-30, 0, 30, 60)


def shade(split: Split) -> str:
    if not split.responses:
        return "none"
    if split.is_too_few:
        return "unsure"
    score = split.score or Fraction(0)
    return f"heat-{1 + sum(score >= step for step in _STEPS)}"

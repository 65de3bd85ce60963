"""Charts: what is drawn lies where the numbers say, and the words under it tell the finding."""

import re
from dataclasses import asdict
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from surveys.core import charts
from surveys.core.charts.trend import TREND_HEIGHT
from surveys.core.choices import Category
from surveys.core.nps import Split

numbers = st.integers(min_value=0, max_value=10**6)
splits = st.builds(Split, numbers, numbers, numbers)
moments = st.lists(splits, max_size=60).map(
    lambda found: [charts.Moment(f"{index}", f"Day {index}", split, f"/{index}") for index, split in enumerate(found)]
)


def percent(text: str) -> float:
    assert re.fullmatch(r"-?\d+(\.\d+)?%", text), text
    return float(text[:-1])


@given(splits)
def test_a_split_fills_the_bar_without_gaps(split: Split) -> None:
    x = 0.0
    for part in charts.stacked_split(split).parts:
        assert percent(part.x) == pytest.approx(x, abs=0.01)
        x += percent(part.width)
    assert x == pytest.approx(100 if split.responses else 0, abs=0.01)


@given(st.lists(numbers, min_size=11, max_size=11))
def test_bars_are_as_high_as_their_counts(counts: list[int]) -> None:
    chart = charts.histogram(counts)
    tallest = max(chart.bars, key=lambda bar: bar.count)
    for bar in chart.bars:
        assert float(bar.top) + float(bar.height) == pytest.approx(chart.plot_height, abs=0.02)
        expected = float(tallest.height) * bar.count / tallest.count if tallest.count else 0
        assert float(bar.height) == pytest.approx(expected, abs=0.02)
    assert sum(percent(bar.hit.width) for bar in chart.bars) == pytest.approx(100, abs=0.05)


@given(moments)
def test_a_trend_lies_inside_its_frame_and_its_hits_cover_it(found: list[charts.Moment]) -> None:
    chart = charts.trend(found)
    assert sum(percent(hit.width) for hit in chart.hits) == pytest.approx(100 if found else 0, abs=0.1)
    assert len(chart.points) == sum(bool(moment.split.responses) for moment in found)
    for point in chart.points:
        assert 0 <= percent(point.x) <= 100
        assert 0 <= float(point.y) <= TREND_HEIGHT
    heights = [float(y) for y in re.findall(r"[ML]\S+ (\S+?)(?=[MLZ ]|$)", f"{chart.line} {chart.band}")]
    assert all(-0.01 <= y <= TREND_HEIGHT + 0.01 for y in heights)


def moment(*split: int) -> charts.Moment:
    return charts.Moment("", "", Split(*split))


def test_the_line_breaks_where_nobody_answered() -> None:
    chart = charts.trend([moment(9, 0, 1), moment(8, 0, 2), moment(0, 0, 0), moment(5, 0, 5)])
    assert chart.line.count("M") == 2
    assert chart.band.count("M") == chart.band.count("Z") == 2


def test_points_with_too_few_responses_look_unsure() -> None:
    assert [point.is_unsure for point in charts.trend([moment(30, 0, 0), moment(29, 0, 0)]).points] == [False, True]


def test_the_finding_is_said_in_words() -> None:
    found = [charts.Moment("", f"week {week}", Split(10 * week, 0, 10)) for week in (1, 3, 2)]
    assert charts.trend(found).desc == "NPS went from 0 to 33; lowest 0 (week 1), highest 50 (week 3)."
    assert charts.histogram([0] * 9 + [7, 3]).desc == "The most frequent score is 9, given in 7 of 10 responses."
    assert charts.score_sentence(Split(60, 15, 15)) == "NPS 50, 95 % interval 33 to 64, 90 responses."


def test_nothing_to_draw_is_said_too() -> None:
    assert charts.gauge(Split()) is None
    assert charts.trend([]).desc == charts.histogram([0] * 11).desc == charts.sparkline([]).desc == "No responses."
    assert charts.funnel([("Invited", 0, "")]).is_empty


def test_a_funnel_shows_shares_of_those_invited() -> None:
    steps = charts.funnel([("Invited", 200, ""), ("Answered", 57, "")]).steps
    assert [(step.width, step.share) for step in steps] == [("100%", "100 %"), ("28.5%", "29 %")]


def test_a_sparkline_runs_from_the_oldest_score_to_the_newest() -> None:
    line = charts.sparkline([("May", 0), ("June", 10)])
    low, high = line.points
    assert percent(low.x) < percent(high.x)
    assert float(low.y) > float(high.y)
    assert (low.category, high.category) == (Category.DETRACTOR, Category.PROMOTER)
    assert line.desc == "May: 0, June: 10"


def test_coordinates_are_never_written_in_the_way_of_a_language() -> None:
    with translation.override("de"):
        drawn: Any = asdict(charts.trend([moment(3, 1, 1), moment(1, 1, 1), moment(2, 3, 5)]))
    assert not re.search(r"\d,\d", str([drawn["line"], drawn["band"], drawn["points"], drawn["hits"][0]["x"]]))

"""Differences of scores that have answers in common."""

import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from surveys.core.nps import Difference, Split, Verdict
from surveys.core.overlapping import Comparison
from tests.helpers.unhurried import unhurried

sizes = st.integers(min_value=0, max_value=200)
splits = st.builds(Split, sizes, sizes, sizes)


@unhurried
@given(splits, splits)
def test_without_common_answers_it_is_the_difference_of_everywhere_else(one, other):
    found, usual = Comparison(one, other), Difference(one, other)
    assert (found.points, found.verdict) == (usual.points, usual.verdict)
    if usual.interval:
        assert found.interval
        assert found.interval.low == pytest.approx(usual.interval.low)
        assert found.interval.high == pytest.approx(usual.interval.high)


@unhurried
@given(splits, splits, splits)
def test_common_answers_make_a_difference_surer_never_less(only_one, only_other, both):
    assume((only_one + both).responses >= 30 and (only_other + both).responses >= 30)
    assume(min(only_one.responses, only_other.responses, both.responses) >= 10)
    same_sizes = Comparison(only_one + both, only_other + both)
    found = Comparison(only_one + both, only_other + both, both)
    assert found.points == same_sizes.points
    assert found.interval
    assert same_sizes.interval
    assert found.interval.margin <= same_sizes.interval.margin * 1.1


def test_a_part_of_itself_is_compared_with_the_whole():
    part, rest = Split(80, 10, 10), Split(20, 10, 70)
    found = Comparison(part, part + rest, part)
    assert found.verdict is Verdict.CHANGED
    whole = (part + rest).score
    assert whole is not None
    assert found.points == 70 - whole


@pytest.mark.long
def test_the_interval_holds_the_truth_about_95_times_in_100():
    rng = random.Random("overlap")
    worlds = [(80, (0.5, 0.3, 0.2)), (60, (0.3, 0.3, 0.4)), (120, (0.6, 0.2, 0.2))]  # one, other, both
    means = [100 * (shares[0] - shares[2]) for _size, shares in worlds]
    truth = (80 * means[0] + 120 * means[2]) / 200 - (60 * means[1] + 120 * means[2]) / 180
    covered = 0
    for _ in range(1000):
        drawn = [rng.choices(range(3), weights=shares, k=size) for size, shares in worlds]
        one, other, both = (Split(*(answers.count(kind) for kind in range(3))) for answers in drawn)
        interval = Comparison(one + both, other + both, both).interval
        assert interval
        covered += truth in interval
    assert 0.925 <= covered / 1000 <= 0.975

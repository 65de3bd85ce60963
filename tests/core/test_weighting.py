"""Scores of answers that weigh differently, against the answers one by one and by simulation."""

import random
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from surveys.core import nps
from surveys.core.choices import Category
from surveys.core.weighting import WeightedSplit, Weights
from tests.helpers.unhurried import unhurried

cents = st.integers(0, 1_000_000).map(lambda count: Fraction(count, 100))
answers = st.lists(st.tuples(st.integers(0, 10), cents), max_size=15)
rates = st.integers(1, 9000).map(lambda count: Fraction(count, 7))


def weighted(given_answers):
    """From (score, weight) one by one."""
    weights = {category: Weights() for category in Category}
    for score, weight in given_answers:
        weights[nps.classify(score)] += Weights(1, Fraction(weight), Fraction(weight) ** 2)
    return WeightedSplit(weights[Category.PROMOTER], weights[Category.PASSIVE], weights[Category.DETRACTOR])


@unhurried
@given(answers)
def test_the_score_is_the_weighted_mean_of_plus_and_minus_hundred(given_answers):
    total = sum(weight for _score, weight in given_answers)
    points = sum(weight * (100 if score >= 9 else -100 if score <= 6 else 0) for score, weight in given_answers)
    found = weighted(given_answers)
    assert found.score == (Fraction(points) / total if total else None)
    assert found.all.count == len(given_answers)
    assert sum(found.share(category) for category in Category) == (1 if total else 0)


@unhurried
@given(st.lists(st.integers(0, 10), min_size=1, max_size=40), rates)
def test_with_equal_weights_it_is_the_score_and_interval_of_everywhere_else(scores, weight):
    split = nps.Split.of_scores([scores.count(score) for score in range(11)])
    found = weighted([(score, weight) for score in scores])
    assert found.score == split.score
    assert found.effective == len(scores)
    assert found.is_too_few == split.is_too_few
    assert found.interval
    assert split.interval
    assert found.interval.low == pytest.approx(split.interval.low)
    assert found.interval.high == pytest.approx(split.interval.high)


@unhurried
@given(answers, rates)
def test_the_currency_does_not_matter(given_answers, rate):
    assume(any(weight for _score, weight in given_answers))
    here, there = weighted(given_answers), weighted([(score, weight * rate) for score, weight in given_answers])
    assert (here.score, here.effective) == (there.score, there.effective)
    assert here.interval.low == pytest.approx(there.interval.low)


@unhurried
@given(answers)
def test_effective_answers_are_kish_s_and_never_more_than_there_are(given_answers):
    weights = [weight for _score, weight in given_answers]
    assume(any(weights))
    found = weighted(given_answers)
    assert found.effective == Fraction(sum(weights)) ** 2 / sum(weight**2 for weight in weights)
    assert 1 <= found.effective <= len(weights)


def test_one_giant_is_one_answer():
    found = weighted([(10, 1_000_000)] + [(0, 1)] * 100)
    assert nps.rounded(found.score) == 100
    assert found.is_too_few
    assert found.interval.margin > 40


@pytest.mark.long
@pytest.mark.parametrize(("drift", "least"), [(0.0, 0.925), (0.8, 0.9)])
def test_the_interval_holds_the_truth_about_95_times_in_100(drift, least):
    """Values are lognormal, and with `drift` the big ones are unhappier: weight and answer hang together."""
    rng = random.Random(f"weights {drift}")
    people = [rng.lognormvariate(0, 0.8) for _ in range(20_000)]
    everyone = [(_answer(rng, value, drift), value) for value in people]
    truth = sum(value * (100 if score == 9 else -100 if score == 0 else 0) for score, value in everyone) / sum(people)
    covered = sum(truth in weighted(rng.choices(everyone, k=120)).interval for _ in range(400))
    assert least <= covered / 400 <= 0.98


def _answer(rng, value, drift):
    happy = min(0.9, max(0.1, 0.55 - drift * (value - 1) / 6))
    return rng.choices([9, 7, 0], weights=[happy, 0.25, max(0.05, 0.75 - happy)])[0]

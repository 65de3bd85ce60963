"""Scores held against a population, and what moved a score, in exact fractions and by simulation."""

import random
from fractions import Fraction
from math import sqrt

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from surveys.core.decomposing import decomposition
from surveys.core.nps import Z_95, Interval, Split
from surveys.core.standardizing import LEAST, Standardized, Stratum, standardized
from tests.helpers.unhurried import unhurried

sizes = st.integers(min_value=0, max_value=40)
splits = st.builds(Split, sizes, sizes, sizes)
names = st.sampled_from("abcde")
segments = st.dictionaries(names, splits, max_size=5)
strata = st.dictionaries(names, st.builds(Stratum, st.integers(0, 400), splits), max_size=5)

# ── Post-stratification and direct standardization ───────────────────────────────────────────────────────────────────


@unhurried
@given(splits, st.integers(1, 1000))
def test_one_segment_is_the_score_and_interval_of_everywhere_else(split, population):
    assume(split.responses >= LEAST)
    found = standardized({"": Stratum(population, split)})
    assert found.score == split.score
    assert found.interval
    assert split.interval
    assert found.interval.low == pytest.approx(split.interval.low)
    assert found.interval.high == pytest.approx(split.interval.high)
    assert found.effective == pytest.approx(split.responses)
    assert found.is_too_few == split.is_too_few


@unhurried
@given(strata)
def test_the_score_is_that_of_everybody_answering_like_their_segment(found_strata):
    """Each segment that stands counts as often as it is in the population; nobody is counted twice or lost unsaid."""
    found = standardized(found_strata)
    small = {name: one for name, one in found_strata.items() if one.split.responses < LEAST}
    pool = sum((one.split for one in small.values()), Split())
    points, weighed = Fraction(0), 0
    for name, one in found_strata.items():
        split = pool if name in small else one.split
        if split.responses >= LEAST:
            points += one.population * split.score
            weighed += one.population
    total = sum(one.population for one in found_strata.values())
    assert found.score == (points / weighed if weighed else None)
    assert found.covered == (Fraction(weighed, total) if total else 0)
    assert set(found.merged) == (set(small) if pool.responses >= LEAST else set())
    assert found.population == total


@unhurried
@given(st.dictionaries(names, splits, min_size=1, max_size=5))
def test_when_all_answered_alike_weighing_changes_nothing(found_segments):
    assume(all(split.responses >= LEAST for split in found_segments.values()))
    everyone = sum(found_segments.values(), Split())
    same_mix = {name: Stratum(split.responses, split) for name, split in found_segments.items()}
    found = standardized(same_mix)
    assert found.score == everyone.score
    assert found.responses == everyone.responses
    assert found.effective == pytest.approx(everyone.responses)


def test_a_segment_nobody_answered_of_is_named_with_its_part_of_the_population():
    found = standardized({"big": Stratum(75, Split(20, 0, 0)), "silent": Stratum(25, Split())})
    assert (found.score, found.covered) == (Fraction(100), Fraction(3, 4))
    assert (found.left_out, found.merged) == (("silent",), ())


POPULATION = {"a": (0.6, (0.7, 0.2, 0.1), 0.5), "b": (0.3, (0.3, 0.3, 0.4), 0.2), "c": (0.1, (0.1, 0.2, 0.7), 0.25)}


@pytest.mark.long
def test_the_interval_holds_the_truth_about_95_times_in_100_where_the_raw_score_is_off():
    """Unhappier segments answer less: the raw score is too high, the weighted one holds what it promises."""
    rng = random.Random("strata")
    truth = 100 * sum(share * (shares[0] - shares[2]) for share, shares, _rate in POPULATION.values())
    covered = raw = 0
    for _ in range(400):
        found = {name: _asked(rng, 500, *one) for name, one in POPULATION.items()}
        covered += truth in _interval(standardized(found))
        raw += truth in _interval(sum((one.split for one in found.values()), Split()))
    assert 0.925 <= covered / 400 <= 0.98
    assert raw / 400 < 0.5


def _interval(of: Standardized | Split) -> Interval:
    assert of.interval
    return of.interval


def _asked(rng, asked, share, shares, rate):
    answered = sum(rng.random() < rate for _ in range(int(asked * share)))
    drawn = rng.choices(range(3), weights=shares, k=answered)
    return Stratum(int(asked * share), Split(*(drawn.count(kind) for kind in range(3))))


# ── Mix and score ────────────────────────────────────────────────────────────────────────────────────────────────────


@unhurried
@given(segments, segments)
def test_the_parts_add_up_to_exactly_the_change(before, now):
    found = decomposition(before, now)
    first, last = sum(before.values(), Split()), sum(now.values(), Split())
    if not (first.responses and last.responses):
        assert found is None
        return
    assert found
    assert last.score is not None
    assert first.score is not None
    assert found.of_score + found.of_mix == last.score - first.score == found.change
    assert sum(part.both for part in found.parts) == found.change
    assert sum(part.share_now for part in found.parts) == sum(part.share_before for part in found.parts) == 1


@unhurried
@given(segments, st.integers(2, 4))
def test_more_answers_of_the_same_mix_and_kind_change_nothing(before, times):
    assume(any(split.responses for split in before.values()))
    more = {
        name: Split(times * one.promoters, times * one.passives, times * one.detractors) for name, one in before.items()
    }
    found = decomposition(before, more)
    assert found
    assert {(part.of_score, part.of_mix) for part in found.parts} == {(Fraction(0), Fraction(0))}


def test_the_two_ways_of_moving_are_told_apart():
    happy, unhappy = Split(100, 0, 0), Split(0, 0, 100)
    others = decomposition({"a": happy, "b": unhappy}, {"a": Split(150, 0, 0), "b": Split(0, 0, 50)})
    assert others
    assert (others.of_score, others.of_mix) == (Fraction(0), Fraction(50))
    minds = decomposition({"a": happy, "b": unhappy}, {"a": Split(50, 0, 50), "b": unhappy})
    assert minds
    assert (minds.of_score, minds.of_mix) == (Fraction(-50), Fraction(0))


def test_a_new_segment_is_all_mix():
    found = decomposition({"old": Split(10, 10, 10)}, {"old": Split(10, 10, 10), "new": Split(30, 0, 0)})
    assert found
    assert (found.of_score, found.of_mix) == (Fraction(0), Fraction(50))


@unhurried
@given(splits, splits)
def test_segments_that_answered_in_one_period_only_are_as_unsure_as_the_change_itself(before, now):
    """Each wave a segment of its own: the score part is nothing, without doubt, and the mix part is the change."""
    assume(not (before.is_too_few or now.is_too_few))
    found = decomposition({"first wave": before}, {"second wave": now})
    assert found
    margin = Z_95 * sqrt(before.variance + now.variance)
    assert found.score_interval == Interval(0, 0)
    assert found.mix_interval.low == pytest.approx(max(-200, float(found.change) - margin))
    assert found.mix_interval.high == pytest.approx(min(200, float(found.change) + margin))


@pytest.mark.long
@pytest.mark.parametrize("part", ["score", "mix"])
@pytest.mark.parametrize("new", [0, 0.4], ids=["everybody answered twice", "a segment is new and another gone"])
def test_the_intervals_of_the_parts_hold_the_truth_about_95_times_in_100(part, new):
    rng = random.Random(f"kitagawa {part}")
    then = {"a": (0.6 - new, (0.5, 0.3, 0.2)), "b": (0.4, (0.2, 0.3, 0.5)), "gone": (new, (0.3, 0.4, 0.3))}
    now = {"a": (0.4, (0.6, 0.3, 0.1)), "b": (0.6 - new, (0.3, 0.3, 0.4)), "new": (new, (0.5, 0.4, 0.1))}
    truth = _exact_parts(then, now)[part]
    covered = 0
    for _ in range(400):
        found = decomposition(_drawn(rng, then, 150), _drawn(rng, now, 200))
        assert found
        covered += truth in (found.score_interval if part == "score" else found.mix_interval)
    assert 0.925 <= covered / 400 <= 0.98


def _exact_parts(then, now):
    share = {name: (then.get(name, (0,))[0], now.get(name, (0,))[0]) for name in then | now}
    score = {name: (_points(then.get(name, now.get(name))), _points(now.get(name, then.get(name)))) for name in share}
    return {
        "score": sum(sum(share[k]) / 2 * (score[k][1] - score[k][0]) for k in share),
        "mix": sum((share[k][1] - share[k][0]) * sum(score[k]) / 2 for k in share),
    }


def _points(segment):
    return 100 * (segment[1][0] - segment[1][2])


def _drawn(rng, world, count):
    kinds = [(name, kind) for name in world for kind in range(3)]
    weights = [world[name][0] * world[name][1][kind] for name, kind in kinds]
    drawn = rng.choices(kinds, weights=weights, k=count)
    return {name: Split(*(drawn.count((name, kind)) for kind in range(3))) for name in world}

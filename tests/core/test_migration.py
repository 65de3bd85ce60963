"""Who went up and who fell: against published figures, exact arithmetic and simulation."""

import random
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveys.core import nps
from surveys.core.choices import Category
from surveys.core.migration import Migration
from surveys.core.nps import Split, Verdict
from surveys.core.turnover import Turnover, steps

CATEGORIES = list(Category)
SCORE_OF = {Category.PROMOTER: 9, Category.PASSIVE: 7, Category.DETRACTOR: 3}

ours = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
pairs = st.dictionaries(st.tuples(st.integers(0, 10), st.integers(0, 10)), st.integers(0, 40), max_size=12)
splits = st.builds(Split, *[st.integers(0, 30)] * 3)


def table(rows: list[list[int]]) -> Migration:
    """By category: promoters, passives, detractors."""
    named = {(CATEGORIES[i], CATEGORIES[j]): n for i, row in enumerate(rows) for j, n in enumerate(row)}
    return Migration.of_pairs({(SCORE_OF[before], SCORE_OF[now]): n for (before, now), n in named.items()})


def test_the_test_of_homogeneity_is_the_published_one() -> None:
    """Fleiss, Statistical Methods for Rates and Proportions: two diagnostic teams, χ² = 14.00 with 2 degrees of freedom."""
    found = table([[35, 5, 0], [15, 20, 5], [10, 5, 5]]).homogeneity
    assert (round(found.statistic, 9), found.degrees, found.verdict) == (14.0, 2, Verdict.CHANGED)
    assert found.p_value == pytest.approx(0.000912, abs=1e-6)


def test_between_two_categories_it_is_mcnemars() -> None:
    """The textbook's (101 − 59)² ÷ (101 + 59), with nobody among the detractors."""
    found = table([[794, 150, 0], [86, 570, 0], [0, 0, 0]]).homogeneity
    assert found.degrees == 1
    assert found.statistic == pytest.approx((150 - 86) ** 2 / (150 + 86))
    assert found.p_value == pytest.approx(3.1e-5, abs=1e-6)


@ours
@given(pairs)
def test_the_closed_form_is_the_quadratic_form(found: dict[tuple[int, int], int]) -> None:
    """d′ V⁻¹ d, from the definition, in fractions."""
    migration = Migration.of_pairs(found)
    if migration.homogeneity.degrees != 2:
        return
    d = [Fraction(migration.before.count(c) - migration.now.count(c)) for c in CATEGORIES[:2]]

    def v(i: int, j: int) -> Fraction:
        one, other = CATEGORIES[i], CATEGORIES[j]
        if i != j:
            return Fraction(-migration.count(one, other) - migration.count(other, one))
        return Fraction(migration.before.count(one) + migration.now.count(one) - 2 * migration.count(one, one))

    determinant = v(0, 0) * v(1, 1) - v(0, 1) ** 2
    expected = (d[0] ** 2 * v(1, 1) - 2 * d[0] * d[1] * v(0, 1) + d[1] ** 2 * v(0, 0)) / determinant
    assert migration.homogeneity.statistic == pytest.approx(float(expected))


@ours
@given(pairs)
def test_up_down_and_unchanged_are_everybody_and_make_the_change(found: dict[tuple[int, int], int]) -> None:
    migration = Migration.of_pairs(found)
    people = [nps.classify(before) for (before, _now), n in found.items() for _ in range(n)]
    later = [nps.classify(now) for (_before, now), n in found.items() for _ in range(n)]
    worth = {Category.PROMOTER: 1, Category.PASSIVE: 0, Category.DETRACTOR: -1}
    moves = [worth[now] - worth[before] for before, now in zip(people, later, strict=True)]
    rates = (migration.up.count, migration.down.count, migration.unchanged.count)
    assert rates == (sum(m > 0 for m in moves), sum(m < 0 for m in moves), sum(m == 0 for m in moves))
    assert migration.points == (Fraction(100 * sum(moves), len(moves)) if moves else None)
    if moves:
        assert migration.points == (migration.now.score or 0) - (migration.before.score or 0)
        interval = migration.interval
        assert interval
        assert interval.low <= migration.adjusted_points <= interval.high


def test_who_did_not_move_changed_nothing() -> None:
    migration = table([[60, 0, 0], [0, 50, 0], [0, 0, 40]])
    assert migration.points == 0
    assert migration.homogeneity.p_value == 1.0
    assert {migration.verdict, migration.homogeneity.verdict} == {Verdict.NO_EVIDENCE}
    assert table([[5, 0, 9], [0, 0, 0], [0, 0, 0]]).verdict is Verdict.TOO_FEW


@pytest.mark.parametrize(("people", "loyalty"), [(40, 0.3), (40, 0.8), (150, 0.6)])
def test_the_paired_interval_covers_the_truth_about_as_often_as_it_says(people: int, loyalty: float) -> None:
    """People of whom `loyalty` repeat themselves, and others draw anew from worse shares."""
    rng = random.Random(people)
    first, then = [0.5, 0.3, 0.2], [0.35, 0.3, 0.35]
    truth = 100 * (1 - loyalty) * ((then[0] - then[2]) - (first[0] - first[2]))
    covered = 0
    for _ in range(300):
        rows = [[0, 0, 0] for _ in range(3)]
        for _ in range(people):
            before = rng.choices(range(3), first)[0]
            rows[before][before if rng.random() < loyalty else rng.choices(range(3), then)[0]] += 1
        interval = table(rows).interval
        covered += interval is not None and truth in interval
    assert 0.915 <= covered / 300 <= 0.99


# ── Changed minds and different people ───────────────────────────────────────────────────────────────────────────────


@ours
@given(pairs, splits, splits, splits, splits)
def test_the_steps_add_up_exactly(
    found: dict[tuple[int, int], int], left: Split, came: Split, again: Split, anew: Split
) -> None:
    stayed = Migration.of_pairs(found)
    turnover = Turnover(stayed, left, came, stayed.before + left + again, stayed.now + came + anew)
    named = dict(steps(turnover))
    if turnover.people_before.responses and turnover.people_now.responses:
        assert sum(step.points for step in named.values()) == turnover.change.points
        assert ("minds" in named) == bool(stayed.people)
    else:
        assert turnover.different is None
    if turnover.different and turnover.gone and turnover.new:
        assert turnover.different.points == turnover.gone.points + turnover.new.points


def test_a_story_of_who_left_who_stayed_and_who_came() -> None:
    """Ten angry people left, thirty stayed and cooled off a little, ten happy people came."""
    stayed = table([[18, 6, 0], [0, 6, 0], [0, 0, 0]])
    turnover = Turnover(stayed, Split(detractors=10), Split(promoters=10), Split(24, 6, 10), Split(28, 12, 0))
    assert {name: step.points for name, step in steps(turnover)} == {"left": 45, "minds": -20, "came": 10}
    assert turnover.change.points == 35
    assert turnover.different
    assert turnover.different.points == 55


def test_when_nobody_stayed_all_of_it_is_different_people() -> None:
    turnover = Turnover(Migration.of_pairs({}), Split(8, 1, 1), Split(2, 4, 4), Split(8, 1, 1), Split(2, 4, 4))
    ((name, step),) = steps(turnover)
    assert (name, float(step.points), step.people) == ("different", -90.0, 20)


def test_the_interval_of_different_people_covers_the_truth() -> None:
    """Half of each period's people are strangers to the other; those who stayed mostly repeat themselves."""
    rng = random.Random(7)
    shares = {"stay": [0.6, 0.2, 0.2], "left": [0.2, 0.3, 0.5], "came": [0.5, 0.3, 0.2]}
    worth = {name: 100 * (p[0] - p[2]) for name, p in shares.items()}
    truth = 0.5 * (worth["stay"] - worth["left"]) + 0.5 * (worth["came"] - worth["stay"])
    covered = 0
    for _ in range(300):
        rows = [[0, 0, 0] for _ in range(3)]
        for _ in range(80):
            before = rng.choices(range(3), shares["stay"])[0]
            rows[before][before if rng.random() < 0.8 else rng.choices(range(3), shares["stay"])[0]] += 1
        drawn = {name: rng.choices(range(3), shares[name], k=80) for name in ("left", "came")}
        left, came = (Split(*(drawn[name].count(n) for n in range(3))) for name in ("left", "came"))
        stayed = table(rows)
        step = Turnover(stayed, left, came, stayed.before + left, stayed.now + came).different
        covered += step is not None and step.interval is not None and truth in step.interval
    assert 0.915 <= covered / 300 <= 0.99

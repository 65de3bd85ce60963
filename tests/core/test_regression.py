"""Adjusted differences against independent arithmetic: exact fractions on small data, simulation for the intervals."""

import random
from fractions import Fraction
from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.core.nps import Split
from surveys.core.regression import Columns, fit

ONE = (Split(1, 0, 0), Split(0, 1, 0), Split(0, 0, 1))
POINTS = (100, 0, -100)


def cells(people: list[tuple[Columns, int]]) -> dict[Columns, Split]:
    found: dict[Columns, Split] = {}
    for columns, kind in people:
        found[columns] = found.get(columns, Split()) + ONE[kind]
    return found


def solved(matrix: list[list[Fraction]]) -> list[list[Fraction]]:
    """The inverse, by Gauss and Jordan, exactly. Raises ZeroDivisionError where there is none."""
    size = len(matrix)
    wide = [[*line, *(Fraction(int(i == j)) for j in range(size))] for i, line in enumerate(matrix)]
    for pivot in range(size):
        best = max(range(pivot, size), key=lambda row: abs(wide[row][pivot]))
        wide[pivot], wide[best] = wide[best], wide[pivot]
        wide[pivot] = [value / wide[pivot][pivot] for value in wide[pivot]]
        for row in range(size):
            if row != pivot:
                factor = wide[row][pivot]
                wide[row] = [value - factor * other for value, other in zip(wide[row], wide[pivot], strict=True)]
    return [line[size:] for line in wide]


def by_hand(people: list[tuple[Columns, int]], columns: int) -> tuple[list[Fraction], list[float]]:
    """Ordinary least squares person by person and HC3, each as the textbook has it."""
    x = [[Fraction(1), *(Fraction(int(column in ones)) for column in range(columns))] for ones, _kind in people]
    y = [Fraction(POINTS[kind]) for _ones, kind in people]
    size = columns + 1
    inverse = solved([[sum((row[i] * row[j] for row in x), Fraction(0)) for j in range(size)] for i in range(size)])
    moments = [sum((row[i] * value for row, value in zip(x, y, strict=True)), Fraction(0)) for i in range(size)]
    beta = [sum((inverse[i][j] * moments[j] for j in range(size)), Fraction(0)) for i in range(size)]
    variances = [Fraction(0)] * size
    for row, value in zip(x, y, strict=True):
        reach = [sum(inverse[i][j] * row[j] for j in range(size)) for i in range(size)]
        leverage = sum(row[i] * reach[i] for i in range(size))
        residual = value - sum(row[i] * beta[i] for i in range(size))
        for i in range(size):
            variances[i] += (reach[i] * residual / (1 - leverage)) ** 2
    return beta, [sqrt(variance) for variance in variances]


person = st.tuples(st.sets(st.integers(0, 2)).map(lambda ones: tuple(sorted(ones))), st.integers(0, 2))


@settings(max_examples=25, deadline=None)
@given(st.lists(person, min_size=40, max_size=60))
def test_effects_and_errors_are_those_of_a_solution_by_hand(people: list[tuple[Columns, int]]) -> None:
    found = fit(cells(people), 3)
    if found.merged:
        return  # told apart by fewer than five: the next test
    beta, errors = by_hand(people, 3)
    assert found.constant == pytest.approx(float(beta[0]), abs=1e-6)
    for column, effect in found.effects.items():
        assert effect.points == pytest.approx(float(beta[column + 1]), abs=1e-6)
        assert effect.error == pytest.approx(errors[column + 1], abs=1e-6)


def test_what_says_the_same_is_not_told_apart_and_named() -> None:
    rng = random.Random(3)
    people: list[tuple[Columns, int]] = [((0, 1) if rng.random() < 0.5 else (), rng.randrange(3)) for _ in range(200)]
    people += [((*ones, 2) if rng.random() < 0.5 else ones, kind) for ones, kind in people]
    people += [((3,), 0)] * 4

    found = fit(cells([(tuple(sorted(ones)), kind) for ones, kind in people]), 4)

    assert found.merged == {1: (0,), 3: ()}  # 1 is where 0 is; four responses are too few for 3
    assert set(found.effects) == {0, 2}


def test_columns_that_nearly_say_the_same_are_noticed() -> None:
    rng = random.Random(4)
    people = []
    for _ in range(600):
        first = rng.random() < 0.5
        second = first if rng.random() < 0.97 else not first
        people.append((tuple(column for column, one in enumerate((first, second)) if one), rng.randrange(3)))
    effect = fit(cells(people), 2).effects[0]
    assert effect.inflation > 5
    assert effect.twin == 1


def test_adjusting_takes_away_what_another_difference_brings() -> None:
    """Column 0 does nothing; it only goes together with column 1, which does."""
    people: list[tuple[Columns, int]] = []
    for columns, count, promoters in (((), 400, 0.3), ((0,), 100, 0.3), ((1,), 100, 0.7), ((0, 1), 400, 0.7)):
        people += [(columns, 0 if number < promoters * count else 2) for number in range(count)]
    found = fit(cells(people), 2)
    assert found.effects[0].points == pytest.approx(0)
    assert found.effects[1].points == pytest.approx(80)
    assert found.effects[0].p_value == pytest.approx(1)
    assert found.explained == pytest.approx(1 - (1 - 0.16) * 999 / 997)


def test_intervals_hold_what_is_true_as_often_as_they_say() -> None:
    """Groups of unequal variance, effects of 0, −40 and 30 points: 95 of 100 intervals hold the truth."""
    rng, truth = random.Random(5), (0.0, -40.0, 30.0)
    inside = [0, 0, 0]
    worlds = 250
    for _ in range(worlds):
        people = []
        for _person in range(150):
            ones = tuple(column for column, share in enumerate((0.5, 0.3, 0.15)) if rng.random() < share)
            mean = (20.0 + sum(truth[one] for one in ones)) / 100
            passives = 0.1 if 1 in ones else 0.4 * (1 - abs(mean))
            promoters = (1 - passives + mean) / 2
            draw = rng.random()
            people.append((ones, 0 if draw < promoters else 1 if draw < promoters + passives else 2))
        effects = fit(cells(people), 3).effects
        for column, expected in enumerate(truth):
            inside[column] += expected in effects[column].interval
    for covered in inside:
        assert 0.92 <= covered / worlds <= 0.985

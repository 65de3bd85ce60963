"""Medians of what still goes on, means of two groups, and how many people a comparison needs: against published figures."""

import random
from fractions import Fraction

import pytest

from surveys.core import means, proportions, survival
from surveys.core.means import Mean
from surveys.core.proportions import Rate
from surveys.core.survival import Span


def product_limit(found: list[Span], share: Fraction) -> float | None:
    """As it stands in textbooks, exactly: at each time those over, of those still there."""
    staying = Fraction(1)
    for time in sorted({span.seconds for span in found if not span.is_going_on}):
        there = sum(span.seconds >= time for span in found)
        over = sum(span.seconds == time and not span.is_going_on for span in found)
        staying *= 1 - Fraction(over, there)
        if staying <= 1 - share:
            return time
    return None


def test_a_quantile_is_that_of_the_product_limit() -> None:
    chance = random.Random(11)
    for size in range(60):
        found = [Span(chance.randint(0, 30), chance.random() < 0.4) for _ in range(size)]
        for share in (Fraction(1, 2), Fraction(9, 10)):
            assert survival.quantile(found, float(share)) == product_limit(found, share), found


def test_what_still_waits_makes_the_median_longer() -> None:
    over = [Span(1), Span(2), Span(3)]
    assert survival.quantile(over, 0.5) == 2
    assert survival.quantile([*over, Span(9, True), Span(9, True)], 0.5) == 3
    assert survival.quantile([*over, *[Span(9, True)] * 4], 0.5) is None


def test_means_are_compared_as_welch_does() -> None:
    """Worked out by hand."""
    one = Mean.of({3: 1, 4: 2, 5: 2})
    other = Mean.of({5: 1, 6: 3, 9: 1})
    found = means.difference(one, other)
    assert found is not None
    assert (one.value, other.value) == (4.2, 6.4)
    # Variances 0.7 and 2.3, over five each: 0.14 + 0.46; degrees of freedom 0.36 / (0.0049 + 0.0529) = 6.228.
    assert found.low == pytest.approx(-2.2 - 2.4249 * 0.6**0.5, abs=0.01)
    assert found.high == pytest.approx(-2.2 + 2.4249 * 0.6**0.5, abs=0.01)
    assert means.difference(one, Mean.of({5: 4})) is None  # too few


@pytest.mark.parametrize(("freedom", "table"), [(4, 2.776), (5, 2.571), (10, 2.228), (30, 2.042), (1e9, 1.960)])
def test_students_quantile_is_that_of_the_tables(freedom: float, table: float) -> None:
    assert means.student(freedom) == pytest.approx(table, abs=0.012)


def test_how_many_a_comparison_needs() -> None:
    assert proportions.needed(0.5, 0.1) == 388  # of each, the usual table
    assert proportions.needed(0.2, 0.1) == 294
    smaller = proportions.needed(0.2, 0.1, 9)  # one of ten held out
    assert 294 / 2 < smaller < 294
    assert proportions.needed(0.95, 0.1) == proportions.needed(0.95, -0.1)
    assert Rate(0, 0).value is None

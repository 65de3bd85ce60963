"""Means of two groups, and how many people a comparison needs: against published figures."""

import pytest

from surveys.core import means, proportions
from surveys.core.means import Mean
from surveys.core.proportions import Rate


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

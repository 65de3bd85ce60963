"""Intervals of rates, against published figures and against simulation."""

import random

import pytest

from surveys.core.proportions import Rate, difference


def test_the_interval_of_a_rate_is_the_published_one() -> None:
    """Newcombe 1998a, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29, by the score method."""
    published = {
        (81, 263): (0.2553, 0.3662),
        (15, 148): (0.0624, 0.1605),
        (0, 20): (0.0, 0.1611),
        (1, 29): (0.0061, 0.1718),
    }
    for (count, of), (low, high) in published.items():
        found = Rate(count, of).range
        assert found
        assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_the_interval_of_a_difference_is_the_published_one() -> None:
    """Newcombe 1998b, table II, method 10."""
    published = {(56, 70, 48, 80): (0.0524, 0.3339), (9, 10, 3, 10): (0.1705, 0.8090), (10, 10, 0, 10): (0.6075, 1.0)}
    for (a, m, b, n), (low, high) in published.items():
        found = difference(Rate(a, m), Rate(b, n))
        assert found
        assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_nobody_has_no_rate() -> None:
    assert (Rate(0, 0).value, Rate(0, 0).range, difference(Rate(0, 0), Rate(1, 2))) == (None, None, None)


@pytest.mark.parametrize(("share", "of"), [(0.02, 200), (0.2, 60), (0.5, 40)])
def test_the_interval_covers_the_truth_about_as_often_as_it_says(share: float, of: int) -> None:
    rng = random.Random(of)
    draws = (Rate(sum(rng.random() < share for _ in range(of)), of).range for _ in range(1500))
    covered = sum(found is not None and share in found for found in draws)
    assert 0.92 <= covered / 1500 <= 0.99

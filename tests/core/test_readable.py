"""Stored values as people read them."""

from surveys.core import readable


def test_amounts_are_grouped_and_other_numbers_are_not() -> None:
    assert readable.amount("4812") == "4,812"
    assert readable.amount(3559.5) == "3,559.5"
    assert readable.amount("a lot") == "a lot"
    assert readable.property_value("number", "2024") == "2024"  # a year, perhaps

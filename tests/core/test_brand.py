"""Whatever colour an organization chooses, its customers can read the page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.core import brand

colours = st.integers(min_value=0, max_value=0xFFFFFF).map(lambda number: f"#{number:06x}")
grounds = st.sampled_from([brand.LIGHT_GROUND, brand.DARK_GROUND])


@given(colours, grounds)
def test_every_colour_becomes_readable(colour, ground):
    assert brand.contrast(brand.readable_on(ground, colour), ground) >= 4.5


def test_a_colour_that_is_readable_stays_as_it_was_chosen():
    assert brand.readable_on("#ffffff", "#0b6e66") == "#0b6e66"


def test_contrast_agrees_with_the_published_extremes():
    assert brand.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert brand.contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def test_the_stylesheet_of_a_customers_page_is_small_and_ends_with_the_colour():
    sheet = brand.public_stylesheet("#FFD400")
    assert len(sheet) < 6_000
    assert sheet.endswith("--brand-night:#ffd400}\n")


@pytest.mark.parametrize("injected", ["red", "#12345", "#0b6e66;}body{display:none", "#0b6e66\n"])
def test_what_is_no_colour_never_reaches_a_stylesheet(injected):
    with pytest.raises(ValueError, match="is no colour"):
        brand.public_stylesheet(injected)

"""Filters in an address: what is written comes back, what is not understood is named and left out."""

from datetime import date

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from surveys.core.choices import Category
from surveys.core.filters import NO_FILTERS, UNSET, Filters

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20)
plain = texts.map(str.strip).filter(bool)
values = st.lists(texts | st.just(UNSET), min_size=1, max_size=3, unique=True).map(sorted).map(tuple)
days = st.dates(min_value=date(1970, 1, 1), max_value=date(2199, 12, 31))


@st.composite
def filters(draw):
    since, until = sorted([draw(days), draw(days)])
    return Filters(
        since=since,
        until=until,
        campaign=draw(st.none() | st.integers(min_value=1, max_value=2**63 - 1)),
        scores=tuple(sorted(draw(st.sets(st.integers(min_value=0, max_value=10))))),
        category=draw(st.none() | st.sampled_from(Category)),
        language=draw(st.none() | plain | st.just(UNSET)),
        channel=draw(st.none() | plain | st.just(UNSET)),
        has_comment=draw(st.none() | st.booleans()),
        properties=tuple(sorted(draw(st.dictionaries(texts, values, max_size=3)).items())),
        state=draw(st.none() | plain),
    )


@given(filters())
def test_what_an_address_says_is_what_was_chosen(chosen):
    assert Filters.from_query(QueryDict(chosen.to_query())) == chosen


@given(st.text(max_size=80))
def test_no_address_can_break_the_page(address):
    read = Filters.from_query(QueryDict(address.encode("utf-8", "replace")))
    assert Filters.from_query(QueryDict(read.to_query())).problems == ()


@pytest.mark.parametrize(
    "parameter",
    ["from=2025-13-01", "to=yesterday", "from=0001-01-01", "score=11", "score=-1", "score=nine", "campaign=0",
     "campaign=99999999999999999999", "category=fans", "has_comment=maybe", "language=%00", "p.plan=%00", "p.%00=x"],
)  # fmt: skip
def test_what_is_not_understood_is_named_and_left_out(parameter):
    read = Filters.from_query(QueryDict(parameter))
    assert len(read.problems) == 1
    assert read.to_query() == NO_FILTERS.to_query()


def test_a_period_that_ends_before_it_starts_is_refused_as_a_whole():
    read = Filters.from_query(QueryDict("from=2025-03-02&to=2025-03-01"))
    assert (read.since, read.until, len(read.problems)) == (None, None, 1)


def test_the_empty_fields_of_a_form_are_no_filters():
    assert Filters.from_query(QueryDict("from=&score=&p.plan=&category=&language=&campaign=")) == NO_FILTERS


def test_scores_and_category_narrow_each_other():
    read = Filters.from_query(QueryDict("score=6&score=9&category=promoter"))
    assert read.allowed_scores == (9,)
    assert read.is_on_the_answer


def test_a_segment_row_replaces_the_filter_on_its_own_property():
    chosen = Filters.from_query(QueryDict("p.plan=Pro&p.plan=Team&p.region=EU"))
    row = chosen.by_dimension("p.plan", "Pro").by_dimension("language", "de")
    assert dict(row.properties) == {"plan": ("Pro",), "region": ("EU",)}
    assert row.language == "de"

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.core import placeholders
from surveys.core.placeholders import Slot, fill, parse, problems

ADA = placeholders.values(name="Ada Okafor", email="ada@example.com", company="Acme & Sons")
NOBODY = placeholders.values(name="", email="", company="Acme")

# Texts full of almost-placeholders: braces, bars, known and unknown names, line breaks.
PIECES = ["{{", "}}", "{", "}", "|", " ", "\n", "first_name", "company", "config", "{{ email }}", "ü", "there"]
texts = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
NOT_OURS = "{{ settings.SECRET_KEY }}{% load x %}{{ 7|add:1 }}"


@pytest.mark.parametrize(
    ("text", "for_ada", "for_nobody"),
    [
        ("Hi {{ first_name|there }}!", "Hi Ada!", "Hi there!"),
        ("{{first_name}}", "Ada", ""),
        ("{{ company }} asks {{ email }}", "Acme & Sons asks ada@example.com", "Acme asks "),
        ("{{ first_name | dear  friend }}", "Ada", "dear  friend"),
        (NOT_OURS, NOT_OURS, NOT_OURS),
    ],
)
def test_placeholders_are_filled_in_and_nothing_else_is(text: str, for_ada: str, for_nobody: str) -> None:
    assert fill(parse(text), ADA) == for_ada
    assert fill(parse(text), NOBODY) == for_nobody


@pytest.mark.parametrize(
    ("name", "first"), [("Ada Okafor", "Ada"), ("Okafor, Ada", "Ada"), ("  Ada ", "Ada"), ("Cher,", "Cher"), ("", "")]
)
def test_a_first_name_is_found_however_the_name_is_written(name: str, first: str) -> None:
    assert placeholders.first_name(name) == first


def test_a_value_cannot_start_a_new_header_line() -> None:
    evil = placeholders.values(name="Ada\r\nBcc: everyone@example.com", email="", company="A\u2028cme")

    assert fill(parse("{{ name }} / {{ company }}"), evil) == "Ada Bcc: everyone@example.com / A cme"


def test_literals_and_values_are_escaped_alike() -> None:
    assert fill(parse("a & {{ company }}"), ADA, lambda text: text.replace("&", "&amp;")) == "a &amp; Acme &amp; Sons"


SLIPS = [
    "{{ frist_name }}",
    "Hi {{ first_name",
    "Hi }} there",
    "{{ first_name|a|b }}",
    "{{ }}",
    "{% if plan %}",
    "{# later #}",
    "{%",
]


@pytest.mark.parametrize("text", SLIPS)
def test_a_slip_is_named_before_anything_is_sent(text: str) -> None:
    assert len(problems(f"{text} and {{{{ company }}}}")) == 1


@given(texts)
def test_reading_never_fails_and_spelling_it_again_means_the_same(text: str) -> None:
    parts = parse(text)

    assert parse("".join(map(str, parts))) == parts


@given(texts)
def test_a_text_without_problems_leaves_no_braces_behind(text: str) -> None:
    if not problems(text):
        assert "{{" not in fill(parse(text), ADA)
        assert "}}" not in fill(parse(text), ADA).replace("}}}", "")


@given(texts, texts)
def test_a_value_is_never_read_again(text: str, value: str) -> None:
    slots = [part for part in parse(text) if isinstance(part, Slot)]
    filled = fill(parse(text), dict.fromkeys(placeholders.NAMES, value))

    literal = sum(len(part) for part in parse(text) if isinstance(part, str))
    assert len(filled) == literal + sum(len(value.strip() or slot.fallback) for slot in slots)

"""How cells are read: numbers, dates, answers, languages, addresses."""

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given, settings
from hypothesis import strategies as st

from surveys.customers import addresses, values
from surveys.customers.importing.columns import property_key
from surveys.customers.values import Kind, Refused


@pytest.mark.parametrize(
    ("kind", "cell", "json"),
    [
        (Kind.NUMBER, "1,234.50", "1234.5"),
        (Kind.NUMBER, "1234", "1234"),
        (Kind.NUMBER, "-0.00", "0"),
        (Kind.NUMBER, "+.5", "0.5"),
        (Kind.NUMBER, "\N{MINUS SIGN}3", "-3"),
        (Kind.NUMBER, "12\u00a0345 678", "12345678"),
        (Kind.NUMBER, "1'234.5", "1234.5"),
        (Kind.NUMBER, "1\u2019234.5", "1234.5"),
        (Kind.NUMBER, "12,34,567.5", "1234567.5"),
        (Kind.NUMBER_COMMA, "1.234,50", "1234.5"),
        (Kind.NUMBER_COMMA, "0,00", "0"),
        (Kind.NUMBER_COMMA, "1 234,5", "1234.5"),
        (Kind.BOOLEAN, "YES", "true"),
        (Kind.BOOLEAN, "nein", "false"),
        (Kind.DATE, "2024-02-29", '"2024-02-29"'),
        (Kind.DATE, "2024-02-29T10:00:00Z", '"2024-02-29"'),
        (Kind.DATE_DMY, "1.2.2024", '"2024-02-01"'),
        (Kind.DATE_DMY, "01/02/2024", '"2024-02-01"'),
        (Kind.DATE_DMY, "31.12.2024 23:59", '"2024-12-31"'),
        (Kind.DATE_MDY, "1/2/2024 3:04 PM", '"2024-01-02"'),
        (Kind.DATE, "3. März 2024", '"2024-03-03"'),
        (Kind.DATE_DMY, "31-Dec-2024", '"2024-12-31"'),
        (Kind.DATE_MDY, "December 31st, 2024", '"2024-12-31"'),
        (Kind.DATE, "1 de enero de 2024", '"2024-01-01"'),
        (Kind.DATE, "14 juil. 2024", '"2024-07-14"'),
        (Kind.DATE_MDY, "1/2/2024", '"2024-01-02"'),
        (Kind.TEXT, 'a "b" \\ é', '"a \\"b\\" \\\\ é"'),
    ],
)
def test_cells_that_are_read(kind: Kind, cell: str, json: str) -> None:
    assert values.as_json(kind)(cell) == json


@pytest.mark.parametrize(
    ("kind", "cell"),
    [
        (Kind.NUMBER, "31,47"),
        (Kind.NUMBER, "1.234,50"),
        (Kind.NUMBER, "12 €"),
        (Kind.NUMBER, "NaN"),
        (Kind.NUMBER, "1e5"),
        (Kind.NUMBER, "-"),
        (Kind.NUMBER, "٣"),
        (Kind.NUMBER, "9" * 41),
        (Kind.NUMBER, "1,2,3"),
        (Kind.NUMBER_COMMA, "1,234.50"),
        (Kind.DATE, "31 Foo 2024"),
        (Kind.DATE, "30 Feb 2024"),
        (Kind.DATE_DMY, "31.12.2024 or so"),
        (Kind.BOOLEAN, "maybe"),
        (Kind.DATE, "31.12.2024"),
        (Kind.DATE, "2023-02-29"),
        (Kind.DATE_DMY, "12/31/2024"),
        (Kind.DATE_DMY, "1.2.24"),
        (Kind.DATE_MDY, "31/12/2024"),
        (Kind.DATE, "0000-01-01"),
        (Kind.TEXT, "x" * 2001),
    ],
)
def test_cells_that_are_refused(kind: Kind, cell: str) -> None:
    with pytest.raises(Refused):
        values.as_json(kind)(cell)


@pytest.mark.parametrize(("cell", "code"), [("EN", "en"), ("pt_BR", "pt-br"), ("zh-Hans", "zh-hans"), ("ar", "ar")])
def test_languages(cell: str, code: str) -> None:
    assert values.language(cell) == code


@pytest.mark.parametrize("cell", ["klingon", "xx", "e", "en-", "english", "de-at-1901-extra"])
def test_languages_that_are_none(cell: str) -> None:
    with pytest.raises(Refused):
        values.language(cell)


def test_time_zones_in_any_case() -> None:
    assert values.time_zone("europe/berlin") == "Europe/Berlin"
    assert values.time_zone("America/New York") == "America/New_York"
    with pytest.raises(Refused):
        values.time_zone("Mars/Olympus")


def test_keys_of_properties() -> None:
    assert property_key("MRR (EUR)") == "mrr_eur"
    assert property_key("Тариф") == "тариф"


@pytest.mark.parametrize("address", ["ada@acme.test", "ada@mail.local", "ADA@Mail.LOCAL", "jörg@mail.test"])
def test_addresses_of_own_networks_are_addresses_as_they_are_when_signing_up(address: str) -> None:
    assert (addresses.cleaned(address) or "").lower() == address.lower()


@pytest.mark.parametrize("address", ["ada@test", "ada@local", "ada@x.invalid", "ada@x.onion", "ada@x.localhost"])
def test_addresses_that_no_mail_reaches_are_none(address: str) -> None:
    assert addresses.cleaned(address) is None


_LOCAL = st.text(st.sampled_from("abzAZ09.!#$%&'*+/=?^_`{|}~-\"@ ,;<>()é"), max_size=66)
_DOMAIN = st.text(st.sampled_from("abzAZ09.-_é@ "), max_size=70)


@settings(max_examples=600)
@given(st.builds("{}@{}".format, _LOCAL, _DOMAIN) | st.emails() | st.text(max_size=20))
@example("a@b.c")
@example("a" * 64 + "@example.com")
@example("a" * 65 + "@example.com")
@example("a@" + ".".join(["b" * 63] * 3) + ".com")
@example("a@example.com\n")
@example("a@xn--mnchen-3ya.de")
@example("a@xn--.de")
@example("a@host.local")
@example("a@-b.com")
@example("a@b-.com")
@example("a@b..com")
@example("a@example.c0m")
@example("a@1.2.3.4")
@example("a@ab--cd.com")
@example("a@example." + "b" * 64)
def test_the_quick_pattern_accepts_nothing_that_the_library_refuses(address: str) -> None:
    try:
        by_library = validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        assert not addresses.is_plain(address)
        assert addresses.cleaned(address) is None
    else:
        if addresses.is_plain(address):
            assert by_library.normalized.lower() == address.lower()

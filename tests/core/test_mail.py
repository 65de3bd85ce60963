"""A skeleton writes the bytes that Django would write; Django is the reference."""

import re

import pytest
from django.core.mail.message import BadHeaderError
from hypothesis import given
from hypothesis import strategies as st

from surveys.core import mail, placeholders
from surveys.core.mail import Address, Letter, Marks, Skeleton, UnfitValue
from surveys.core.placeholders import Slot

DATE = "Sun, 22 Nov 2026 01:36:18 +0000"
TOKENS = {mail.ANSWER.name: "a" * 35, mail.UNSUBSCRIBE.name: "b" * 35, mail.PREFERENCES.name: "c" * 35}
LISTS = (
    "<https://nps.example.com/u/",
    mail.UNSUBSCRIBE,
    "/>, <mailto:nps@acme.example?subject=",
    mail.UNSUBSCRIBE,
    ">",
)


def letter(subject: str, text: str, html: str, sender: str = "Acme <nps@acme.example>") -> Letter:
    return Letter(
        subject=placeholders.parse(subject),
        text=(*placeholders.parse(text), "\nhttps://nps.example.com/r/", mail.ANSWER, "/10/\n"),
        html=(*placeholders.parse(html), "<a href='/r/", mail.ANSWER, "/10/'>10</a>"),
        from_email=sender,
        reply_to="reply@acme.example",
        headers=(("List-Unsubscribe", LISTS), ("Feedback-ID", ("x" * 60 + ":" + "y" * 60,))),
    )


def both(of: Letter, name: str, to: str = "ada@example.com") -> tuple[bytes, bytes]:
    """Ours, and what Django's SMTP backend would send for the same recipient."""
    skeleton = Skeleton(of)
    address = Address(to, "<abc@nps.example.com>", DATE)
    values = placeholders.values(name=name, email=to, company="Acme & Söhne") | TOKENS
    reference = of.message(address, values).message()
    reference.set_boundary(skeleton.boundary)
    return skeleton.message(address, values), reference.as_bytes(linesep="\r\n")  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("subject", "text", "html", "name"),
    [
        ("How are we doing, {{ first_name|there }}?", "Hello {{ name }}", "<p>{{ name }}</p>", "Ada Okafor"),
        ("Plain", ".dots\nFrom here\n..\n", "<p>.</p>", 'O\'Brien <ada@evil.example> & "sons"'),
        ("Hällo {{ name }}, wie geht’s?", "Grüße an {{ name }}", "<p>{{ name }}</p>", "Jörg Müller"),
        ("{{ first_name }} 🎉 " * 5, "{{ name }} 😀", "<p>😀 {{ company }}</p>", "👩🏽‍🚀 Zoë"),
        ("{{ name }}, שלום", "שלום {{ name }}\u2028x", "<p dir='rtl'>{{ name }}</p>", "יעל כהן"),
        ("مرحبا", "windows\r\nold mac\rline", "<p>\x0b\x0c</p>", "فاطمة"),
        ("", "", "", ""),
        ("word " * 40, "long " * 300, "<p>" + "long " * 300, "x" * 250),
        ("{{ name }}", "{{ name }}" * 4, "{{ name }}" * 4, "é" * 255),
    ],
)
def test_bytes_are_those_of_django(subject: str, text: str, html: str, name: str) -> None:
    ours, reference = both(letter(subject, text, html), name)

    assert ours == reference


@given(name=st.text(max_size=300), subject=st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=200))
def test_bytes_are_those_of_django_whatever_people_are_called(name: str, subject: str) -> None:
    name = name.encode("utf-8", "ignore").decode()
    of = letter(placeholders.single_line(subject) + "{{ name }}", "Hi {{ name|you }}\nbye", "<p>{{ name }}</p>")

    ours, reference = both(of, name)

    assert ours == reference


@pytest.mark.parametrize(
    "sender", ["Jörg bei Acme <nps@acme.example>", '"Acme, Inc." <nps@acme.example>', "nps@x.example"]
)
@pytest.mark.parametrize("to", ["ada@example.com", "ada@exämple.com", "a" * 60 + "@" + "b" * 60 + ".example.com"])
def test_addresses_are_written_as_django_writes_them(sender: str, to: str) -> None:
    ours, reference = both(letter("Hi", "x", "y", sender), "Ada", to)

    assert ours == reference


def test_a_name_in_html_stays_text() -> None:
    ours, _reference = both(letter("Hi", "{{ name }}", "<p>{{ name }}</p>"), "<script>alert(1)</script>")

    assert b"<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>" in ours


@pytest.mark.parametrize("gap", ["subject", "text", "html"])
@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_a_line_break_in_a_value_is_refused_wherever_it_would_go(gap: str, end: str) -> None:
    texts = {"subject": "s", "text": "t", "html": "h"} | {gap: "{{ name }}"}
    skeleton = Skeleton(letter(**texts))

    with pytest.raises(UnfitValue, match="name"):
        skeleton.message(Address("ada@example.com", "<a@b>", DATE), {"name": f"Ada{end}Bcc: x@y.example"} | TOKENS)


def test_a_line_break_in_an_address_is_refused() -> None:
    with pytest.raises(BadHeaderError):
        Skeleton(letter("s", "t", "h")).message(Address("ada@example.com\r\nBcc: x@y.example", "<a@b>", DATE), TOKENS)


def test_an_address_beyond_ascii_stays_as_it_is() -> None:
    """RFC 6532: no encoded words inside an address. Django writes one there, so it is no reference for this."""
    message = Skeleton(letter("s", "t", "h")).message(Address("jörg@exämple.com", "<a@b>", DATE), TOKENS)

    assert "\r\nTo: jörg@xn--exmple-cua.com\r\n".encode() in message


def test_marks_bring_slots_through_a_template_engine() -> None:
    marks = Marks()
    name, token = Slot("name", "there"), mail.ANSWER

    text = f"<b>{marks.mark(('Hi ', name, '!'))}</b>{marks.mark((token,))}{marks.mark((name,))}"

    assert re.fullmatch(r"<b>Hi \w+!</b>\w+", text)
    assert marks.split(text) == ("<b>Hi ", name, "!</b>", token, name)

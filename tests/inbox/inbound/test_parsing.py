"""Mails of many programs, languages and charsets, and of people who mean harm: tests/data/inbound."""

import json
import time

import pytest

from surveys.inbox.inbound import cleaning, parsing
from surveys.templatetags.inbox import cleaned
from tests.inbox.inbound.post import BUSY, CORPUS, mail, nested, of_corpus

EXPECTED = json.loads((CORPUS / "expected.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_what_somebody_wrote_is_told_from_what_their_program_added(name):
    expected, found = EXPECTED[name], parsing.parse(of_corpus(name))
    assert found.text == expected["text"]
    for piece in expected.get("quoted", []):
        assert piece in found.quoted
    if expected.get("quoted") == []:
        assert found.quoted == ""
    for piece in expected.get("html", []):
        assert piece in found.html
    for piece in expected.get("no", []):
        assert piece not in found.html.lower()
    files = expected.get("files", [])
    assert [file.name for file in found.files] == expected.get("names", [file[0] for file in files])
    assert all(kind == file.media_type for (_name, kind), file in zip(files, found.files, strict=False))
    assert found.automatic.startswith(expected.get("automatic", ""))
    assert bool(found.automatic) == ("automatic" in expected)
    assert found.heads.subject == expected.get("subject", found.heads.subject)
    assert not any(char in f"{found.heads}" for char in "\r\n\0")


@pytest.mark.parametrize("depth", [40, 3000])
def test_parts_within_parts_have_an_end(depth):
    with pytest.raises(parsing.Unreadable, match="deep"):
        parsing.parse(nested(depth))


def test_all_files_of_a_mail_are_kept_and_too_many_parts_are_refused():
    part = b"--b\nContent-Type: text/csv\nContent-Disposition: attachment; filename=a%d.csv\n\nx\n"
    head = b'From: a@example.com\nContent-Type: multipart/mixed; boundary="b"\n\n'
    found = parsing.parse(head + b"".join(part % number for number in range(40)) + b"--b--\n")
    assert [(file.name, file.data) for file in found.files] == [(f"a{number}.csv", b"x") for number in range(40)]
    with pytest.raises(parsing.Unreadable, match="300 parts"):
        parsing.parse(head + b"".join(part % number for number in range(301)) + b"--b--\n")


@pytest.mark.parametrize(
    "html", ["<div>" * 100_000, "<b><i>" * 50_000, "<" * 300_000, "<a b=c>" * 50_000, "<table>" * 50_000, "&" * 300_000]
)
def test_html_that_is_made_to_keep_us_busy_does_not(html):
    begun = time.process_time()
    cleaning.clean(html)
    cleaning.text_of(html)
    assert time.process_time() - begun < 5


def test_a_text_that_is_too_long_to_show_is_beside_it_as_a_file():
    found = parsing.parse(mail("word " * 60_000))
    assert len(found.text) <= parsing.MOST_TEXT
    assert (found.files[0].name, len(found.files[0].data)) == ("message.txt", 299_999)


@pytest.mark.parametrize("raw", [b"", b"\0" * 100, b"no headers at all", b"\xff\xfe" * 50])
def test_what_is_no_mail_is_said_to_be_none(raw):
    with pytest.raises(parsing.Unreadable):
        parsing.parse(raw)


UNREADABLE = {
    "lines in many parts",
    "lines alone",
    "files without an end",
    "a report of many paragraphs",
    "headers without an end",
    "mails in mails",
}


@pytest.mark.parametrize("name", BUSY)
def test_a_mail_that_is_made_to_keep_us_busy_does_not(name):
    begun = time.process_time()
    heads = parsing.heads(BUSY[name])
    try:
        assert parsing.parse(BUSY[name]).text in ("hello", ("a " * 100_000)[:-1])
        assert name not in UNREADABLE
    except parsing.Unreadable:
        assert name in UNREADABLE
    assert len(heads.subject) <= 300
    assert time.process_time() - begun < 2


@pytest.mark.parametrize("charset", ["zlib", "hex", "base64", "rot13", "bz2", "utf-16", "undefined", "idna"])
def test_a_charset_that_is_no_text_is_no_hindrance(charset):
    raw = mail("hello").replace(b'charset="utf-8"', f"charset={charset}".encode())
    assert charset.encode() in raw
    assert charset == "utf-16" or parsing.parse(raw).text == "hello"


@pytest.mark.parametrize("clean", [cleaning.clean, cleaned])
def test_links_of_mails_lead_to_the_web_in_a_window_of_their_own_and_never_to_us(clean):
    links = ["/o/acme/delete/", "//evil.example.com/x", "?q=1", "#top"]
    html = clean("".join(f'<a href="{link}">x</a>' for link in links) + '<a href="https://example.com/">y</a>')
    assert html.count("href") == 1
    assert 'href="https://example.com/" target="_blank" rel="noopener noreferrer nofollow"' in html

"""The page "Sending domain": what a real name server says of the sender's domain, in words and with what to publish."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from html import unescape

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.utils import timezone
from pytest_django import Settings

from nps_app.local.process import Child
from surveys.accounts import domain_words
from surveys.accounts.actions import domains
from surveys.accounts.models import DomainCheck, Organization, Role
from tests import factories
from tests.helpers.names import NameServer
from tests.helpers.waiting import wait_until
from tests.people import Person

OURS = "include:_spf.sender.example"


@cache
def key(bits: int) -> str:
    public = rsa.generate_private_key(65537, bits).public_key()
    return b64encode(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


@pytest.fixture
def dns(settings: Settings) -> Iterator[NameServer]:
    """The name servers of the world; our operator's two records are there, and the domain acme.example is all right."""
    server = NameServer().start()
    settings.DNS_SERVERS = (server.address,)
    settings.SPF_MECHANISMS = (OURS,)
    settings.DKIM_SELECTORS = (("s1", "s1.keys.sender.example"),)
    server.publish("_spf.sender.example", "TXT", "v=spf1 ip4:192.0.2.0/24 -all")
    server.publish("s1.keys.sender.example", "TXT", f"v=DKIM1; k=rsa; p={key(2048)}")
    server.publish("acme.example", "TXT", "some-verification=1", f"v=spf1 mx {OURS} ~all")
    server.publish("s1._domainkey.acme.example", "CNAME", "s1.keys.sender.example.")
    server.publish("_dmarc.acme.example", "TXT", "v=DMARC1; p=reject; rua=mailto:reports@acme.example")
    server.publish("acme.example", "MX", "10 mx1.acme.example.", "20 mx2.acme.example.")
    yield server
    server.stop()


@pytest.fixture
def acme(alice: Person) -> Organization:
    return sends_from(alice, "surveys@acme.example")


def sends_from(person: Person, address: str) -> Organization:
    Organization.objects.filter(pk=person.organization.pk).update(sender_email=address)
    return Organization.objects.get(pk=person.organization.pk)


def checked(person: Person, selectors: str = "") -> tuple[str, dict[str, str]]:
    """The page after a check, and of each finding its level by its code."""
    page = person.url("accounts:domain")
    person.post(page, {"selectors": selectors})
    row = DomainCheck.objects.get()
    domains.check(pk=row.pk, at=timezone.now())
    row.refresh_from_db()
    return unescape(person.get(page).content.decode()), {each["code"]: each["level"] for each in row.findings}


def test_a_domain_that_is_all_right_is_said_to_be(alice: Person, acme: Organization, dns: NameServer) -> None:
    page, found = checked(alice)
    assert found == {
        "spf_names_us": "ok",
        "dkim_found": "ok",
        "dmarc_acts": "ok",
        "aligned": "ok",
        "replies_taken": "ok",
    }
    assert "Replies to acme.example are taken by mx1.acme.example." in page
    assert "Publish this" not in page
    row = DomainCheck.objects.get()
    assert (row.domain, row.reply_domain) == ("acme.example", "acme.example")


def test_a_bare_domain_is_told_exactly_what_to_publish(alice: Person, dns: NameServer) -> None:
    sends_from(alice, "hello@bare.example")
    page, found = checked(alice)
    assert {code for code, level in found.items() if level == "fail"} == {
        "spf_missing",
        "dkim_missing",
        "dmarc_missing",
        "replies_nowhere",
    }
    for value in (
        f"v=spf1 {OURS} ~all",
        "s1._domainkey.bare.example",
        "s1.keys.sender.example.",
        "_dmarc.bare.example",
        "v=DMARC1; p=none; rua=mailto:dmarc@bare.example",
    ):
        assert f'value="{value}"' in page

    dns.publish("bare.example", "TXT", f"v=spf1 {OURS} ~all")  # and what is published mends it
    dns.publish("bare.example", "MX", "0 .")
    _page, found = checked(alice)
    assert found["spf_names_us"] == "ok"
    assert found["replies_refused"] == "fail"


SPF_FAULTS = [
    (["v=spf1 mx ~all"], {"spf_lacks_us": "fail"}, f"v=spf1 mx {OURS} ~all"),
    (["v=spf1 mx -all", f"v=spf1 {OURS} ~all"], {"spf_twice": "fail"}, f"v=spf1 {OURS} mx ~all"),
    ([f"v=spf1 {OURS} +all"], {"spf_allows_everybody": "fail"}, ""),
    ([f"v=spf1 {OURS}"], {"spf_without_end": "warn"}, ""),
    ([f"v=spf1 {OURS} ?all"], {"spf_without_end": "warn"}, ""),
    ([f"v=spf1 {OURS} ipv4:192.0.2.1 ~all"], {"spf_unreadable": "fail"}, ""),
    ([f"v=spf1 {OURS} include:gone.example ~all"], {"spf_include_broken": "fail"}, ""),
    (["v=spf1 redirect=_spf.sender.example"], {"spf_lacks_us": "fail"}, ""),
    ([f"V=SPF1 {OURS.upper()} -ALL"], {"spf_names_us": "ok"}, ""),
    (["v=spf1 include:_nest.acme.example ~all"], {"spf_names_us": "ok"}, ""),
    (
        [f"v=spf1 a mx a:b.example exists:%{{i}}.x.example ptr {OURS} a:1.e a:2.e a:3.e a:4.e ~all"],
        {"spf_names_us": "ok"},
        "",
    ),
    (
        [f"v=spf1 a mx a:b.example exists:%{{i}}.x.example ptr {OURS} a:1.e a:2.e a:3.e a:4.e a:5.e ~all"],
        {"spf_too_many_questions": "fail", "spf_names_us": "ok"},
        "",
    ),
    (["v=spf1 include:_loop.acme.example ~all"], {"spf_lacks_us": "fail"}, ""),
]


@pytest.mark.parametrize(("records", "expected", "published"), SPF_FAULTS)
def test_faults_of_spf(
    alice: Person, acme: Organization, dns: NameServer, records: list[str], expected: dict[str, str], published: str
) -> None:
    dns.publish("_nest.acme.example", "TXT", f"v=spf1 {OURS} ~all")
    dns.publish("_loop.acme.example", "TXT", "v=spf1 include:_loop.acme.example include:acme.example ~all")
    dns.publish("acme.example", "TXT", *records)
    page, found = checked(alice)
    assert expected.items() <= found.items()
    assert {code for code in found if code.startswith("spf_")} - {"spf_names_us", "spf_lacks_us"} <= expected.keys()
    assert f'value="{published}"' in page if published else True


DKIM_FAULTS: list[tuple[Callable[[], list[str]], dict[str, str]]] = [
    (lambda: [], {"dkim_missing": "fail"}),
    (lambda: [f"k=rsa; p={key(1024)}"], {"dkim_short": "warn"}),
    (lambda: [f"v=DKIM1; p={key(1024)}; t=y:s"], {"dkim_testing": "warn"}),
    (lambda: ["v=DKIM1; p="], {"dkim_revoked": "fail"}),
    (lambda: [f"v=DKIM1; p={key(2048)[:-40]}"], {"dkim_unreadable": "fail"}),
    (lambda: ["v=DKIM1; k=rsa"], {"dkim_unreadable": "fail"}),
    (lambda: [f"p={key(2048)}", f"p={key(1024)}"], {"dkim_twice": "fail"}),
    (lambda: ['"v=DKIM1; p=xyz"'], {"dkim_unreadable": "fail"}),
    (lambda: [f"v=DKIM1; k=ed25519; p={elliptic()}"], {"dkim_found": "ok"}),
]


def elliptic() -> str:
    public = ed25519.Ed25519PrivateKey.generate().public_key()
    return b64encode(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


@pytest.mark.parametrize(("records", "expected"), DKIM_FAULTS)
def test_faults_of_dkim(
    alice: Person,
    acme: Organization,
    dns: NameServer,
    settings: Settings,
    records: Callable[[], list[str]],
    expected: dict[str, str],
) -> None:
    settings.DKIM_SELECTORS = ()
    dns.publish("mail._domainkey.acme.example", "TXT", *records())
    page, found = checked(alice, "Mail")
    assert {code: level for code, level in found.items() if code.startswith("dkim")} == expected
    assert found["aligned"] == "ok"  # by SPF
    assert "mail" in page


def test_a_key_that_is_far_too_short_is_named(
    alice: Person, acme: Organization, dns: NameServer, settings: Settings
) -> None:
    """512 bits, as people still have: no library of today makes one."""
    settings.DKIM_SELECTORS = ()
    short = "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAL51+DSqEDzyjL+SyXzRTUPA7O7cZ+1f4wqFJBNwqcbQ4pTjAkVYxX0hmY7gI8zbVnrtIOwaGmuS5dXXK2c2qMECAwEAAQ=="
    dns.publish("old._domainkey.acme.example", "TXT", f"v=DKIM1; p={short}")
    page, found = checked(alice, "old")
    assert found["dkim_too_short"] == "fail"
    assert "has 512 bits" in page


DMARC_FAULTS = [
    (["v=DMARC1; p=none; rua=mailto:a@acme.example"], {"dmarc_only_watches": "warn", "aligned": "ok"}),
    (["v=DMARC1; p=reject"], {"dmarc_acts": "ok", "dmarc_no_reports": "warn", "aligned": "ok"}),
    (["v=DMARC1; p=rejected; rua=mailto:a@acme.example"], {"dmarc_unreadable": "fail", "aligned": "ok"}),
    (
        ["v=DMARC1; p=quarantine; pct=20; rua=mailto:a@acme.example"],
        {"dmarc_acts": "ok", "dmarc_partly": "warn", "aligned": "ok"},
    ),
    (["v=DMARC1; p=none", "v=DMARC1; p=reject"], {"dmarc_twice": "fail"}),
    (
        ["v=DMARC1;p=reject;rua=mailto:x@reports.example!10m"],
        {"dmarc_acts": "ok", "dmarc_reports_refused": "warn", "aligned": "ok"},
    ),
    (["v=DMARC1;p=reject;rua=mailto:x@allows.example"], {"dmarc_acts": "ok", "aligned": "ok"}),
]


@pytest.mark.parametrize(("records", "expected"), DMARC_FAULTS)
def test_faults_of_dmarc(
    alice: Person, acme: Organization, dns: NameServer, records: list[str], expected: dict[str, str]
) -> None:
    dns.publish("acme.example._report._dmarc.allows.example", "TXT", "v=DMARC1")
    dns.publish("_dmarc.acme.example", "TXT", *records)
    _page, found = checked(alice)
    about_policy = {code: level for code, level in found.items() if code.startswith("dmarc") or "align" in code}
    assert about_policy == expected


def test_a_name_below_takes_the_policy_from_above_and_a_strict_one_wants_the_key_there(
    alice: Person, dns: NameServer
) -> None:
    sends_from(alice, "surveys@mail.acme.example")
    dns.publish("_dmarc.acme.example", "TXT", "v=DMARC1; p=reject; sp=none; rua=mailto:r@acme.example")
    _page, found = checked(alice)
    assert (found["dmarc_only_watches"], found["spf_missing"], found["dkim_found"]) == ("warn", "fail", "ok")
    assert found["aligned"] == "ok"  # by the key of the domain above

    dns.publish("_dmarc.acme.example", "TXT", "v=DMARC1; p=reject; adkim=s; rua=mailto:r@acme.example")
    page, found = checked(alice)
    assert (found["dmarc_acts_below"], found["not_aligned_strict"]) == ("ok", "fail")
    assert "adkim=s" in page

    dns.withdraw("s1._domainkey.acme.example", "CNAME")
    _page, found = checked(alice)
    assert found["not_aligned"] == "fail"


def test_servers_that_do_not_answer_are_not_taken_for_faults(
    alice: Person, acme: Organization, dns: NameServer
) -> None:
    for name in ("acme.example", "s1._domainkey.acme.example", "_dmarc.acme.example"):
        dns.fail(name)
    page, found = checked(alice)
    assert found == {"no_answer": "unknown"}
    assert "To be mended" not in page
    assert domain_words.sections(DomainCheck.objects.get())[0].level == "unknown"


def test_records_with_bytes_that_are_no_text_are_judged_and_shown(
    alice: Person, acme: Organization, dns: NameServer
) -> None:
    dns.publish("acme.example", "TXT", f"v=spf1 {OURS} include:\0 -all")
    dns.publish("_dmarc.acme.example", "TXT", "v=DMARC1; p=\0none")
    page, found = checked(alice)
    assert found["spf_include_broken"] == "fail"
    assert "\0" not in page
    assert "\N{REPLACEMENT CHARACTER}" in page


def test_campaigns_say_what_failed_and_only_then(alice: Person, acme: Organization, dns: NameServer) -> None:
    draft = factories.campaign(alice.organization)
    page = alice.url("campaigns:check", pk=draft.pk)
    words = "Mailbox providers may take these mails for forged"
    assert words not in alice.get(page).content.decode()
    checked(alice)
    assert words not in alice.get(page).content.decode()

    dns.publish("acme.example", "TXT", "v=spf1 mx -all")
    checked(alice)
    warned = alice.get(page).content.decode()
    assert words in warned
    assert "last checked: SPF." in warned
    assert alice.url("accounts:domain") in warned

    sends_from(alice, "")  # from the operator's address again
    assert words not in alice.get(page).content.decode()


def test_only_ones_own_domain_is_asked_about_and_not_too_often(
    alice: Person, bob: Person, charlie: Person, acme: Organization, dns: NameServer
) -> None:
    page = alice.url("accounts:domain")
    for bad in ("a b!", "-x", "x" * 70, "a,b,c,d,e,f"):
        answer = alice.post(page, {"selectors": bad, "domain": "victim.example"})
        assert (answer.status_code, bool(answer.context["form"].errors)) == (200, True)
    assert charlie.post(charlie.url("accounts:domain"), {"selectors": ""}).status_code == 200  # no address of its own
    bob.becomes(Role.AGENT)
    assert bob.post(page, {"selectors": ""}).status_code == 403
    assert not DomainCheck.objects.exists()

    answers = [alice.post(page, {"selectors": "s1", "domain": "victim.example"}).status_code for _ in range(22)]
    assert answers.count(302) <= 20
    assert answers[-1] == 429
    domains.check(pk=DomainCheck.objects.get().pk, at=timezone.now())
    assert not [name for name in dns.questions if "victim" in name]


@pytest.mark.django_db(transaction=True)
def test_a_worker_looks_and_a_lost_nudge_is_swept(
    alice: Person, acme: Organization, dns: NameServer, celery_worker_process: Callable[..., Child]
) -> None:
    host, port = dns.address
    celery_worker_process(NPS_DNS_SERVERS=f"{host}:{port}", NPS_SPF_INCLUDE="_spf.sender.example")
    page = alice.url("accounts:domain")
    alice.post(page, {"selectors": "s1"})
    wait_until(lambda: not DomainCheck.objects.get().is_waiting, what="the check")
    assert {"spf_names_us", "dkim_found"} <= {each["code"] for each in DomainCheck.objects.get().findings}
    assert alice.get(alice.url("accounts:domain_results")).status_code == 286

    lost = timezone.now() - timedelta(minutes=2)
    DomainCheck.objects.update(asked_at=lost, checked_at=None, findings=[])
    assert "are being asked" in alice.get(page).content.decode()
    domains.sweep_checks(at=timezone.now())
    wait_until(lambda: not DomainCheck.objects.get().is_waiting, what="the check")
    assert DomainCheck.objects.get().findings

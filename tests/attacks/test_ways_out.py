"""Nobody is led elsewhere, nothing is sent by another site's page, and links in mails lead where the operator said."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from surveys.accounts.models import Organization
from surveys.campaigns.models import Campaign
from surveys.customers.models import Customer
from surveys.delivery import sending
from surveys.delivery.models import Queue
from tests import factories
from tests.factories import PASSWORD
from tests.helpers.smtp import SmtpSink
from tests.people import Person
from tests.test_tenancy import INSIDE, ids, kwargs_for  # noqa: F401  (a fixture)

ELSEWHERE = (
    "https://evil.example/",
    "//evil.example/",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "http://testserver@evil.example/",
    "http://testserver.evil.example/",
    "%2f%2fevil.example",
    "/\t/evil.example",
)


def leads_away(answer: Any) -> bool:
    """As a browser reads it: it takes backslashes for slashes, and leaves out tabs."""
    location = re.sub(r"[\t\r\n]", "", answer.headers.get("Location", "")).replace("\\", "/")
    return bool(re.match(r"//|javascript:|https?:(?!//testserver(/|$))", location, re.IGNORECASE))


def test_signing_in_and_out_leads_nowhere_else(alice: Person, client: Client) -> None:
    for address in ELSEWHERE:
        form = {"login": "alice@example.com", "password": PASSWORD, "next": address}
        signed_in = client.post("/accounts/login/", form)
        assert signed_in.status_code == 302, signed_in.content
        assert not leads_away(signed_in), address
        assert not leads_away(client.get("/accounts/login/", {"next": address})), address
        assert not leads_away(client.post("/accounts/logout/", {"next": address})), address
        html = client.get("/accounts/login/", {"next": address}).content.decode()
        assert f'href="{address}' not in html, address


def test_no_button_of_the_application_leads_elsewhere(alice: Person, ids: dict[str, int]) -> None:  # noqa: F811
    """Whatever parameter a page may know for where to go next."""
    asked = 0
    for name, _, converters in INSIDE:
        address = alice.url(name, **kwargs_for(name, converters, ids))
        wanted = dict.fromkeys(("next", "back", "return", "url", "to"), "//evil.example/")
        headers = {"hx-current-url": "//evil.example/", "referer": "https://evil.example/"}
        answer = alice.get(address, wanted, headers=headers)
        assert not leads_away(answer), name
        assert "//evil.example" not in answer.headers.get("HX-Redirect", "") + answer.headers.get("HX-Location", "")
        asked += answer.status_code in (200, 302)
    assert asked > 60


def test_a_page_of_another_site_can_send_nothing(alice: Person) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice.membership.user)
    foreign = {"origin": "https://evil.example", "referer": "https://evil.example/"}
    forms = [
        alice.url("customers:new"),
        alice.url("accounts:settings"),
        alice.url("accounts:people"),
        "/accounts/logout/",
    ]
    for address in forms:
        for headers in (foreign, {"origin": "null"}, {}):
            answer = browser.post(address, {"email": "x@example.com", "name": "Owned"}, headers=headers)
            assert answer.status_code == 403, (address, headers)
    assert not Customer.objects.filter(organization=alice.organization).exists()
    assert Organization.objects.get(pk=alice.organization.pk).name == "Acme"


@pytest.mark.parametrize(
    "headers", [{"host": "evil.example"}, {"x-forwarded-host": "evil.example", "x-forwarded-proto": "ftp"}]
)
def test_links_in_mails_lead_to_the_public_url(
    alice: Person, smtp_sink: SmtpSink, settings: Any, headers: dict[str, str]
) -> None:
    """Even where the server would answer to any host."""
    settings.ALLOWED_HOSTS = ["*"]
    campaign: Campaign = factories.campaign(alice.organization)
    Client().post("/accounts/password/reset/", {"email": "alice@example.com"}, headers=headers)
    alice.post(alice.url("accounts:people"), {"addresses": "new@example.com", "role": "agent"}, headers=headers)
    alice.post(alice.url("delivery:test", pk=campaign.pk), headers=headers)
    sending.send_due(Queue.EMAIL)

    mails = smtp_sink.wait_for(3)

    assert sorted(mail.recipient for mail in mails) == ["alice@example.com", "alice@example.com", "new@example.com"]
    for mail in mails:
        hosts = set(re.findall(r"https?://([^/\s\"'<>]+)", mail.text + mail.html)) - {"www.w3.org"}
        assert hosts == {"testserver"}
        assert b"evil" not in mail.raw


def test_cookies_are_for_this_site_alone(alice: Person, client: Client, settings: Any) -> None:
    client.post("/accounts/login/", {"login": "alice@example.com", "password": PASSWORD})
    session = client.cookies[settings.SESSION_COOKIE_NAME]
    assert (session["httponly"], session["samesite"], session["domain"]) == (True, "Lax", "")
    for address in (reverse("account_login"), alice.organization.get_absolute_url()):
        answer = client.get(address)
        assert answer.headers["X-Frame-Options"] in ("SAMEORIGIN", "DENY")
        assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Referrer-Policy"] == "same-origin"

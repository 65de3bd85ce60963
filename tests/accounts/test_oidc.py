"""Single sign-on against a real provider of ours on localhost, and whom its word lets in."""

import re
import time
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from surveys import checks
from surveys.accounts.models import User
from surveys.delivery.models import Delivery
from tests import factories
from tests.accounts.test_mfa import give_code, is_in, set_up_app
from tests.helpers.authenticator_app import code
from tests.helpers.oidc import CLIENT_ID, CLIENT_SECRET, Provider
from tests.helpers.processes import LiveApp
from tests.people import Person

ADA = {"sub": "248289761001", "email": "ada@example.com", "email_verified": True, "name": "Ada Okafor"}


@pytest.fixture
def provider() -> Iterator[Provider]:
    running = Provider(person=dict(ADA))
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def configured(settings: Settings, provider: Provider) -> None:
    """As the settings are with NPS_OIDC_… set, but for the rules, which each test chooses."""
    settings.OIDC_ISSUER = provider.issuer
    settings.OIDC_EMAIL_DOMAINS = []
    settings.OIDC_SIGNUP = False
    app = {"provider_id": "sso", "name": "Example Login", "client_id": CLIENT_ID, "secret": CLIENT_SECRET}
    app["settings"] = {"server_url": provider.issuer}  # type: ignore[assignment]
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}


def come_back(client: Client, *, process: str = "login") -> Any:
    """Press the button, go to the provider as a browser does, and come back with what it says."""
    leaving = client.post(f"{reverse('accounts_home:sso_login')}?process={process}")
    if leaving.status_code != 200:
        return leaving
    found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', leaving.content.decode())
    assert found, leaving.content.decode()
    sent_back = requests.get(unescape(found[1]), allow_redirects=False, timeout=5).headers["Location"]
    parts = urlsplit(sent_back)
    return client.get(f"{parts.path}?{parts.query}")


def text(answer: Any) -> str:
    content: bytes = answer.content
    return content.decode()


# ── Who gets in ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_unknown_people_get_an_account_when_the_operator_says_so(client: Client, settings: Settings) -> None:
    settings.OIDC_SIGNUP = True

    answer = come_back(client)

    assert answer.status_code == 302, text(answer)
    person = User.objects.get()
    assert (person.email, person.name, person.has_usable_password()) == ("ada@example.com", "Ada Okafor", False)
    assert is_in(client)
    come_back(again := Client())
    assert is_in(again)
    assert User.objects.count() == 1
    assert not SocialToken.objects.exists(), "no token of the provider is kept"


@pytest.mark.django_db
def test_unknown_people_are_turned_away_otherwise(client: Client) -> None:
    answer = come_back(client)

    assert answer.status_code == 403
    assert "Nobody here is known by this account" in text(answer)
    assert not User.objects.exists()


def test_somebody_who_was_invited_gets_an_account_and_finds_the_invite(alice: Person, client: Client) -> None:
    invite = factories.colleague_invite(alice.membership, "ada@example.com")

    come_back(client)

    assert is_in(client)
    assert reverse("accounts_home:accept", args=[invite.pk]) in client.get("/", follow=True).content.decode()
    client.post(reverse("accounts_home:accept", args=[invite.pk]))
    assert client.get(alice.organization.get_absolute_url()).status_code == 200


@pytest.mark.django_db
def test_an_account_with_the_address_is_entered_when_the_provider_speaks_for_its_domain(
    client: Client, settings: Settings
) -> None:
    ada = factories.user("ada@example.com")
    settings.OIDC_EMAIL_DOMAINS = ["example.com"]

    come_back(client)

    assert is_in(client)
    assert SocialAccount.objects.get().user == ada
    assert any("Single sign-on was connected" in str(mail.content) for mail in Delivery.objects.all())


@pytest.mark.django_db
@pytest.mark.parametrize("domains", [[], ["example.org"]])
@pytest.mark.parametrize("signup", [True, False])
def test_a_provider_takes_over_no_account_by_naming_its_address(
    client: Client, settings: Settings, domains: list[str], signup: bool
) -> None:
    factories.user("ada@example.com")
    settings.OIDC_EMAIL_DOMAINS, settings.OIDC_SIGNUP = domains, signup

    come_back(client)

    assert not is_in(client)
    assert not SocialAccount.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("claim", [False, None, "false", "no", 0])
def test_an_address_that_the_provider_has_not_confirmed_opens_nothing(
    client: Client, settings: Settings, provider: Provider, claim: object
) -> None:
    factories.user("ada@example.com")
    settings.OIDC_EMAIL_DOMAINS, settings.OIDC_SIGNUP = ["example.com"], True
    provider.person["email_verified"] = claim

    answer = come_back(client)

    assert not is_in(client)
    assert "has not confirmed that your email address is yours" in text(answer)


@pytest.mark.django_db
def test_who_squatted_the_address_beforehand_is_thrown_out(client: Client, settings: Settings) -> None:
    """An account made with Ada's address, and never confirmed, must not wait for her with a password of its maker."""
    factories.user("ada@example.com")
    EmailAddress.objects.update(verified=False)
    settings.OIDC_EMAIL_DOMAINS = ["example.com"]

    come_back(client)

    assert not User.objects.get().has_usable_password()


@pytest.mark.django_db
def test_only_addresses_of_the_operators_domains_get_in_also_later(
    client: Client, settings: Settings, provider: Provider
) -> None:
    settings.OIDC_SIGNUP, settings.OIDC_EMAIL_DOMAINS = True, ["example.com"]
    come_back(client)
    provider.person["email"] = "ada@elsewhere.example"

    answer = come_back(Client())

    assert answer.status_code == 403
    assert "Only addresses of example.com" in text(answer)


def test_somebody_signed_in_connects_whatever_address_the_provider_knows(alice: Person) -> None:
    alice.post(reverse("account_reauthenticate"), {"password": factories.PASSWORD})

    come_back(alice, process="connect")

    assert SocialAccount.objects.get().user == alice.membership.user
    come_back(new := Client())
    assert new.get(alice.organization.get_absolute_url()).status_code == 200


def test_a_second_factor_is_asked_for_behind_single_sign_on_too(alice: Person, settings: Settings) -> None:
    secret = set_up_app(alice)
    come_back(alice, process="connect")

    come_back(new := Client())

    assert not is_in(new)
    assert give_code(new, code(secret, steps=1))


# ── What the provider says is checked ───────────────────────────────────────────────────────────────────────────────

LIES: dict[str, Callable[[Provider], None]] = {
    "signed by a stranger": lambda it: setattr(it, "sign", it.signed_by_a_stranger),
    "signed with the client secret": lambda it: setattr(it, "sign", it.signed_with_the_client_secret),
    "not signed": lambda it: setattr(it, "sign", it.not_signed),
    "for another client": lambda it: it.claims.update(aud="another"),
    "of another issuer": lambda it: it.claims.update(iss="https://evil.example"),
    "expired": lambda it: it.claims.update(exp=int(time.time()) - 3600),
    "without a subject": lambda it: it.person.pop("sub"),
    "userinfo of somebody else": lambda it: (it.person.pop("name"), it.userinfo.update(sub="another")),  # type: ignore[dict-item]
    "discovery of another issuer": lambda it: it.discovery.update(issuer="https://evil.example"),
    "no keys": lambda it: it.discovery.update(jwks_uri=None),
    "down": lambda it: setattr(it, "is_down", True),
}


@pytest.mark.django_db
@pytest.mark.parametrize("lie", LIES)
def test_an_answer_that_does_not_verify_lets_nobody_in(
    client: Client, settings: Settings, provider: Provider, lie: str
) -> None:
    settings.OIDC_SIGNUP = True
    LIES[lie](provider)

    answer = come_back(client)

    assert answer.status_code == 401, text(answer)
    assert "That did not work" in text(answer)
    assert not User.objects.exists()


@pytest.mark.django_db
def test_an_answer_belongs_to_the_browser_that_asked(settings: Settings, provider: Provider) -> None:
    """Else somebody could be signed in to an attacker's account by a link."""
    settings.OIDC_SIGNUP = True
    attacker, victim = Client(), Client()
    leaving = text(attacker.post(reverse("accounts_home:sso_login")))
    address = unescape(re.search(r'content="0;url=([^"]+)"', leaving)[1])  # type: ignore[index]
    link = urlsplit(requests.get(address, allow_redirects=False, timeout=5).headers["Location"])

    answer = victim.get(f"{link.path}?{link.query}")

    assert answer.status_code == 401
    assert not is_in(victim)


# ── Settings ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_where_single_sign_on_is_the_only_way_in_passwords_open_nothing(alice: Person, settings: Settings) -> None:
    settings.OIDC_ONLY = True
    settings.OIDC_EMAIL_DOMAINS = ["example.com"]
    browser = Client()

    page = text(browser.get(reverse("account_login")))
    browser.post(reverse("account_login"), {"login": "alice@example.com", "password": factories.PASSWORD})

    assert "Sign in with Example Login" in page
    assert 'type="password"' not in page
    assert not is_in(browser)
    for name in ("account_signup", "account_reset_password", "mfa_login_webauthn"):
        assert browser.get(reverse(name))["Location"] == reverse("account_login"), name
    come_back(browser)
    assert not is_in(browser), "Ada has no account"


def test_without_single_sign_on_its_door_is_not_there(client: Client, settings: Settings) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": []}}

    assert client.post(reverse("accounts_home:sso_login")).status_code == 404
    assert client.get(reverse("accounts_home:sso_callback")).status_code == 404


@pytest.mark.parametrize(
    ("changes", "ids"),
    [
        ({}, []),
        ({"OIDC_CLIENT_SECRET": ""}, ["nps.E010"]),
        ({"OIDC_CLIENT_ID": "", "OIDC_CLIENT_SECRET": ""}, ["nps.E010"]),
        ({"OIDC_ISSUER": "login.example.com"}, ["nps.E011"]),
        ({"OIDC_ISSUER": "", "OIDC_CLIENT_ID": "", "OIDC_CLIENT_SECRET": "", "OIDC_ONLY": True}, ["nps.E012"]),
        ({"OIDC_SIGNUP": True}, ["nps.W010"]),
        ({"OIDC_SIGNUP": True, "OIDC_EMAIL_DOMAINS": ["example.com"]}, []),
        ({"OIDC_ISSUER": "http://login.example.com"}, ["nps.W011"]),
    ],
)
def test_settings_that_do_not_fit_together_are_named(
    settings: Settings, changes: dict[str, object], ids: list[str]
) -> None:
    whole = {"OIDC_ISSUER": "https://login.example.com", "OIDC_CLIENT_ID": "nps", "OIDC_CLIENT_SECRET": "secret"}
    for name, value in (whole | changes).items():
        setattr(settings, name, value)

    assert [found.id for found in checks.single_sign_on_is_whole(None)] == ids


# ── The whole way, over real HTTP, and what it leaves in the log ────────────────────────────────────────────────────


def test_no_secret_of_any_way_to_sign_in_gets_into_the_log(
    start_live_app: Callable[..., LiveApp], provider: Provider
) -> None:
    app = start_live_app(
        NPS_OIDC_ISSUER=provider.issuer,
        NPS_OIDC_CLIENT_ID=CLIENT_ID,
        NPS_OIDC_CLIENT_SECRET=CLIENT_SECRET,
        NPS_OIDC_SIGNUP=1,
        NPS_LOG_LEVEL="DEBUG",
    )
    person = factories.user("alice@example.com")
    browser = requests.Session()

    def send(path: str, **fields: str) -> requests.Response:
        browser.get(app.address(path), timeout=10)
        fields["csrfmiddlewaretoken"] = str(browser.cookies["csrftoken"])
        return browser.post(app.address(path), data=fields, headers={"Referer": app.url}, timeout=10)

    leaving = send("/accounts/oidc/sso/login/")
    link = unescape(re.search(r'content="0;url=([^"]+)"', leaving.text)[1])  # type: ignore[index]
    assert "sessionid" in browser.get(link, timeout=10).request.headers["Cookie"]
    browser.cookies.clear()
    assert send("/accounts/login/", login=person.email, password=factories.PASSWORD).ok
    browser.cookies.clear()
    send("/accounts/password/reset/", email=person.email)
    mail = Delivery.objects.latest("id").content
    assert mail
    reset = re.search(r"/accounts/password/reset/key/(\S+)/", mail["text"])
    assert reset
    assert browser.get(app.address(reset[0]), timeout=10).url.endswith("set-password/")
    browser.get(app.address("/accounts/confirm-email/MQ:1abc:a-key-that-nobody-made/"), timeout=10)
    browser.post(app.address("/accounts/confirm-email/MQ:1abc:a-key-that-nobody-made/"), timeout=10)
    browser.get(app.address("/accounts/oidc/sso/login/callback/?code=a-code-of-nobody&state=unknown"), timeout=10)

    assert app.child.log
    log = app.child.log.read_text()
    assert "/accounts/" in log, "nothing was logged at all"
    secret = [
        *provider.secrets,
        CLIENT_SECRET,
        factories.PASSWORD,
        reset[1],
        "a-key-that-nobody-made",
        "a-code-of-nobody",
    ]
    assert [one for one in secret if one in log] == []

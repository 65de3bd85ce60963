"""Forms that guesses can attack answer 429 in time, and nobody can lock somebody else out."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django import Settings

from surveys.accounts import limits
from tests import factories
from tests.people import Person

ATTACKER, HOME = "192.0.2.6", "192.0.2.7"
NUMBERS = count()


@pytest.fixture(autouse=True)
def _behind_a_proxy(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1


def browser(network: str) -> Client:
    return Client(headers={"x-forwarded-for": network})


def sign_in(client: Client, password: str = factories.PASSWORD, email: str = "alice@example.com") -> Any:
    return client.post(reverse("account_login"), {"login": email, "password": password})


def anybody() -> str:
    return f"nobody{next(NUMBERS)}@example.com"


GUESSES: dict[str, Callable[[Client], Any]] = {
    "sign-in": lambda client: sign_in(client, "wrong wrong wrong", anybody()),
    "reset": lambda client: client.post(reverse("account_reset_password"), {"email": anybody()}),
    "reset of one account": lambda client: client.post(
        reverse("account_reset_password"), {"email": "alice@example.com"}
    ),
    "new password": lambda client: client.post(
        reverse("account_reset_password_from_key", args=["1", "set-password"]), {"password1": "x"}
    ),
    "sign-up": lambda client: client.post(reverse("account_signup"), {"email": anybody()}),
    "confirmation": lambda client: client.post(reverse("account_confirm_email", args=["MQ:1abc:guess"])),
    "passkey": lambda client: client.post(reverse("mfa_login_webauthn"), {"credential": "{}"}),
    "second factor": lambda client: client.post(reverse("mfa_authenticate"), {"code": "123456"}),
    "single sign-on": lambda client: client.get(reverse("accounts_home:sso_callback"), {"code": "x", "state": "y"}),
}


@pytest.mark.parametrize("form", GUESSES)
def test_who_guesses_is_told_to_wait_and_others_sign_in_meanwhile(alice: Person, form: str) -> None:
    attacker = browser(ATTACKER)

    answers = [GUESSES[form](attacker) for _ in range(32)]

    assert answers[0].status_code != 429
    assert answers[-1].status_code == 429
    assert "Too many tries" in answers[-1].content.decode()
    assert sign_in(browser(HOME)).status_code == 302


def test_reauthentication_is_limited_too(alice: Person) -> None:
    guess = {"password": "wrong wrong wrong"}
    answers = [
        alice.post(reverse("account_reauthenticate"), guess, headers={"x-forwarded-for": HOME}) for _ in range(12)
    ]

    assert (answers[0].status_code, answers[-1].status_code) == (200, 429)


def test_one_account_is_guessed_at_five_times_from_one_network_and_then_no_more(alice: Person) -> None:
    attacker = browser(ATTACKER)
    for _ in range(5):
        sign_in(attacker, "wrong wrong wrong")

    assert "Too many failed login attempts" in sign_in(attacker).content.decode()
    assert sign_in(browser(HOME)).status_code == 302


@pytest.fixture
def few_tries(settings: Settings) -> None:
    """Hashing fifty passwords takes long."""
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"account_everywhere": "5/h/key"}


@pytest.mark.usefixtures("few_tries")
def test_many_networks_that_guess_together_are_stopped_and_the_owners_browser_is_not(alice: Person) -> None:
    known = browser(HOME)
    sign_in(known)
    known.post(reverse("account_logout"))

    answers = [sign_in(browser(f"198.51.100.{number}"), "wrong wrong wrong") for number in range(6)]

    assert "Too many failed login attempts" in answers[-1].content.decode()
    assert "Too many failed login attempts" in sign_in(browser("203.0.113.1")).content.decode()
    assert sign_in(known).status_code == 302


@pytest.mark.usefixtures("few_tries")
def test_a_known_browser_is_known_for_its_own_account_alone(alice: Person, charlie: Person) -> None:
    known = browser(HOME)
    sign_in(known, email="charlie@example.com")
    known.post(reverse("account_logout"))
    for number in range(6):
        sign_in(browser(f"198.51.100.{number}"), "wrong wrong wrong")

    assert "Too many failed login attempts" in sign_in(known).content.decode()


def test_wrong_passwords_are_not_forgotten_because_many_accounts_are_tried(alice: Person) -> None:
    """Django's cache throws rows away above 300, unless it is told otherwise."""
    attacker = browser(ATTACKER)
    for _ in range(5):
        sign_in(attacker, "wrong wrong wrong")
    for number in range(400):
        cache.set(f"somebody-else-{number}", [1.0], 300)  # after ours: Django throws away in the order of keys

    assert "Too many failed login attempts" in sign_in(attacker).content.decode()


@pytest.mark.django_db
def test_any_view_can_be_limited(rf: RequestFactory) -> None:
    @limits.limited("accept_invitation", also_get=True)
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse("come in")

    def visit(network: str) -> int:
        request = rf.get("/", headers={"x-forwarded-for": network})
        request.user = factories.User()
        request.session = {}  # type: ignore[assignment]
        return view(request).status_code

    assert [visit(ATTACKER) for _ in range(21)] == [200] * 20 + [429]
    assert visit(HOME) == 200

"""Where somebody is signed in, and how that ends."""

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client
from django.urls import reverse

from surveys.accounts import browsers, tasks
from surveys.delivery.models import Delivery, Kind
from tests import factories
from tests.people import Person

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1"


def sign_in(email: str, user_agent: str = FIREFOX) -> Client:
    client = Client(headers={"user-agent": user_agent})
    client.post(reverse("account_login"), {"login": email, "password": factories.PASSWORD})
    assert is_in(client)
    return client


def is_in(client: Client) -> bool:
    return client.get(reverse("accounts_home:account")).status_code == 200


def test_the_list_says_which_browser_from_where(alice: Person) -> None:
    desk, phone = sign_in("alice@example.com"), sign_in("alice@example.com", IPHONE)

    places = phone.get(reverse("accounts_home:places")).context["places"]

    assert [(place.browser, place.network, place.is_current) for place in places] == [
        ("Safari on iPhone", "127.0.0.1", True),
        ("Firefox on Windows", "127.0.0.1", False),
    ]
    assert is_in(desk)


def test_one_session_can_be_ended_from_another(alice: Person) -> None:
    desk, phone = sign_in("alice@example.com"), sign_in("alice@example.com", IPHONE)
    lost = next(place for place in desk.get(reverse("accounts_home:places")).context["places"] if not place.is_current)

    desk.post(reverse("accounts_home:end_place", args=[lost.pk]))

    assert not is_in(phone)
    assert is_in(desk)
    again = desk.post(reverse("accounts_home:end_place", args=[lost.pk]), follow=True)
    assert "signed out already" in again.content.decode()


def test_nobody_ends_the_session_of_somebody_else(alice: Person, charlie: Person) -> None:
    desk = sign_in("alice@example.com")
    session = UserSession.objects.get(user=alice.membership.user)

    charlie.post(reverse("accounts_home:end_place", args=[session.pk]))
    charlie.post(reverse("accounts_home:end_other_places"))

    assert is_in(desk)


def test_all_others_at_once(alice: Person) -> None:
    others = [sign_in("alice@example.com") for _ in range(3)]
    desk = sign_in("alice@example.com")

    desk.post(reverse("accounts_home:end_other_places"))

    assert is_in(desk)
    assert not any(is_in(other) for other in others)


def test_a_new_password_ends_all_other_sessions_and_is_told_by_mail(alice: Person) -> None:
    desk, phone = sign_in("alice@example.com"), sign_in("alice@example.com", IPHONE)
    new = {"oldpassword": factories.PASSWORD, "password1": "wholly new phrase 9", "password2": "wholly new phrase 9"}

    answer = desk.post(reverse("account_change_password"), new)

    assert answer.status_code == 302, answer.content.decode()[-1500:]
    assert is_in(desk)
    assert not is_in(phone)
    mail = Delivery.objects.filter(kind=Kind.SYSTEM).latest("id").content
    assert mail
    assert mail["subject"].startswith("Your password for")
    assert "browser: Firefox on Windows" in mail["text"]


def test_being_seen_is_noted_now_and_then_and_not_at_every_click(
    alice: Person, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    page = reverse("accounts_home:new_organization")
    alice.get(page)

    with django_assert_num_queries(2) as seen:  # type: ignore[operator]  # the session and the person
        alice.get(page)

    assert not any("UPDATE" in query["sql"] for query in seen.captured_queries)
    assert UserSession.objects.filter(user=alice.membership.user).count() == 1


def test_what_was_noted_about_a_session_goes_with_it(alice: Person) -> None:
    desk = sign_in("alice@example.com")
    sign_in("alice@example.com")
    desk.session.delete()

    tasks.prune_sessions()

    assert UserSession.objects.filter(user=alice.membership.user).count() == 1


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (IPHONE, "Safari on iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Linux"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.5.0", "curl"),
        ("see https://evil.example", "Unknown browser"),
        ("", "Unknown browser"),
    ],
)
def test_a_browser_in_words(user_agent: str, words: str) -> None:
    assert browsers.in_words(user_agent) == words

"""Making an organization, entering it, changing its settings."""

import threading

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from surveys.accounts import actions
from surveys.accounts.models import Membership, Organization, Role, User
from tests import factories
from tests.people import Person

SIGNUP = {
    "name": "Dana",
    "organization_name": "Initech GmbH",
    "email": "Dana@Example.com",
    "password1": "a long enough passphrase",
}


@pytest.mark.django_db
def test_sign_up_makes_a_person_who_owns_a_new_organization(client: Client, settings: Settings) -> None:
    settings.SIGNUP = "open"

    answer = client.post(reverse("account_signup"), SIGNUP)

    assert answer.status_code == 302, answer.content.decode()[-2000:]
    membership = Membership.objects.get(user__email="dana@example.com")
    assert (membership.role, membership.organization.name, membership.organization.slug) == (
        Role.OWNER,
        "Initech GmbH",
        "initech-gmbh",
    )
    assert not mail.outbox, "mails of the product go through deliveries"


@pytest.mark.django_db
@pytest.mark.parametrize("mode", ["first", "closed", "invite"])
def test_a_stranger_cannot_sign_up_once_an_organization_exists(
    client: Client, settings: Settings, mode: str, alice: Person
) -> None:
    settings.SIGNUP = mode

    client.post(reverse("account_signup"), SIGNUP)

    assert not User.objects.filter(email="dana@example.com").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("mode", ["closed", "invite"])
def test_closed_is_closed_also_before_there_is_an_organization(client: Client, settings: Settings, mode: str) -> None:
    settings.SIGNUP = mode

    client.post(reverse("account_signup"), SIGNUP)

    assert not User.objects.exists()


@pytest.mark.django_db
def test_whoever_comes_first_may_sign_up_on_a_new_server(client: Client, settings: Settings) -> None:
    settings.SIGNUP = "first"

    client.post(reverse("account_signup"), SIGNUP)

    assert Membership.objects.get().user.email == "dana@example.com"


@pytest.mark.django_db
def test_a_company_name_with_a_line_break_is_refused(client: Client, settings: Settings) -> None:
    settings.SIGNUP = "open"

    client.post(reverse("account_signup"), SIGNUP | {"organization_name": "Initech\r\nBcc: x@example.com"})

    organization = Organization.objects.first()
    assert organization is None or "\n" not in organization.name


def test_companies_of_the_same_name_get_addresses_of_their_own(alice: Person, charlie: Person) -> None:
    second = actions.create_organization(name="Acme", owner=charlie.membership.user, at=timezone.now())

    assert alice.organization.slug == "acme"
    assert second.organization.slug == "acme-2"


def test_guessing_passwords_from_one_address_does_not_lock_out_another(
    alice: Person, client: Client, settings: Settings
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for number in range(24):
        guess = {"login": f"nobody{number}@example.com", "password": "wrong wrong wrong"}
        answer = client.post(reverse("account_login"), guess, headers={"x-forwarded-for": "192.0.2.6"})
    assert "Too many failed login attempts" in answer.content.decode()

    right = {"login": "alice@example.com", "password": factories.PASSWORD}
    answer = client.post(reverse("account_login"), right, headers={"x-forwarded-for": "192.0.2.7"})

    assert answer.status_code == 302


@pytest.mark.django_db(transaction=True)
def test_two_companies_of_one_name_at_the_same_moment_both_get_made() -> None:
    people = [factories.user(f"person{number}@example.com") for number in range(4)]
    barrier = threading.Barrier(4)

    def create(person: User) -> None:
        barrier.wait()
        actions.create_organization(name="Same", owner=person, at=timezone.now())
        connection.close()

    threads = [threading.Thread(target=create, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Organization.objects.count() == 4
    assert len(set(Organization.objects.values_list("slug", flat=True))) == 4


def test_home_leads_to_ones_organization(alice: Person) -> None:
    assert alice.get("/")["Location"] == alice.organization.get_absolute_url()


@pytest.mark.django_db
def test_somebody_without_an_organization_makes_one(client: Client) -> None:
    client.force_login(factories.user("dana@example.com"))

    assert client.get("/")["Location"] == reverse("accounts_home:organizations")
    answer = client.post(reverse("accounts_home:new_organization"), {"name": "Hooli"})

    assert answer["Location"] == Organization.objects.get(name="Hooli").get_absolute_url()


def test_one_person_and_one_network_make_only_so_many_organizations_a_day(
    alice: Person, client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SIGNUP = "open"
    monkeypatch.setitem(settings.ACCOUNT_RATE_LIMITS, "organization_of_network", "6/d/ip")
    new = reverse("accounts_home:new_organization")

    answers = [alice.post(new, {"name": f"Shell {number}"}) for number in range(7)]
    signed_up = [
        Client().post(reverse("account_signup"), SIGNUP | {"email": f"{name}@example.com"}) for name in ("one", "two")
    ]

    assert [answer.status_code for answer in answers] == [302] * 5 + [200] * 2
    assert "Nothing was made: try tomorrow" in answers[-1].content.decode()
    assert [answer.status_code for answer in signed_up] == [302, 200]
    assert "Nothing was made: try tomorrow" in signed_up[1].content.decode()
    User.objects.filter(pk=alice.membership.user_id).update(is_staff=True)
    assert alice.post(new, {"name": "The operator's own"}).status_code == 302

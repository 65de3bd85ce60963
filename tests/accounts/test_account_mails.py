"""What people get by mail about their own account."""

from django.conf import settings
from django.test import Client
from django.urls import reverse

from surveys.delivery.models import Delivery, Kind
from tests.people import Person


def newest_mail() -> dict[str, str]:
    delivery = Delivery.objects.filter(kind=Kind.SYSTEM).latest("id")
    assert delivery.content is not None
    return dict(delivery.content)


def test_a_forgotten_password_is_mailed_in_our_words(client: Client, alice: Person) -> None:
    client.post(reverse("account_reset_password"), {"email": "alice@example.com"})

    mail = newest_mail()
    assert mail["subject"] == f"A new password for {settings.PRODUCT_NAME}"
    assert f"{settings.PUBLIC_URL}/accounts/password/reset/key/" in mail["text"]
    assert f'href="{settings.PUBLIC_URL}/accounts/password/reset/key/' in mail["html"]
    assert "example.com" not in mail["text"].replace("alice@example.com", "")


def test_the_link_in_a_mail_never_follows_the_host_header(client: Client, alice: Person) -> None:
    client.post(reverse("account_reset_password"), {"email": "alice@example.com"}, headers={"host": "localhost:6666"})

    assert "6666" not in newest_mail()["text"] + newest_mail()["html"]


def test_an_unknown_address_gets_no_mail_and_the_page_does_not_tell(client: Client, alice: Person) -> None:
    before = Delivery.objects.count()
    known = client.post(reverse("account_reset_password"), {"email": "alice@example.com"})
    unknown = client.post(reverse("account_reset_password"), {"email": "nobody@example.com"})

    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert Delivery.objects.count() == before + 1


def test_signing_up_with_a_taken_address_tells_its_owner_and_nobody_else(client: Client, alice: Person) -> None:
    answer = client.post(
        reverse("account_signup"),
        {
            "name": "Mallory",
            "organization_name": "Evil",
            "email": "alice@example.com",
            "password1": "a long enough passphrase",
        },
    )

    assert answer["Location"] == reverse("account_email_verification_sent")
    assert newest_mail()["subject"].startswith("You already have an account")

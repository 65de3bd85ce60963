"""Second factors: an app on the phone, recovery codes, and organizations that require them."""

import json
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from surveys.accounts.models import AuditEntry, Membership, Organization, Role
from surveys.delivery.models import Delivery, Kind
from surveys.management import archive
from tests import factories
from tests.helpers.authenticator_app import code
from tests.people import Person


def confirm_password(client: Client) -> None:
    """What a browser does when a page asks once more."""
    client.post(reverse("account_reauthenticate"), {"password": factories.PASSWORD})


def set_up_app(client: Client) -> str:
    """The secret that the app has got, and its first code has switched it on."""
    confirm_password(client)
    page = client.get(reverse("mfa_activate_totp"))
    secret: str = page.context["form"].secret
    answer = client.post(reverse("mfa_activate_totp"), {"code": code(secret)})
    assert answer["Location"] == reverse("mfa_view_recovery_codes"), answer.content.decode()[-2000:]
    return secret


def give_password(email: str) -> Client:
    """A new browser that has got as far as the password does."""
    client = Client()
    client.post(reverse("account_login"), {"login": email, "password": factories.PASSWORD})
    return client


def is_in(client: Client) -> bool:
    return client.get(reverse("accounts_home:account")).status_code == 200


def give_code(client: Client, digits: str) -> bool:
    client.post(reverse("mfa_authenticate"), {"code": digits})
    return is_in(client)


@pytest.fixture
def committed(django_capture_on_commit_callbacks: Any) -> Any:
    """`with committed():` what waits for the commit happens at its end."""
    return partial(django_capture_on_commit_callbacks, execute=True)


def mails() -> list[str]:
    return [
        mail.content["subject"] for mail in Delivery.objects.filter(kind=Kind.SYSTEM).order_by("pk") if mail.content
    ]


def test_with_an_app_set_up_the_password_alone_opens_nothing(alice: Person, committed: Any) -> None:
    with committed():
        secret = set_up_app(alice)
    thief = give_password("alice@example.com")

    assert not is_in(thief)
    assert thief.get(alice.organization.get_absolute_url()).status_code == 302
    assert not give_code(thief, "000000")
    assert give_code(give_password("alice@example.com"), code(secret))
    assert mails() == ["An authenticator app now protects your account"]


def test_a_code_that_somebody_has_read_over_the_shoulder_is_worth_nothing_any_more(alice: Person) -> None:
    """Also in the next half minute, in which a slow clock's code is still accepted."""
    seen = code(set_up_app(alice), steps=1)
    assert give_code(give_password("alice@example.com"), seen)

    with time_machine.travel(timezone.now() + timedelta(seconds=31)):
        assert not give_code(give_password("alice@example.com"), seen)


def test_a_recovery_code_lets_in_once(alice: Person, committed: Any) -> None:
    set_up_app(alice)
    codes = alice.get(reverse("mfa_download_recovery_codes")).content.decode().split("\n\n")[1].split()
    assert len(codes) == 10

    assert give_code(give_password("alice@example.com"), codes[0])
    assert not give_code(give_password("alice@example.com"), codes[0])

    with committed():
        alice.post(reverse("mfa_generate_recovery_codes"))
    assert not give_code(give_password("alice@example.com"), codes[1])
    assert "New recovery codes for your account" in mails()


def test_a_browser_left_open_is_not_enough_to_change_how_one_signs_in(alice: Person) -> None:
    for name in ("mfa_activate_totp", "mfa_add_webauthn", "mfa_generate_recovery_codes", "mfa_view_recovery_codes"):
        answer = alice.get(reverse(name))
        assert answer.status_code in (302, 404), name
        if answer.status_code == 302:
            assert answer["Location"].startswith(reverse("account_reauthenticate")), name
    alice.post(reverse("account_email"), {"action_add": "", "email": "mallory@example.com"})
    assert not EmailAddress.objects.filter(email="mallory@example.com").exists()


def test_secrets_lie_sealed_and_survive_a_change_of_the_key(alice: Person, settings: Settings) -> None:
    secret = set_up_app(alice)
    old = settings.SECRET_KEY
    assert secret not in str(list(Authenticator.objects.values_list("data", flat=True)))

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key of sufficient length, surely", [old]
    assert give_code(give_password("alice@example.com"), code(secret))

    call_command("reseal_secrets")
    settings.SECRET_KEY_FALLBACKS = []
    assert give_code(give_password("alice@example.com"), code(secret, steps=1))


def test_a_lost_key_opens_no_door_and_says_what_is_wrong(alice: Person, settings: Settings) -> None:
    secret = set_up_app(alice)
    settings.SECRET_KEY = "another key of sufficient length, surely"
    browser = give_password("alice@example.com")

    answer = browser.post(reverse("mfa_authenticate"), {"code": code(secret)})

    assert "SECRET_KEY was changed" in answer.content.decode()
    assert not is_in(browser)
    with pytest.raises(CommandError, match="SECRET_KEY_FALLBACKS"):
        call_command("reseal_secrets")


def test_a_backup_carries_every_key_that_unseals(settings: Settings, tmp_path: Path) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "the key of now", ["the key before"]
    (tmp_path / archive.KEYS).write_text(json.dumps(archive._keys()))
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "the key of another place", []
    settings.DATA_DIR, settings.LOCAL = tmp_path, False

    said = archive.restore_keys(tmp_path)

    restored = json.loads((tmp_path / "restored-keys.json").read_text())
    assert (restored["SECRET_KEY"], restored["SECRET_KEY_FALLBACKS"]) == ("the key of now", "the key before")
    assert "SECRET_KEY_FALLBACKS" in said


def test_the_operator_helps_who_has_lost_everything(alice: Person) -> None:
    set_up_app(alice)

    call_command("reset_second_factor", "Alice@example.com")

    assert is_in(give_password("alice@example.com"))
    assert mails()[-1] == "Your second factor was removed"
    with pytest.raises(CommandError, match="has no second factor"):
        call_command("reset_second_factor", "alice@example.com")


# ── Organizations that require one ──────────────────────────────────────────────────────────────────────────────────


def require(person: Person) -> None:
    person.post(person.url("accounts:require_mfa"))


def test_who_has_none_cannot_require_it_of_others(alice: Person) -> None:
    answer = alice.post(alice.url("accounts:require_mfa"), follow=True)

    assert "Set up a second factor for yourself first" in answer.content.decode()
    assert not Organization.objects.get(pk=alice.organization.pk).requires_mfa


def test_members_without_one_are_led_to_it_and_enter_once_they_have_it(alice: Person, bob: Person) -> None:
    factories.organization(bob.membership.user, "Bob's own")
    set_up_app(alice)
    page = alice.get(alice.url("accounts:security"))
    assert [each.user.email for each in page.context["without"]] == ["bob@example.com"]

    require(alice)

    assert alice.get(alice.organization.get_absolute_url()).status_code == 200
    barred = bob.get(bob.url("customers:list"))
    assert barred.status_code == 403
    assert reverse("mfa_activate_totp") in barred.content.decode()
    assert bob.post(bob.url("campaigns:new"), {"name": "Sneaked in"}).status_code == 403
    assert bob.get("/o/bobs-own/").status_code == 200

    set_up_app(bob)
    assert bob.get(bob.url("customers:list")).status_code == 200

    bob.post(reverse("mfa_deactivate_totp"))
    assert bob.get(bob.url("customers:list")).status_code == 403


def test_who_does_not_want_one_may_leave(alice: Person, bob: Person) -> None:
    set_up_app(alice)
    require(alice)
    assert bob.url("accounts:leave") in bob.get(bob.url("customers:list")).content.decode()

    assert bob.post(bob.url("accounts:leave")).status_code == 302

    assert not Membership.objects.filter(pk=bob.membership.pk).exists()


def test_setting_and_lifting_the_rule_is_audited_once_each(alice: Person) -> None:
    set_up_app(alice)
    for act in ("require_mfa", "require_mfa", "stop_requiring_mfa", "stop_requiring_mfa"):
        alice.post(alice.url(f"accounts:{act}"))

    entries = AuditEntry.objects.filter(action="organization.changed").order_by("id")
    assert [entry.details["changed"]["requires_mfa"] for entry in entries] == [[False, True], [True, False]]


@pytest.mark.parametrize("role", [Role.AGENT, Role.ANALYST])
def test_only_who_manages_the_organization_sets_the_rule(alice: Person, bob: Person, role: Role) -> None:
    bob.becomes(role)
    set_up_app(bob)

    assert bob.get(bob.url("accounts:security")).status_code == 403
    assert bob.post(bob.url("accounts:require_mfa")).status_code == 403
    assert bob.post(bob.url("accounts:stop_requiring_mfa")).status_code == 403

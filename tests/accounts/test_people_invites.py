"""Inviting colleagues and joining by an invite."""

import re
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from surveys.accounts.actions import invites
from surveys.accounts.models import AuditEntry, ColleagueInvite, Membership, Organization, Role, User
from surveys.accounts.queries.invites import link, mailed_link
from surveys.delivery.models import Delivery, Kind
from tests import factories
from tests.people import Person

NEW = {"name": "Dana", "password": "a long enough passphrase"}


def invite(alice: Person, addresses: str = "dana@example.com", role: Role = Role.AGENT) -> ColleagueInvite | None:
    alice.post(alice.url("accounts:people"), {"addresses": addresses, "role": role})
    return ColleagueInvite.objects.order_by("pk").last()


def sent(alice: Person, role: Role = Role.AGENT) -> ColleagueInvite:
    made = invite(alice, role=role)
    assert made is not None
    return made


def path(address: str) -> str:
    return urlsplit(address).path


def mails() -> list[dict[str, str]]:
    found = Delivery.objects.filter(kind=Kind.SYSTEM).order_by("id")
    return [{"to": each.to_address, **(each.content or {})} for each in found]


def linked_in(mail: dict[str, str]) -> str:
    found = re.search(r"https?://\S+/join/\S+", mail["text"])
    assert found, mail["text"]
    return path(found[0])


def outcomes(answer: object) -> dict[str, str]:
    return {result.email: result.outcome.value for result in answer.context["results"]}  # type: ignore[attr-defined]


# ── Inviting ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_colleague_is_invited_by_a_mail_whose_link_stands_nowhere_in_the_database(alice: Person) -> None:
    invite(alice)

    mail = mails()[-1]
    assert (mail["to"], mail["subject"]) == ("dana@example.com", f"Join Acme at {django_settings.PRODUCT_NAME}")
    assert mail["text"].count(django_settings.PUBLIC_URL + "/join/") == 1
    token = linked_in(mail).rstrip("/").rpartition("/")[2]
    row = str(ColleagueInvite.objects.values().get())
    assert token not in row
    entry = AuditEntry.objects.get(action="colleague.invited")
    assert (entry.actor_email, entry.details["role"]) == ("alice@example.com", "agent")


def test_many_addresses_are_invited_at_once_and_each_is_told_what_came_of_it(alice: Person, bob: Person) -> None:
    invite(alice, "erin@example.com")
    pasted = (
        "Dana Scully <Dana@Example.com>; bob@example.com\n"
        "frank@example.com grace@example.com\tdana@example.com\n"
        "erin@example.com, no address, x@y\nBcc: heidi@example.com"
    )

    answer = alice.post(alice.url("accounts:people"), {"addresses": pasted, "role": "analyst"})

    assert outcomes(answer) == {
        "dana@example.com": "invited",
        "bob@example.com": "member",
        "frank@example.com": "invited",
        "grace@example.com": "invited",
        "erin@example.com": "invited_already",
    }
    assert [each.text for each in answer.context["refused"]] == ["no address", "x@y", "Bcc: heidi@example.com"]
    assert answer.context["form"]["addresses"].value() == "no address\nx@y\nBcc: heidi@example.com"
    assert [mail["to"] for mail in mails()] == [
        "erin@example.com",
        "dana@example.com",
        "frank@example.com",
        "grace@example.com",
    ]


@pytest.mark.parametrize(
    "address",
    ["a\x0bb@example.com", "dana@example.com\u2028Bcc:x@example.com", "@", "a@b@c.example", "x" * 250 + "@a.example"],
)
def test_a_weird_address_is_refused_with_a_reason(alice: Person, address: str) -> None:
    answer = alice.post(alice.url("accounts:people"), {"addresses": address, "role": "agent"})

    assert answer.context["form"].errors.keys() == {"addresses"}
    assert not ColleagueInvite.objects.exists()


def test_who_was_invited_is_not_invited_twice_until_that_has_expired(alice: Person) -> None:
    first = sent(alice)
    invite(alice)
    assert len(mails()) == 1

    ColleagueInvite.objects.filter(pk=first.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    invite(alice)

    assert len(mails()) == 2
    assert ColleagueInvite.objects.open().get().pk != first.pk


def test_an_admin_invites_nobody_as_an_owner(alice: Person, bob: Person) -> None:
    bob.becomes(Role.ADMIN)

    form = bob.post(bob.url("accounts:people"), {"addresses": "dana@example.com", "role": "owner"}).context["form"]

    assert form.errors.keys() == {"role"}
    owners = sent(alice, Role.OWNER)
    for act in ("invite_resend", "invite_revoke"):
        assert bob.post(bob.url(f"accounts:{act}", pk=owners.pk)).status_code == 403
    assert ColleagueInvite.objects.get().revoked_at is None


def test_an_organization_sends_only_so_many_invites_a_day(alice: Person, settings: Settings) -> None:
    settings.INVITES_A_DAY = 2

    answer = alice.post(
        alice.url("accounts:people"), {"addresses": "a@example.com b@example.com c@example.com", "role": "agent"}
    )

    assert list(outcomes(answer).values()) == ["invited", "invited", "too_many"]
    alice.post(alice.url("accounts:invite_resend", pk=ColleagueInvite.objects.earliest("pk").pk))
    assert len(mails()) == 2


def test_one_person_invites_only_so_many_a_day_in_all_of_their_organizations_together(
    alice: Person, settings: Settings
) -> None:
    settings.INVITES_A_DAY = 2
    invite(alice, "a@example.com b@example.com")
    other = Person(factories.organization(alice.membership.user, "Another"))

    refused = other.post(other.url("accounts:people"), {"addresses": "c@example.com", "role": "agent"})

    assert list(outcomes(refused).values()) == ["too_many"]
    assert len(mails()) == 2
    User.objects.filter(pk=alice.membership.user_id).update(is_staff=True)  # who runs the server is not a stranger
    invite(other, "c@example.com")
    assert len(mails()) == 3


def test_from_one_network_only_so_many_are_invited_a_day(
    alice: Person, charlie: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(django_settings.ACCOUNT_RATE_LIMITS, "invite", "2/d/ip")
    invite(alice, "a@example.com b@example.com")

    refused = charlie.post(charlie.url("accounts:people"), {"addresses": "c@example.com", "role": "agent"})

    assert "From your network" in refused.content.decode()
    assert "c@example.com" in refused.content.decode()  # what was typed is still there
    assert len(mails()) == 2


def test_without_mail_the_page_says_so_and_the_link_makes_an_account(
    alice: Person, client: Client, settings: Settings
) -> None:
    settings.MAIL_IS_SET_UP = False
    settings.SIGNUP = "closed"

    answer = alice.post(alice.url("accounts:people"), {"addresses": "dana@example.com", "role": "agent"})

    assert "This server sends no mail yet" in answer.content.decode()
    assert not mails()
    shown = answer.context["waiting"][0].link
    assert shown in answer.content.decode()
    assert client.post(path(shown), NEW)["Location"] == alice.organization.get_absolute_url()
    assert client.get(alice.organization.get_absolute_url()).status_code == 200


def test_only_who_sent_an_invite_sees_its_link(alice: Person, bob: Person) -> None:
    bob.becomes(Role.ADMIN)
    made = sent(alice)

    assert link(made) in alice.get(alice.url("accounts:people")).content.decode()
    assert "/join/" not in bob.get(bob.url("accounts:people")).content.decode()


def test_names_in_the_mail_are_never_links(alice: Person) -> None:
    """Else an invite would carry anybody's advertisement through this server."""
    Organization.objects.filter(pk=alice.organization.pk).update(name="Win at https://evil.example <b>now</b>")
    invite(alice)

    mail = mails()[-1]
    assert re.findall(r'href="([^"]*)"', mail["html"]) == [
        django_settings.PUBLIC_URL + linked_in(mail),
        django_settings.PUBLIC_URL,
    ]
    assert "&lt;b&gt;now" in mail["html"]


# ── Joining ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("mode", ["invite", "closed", "first"])
def test_somebody_new_joins_by_the_mailed_link_and_needs_no_second_mail(
    alice: Person, client: Client, settings: Settings, mode: str
) -> None:
    settings.SIGNUP = mode
    invite(alice)
    address = linked_in(mails()[-1])

    assert "dana@example.com" in client.get(address).content.decode()
    assert not User.objects.filter(email="dana@example.com").exists(), "a mail scanner opens links"
    answer = client.post(address, NEW)

    assert answer["Location"] == alice.organization.get_absolute_url()
    assert client.get(answer["Location"]).status_code == 200
    member = Membership.objects.get(user__email="dana@example.com")
    assert (member.role, member.user.name) == (Role.AGENT, "Dana")
    assert EmailAddress.objects.get(user=member.user).verified
    assert AuditEntry.objects.get(action="member.joined").actor_email == "dana@example.com"
    assert len(mails()) == 1


def test_a_link_that_was_passed_on_proves_no_address(alice: Person, client: Client) -> None:
    """Else an owner could make an account for anybody's address and act under it."""
    made = sent(alice)

    answer = client.post(path(link(made)), NEW)

    assert answer["Location"] == reverse("account_email_verification_sent")
    assert not EmailAddress.objects.get(email="dana@example.com").verified
    assert client.get(alice.organization.get_absolute_url()).status_code == 302
    assert mails()[-1]["to"] == "dana@example.com"
    assert mails()[-1]["subject"].startswith("Confirm your address")


def test_a_link_works_once(alice: Person, client: Client) -> None:
    address = path(mailed_link(sent(alice)))
    client.post(address, NEW)

    second = Client()
    assert second.post(address, NEW | {"name": "Mallory"}).status_code == 410
    assert "used" in second.get(address).content.decode()
    assert User.objects.filter(email="dana@example.com").count() == 1


def test_somebody_with_an_account_signs_in_and_joins(alice: Person, charlie: Person) -> None:
    alice.post(alice.url("accounts:people"), {"addresses": "charlie@example.com", "role": "analyst"})
    address = linked_in(mails()[-1])

    asked = Client().get(address).content.decode()
    assert "Sign in as" in asked
    assert "password" not in asked
    assert Client().post(address, NEW).status_code == 200, "no second account, and no way in without the password"
    assert Membership.objects.filter(organization=alice.organization).count() == 1

    assert "charlie@example.com" in charlie.get(address).content.decode()
    assert charlie.post(address)["Location"] == alice.organization.get_absolute_url()
    assert Membership.objects.get(organization=alice.organization, user=charlie.membership.user).role == Role.ANALYST


def test_somebody_else_who_is_signed_in_is_asked_who_joins(alice: Person, charlie: Person) -> None:
    address = path(mailed_link(sent(alice)))

    page = charlie.get(address).content.decode()
    assert "The invite was for dana@example.com" in page
    assert "Sign out and use another account" in page
    charlie.post(address)

    assert Membership.objects.filter(organization=alice.organization, user=charlie.membership.user).exists()
    entry = AuditEntry.objects.get(action="member.joined")
    assert (entry.actor_email, entry.details["invited"]) == ("charlie@example.com", "dana@example.com")


def test_a_member_who_opens_an_invite_does_not_use_it_up(alice: Person, bob: Person) -> None:
    address = path(mailed_link(sent(alice)))

    assert "You belong to it already" in bob.get(address).content.decode()
    bob.post(address)

    assert ColleagueInvite.objects.get().accepted_at is None
    assert Membership.objects.get(pk=bob.membership.pk).role == Role.ANALYST


@pytest.mark.parametrize("ending", ["expired", "withdrawn", "sent again", "sender demoted", "sender gone"])
def test_links_that_are_over_say_why_and_open_nothing(alice: Person, bob: Person, client: Client, ending: str) -> None:
    bob.becomes(Role.ADMIN)
    made = sent(bob)
    if ending == "expired":
        ColleagueInvite.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif ending == "withdrawn":
        alice.post(alice.url("accounts:invite_revoke", pk=made.pk))
    elif ending == "sent again":
        alice.post(alice.url("accounts:invite_resend", pk=made.pk))
    elif ending == "sender demoted":
        alice.post(alice.url("accounts:member_role", pk=bob.membership.pk), {"role": "agent"})
    else:
        alice.post(alice.url("accounts:member_remove", pk=bob.membership.pk))

    for address in (path(link(made)), path(mailed_link(made))):
        answer = client.post(address, NEW)
        assert answer.status_code == 410
        assert "Sign in" in answer.content.decode()
    assert not User.objects.filter(email="dana@example.com").exists()
    if ending == "sent again":
        assert client.post(linked_in(mails()[-1]), NEW).status_code == 302


@pytest.mark.parametrize(
    ("stop", "says"),
    [({"suspended_at": timezone.now()}, "has suspended Acme"), ({"deletes_at": timezone.now()}, "about to be deleted")],
)
def test_nobody_joins_an_organization_that_is_stopped_until_it_goes_on(
    alice: Person, charlie: Person, stop: dict[str, datetime], says: str
) -> None:
    made = sent(alice)
    Organization.objects.filter(pk=alice.organization.pk).update(**stop)

    for person in (Client(), charlie):
        answer = person.post(path(mailed_link(made)), NEW)
        assert answer.status_code == 410
        assert says in answer.content.decode()
    assert ColleagueInvite.objects.get().accepted_at is None

    Organization.objects.filter(pk=alice.organization.pk).update(**dict.fromkeys(stop))
    assert Client().post(path(mailed_link(made)), NEW).status_code == 302
    assert Membership.objects.filter(organization=alice.organization, user__email="dana@example.com").exists()


def test_a_withdrawal_can_be_taken_back_for_a_while(alice: Person, client: Client, settings: Settings) -> None:
    made = sent(alice)
    alice.post(alice.url("accounts:invite_revoke", pk=made.pk))
    undo = alice.url("accounts:invite_reopen", pk=made.pk)
    assert undo in alice.get(alice.url("accounts:people")).content.decode()

    alice.post(undo)
    assert client.get(path(link(made))).status_code == 200

    alice.post(alice.url("accounts:invite_revoke", pk=made.pk))
    settings.PEOPLE_UNDO_SECONDS = 0
    alice.post(undo)
    assert client.get(path(link(made))).status_code == 410


def test_a_wrong_link_is_told_apart_from_nothing(alice: Person, client: Client) -> None:
    token = path(mailed_link(sent(alice))).rstrip("/").rpartition("/")[2]
    for wrong in (token[:-1], token[:-2] + "AA", "x", token[::-1]):
        assert client.get(reverse("accounts_home:join", args=[wrong])).status_code == 404


def test_guessing_links_is_limited(client: Client, db: None) -> None:
    answers = [client.get(reverse("accounts_home:join", args=[f"guess{number}"])) for number in range(25)]

    assert answers[0].status_code == 404
    assert answers[-1].status_code == 429


def test_an_invite_to_ones_own_address_is_found_without_its_mail(alice: Person, charlie: Person) -> None:
    alice.post(alice.url("accounts:people"), {"addresses": "charlie@example.com", "role": "agent"})
    made = ColleagueInvite.objects.get()
    accept = reverse("accounts_home:accept", args=[made.pk])
    mallory = Person(factories.organization(factories.user("mallory@example.com"), "Evil"))

    assert mallory.post(accept).status_code == 404
    assert accept in charlie.get(reverse("accounts_home:organizations")).content.decode()
    charlie.post(accept)

    assert Membership.objects.filter(organization=alice.organization, user=charlie.membership.user).exists()


def test_old_invites_are_forgotten(alice: Person) -> None:
    made = sent(alice)

    assert invites.prune(at=made.expires_at + timedelta(days=89)) == 0
    assert invites.prune(at=made.expires_at + timedelta(days=91)) == 1

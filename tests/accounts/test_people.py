"""The people of an organization: roles, removing, leaving, the last owner, and going from one organization to another."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from surveys.accounts import signup
from surveys.accounts.actions import people
from surveys.accounts.models import AuditEntry, Departure, Membership, Organization, Role
from surveys.customers.models import CustomerChange
from surveys.outbox import actions as outbox
from tests import factories
from tests.people import Person


def members(organization: Organization) -> dict[str, str]:
    return dict(Membership.objects.filter(organization=organization).values_list("user__email", "role"))


def become(alice: Person, member: Person, role: str) -> int:
    return alice.post(alice.url("accounts:member_role", pk=member.membership.pk), {"role": role}).status_code


def texts(client: Client, address: str) -> str:
    return client.get(address, follow=True).content.decode()


# ── Roles ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_changed_role_holds_from_the_next_request_on(alice: Person, bob: Person) -> None:
    settings_page = bob.url("accounts:branding")
    assert bob.get(settings_page).status_code == 403

    become(alice, bob, "admin")

    assert bob.get(settings_page).status_code == 200
    entry = AuditEntry.objects.get(action="member.role_changed")
    assert entry.details["changed"] == {"role": ["analyst", "admin"]}


def test_an_admin_neither_makes_nor_changes_owners(alice: Person, bob: Person) -> None:
    bob.becomes(Role.ADMIN)
    dana = factories.member(alice.organization, factories.user("dana@example.com"), Role.AGENT)

    attempts = [
        ("member_role", dana.pk, {"role": "owner"}),
        ("member_role", bob.membership.pk, {"role": "owner"}),
        ("member_role", alice.membership.pk, {"role": "analyst"}),
        ("member_remove", alice.membership.pk, {}),
    ]
    for name, pk, data in attempts:
        assert bob.post(bob.url(f"accounts:{name}", pk=pk), data).status_code == 403, (name, data)

    assert members(alice.organization) == {
        "alice@example.com": "owner",
        "bob@example.com": "admin",
        "dana@example.com": "agent",
    }


@pytest.mark.parametrize("role", ["king", ""])
def test_a_role_that_does_not_exist_is_refused_with_words(alice: Person, bob: Person, role: str) -> None:
    become(alice, bob, role)

    assert "Choose one of the roles" in texts(alice, alice.url("accounts:people"))
    assert members(alice.organization)["bob@example.com"] == "analyst"


# ── The last owner ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_last_owner_stays(alice: Person, bob: Person) -> None:
    become(alice, alice, "admin")
    alice.post(alice.url("accounts:member_remove", pk=alice.membership.pk))
    answer = alice.post(alice.url("accounts:leave"), follow=True)

    assert "only owner of Acme. Make somebody else an owner first." in answer.content.decode()
    assert members(alice.organization)["alice@example.com"] == "owner"

    become(alice, bob, "owner")
    alice.post(alice.url("accounts:leave"))
    assert members(alice.organization) == {"bob@example.com": "owner"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ["leave", "demote the other", "remove the other"])
def test_two_owners_who_go_at_the_same_moment_leave_one(act: str) -> None:
    alice = factories.organization(factories.user("alice@example.com"))
    bob = factories.member(alice.organization, factories.user("bob@example.com"), Role.OWNER)
    barrier = threading.Barrier(2)
    refusals: list[type[Exception]] = []

    def go(by: Membership, other: Membership) -> None:
        at = timezone.now()
        acts: dict[str, Callable[[], object]] = {
            "leave": lambda: people.leave(by=by, at=at),
            "demote the other": lambda: people.change_role(member=other, role=Role.AGENT, by=by, at=at),
            "remove the other": lambda: people.remove(member=other, by=by, at=at),
        }
        barrier.wait()
        try:
            acts[act]()
        except (people.LastOwner, PermissionDenied) as error:
            refusals.append(type(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=pair) for pair in ((alice, bob), (bob, alice))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Membership.objects.filter(organization=alice.organization, role=Role.OWNER).count() == 1
    assert refusals == [people.LastOwner if act == "leave" else PermissionDenied]


# ── Removing and leaving ─────────────────────────────────────────────────────────────────────────────────────────────


def test_who_is_removed_is_out_at_the_next_request_and_undo_brings_them_back(alice: Person, bob: Person) -> None:
    overview = alice.organization.get_absolute_url()
    assert bob.get(overview).status_code == 200

    alice.post(alice.url("accounts:member_remove", pk=bob.membership.pk))

    assert bob.get(overview).status_code == 404
    undo = alice.url("accounts:departure_undo", pk=Departure.objects.get().pk)
    assert undo in texts(alice, alice.url("accounts:people"))
    assert bob.post(undo).status_code == 404
    alice.post(undo)
    assert bob.get(overview).status_code == 200
    assert members(alice.organization)["bob@example.com"] == "analyst"
    back = Membership.objects.get(user=bob.membership.user)
    assert back.created_at == bob.membership.created_at
    assert set(AuditEntry.objects.values_list("action", flat=True)) >= {"member.removed", "member.restored"}


def test_customers_of_who_left_have_no_owner_once_it_is_final(alice: Person, bob: Person, settings: Settings) -> None:
    theirs = factories.customer(alice.organization, owner=bob.membership.user)
    others = factories.customer(alice.organization, owner=alice.membership.user)
    page = texts(alice, alice.url("accounts:people"))
    assert page.count("1 customer would have no owner") == 1, "of Bob's line; Alice is the only owner and stays"
    alice.post(alice.url("accounts:member_remove", pk=bob.membership.pk))
    departure = Departure.objects.get()

    def settle(seconds: float) -> int:
        at = departure.undo_until + timedelta(seconds=seconds)
        settled = people.settle_departures(at=at)
        outbox.drain(at=at)
        theirs.refresh_from_db()
        return settled

    assert settle(-1) == 0
    assert theirs.owner == bob.membership.user, "Undo would bring them back"
    assert settle(1) == 1
    assert theirs.owner is None
    others.refresh_from_db()
    assert others.owner == alice.membership.user
    assert CustomerChange.objects.get(customer=theirs).changes == {"owner": [bob.membership.user_id, None]}

    alice.post(alice.url("accounts:departure_undo", pk=departure.pk))
    assert "bob@example.com" not in members(alice.organization)


def test_too_late_is_said(alice: Person, bob: Person, settings: Settings) -> None:
    settings.PEOPLE_UNDO_SECONDS = 0
    alice.post(alice.url("accounts:member_remove", pk=bob.membership.pk))

    answer = alice.post(alice.url("accounts:departure_undo", pk=Departure.objects.get().pk), follow=True)

    assert "It was too late for that: invite Bob again." in answer.content.decode()


def test_who_comes_back_by_an_invite_keeps_their_customers(alice: Person, bob: Person) -> None:
    theirs = factories.customer(alice.organization, owner=bob.membership.user)
    alice.post(alice.url("accounts:member_remove", pk=bob.membership.pk))
    alice.post(alice.url("accounts:people"), {"addresses": "bob@example.com", "role": "agent"})
    bob.post(reverse("accounts_home:accept", args=[alice.organization.colleagueinvite_set.get().pk]))

    later = timezone.now() + timedelta(days=1)
    people.settle_departures(at=later)
    outbox.drain(at=later)

    theirs.refresh_from_db()
    assert theirs.owner == bob.membership.user


def test_who_leaves_can_think_better_of_it_but_not_of_being_removed(alice: Person, bob: Person) -> None:
    bob.post(bob.url("accounts:leave"))
    undo = reverse("accounts_home:come_back", args=[Departure.objects.get().pk])

    assert undo in texts(bob, reverse("accounts_home:organizations"))
    assert alice.post(undo).status_code == 404
    assert bob.post(undo)["Location"] == alice.organization.get_absolute_url()

    alice.post(alice.url("accounts:member_remove", pk=Membership.objects.get(user=bob.membership.user).pk))
    assert bob.post(reverse("accounts_home:come_back", args=[Departure.objects.get().pk])).status_code == 404
    assert "bob@example.com" not in members(alice.organization)


# ── The page ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_everyone_sees_their_colleagues_and_only_managers_their_invites(alice: Person, bob: Person) -> None:
    alice.post(alice.url("accounts:people"), {"addresses": "dana@example.com", "role": "agent"})

    page = bob.get(bob.url("accounts:people")).content.decode()

    assert "alice@example.com" in page
    assert "dana@example.com" not in page
    assert bob.url("accounts:member_remove", pk=alice.membership.pk) not in page
    assert bob.url("accounts:leave") in page
    assert "dana@example.com" in alice.get(alice.url("accounts:people")).content.decode()


def test_the_page_needs_no_more_queries_for_more_people(
    alice: Person, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        factories.member(alice.organization, factories.user(f"person{number}@example.com"), Role.AGENT)
    alice.post(
        alice.url("accounts:people"),
        {"addresses": " ".join(f"new{number}@example.com" for number in range(30)), "role": "agent"},
    )

    with django_assert_max_num_queries(14):
        page = alice.get(alice.url("accounts:people"))

    assert "person29@example.com" in page.content.decode()
    assert "new29@example.com" in page.content.decode()


def test_when_a_member_was_last_seen_is_noted_once_an_hour(alice: Person, bob: Person) -> None:
    bob.get(alice.organization.get_absolute_url())
    seen = Membership.objects.get(pk=bob.membership.pk).last_seen_at
    assert seen is not None

    def visit_at(minutes: int) -> None:
        member = Membership.objects.get(pk=bob.membership.pk)
        people.note_seen(member=member, at=seen + timedelta(minutes=minutes))

    visit_at(59)
    assert Membership.objects.get(pk=bob.membership.pk).last_seen_at == seen
    visit_at(61)
    assert Membership.objects.get(pk=bob.membership.pk).last_seen_at == seen + timedelta(minutes=61)


# ── From one organization to another ─────────────────────────────────────────────────────────────────────────────────


def test_home_is_the_organization_where_one_was_last(alice: Person) -> None:
    second = factories.organization(alice.membership.user, "Beta").organization

    alice.get(second.get_absolute_url())
    assert alice.get("/")["Location"] == second.get_absolute_url()
    alice.get(alice.organization.get_absolute_url())
    assert alice.get("/")["Location"] == alice.organization.get_absolute_url()


def test_another_browser_goes_on_where_one_was_seen_last(alice: Person) -> None:
    second = factories.organization(alice.membership.user, "Beta")
    Membership.objects.filter(pk=second.pk).update(last_seen_at=timezone.now() + timedelta(days=1))

    elsewhere = Client()
    elsewhere.force_login(alice.membership.user)

    assert elsewhere.get("/")["Location"] == second.organization.get_absolute_url()


@pytest.mark.parametrize("cookie", ["nonsense", "²", "9" * 30, "-1"])
def test_a_cookie_that_was_tampered_with_leads_nowhere_else(alice: Person, charlie: Person, cookie: str) -> None:
    for value in (cookie, str(charlie.organization.pk)):
        alice.cookies["organization"] = value
        assert alice.get("/")["Location"] == alice.organization.get_absolute_url()


def test_somebody_in_no_organization_is_told_how_to_get_into_one(alice: Person, settings: Settings) -> None:
    settings.SIGNUP = "invite"
    dana = Client()
    dana.force_login(factories.user("dana@example.com"))

    page = texts(dana, "/")

    assert "belong to no organization here" in page
    assert "dana@example.com" in page
    assert reverse("accounts_home:new_organization") not in page
    assert dana.post(reverse("accounts_home:new_organization"), {"name": "Hooli"}).status_code == 403
    assert dana.post(reverse("samples_start:load")).status_code == 403
    settings.SIGNUP = "open"
    assert reverse("accounts_home:new_organization") in texts(dana, "/")


@pytest.mark.parametrize("mode", ["first", "invite", "closed"])
def test_owners_may_make_another_organization(alice: Person, bob: Person, settings: Settings, mode: str) -> None:
    settings.SIGNUP = mode

    assert signup.may_create_organization(alice.membership.user)
    assert not signup.may_create_organization(bob.membership.user)

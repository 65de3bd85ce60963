"""Who did what, from where: written with the act, readable, filtered, exported, and changed by nobody."""

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from surveys.accounts import audit
from surveys.accounts.actions.trail import prune_trail
from surveys.accounts.models import AuditEntry, Organization, Role
from surveys.campaigns import actions as campaigns
from surveys.campaigns import texts
from surveys.customers.models import Property
from tests import factories
from tests.people import Person


def note(person: Person, action: str = "campaign.paused", **details: object) -> AuditEntry:
    at = details.pop("at", timezone.now())
    campaign = details.pop("to", None) or factories.campaign(person.organization, str(details.pop("name", "Pulse")))
    audit.record(person.membership, action, campaign, at=at, **details)  # type: ignore[arg-type]
    return AuditEntry.objects.latest("id")


def test_an_act_in_the_browser_says_from_where(alice: Person, settings: Settings) -> None:
    settings.TRUSTED_PROXIES = 1
    form = {"name": "Ada", "email": "ada@example.com", "language": "", "time_zone": ""}

    alice.post(
        alice.url("customers:new"),
        form,
        headers={"x-forwarded-for": "6.6.6.6, 203.0.113.9", "user-agent": "Firefox/140.0"},
    )

    entry = AuditEntry.objects.get(action="customer.added")
    assert (entry.via, entry.ip, entry.agent) == ("web", "203.0.113.9", "Firefox/140.0")
    page = alice.get(alice.url("audit:trail")).content.decode()
    assert (
        f"<strong>Alice</strong> added the customer <strong>#{entry.target_id}</strong>" in page
    )  # no name: it may be erased
    assert "203.0.113.9" in page


def test_what_happens_by_itself_is_told_too(alice: Person) -> None:
    campaign = campaigns.create(name="Pulse", texts=texts.defaults(), by=alice.membership, at=timezone.now())
    campaigns.launch(campaign=campaign, by=alice.membership, at=timezone.now())
    campaigns.start_due(at=timezone.now() + timedelta(hours=1))
    campaigns.pause_because(campaign=campaign, reason="The mail server refuses.", at=timezone.now())

    page = alice.get(alice.url("audit:trail"), {"by": "automatic"}).content.decode()

    assert "The campaign <strong>Pulse</strong> started" in page
    assert "The campaign <strong>Pulse</strong> was paused automatically" in page
    assert "The mail server refuses." in page
    assert "launched the campaign" not in page


def test_the_trail_is_read_page_by_page_newest_first(alice: Person) -> None:
    campaign, now = factories.campaign(alice.organization), timezone.now()
    for number in range(120):
        audit.record(
            alice.membership, "campaign.edited", campaign, at=now - timedelta(minutes=number // 7), number=number
        )

    seen: list[int] = []
    address = f"{alice.url('audit:trail')}?act=campaign.edited"
    while address:
        answer = alice.get(address, headers={"hx-request": "true"})
        seen += [told.entry.details["number"] for told in answer.context["entries"]]
        address = answer.context["next_url"] and alice.url("audit:trail") + answer.context["next_url"]

    assert sorted(seen) == list(range(120))
    assert [number // 7 for number in seen] == sorted(number // 7 for number in seen)


def test_filters_narrow_the_trail_and_stand_in_its_address(alice: Person, bob: Person) -> None:
    bob.becomes(Role.ADMIN)
    old = note(alice, name="Spring", at=timezone.now() - timedelta(days=40))
    note(bob, "campaign.resumed", name="Summer")

    def shown(**query: Any) -> list[str]:
        found = alice.get(alice.url("audit:trail"), query).context["page"].entries
        return [entry.target_name for entry in found if entry.target_type == "campaign"]

    today = timezone.now().date()
    assert shown() == ["Summer", "Spring"]
    assert shown(by=bob.membership.user_id) == ["Summer"]
    assert shown(act="campaign.paused") == ["Spring"]
    assert shown(kind="campaign", id=old.target_id) == ["Spring"]
    assert shown(**{"from": today - timedelta(days=10)}) == ["Summer"]
    assert shown(to=today - timedelta(days=10)) == ["Spring"]
    assert shown(q="UMME") == ["Summer"]
    odd = alice.get(alice.url("audit:trail"), {"by": "me", "from": "yesterday", "id": "0"})
    assert len(odd.context["filters"].problems) == 3


def test_before_and_after_stand_side_by_side(alice: Person) -> None:
    note(alice, "campaign.edited", changed={"subject": ["<b>Old</b>", "New"]})

    page = alice.get(alice.url("audit:trail")).content.decode()

    assert "&lt;b&gt;Old&lt;/b&gt;" in page
    assert "New" in page


def test_rules_are_told_as_people_say_them(alice: Person) -> None:
    Organization.objects.filter(pk=alice.organization.pk).update(time_zone="Europe/Berlin")
    changed = {
        "send_days": [127, 0b0010101],
        "sample_share": [10000, 2550],
        "begins_at": [None, "2031-05-02T07:00:00+00:00"],
    }
    note(alice, "campaign.edited", changed=changed)
    page = alice.get(alice.url("audit:trail")).content.decode()
    for said in ("Monday–Sunday", "Monday, Wednesday, Friday", "25.5 %", "2 May 2031, 09:00"):
        assert said in page


def test_conditions_are_told_as_sentences(alice: Person) -> None:
    Property.objects.create(organization=alice.organization, key="plan", label="Plan", type="text", position=0)
    pro = {"all": [{"field": "p.plan", "op": "one_of", "value": ["Pro", "Team"]}]}
    gone = {"any": [{"field": "p.tier", "op": "equals", "value": "Gold"}, {"field": "p.seats", "op": "is_set"}]}
    note(alice, "campaign.edited", changed={"audience": [{}, pro]})
    note(alice, "segment.changed", changed={"conditions": [gone, pro]})
    note(alice, "customers.exported", filters=[["mail", "may"], ["where", json.dumps(pro)]])

    exported, segment, audience, *_rest = alice.get(alice.url("audit:trail")).context["entries"]

    assert (audience.changes[0].before, audience.changes[0].after) == ("Everyone", "Plan is Pro or Team")
    assert segment.changes[0].before == "(p.tier is Gold, or p.seats is known)"  # no such properties any more
    assert ("Filters", "mail: may; where: Plan is Pro or Team") in exported.details


def test_the_export_holds_what_is_filtered_runs_no_formula_and_is_itself_audited(alice: Person) -> None:
    for name in ("=cmd()", "Pulse"):
        note(alice, name=name, changed={"name": ["a", "b"]})

    answer = alice.post(f"{alice.url('audit:export')}?act=campaign.paused")
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))

    assert answer.streaming
    assert [row["name"] for row in rows] == ["Pulse", "'=cmd()"]
    assert rows[0]["details"] == '{"changed": {"name": ["a", "b"]}}'
    assert AuditEntry.objects.filter(action="audit.exported", details={"filters": {"act": "campaign.paused"}}).exists()


def test_who_may_not_see_the_trail_does_not(alice: Person, bob: Person, charlie: Person) -> None:
    note(alice)

    assert bob.get(bob.url("audit:trail")).status_code == 403
    assert bob.post(bob.url("audit:export")).status_code == 403
    assert charlie.get(alice.url("audit:trail")).status_code == 404


# ── Signing in ──


@pytest.mark.django_db
def test_sign_ins_and_failed_ones_stand_in_the_trail_of_the_persons_organizations(
    alice: Person, charlie: Person
) -> None:
    stranger = Client(REMOTE_ADDR="198.51.100.7", headers={"user-agent": "curl/8"})
    guess = {"login": "alice@example.com", "password": "not this one at all"}

    stranger.post(reverse("account_login"), guess)
    stranger.post(reverse("account_login"), guess | {"password": factories.PASSWORD})

    entries = AuditEntry.objects.filter(action__startswith="person.").order_by("id")
    assert [(entry.action, entry.ip, entry.organization_id) for entry in entries] == [
        ("person.sign_in_failed", "198.51.100.7", alice.organization.pk),
        ("person.signed_in", "198.51.100.7", alice.organization.pk),
    ]
    assert [entry.actor_id for entry in entries] == [None, alice.membership.user_id]
    page = alice.get(alice.url("audit:trail")).content.decode()
    assert "A sign-in as <strong>Alice</strong> failed" in page


# ── Nobody edits it ──


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE surveys_auditentry SET actor_email = 'bob@example.com'",
        "DELETE FROM surveys_auditentry",
        "SET nps.forgetting_audit = 'on'; DELETE FROM surveys_auditentry",
        "TRUNCATE surveys_auditentry",
        "ALTER TABLE surveys_auditentry DISABLE TRIGGER audit_is_kept",
        "DROP TRIGGER audit_is_kept ON surveys_auditentry",
    ],
)
def test_the_database_refuses_to_change_an_entry(alice: Person, statement: str) -> None:
    before = list(AuditEntry.objects.order_by("pk").values())
    assert before

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    assert list(AuditEntry.objects.order_by("pk").values()) == before


def test_entries_go_with_an_organization_whose_deletion_has_begun_and_not_before(
    alice: Person, charlie: Person
) -> None:
    def forget() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT surveys_forget_audit_of(%s, 100)", [alice.organization.pk])
            return int(cursor.fetchone()[0])

    assert forget() == 0
    at = timezone.now()
    Organization.objects.filter(pk=alice.organization.pk).update(deletes_at=at, deletion_began_at=at)
    assert forget() == 1
    assert list(AuditEntry.objects.values_list("organization", flat=True)) == [charlie.organization.pk]


@pytest.mark.parametrize(
    "way_back",
    [
        "UPDATE surveys_organization SET deletion_began_at = NULL, deletes_at = NULL WHERE id = {id}",
        "UPDATE surveys_organization SET id = id + 1000 WHERE id = {id}",
        "CREATE TEMP TABLE same AS SELECT * FROM surveys_organization WHERE id = {id};"
        "DELETE FROM surveys_organization WHERE id = {id}; UPDATE same SET deletion_began_at = NULL;"
        "INSERT INTO surveys_organization SELECT * FROM same; SET CONSTRAINTS ALL IMMEDIATE",
        "SELECT setval(pg_get_serial_sequence('surveys_organization', 'id'), {id} - 1)",
    ],
)
def test_nobody_goes_on_with_an_organization_whose_trail_was_emptied(alice: Person, way_back: str) -> None:
    at = timezone.now()
    ours = Organization.objects.filter(pk=alice.organization.pk)
    ours.update(deletes_at=at, deletion_began_at=at)
    with connection.cursor() as cursor:
        cursor.execute("SELECT surveys_forget_audit_of(%s, 100)", [alice.organization.pk])

    with pytest.raises(DatabaseError) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(way_back.format(id=alice.organization.pk))

    assert getattr(refused.value.__cause__, "pgcode", "") in (
        "42501",
        "23503",
    )  # no privilege; rows of an organization that is gone
    assert ours.get().deletion_began_at == at
    assert alice.get(alice.url("audit:trail")).status_code == 404


def test_old_entries_are_forgotten_only_when_the_operator_says_so_and_never_young_ones(
    alice: Person, settings: Settings
) -> None:
    for days in (10, 100, 800):
        note(alice, "campaign.edited", days=days, at=timezone.now() - timedelta(days=days))

    def kept() -> list[int]:
        return [entry.details["days"] for entry in AuditEntry.objects.filter(action="campaign.edited").order_by("-at")]

    assert prune_trail(at=timezone.now()) == 0
    settings.AUDIT_MONTHS = 24
    prune_trail(at=timezone.now())
    assert kept() == [10, 100]
    settings.AUDIT_MONTHS = 1
    prune_trail(at=timezone.now() + timedelta(days=400))
    assert kept() == [10]


def test_a_campaigns_page_leads_to_its_entries(alice: Person) -> None:
    campaign = campaigns.create(name="Pulse", texts=texts.defaults(), by=alice.membership, at=timezone.now())
    campaigns.launch(campaign=campaign, by=alice.membership, at=timezone.now())

    page = alice.get(alice.url("campaigns:detail", pk=campaign.pk)).content.decode()

    assert f"{alice.url('audit:trail')}?kind=campaign&amp;id={campaign.pk}" in page

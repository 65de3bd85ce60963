"""Segments: built without script, in use and so protected, never made of themselves."""

from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from surveys.accounts.models import AuditEntry, Role
from surveys.campaigns import actions as campaigns
from surveys.campaigns.models import Campaign
from surveys.core.conditions import validation
from surveys.customers.actions import segments as actions
from surveys.customers.models import Property, Segment
from surveys.customers.queries import segments as queries
from tests import factories
from tests.people import Person

PRO = {"all": [{"field": "p.plan", "op": "one_of", "value": ["Pro"]}]}
HTMX = {"HX-Request": "true"}


@pytest.fixture
def plans(alice: Person) -> None:
    Property.objects.create(
        organization=alice.organization, key="plan", label="Plan", type="text", segmentable=True, position=0
    )
    for plan, name in (("Pro", "Ada"), ("Pro", "Ben"), ("Team", "Cleo"), ("Free", "Dan")):
        chosen = factories.property_set(alice.organization, plan=plan)
        factories.customer(alice.organization, name=name, properties={"plan": plan}, property_set=chosen)


def segment(of: Person, name: str, conditions: dict[str, Any] | None = None) -> Segment:
    return actions.create(
        name=name,
        description="",
        conditions=PRO if conditions is None else conditions,
        by=of.membership,
        at=timezone.now(),
    )


def of_segment(found: Segment, op: str = "one_of") -> dict[str, Any]:
    return {"all": [{"field": "segment", "op": op, "value": [found.pk]}]}


def typed(found: Segment, **fields: Any) -> dict[str, Any]:
    return {"name": found.name, "description": "", "version": found.version, "c.word": "all"} | fields


def row(path: str, field: str, op: str, *values: object) -> dict[str, Any]:
    return {f"{path}.field": field, f"{path}.op": op, f"{path}.value": list(values), f"{path}.boxes": "1"}


@pytest.mark.usefixtures("plans")
def test_a_segment_of_nested_groups_is_built_without_script(alice: Person) -> None:
    new = alice.url("customers:segment_new")
    shown = alice.post(new, {"name": "", "c.word": "all", "do": "add:c"}).content.decode()
    assert 'name="c-0.field"' in shown
    first = {"c.word": "any", **row("c-0", "p.plan", "one_of", "Pro")}
    shown = alice.post(new, {**first, "do": "group:c"}).content.decode()
    assert 'name="c-1.word"' in shown
    assert 'name="c-1-0.field"' in shown

    whole = {**first, "c-1.word": "none", **row("c-1-0", "p.plan", "one_of", "Free", "Pro")}
    counted = alice.post(new, {**whole, "do": "count"}).content.decode()
    assert '<p class="figure">3</p>' in counted
    assert "Cleo" in counted
    assert "Dan" not in counted
    assert not Segment.objects.exists()

    response = alice.post(new, {**whole, "name": "Pro or not free", "save": "1"}, follow=True).content.decode()
    assert "The segment is saved." in response
    assert Segment.objects.get().conditions == {
        "any": [
            {"field": "p.plan", "op": "one_of", "value": ["Pro"]},
            {"none": [{"field": "p.plan", "op": "one_of", "value": ["Free", "Pro"]}]},
        ]
    }
    edit = alice.get(alice.url("customers:segment_edit", pk=Segment.objects.get().pk)).content.decode()
    assert 'name="c-1-0.field"' in edit
    removed = alice.post(new, {**whole, "do": "remove:c-0"}).content.decode()
    assert 'name="c-0-0.field"' in removed
    assert 'name="c-1.word"' not in removed


@pytest.mark.usefixtures("plans")
def test_a_slip_deep_inside_stands_beside_its_row(alice: Person) -> None:
    fields = {"name": "X", "c.word": "all", "c-0.word": "any", **row("c-0-0", "last_score", "greater", "many")}
    shown = alice.post(alice.url("customers:segment_new"), {**fields, "save": "1"}).content.decode()
    assert 'id="c-0-0.error"' in shown
    assert "“many”" in shown
    assert not Segment.objects.exists()


@pytest.mark.usefixtures("plans")
def test_a_segment_shows_its_members_and_follows_them(alice: Person, bob: Person) -> None:
    found = segment(alice, "Pros")
    shown = bob.get(bob.url("customers:segment", pk=found.pk)).content.decode()
    assert "Plan is Pro" in shown
    assert "Ada" in shown
    assert '<p class="figure">2</p>' in shown
    assert "Cleo" not in shown
    assert bob.get(bob.url("customers:segment_size", pk=found.pk)).content.decode().strip() == "2"

    pro = factories.property_set(alice.organization, plan="Pro")
    factories.customer(alice.organization, name="Eve", properties={"plan": "Pro"}, property_set=pro)

    assert "Eve" in bob.get(bob.url("customers:segment", pk=found.pk)).content.decode()
    assert bob.get(bob.url("customers:segment_edit", pk=found.pk)).status_code == 403
    assert bob.post(bob.url("customers:segment_delete", pk=found.pk)).status_code == 403


@pytest.mark.usefixtures("plans")
def test_a_segment_in_use_is_neither_deleted_nor_changed_silently(alice: Person) -> None:
    found = segment(alice, "Pros")
    draft = factories.campaign(alice.organization, "Autumn pulse")
    campaigns.choose_audience(
        campaign=draft, audience=_read(alice, of_segment(found)), by=alice.membership, at=timezone.now()
    )

    refused = alice.post(alice.url("customers:segment_delete", pk=found.pk))
    assert refused.status_code == 409
    assert "This segment is in use" in refused.content.decode()
    assert "Autumn pulse" in refused.content.decode()

    edit = alice.url("customers:segment_edit", pk=found.pk)
    change = typed(found, **row("c-0", "p.plan", "one_of", "Pro", "Team"))
    warned = alice.post(edit, {**change, "save": "1"}).content.decode()
    assert "1 thing uses this segment" in warned
    assert "2 now, 3 with the change" in warned
    assert Segment.objects.get().conditions == PRO
    alice.post(edit, {**change, "save": "all"})
    assert Segment.objects.get().conditions["all"][0]["value"] == ["Pro", "Team"]

    campaigns.delete(campaign=draft, by=alice.membership, at=timezone.now())
    assert alice.post(alice.url("customers:segment_delete", pk=found.pk)).status_code == 302
    assert not Segment.objects.exists()


def _read(of: Person, conditions: dict[str, Any]) -> Any:

    return validation.read(conditions, queries.customer_catalogue(of.organization))


def test_deleting_is_undone_with_one_press_and_once(alice: Person) -> None:
    found = segment(alice, "Pros", {})
    page = alice.post(alice.url("customers:segment_delete", pk=found.pk), follow=True).content.decode()
    assert "The segment “Pros” was deleted." in page
    undo = alice.url("customers:segment_restore", pk=found.pk)
    assert undo in page

    assert "The segment is back." in alice.post(undo, follow=True).content.decode()
    alice.post(undo)

    assert Segment.objects.get().pk == found.pk
    assert list(AuditEntry.objects.filter(target_type="segment").order_by("pk").values_list("action", flat=True)) == [
        "segment.created",
        "segment.deleted",
        "segment.restored",
    ]


def test_a_name_is_taken_once_in_whatever_case(alice: Person, charlie: Person) -> None:
    segment(alice, "Pros", {})
    segment(charlie, "Pros", {})
    shown = alice.post(alice.url("customers:segment_new"), {"name": "PROS", "c.word": "all", "save": "1"})
    assert "Another segment has this name" in shown.content.decode()
    assert Segment.objects.filter(organization=alice.organization).count() == 1


def test_a_segment_cannot_be_made_of_itself_through_others(alice: Person) -> None:
    first = segment(alice, "First", {})
    second = segment(alice, "Second", of_segment(first))
    third = segment(alice, "Third", of_segment(second))

    shown = alice.post(
        alice.url("customers:segment_edit", pk=first.pk),
        typed(first, save="all", **row("c-0", "segment", "one_of", third.pk)),
    ).content.decode()

    assert "itself" in shown
    assert "First" in shown
    assert Segment.objects.get(pk=first.pk).conditions == {}


def test_who_edits_an_older_version_is_told(alice: Person) -> None:
    found = segment(alice, "Pros", {})
    stale = typed(found, name="Mine")
    alice.post(alice.url("customers:segment_edit", pk=found.pk), typed(found, name="Theirs", save="1"))
    shown = alice.post(alice.url("customers:segment_edit", pk=found.pk), {**stale, "save": "1"}).content.decode()
    assert "Somebody else changed this segment" in shown
    assert 'value="Mine"' in shown
    assert Segment.objects.get().name == "Theirs"


@pytest.mark.django_db(transaction=True)
def test_two_changes_that_would_close_a_circle_together_cannot(alice: Person) -> None:
    pair = [segment(alice, "First", {}), segment(alice, "Second", {})]
    barrier, refused = Barrier(2), []

    def change(mine: Segment, other: Segment) -> None:
        barrier.wait()
        try:
            actions.change(
                segment=mine,
                name=mine.name,
                description="",
                conditions=of_segment(other),
                version=1,
                by=alice.membership,
                at=timezone.now(),
            )
        except actions.LeansOnItself as error:
            refused.append(error.names)
        finally:
            connection.close()

    threads = [Thread(target=change, args=(pair[n], pair[1 - n])) for n in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 1
    assert refused[0][0] == refused[0][-1]


@pytest.mark.usefixtures("plans")
def test_the_list_is_filtered_by_the_same_builder(alice: Person) -> None:
    chosen = {"c.word": "all", **row("c-0", "p.plan", "one_of", "Team"), "save": "1"}
    shown = alice.post(alice.url("customers:filter") + "?sort=name", chosen, follow=True)
    assert "Cleo" in shown.content.decode()
    assert "Ada" not in shown.content.decode()
    assert "sort=name" in shown.redirect_chain[0][0]


def test_a_campaign_of_an_outsiders_segment_asks_nobody(alice: Person, charlie: Person) -> None:
    theirs = segment(charlie, "Theirs", {})
    factories.customer(alice.organization)
    draft: Campaign = factories.campaign(alice.organization, audience=of_segment(theirs))
    shown = alice.get(alice.url("campaigns:check", pk=draft.pk)).content.decode()
    assert "Launch now" not in shown
    assert "Theirs" not in shown


def test_analysts_and_agents_see_segments_but_do_not_write_them(alice: Person, bob: Person) -> None:
    segment(alice, "Pros", {})
    for role, status in ((Role.ANALYST, 403), (Role.AGENT, 403), (Role.ADMIN, 200)):
        bob.becomes(role)
        assert bob.get(bob.url("customers:segments")).status_code == 200
        assert bob.get(bob.url("customers:segment_new")).status_code == status


def test_a_condition_about_what_a_role_may_not_see_is_not_told_but_who_belongs_is(
    alice: Person, bob: Person, plans: None
) -> None:
    Property.objects.filter(key="plan").update(visible_to_agents=False)
    found = segment(alice, "Payers")
    inside = segment(alice, "Among payers", of_segment(found))
    bob.becomes(Role.AGENT)

    pages = [bob.get(bob.url("customers:segments")), bob.get(found.get_absolute_url())]

    for page in pages:
        assert "Payers" in page.content.decode()
        assert "Plan" not in page.content.decode()
        assert "is Pro" not in page.content.decode()
        assert "properties that" in page.content.decode()
    assert "Ada" in pages[1].content.decode()
    listed = bob.get(bob.url("customers:list"), {"segment": found.pk}).content.decode()
    assert "Ada" in listed
    assert "Cleo" not in listed
    assert "Payers" in bob.get(inside.get_absolute_url()).content.decode()
    assert "Plan is Pro" in alice.get(found.get_absolute_url()).content.decode()

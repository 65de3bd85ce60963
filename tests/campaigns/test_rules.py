"""When a campaign asks: what it begins with, how its rules are chosen, and what is refused."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from surveys.accounts.models import AuditEntry, Organization
from surveys.campaigns import actions
from surveys.campaigns.actions import versions
from surveys.campaigns.design import Design, Variant
from surveys.campaigns.models import Campaign, CampaignVersion, Status, Trigger
from surveys.campaigns.rules import Rules
from surveys.campaigns.starts import STARTS
from surveys.customers.models import EventKind, Property, PropertyUse
from tests import factories
from tests.campaigns.forms import rules
from tests.people import Person


def begun(person: Person, start: str) -> Campaign:
    response = person.post(person.url("campaigns:new"), {"name": f"By {start}", "start": start})
    assert response.headers["Location"].endswith("/message/")
    return Campaign.objects.get(name=f"By {start}")


@pytest.fixture
def dates(alice: Person) -> None:
    for position, key in enumerate(("born", "signed_up", "trial_end")):
        Property.objects.create(
            organization=alice.organization, key=key, label=key.capitalize(), type="date", position=position
        )


MEANS = {
    "blank": "Asks everyone in the audience once, as soon as it is launched.",
    "relationship": "once every 90 days, less than one a day, Monday–Friday 09:00–17:00 in the customer’s time.",
    "support": "Asks 4 hours after “ticket.closed”, Monday–Friday 08:00–20:00 in the customer’s time.",
    "purchase": "Asks 3 days after “order.delivered”, 09:00–19:00 in the customer’s time.",
    "onboarding": "Asks 30 days after “Signed_up”, Monday–Friday 09:00–17:00",
    "trial": "Asks 2 days before “Trial_end”, 09:00–17:00",
    "links": "Asks right after “links.only”",
    "churn": "Asks 1 day after “subscription.cancelled”",
}


@pytest.mark.usefixtures("dates")
@pytest.mark.parametrize("start", STARTS)
def test_every_beginning_is_a_draft_that_says_what_it_does_and_can_be_launched(alice: Person, start: str) -> None:
    factories.customer(alice.organization)
    campaign = begun(alice, start)

    shown = alice.get(alice.url("campaigns:when", pk=campaign.pk))
    assert MEANS[start] in shown.context["meaning"].main
    before = Rules.of(campaign)
    assert rules(alice, campaign.pk).status_code == 302
    campaign.refresh_from_db()
    assert Rules.of(campaign) == before  # saved as it was shown
    assert not AuditEntry.objects.filter(action="campaign.edited").exists()

    assert "Launch now" in alice.get(alice.url("campaigns:check", pk=campaign.pk)).content.decode()
    alice.post(alice.url("campaigns:launch", pk=campaign.pk))
    campaign.refresh_from_db()
    assert campaign.is_scheduled
    assert Rules.read(CampaignVersion.objects.get(campaign=campaign).rules) == before


def test_words_of_a_beginning_are_in_the_language_of_the_organization(alice: Person) -> None:
    Organization.objects.filter(pk=alice.organization.pk).update(default_language="de")
    campaign = begun(alice, "support")
    words = campaign.wordings.get()
    assert words.language == "de"
    assert "empfehlen" in words.question


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("relationship", {"every_days": "0"}, "At least 1."),
    ("blank", {"send_from": "09:00"}, "Say both, or neither"),
    ("blank", {"send_from": "17:00", "send_until": "09:00"}, "They cannot go over midnight"),
    ("blank", {"send_from": "09:00", "send_until": "09:10"}, "Leave at least 15 minutes"),
    ("blank", {"send_days": []}, "Choose at least one day"),
    ("blank", {"begins_at": "2031-05-02T09:00", "ends_at": "2031-05-01T09:00"}, "It would end before it begins"),
    ("blank", {"ends_at": "2020-01-01T09:00"}, "This is over already"),
    ("blank", {"begins_at": "2020-01-01T09:00"}, "This is over already"),
    ("blank", {"daily_cap": "500", "total_cap": "100"}, "This is more than may be asked in all, 100"),
    ("blank", {"sample_percent": "0"}, "At least 0.01."),
    ("blank", {"total_cap": "0"}, "At least 1. Leave it empty for no limit."),
    ("blank", {"daily_cap": "1000000000"}, "At most 10,000,000."),
    ("blank", {"response_target": "many"}, "Enter a whole number"),
    ("blank", {"reminders": "3", "reminder_days": "40"}, "goes out after 120 days"),
    ("support", {"event_kind": ""}, "Say which events it asks about"),
    ("support", {"event_kind": "Order Delivered"}, "The kind is no name like order.delivered"),
    ("support", {"delay_amount": "400", "delay_unit": "days"}, "This is more than a year"),
    ("support", {"trigger": "date"}, "Choose the property whose date it asks about"),
]


@pytest.mark.parametrize(("start", "changes", "says"), BAD)
def test_rules_that_do_not_go_together_are_refused_beside_their_field(
    alice: Person, start: str, changes: dict[str, Any], says: str
) -> None:
    campaign = begun(alice, start)
    before = Rules.of(campaign)

    shown = rules(alice, campaign.pk, **changes)

    errors = [error for found in shown.context["form"].errors.values() for error in found]
    assert [error for error in errors if says in error], errors
    campaign.refresh_from_db()
    assert Rules.of(campaign) == before


def test_all_rules_of_a_wave_are_stored_and_said(alice: Person) -> None:
    Organization.objects.filter(pk=alice.organization.pk).update(time_zone="Europe/Berlin")
    campaign = begun(alice, "blank")
    chosen = {
        **{"begins_at": "2031-01-15T08:30", "ends_at": "2031-07-15T08:30", "send_from": "08:00", "send_until": "12:00"},
        **{"send_days": ["0", "2", "3", "4"], "priority": "4", "throttle_days": "120", "sample_percent": "12.5"},
        **{"daily_cap": "50", "total_cap": "1000", "response_target": "200", "reminders": "2", "reminder_days": "4"},
    }

    assert rules(alice, campaign.pk, **chosen).status_code == 302

    stored = Rules.of(Campaign.objects.get(pk=campaign.pk))
    assert stored == Rules(
        begins_at=datetime(2031, 1, 15, 7, 30, tzinfo=UTC),  # winter in Berlin
        ends_at=datetime(2031, 7, 15, 6, 30, tzinfo=UTC),  # summer
        send_from=time(8),
        send_until=time(12),
        send_days=0b11101,
        priority=4,
        throttle_days=120,
        sample_share=1250,
        daily_cap=50,
        total_cap=1000,
        response_target=200,
        reminders=2,
        reminder_days=4,
    )
    said = alice.get(alice.url("campaigns:detail", pk=campaign.pk)).content.decode()
    for words in (
        "from 15 January 2031, 08:30 on, Monday, Wednesday–Friday 08:00–12:00 in the customer’s time.",
        "less than 120 days before gets it later",
        "Only 12.5 % of the audience",
        "At most 50 a day",
        "At most 1000 in all",
        "Ends with 200 answers",
        "Priority: highest",
        "Up to 2 reminders",
        "Ends on 15 July 2031, 08:30",
    ):
        assert words in said


def test_conditions_on_an_event_are_chosen_among_the_fields_that_came_with_it(alice: Person) -> None:
    at = timezone.now()
    EventKind.objects.create(
        organization=alice.organization, name="order.delivered", fields={"total": "number"}, first_at=at, last_at=at
    )
    campaign = begun(alice, "support")
    row = {"e.word": "all", "e-0.field": "e.total", "e-0.op": "greater"}

    # Another kind of event offers its own fields, before anything is saved.
    looked = rules(alice, campaign.pk, event_kind="order.delivered", do="add:e", save=None).content.decode()
    assert '<option value="e.total">total</option>' in looked
    assert 'name="e-0.field"' in looked

    bad = rules(alice, campaign.pk, event_kind="order.delivered", **row, **{"e-0.value": "lots"})
    assert "“lots” is not a number" in bad.content.decode()

    good = {"event_kind": "order.delivered", "delay_amount": "90", "delay_unit": "minutes", **row, "e-0.value": "100"}
    assert rules(alice, campaign.pk, **good).status_code == 302
    campaign.refresh_from_db()
    assert campaign.event_conditions == {"all": [{"field": "e.total", "op": "greater", "value": 100}]}
    assert campaign.delay_minutes == 90
    shown = alice.get(alice.url("campaigns:when", pk=campaign.pk))
    assert "Asks 90 minutes after “order.delivered”, if total is more than 100" in shown.context["meaning"].main


@pytest.mark.usefixtures("dates")
def test_from_an_event_to_a_date_and_what_it_relies_on_is_held(alice: Person) -> None:
    campaign = begun(alice, "support")
    changed = {"trigger": "date", "date_property": "trial_end", "offset_days": "5", "offset_side": "before"}

    rules(alice, campaign.pk, **changed)

    campaign.refresh_from_db()
    assert (campaign.trigger, campaign.event_kind, campaign.delay_minutes) == (Trigger.DATE, "", -5 * 24 * 60)
    assert [use.property.key for use in PropertyUse.objects.filter(user_id=campaign.pk)] == ["trial_end"]


def test_what_recurs_says_how_many_that_is_a_day(alice: Person) -> None:
    for _ in range(30):
        factories.customer(alice.organization)
    factories.customer(alice.organization, email=None)
    campaign = begun(alice, "relationship")

    looked = rules(alice, campaign.pk, every_days="10", sample_percent="50")
    assert looked.status_code == 302
    shown = alice.get(alice.url("campaigns:when", pk=campaign.pk)).context["meaning"]

    assert "once every 10 days, about 2 a day" in shown.main  # 30 who have an address, half of them, in ten days
    assert any("left alone for 90 days" in line for line in shown.others)


# ── What stands in the way of a launch ───────────────────────────────────────────────────────────────────────────────


def test_what_is_in_the_way_of_a_launch_is_said_and_refused_by_the_action_too(alice: Person) -> None:
    factories.customer(alice.organization)
    past = timezone.now() - timedelta(minutes=1)
    trial = begun(alice, "trial")
    over = factories.campaign(alice.organization, "Over", ends_at=past)
    vague = factories.campaign(alice.organization, "Vague", exclusions={"all": [{"field": "p.gone", "op": "is_set"}]})
    for campaign, says in (
        (trial, "There is no date property “trial_end”"),
        (over, "Its end has come already"),
        (vague, "There is no field “p.gone”"),
    ):
        shown = alice.get(alice.url("campaigns:check", pk=campaign.pk)).content.decode()
        assert says in shown
        assert "Launch now" not in shown
        refused = alice.post(alice.url("campaigns:launch", pk=campaign.pk), follow=True).content.decode()
        assert f"Not launched: {says}" in refused
        assert Campaign.objects.get(pk=campaign.pk).is_draft


def test_a_campaign_of_links_alone_promises_no_mail(alice: Person) -> None:
    factories.customer(alice.organization)
    draft = begun(alice, "links")
    page = alice.get(alice.url("campaigns:check", pk=draft.pk)).content.decode()
    assert "Nobody is emailed" in page
    for said in ("gets the email", "would get the email", "What they get", "Mend it", "first emails leave"):
        assert said not in page
    alice.post(alice.url("campaigns:launch", pk=draft.pk))
    draft.refresh_from_db()
    assert draft.status == Status.SCHEDULED


def test_an_event_that_nobody_told_yet_is_a_warning_and_no_obstacle(alice: Person) -> None:
    campaign = begun(alice, "purchase")
    shown = alice.get(alice.url("campaigns:check", pk=campaign.pk)).content.decode()
    assert "Nothing called “order.delivered” was ever told here" in shown
    assert "Launch now" in shown


def test_a_language_with_gaps_and_variants_that_are_alike_are_told_before_the_launch(alice: Person) -> None:
    factories.customer(alice.organization)
    campaign = begun(alice, "blank")
    with versions.edited(campaign=campaign, by=alice.membership, at=timezone.now()) as edit:
        edit.words["pt-br"] = replace(edit.words["en"], question="")
        edit.design = Design(variants=(Variant("A", 5000), Variant("B", 5000)))
    shown = alice.get(alice.url("campaigns:check", pk=campaign.pk)).content.decode()
    assert "Brazilian Portuguese is not complete" in shown
    assert "Variant B says the same as A" in shown
    assert "Launch now" in shown


def test_a_beginning_that_is_still_to_come_is_waited_for_and_can_be_taken_back(alice: Person) -> None:
    factories.customer(alice.organization)
    now = timezone.now()
    begins_at = (now + timedelta(days=3)).replace(second=0, microsecond=0)
    campaign = begun(alice, "blank")
    rules(alice, campaign.pk, begins_at=begins_at.strftime("%Y-%m-%dT%H:%M"))

    alice.post(alice.url("campaigns:launch", pk=campaign.pk))
    shown = alice.get(alice.url("campaigns:detail", pk=campaign.pk)).content.decode()
    assert "until then nothing is sent" in shown
    assert actions.start_due(at=begins_at - timedelta(seconds=1)) == 0

    assert "Take the launch back" in shown
    alice.post(alice.url("campaigns:undo", pk=campaign.pk))
    assert Campaign.objects.get(pk=campaign.pk).status == Status.DRAFT
    alice.post(alice.url("campaigns:launch", pk=campaign.pk))
    assert actions.start_due(at=begins_at) == 1

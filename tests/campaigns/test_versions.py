"""Changing what runs: every save is a version, and who was asked keeps theirs. Of two people at once the second is told."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from surveys.accounts.models import AuditEntry, Role
from surveys.campaigns import actions, queries
from surveys.campaigns.actions import EditedMeanwhile, Fixed, NotEditable, versions
from surveys.campaigns.actions.versions import Part
from surveys.campaigns.design import Design, Link, Variant
from surveys.campaigns.models import Campaign, CampaignVersion, Status, Wording
from surveys.campaigns.rules import Rules
from surveys.core.conditions.tree import EVERYONE
from surveys.customers.models import Property, PropertyUse
from surveys.delivery.models import Delivery, PlanDecision
from tests import factories
from tests.campaigns.forms import message, message_fields, rules
from tests.delivery.world import plan
from tests.people import Person
from tests.responses.mail import Mail


@pytest.fixture
def live(alice: Person) -> Campaign:
    """A wave that runs, in two languages; one customer was asked."""
    campaign = factories.campaign(
        alice.organization, "Pulse", status=Status.LIVE, wave=1, launched_at=timezone.now(), planned_at=timezone.now()
    )
    words = Wording.objects.get(campaign=campaign)
    words.pk, words.language, words.question = None, "de", "Wie wahrscheinlich ist es?"
    words.save()
    return campaign


def page(of: Mail) -> str:
    return Client().get(of.page).content.decode()


def test_an_edit_of_what_runs_is_a_version_and_who_was_asked_keeps_theirs(alice: Person, live: Campaign) -> None:
    before = Mail(factories.invitation(live, factories.customer(alice.organization)))
    assert "after version 1" in alice.get(alice.url("campaigns:message", pk=live.pk)).content.decode()

    assert message(alice, live.pk, question="Would you come again?").status_code == 302
    live.refresh_from_db()
    after = Mail(factories.invitation(live, factories.customer(alice.organization)))

    assert (live.version, live.status) == (2, Status.LIVE)
    assert "How likely are you to recommend us" in page(before)
    assert "Would you come again?" in page(after)
    known = (
        Wording.objects.filter(campaign=live).order_by("version", "id").values_list("version", "language", "question")
    )
    assert list(known) == [
        (1, "en", "How likely are you to recommend us to a friend or colleague?"),
        (1, "de", "Wie wahrscheinlich ist es?"),
        (2, "en", "Would you come again?"),
        (2, "de", "Wie wahrscheinlich ist es?"),
    ]
    entry = AuditEntry.objects.get(action="campaign.edited")
    assert entry.details["version"] == 2
    assert entry.details["changed"]["question"][1] == "Would you come again?"


def test_every_step_makes_a_version_and_what_must_stay_stays(alice: Person, live: Campaign) -> None:
    Property.objects.create(organization=alice.organization, key="plan", label="Plan", type="text")
    url = alice.url("campaigns:audience", pk=live.pk)
    seen = alice.get(url).context["seen"]
    but_not = {"x.word": "all", "x-0.field": "p.plan", "x-0.op": "equals", "x-0.value": "Pro"}
    alice.post(url, {"c.word": "all", **but_not, "seen": seen, "save": "audience"})
    live.refresh_from_db()
    assert (live.version, live.exclusions["all"][0]["field"]) == (2, "p.plan")
    assert PropertyUse.objects.filter(user_id=live.pk, property__key="plan").exists()

    ends_at = (timezone.now() + timedelta(days=9)).replace(second=0, microsecond=0)
    typed = {"ends_at": ends_at.strftime("%Y-%m-%dT%H:%M"), "begins_at": "2031-01-01T09:00", "daily_cap": "20"}
    assert rules(alice, live.pk, **typed).status_code == 302
    live.refresh_from_db()
    assert (live.version, live.ends_at, live.daily_cap, live.begins_at) == (3, ends_at, 20, None)
    kept = CampaignVersion.objects.filter(campaign=live).order_by("number")
    assert [(row.number, row.rules["daily_cap"], row.created_by) for row in kept] == [
        (2, None, alice.membership.user),
        (3, 20, alice.membership.user),
    ]

    message(alice, live.pk, name="Pulse of spring")  # nobody who is asked sees it
    assert Campaign.objects.values_list("name", "version").get(pk=live.pk) == ("Pulse of spring", 3)
    assert rules(alice, live.pk).status_code == 302  # nothing is different
    assert Campaign.objects.get(pk=live.pk).version == 3


def test_a_wave_that_is_widened_under_way_asks_those_who_were_left_out_and_nobody_twice(alice: Person) -> None:
    free, pro = (factories.customer(alice.organization, name=name) for name in ("Free", "Pro"))
    without = {"all": [{"field": "email", "op": "contains", "value": str(pro.email)}]}
    wave = factories.campaign(
        alice.organization, status=Status.LIVE, wave=1, launched_at=timezone.now(), exclusions=without
    )
    plan(wave)
    assert reasons(wave) == {free.pk: "invited", pro.pk: "excluded"}
    factories.customer(alice.organization, email=None)  # came after everybody was looked at

    actions.choose_audience(campaign=wave, audience=EVERYONE, by=alice.membership, at=timezone.now())
    plan(wave)

    assert {reasons(wave)[person.pk] for person in (free, pro)} == {"invited"}
    assert sorted(reasons(wave).values()) == ["invited", "invited", "no_address"]
    assert Delivery.objects.filter(campaign=wave).count() == 2


def reasons(campaign: Campaign) -> dict[int, str]:
    decided = PlanDecision.objects.filter(campaign=campaign).order_by("customer_id")
    return dict(decided.values_list("customer_id", "reason"))


def test_fixed_rules_are_refused_whoever_asks_for_it(alice: Person, live: Campaign) -> None:
    wanted = replace(Rules.of(live), kind="recurring", every_days=30)
    with pytest.raises(Fixed) as refused:
        actions.choose_rules(campaign=live, rules=wanted, by=alice.membership, at=timezone.now())
    assert refused.value.names == ("kind", "every_days")
    assert Campaign.objects.values_list("kind", "version").get(pk=live.pk) == ("one_off", 1)


def test_of_two_who_edit_the_same_step_the_second_is_told_and_may_insist(alice: Person, bob: Person) -> None:
    bob.becomes(Role.ADMIN)
    draft = factories.campaign(alice.organization)
    opened = message_fields(bob, draft.pk) | {"save": "message", "subject": "Bob's words"}
    message(alice, draft.pk, subject="Alice's words")
    rules(alice, draft.pk, daily_cap="7")

    told = bob.post(bob.url("campaigns:message", pk=draft.pk), opened)
    assert "was changed since you opened it" in told.content.decode()
    assert "Bob&#x27;s words" in told.content.decode()
    assert queries.wording(draft).subject == "Alice's words"

    bob.post(bob.url("campaigns:message", pk=draft.pk), opened | {"seen": told.context["seen"]})
    assert queries.wording(draft).subject == "Bob's words"
    assert Campaign.objects.get(pk=draft.pk).daily_cap == 7


def test_different_steps_do_not_disturb_each_other(alice: Person) -> None:
    draft = factories.campaign(alice.organization)
    opened = message_fields(alice, draft.pk) | {"save": "message", "subject": "Still mine"}
    rules(alice, draft.pk, reminders="2")
    assert alice.post(alice.url("campaigns:message", pk=draft.pk), opened).status_code == 302
    assert (queries.wording(draft).subject, Campaign.objects.get(pk=draft.pk).reminders) == ("Still mine", 2)


def test_what_is_over_stays_as_it_was(alice: Person, live: Campaign) -> None:
    opened = message_fields(alice, live.pk) | {"save": "message", "subject": "Too late"}
    actions.cancel(campaign=live, by=alice.membership, at=timezone.now())

    refused = alice.post(alice.url("campaigns:message", pk=live.pk), opened, follow=True)

    assert "the campaign is over" in refused.content.decode()
    for step in ("message", "audience", "when"):
        assert alice.get(alice.url(f"campaigns:{step}", pk=live.pk)).status_code == 302
    with pytest.raises(NotEditable), versions.edited(campaign=live, by=alice.membership, at=timezone.now()) as edit:
        edit.name = "Other"
    assert Wording.objects.filter(campaign=live, subject="Too late").count() == 0


def test_an_edit_reads_and_writes_all_that_a_campaign_says(alice: Person, live: Campaign) -> None:
    by, at = alice.membership, timezone.now()
    design = Design(
        links=(Link("l1", "https://example.com/review"),),
        variants=(Variant("A", 7000), Variant("B", 3000, "Ada of Acme")),
        reply_to="ada@acme.example",
    )
    seen = versions.stamp(live, Part.QUESTIONS)
    with versions.edited(campaign=live, by=by, at=at, part=Part.QUESTIONS, seen=seen) as edit:
        edit.design = design
        edit.words["fr"] = replace(edit.words["en"], question="Nous recommanderiez-vous ?")
        del edit.words["de"]
    live.refresh_from_db()

    assert queries.design(live) == design
    assert queries.design(live, version=1) == Design()
    assert [words.language for words in queries.wordings(live)] == ["en", "fr"]
    with pytest.raises(EditedMeanwhile), versions.edited(campaign=live, by=by, at=at, part=Part.QUESTIONS, seen=seen):
        pass


# ── Variants, reminders, sender ──────────────────────────────────────────────────────────────────────────────────────


def test_variants_are_added_shared_out_and_removed_without_script(alice: Person) -> None:
    draft = factories.campaign(alice.organization, reminders=1)
    url = alice.url("campaigns:message", pk=draft.pk)

    added = alice.post(url, message_fields(alice, draft.pk) | {"do": "variant:add"})
    assert [(form.key, form.percent) for form in added.context["forms"].variants] == [("A", 50), ("B", 50)]
    assert queries.design(draft) == Design()  # looking stores nothing

    chosen = {"variant": ["A", "B"], "A-share": "60", "B-share": "30", "B-subject": "Quick one", "B-sender_name": "Ada"}
    refused = message(alice, draft.pk, **chosen).content.decode()
    assert "The shares together are 90 %" in refused
    assert (
        "is not a known placeholder" in message(alice, draft.pk, **chosen, **{"B-intro": "{{ oops }}"}).content.decode()
    )
    message(alice, draft.pk, **chosen | {"B-share": "40", "reminder-1-intro": "Still there?"})
    assert queries.design(draft).variants == (Variant("A", 6000), Variant("B", 4000, "Ada"))
    assert queries.wording(draft).variants == {"B": {"subject": "Quick one"}}
    assert queries.wording(draft).reminders == [{"intro": "Still there?"}]

    three = alice.post(url, message_fields(alice, draft.pk) | {"do": "variant:add"}).context["forms"].variants
    assert [(form.key, form.percent) for form in three] == [("A", 34), ("B", 33), ("C", 33)]
    fields = message_fields(alice, draft.pk)
    removed = alice.post(url, fields | {"do": "variant:remove:B"}).context["forms"].variants
    assert removed == []
    message(alice, draft.pk, variant=[])
    assert queries.design(draft).variants == ()
    assert queries.wording(draft).variants == {}


def test_a_sender_and_a_colour_of_its_own_and_how_the_colour_reads(alice: Person) -> None:
    draft = factories.campaign(alice.organization)
    own = {"from-sender_name": "Ada of Acme", "from-reply_to": "ada@acme.example", "from-own_color": "on"}

    assert "Enter a valid email address" in message(alice, draft.pk, **{"from-reply_to": "ada"}).content.decode()
    looked = message(alice, draft.pk, **own, **{"from-brand_color": "#ffee00", "do": "look", "save": None})
    assert "less than the 4.5 : 1 that text needs" in looked.content.decode()
    message(alice, draft.pk, **own, **{"from-brand_color": "#FFEE00"})

    design = queries.design(draft)
    assert (design.sender_name, design.reply_to, design.brand_color) == ("Ada of Acme", "ada@acme.example", "#ffee00")
    shown = alice.get(alice.url("delivery:preview", pk=draft.pk, part="txt")).content.decode()
    assert "Ada of Acme <" in shown
    message(alice, draft.pk, **{"from-own_color": None})
    assert queries.design(draft).brand_color == ""

"""The page of a campaign that runs: its funnel with the people behind it, what comes, its versions and variants."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from surveys.analytics.campaigns.variant_words import card
from surveys.analytics.campaigns.variants import Finding, Variant, compared
from surveys.analytics.counting.funnels import Funnel
from surveys.analytics.upkeep import rollups
from surveys.campaigns import actions
from surveys.campaigns.actions.versions import Edit
from surveys.campaigns.models import Campaign, CampaignVersion, Status
from surveys.core.nps import Split
from surveys.delivery.models import Delivery, PlanDecision, Queue, Reason
from surveys.delivery.models import Kind as Message
from tests import factories
from tests.people import Person

NOW = timezone.now()


def text(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


@pytest.fixture
def pulse(alice: Person) -> Campaign:
    """Six were asked: one answered with a comment, one opened, one bounced, one unsubscribed, one complained; one is due,
    and one was asked recently by another campaign."""
    campaign = factories.campaign(
        alice.organization, "Pulse", Status.LIVE, wave=1, launched_at=NOW, planned_at=NOW, daily_cap=10
    )
    names = ("Answers", "Opens", "Bounces", "Leaves", "Complains", "Silent")
    people = {name: factories.customer(alice.organization, name=name) for name in names}
    asks = {name: factories.invitation(campaign, person, NOW - timedelta(days=1)) for name, person in people.items()}
    what = {"Opens": "opened_at", "Bounces": "bounced_at", "Leaves": "unsubscribed_at", "Complains": "complained_at"}
    for name, when in what.items():
        setattr(asks[name], when, NOW)
        asks[name].save()
    asks["Answers"].opened_at = asks["Answers"].answered_at = NOW
    asks["Answers"].save()
    factories.response(asks["Answers"], 9, "Because")
    waits = factories.customer(alice.organization, name="Waits")
    ask = factories.invitation(campaign, waits)
    type(ask).objects.filter(pk=ask.pk).update(
        sent_at=None, sent_day=None, claimed_at=None, due_at=NOW + timedelta(days=2)
    )
    Delivery.objects.create(
        organization=alice.organization,
        campaign=campaign,
        invitation=ask,
        customer=waits,
        kind=Message.ASK,
        queue=Queue.BULK,
        due_at=NOW + timedelta(days=2),
        created_at=NOW,
    )
    PlanDecision.objects.create(
        organization=alice.organization,
        campaign=campaign,
        customer=factories.customer(alice.organization, name="Later"),
        occasion="wave:1",
        reason=Reason.THROTTLED,
        until=NOW + timedelta(days=30),
        blocker=factories.campaign(alice.organization, "Onboarding", Status.ENDED).pk,
        decided_at=NOW,
    )
    for piece in rollups.slices(alice.organization.pk):
        rollups.repair(piece)
    return campaign


def people(person: Person, address: str) -> set[str]:
    page = person.get(unescape(address)).content.decode()
    return {text(name) for name in re.findall(r'<th scope="row"><a class="row-link"[^>]*>(.*?)</a>', page)}


def test_each_figure_counts_the_people_that_stand_behind_it(alice: Person, pulse: Campaign) -> None:
    page = alice.get(pulse.get_absolute_url()).content.decode()
    links = dict(re.findall(r'href="([^"]*/people/\?[^"]*)">(.*?)</a>', page, re.DOTALL))
    assert {text(label) for label in links.values()} == {
        "Sent", "Delivered", "Survey opened", "Answered", "Commented",
        "Due 1", "Bounced 1", "Complained 1", "Unsubscribed 1", "Asked recently",
    }  # fmt: skip
    behind = {text(label): people(alice, address) for address, label in links.items()}
    assert behind == {
        "Sent": {"Answers", "Opens", "Bounces", "Leaves", "Complains", "Silent"},
        "Delivered": {"Answers", "Opens", "Leaves", "Complains", "Silent"},
        "Survey opened": {"Answers", "Opens"},
        "Answered": {"Answers"},
        "Commented": {"Answers"},
        "Due 1": {"Waits"},
        "Bounced 1": {"Bounces"},
        "Complained 1": {"Complains"},
        "Unsubscribed 1": {"Leaves"},
        "Asked recently": {"Later"},
    }
    funnel = text(page.partition('class="data tight funnel"')[2].partition("</table>")[0])
    assert "Sent 6 100 % Delivered 5 83 % Survey opened 2 33 % Answered 1 17 % Commented 1 17 %" in funnel
    told = text(
        alice.get(alice.url("campaigns:people", pk=pulse.pk), {"reason": "throttled", "q": "late"}).content.decode()
    )
    assert "Not asked yet: asked recently by Onboarding , free on " in told


def test_what_comes_and_when_it_ends_is_said(alice: Person, pulse: Campaign) -> None:
    page = text(alice.get(pulse.get_absolute_url()).content.decode())
    assert "The next messages are due on " in page
    assert "The next of those who wait are decided about on " in page
    assert "What is known of now is probably done on " in page
    Campaign.objects.filter(pk=pulse.pk).update(response_target=50)
    assert "It ends with 50 counted answers; there are 1." in text(alice.get(pulse.get_absolute_url()).content.decode())


def test_more_invitations_make_no_more_statements(alice: Person, pulse: Campaign) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as found:
            alice.get(pulse.get_absolute_url())
            alice.get(alice.url("campaigns:people", pk=pulse.pk), {"step": "sent"})
            alice.get(alice.url("campaigns:people", pk=pulse.pk))
        return len(found)

    statements()
    before = statements()
    for _ in range(20):
        factories.invitation(pulse, factories.customer(alice.organization))
    assert statements() == before


def test_a_change_under_way_makes_a_version_that_says_what_changed_and_who_got_it(
    alice: Person, pulse: Campaign
) -> None:
    def change(edit: Edit) -> None:
        edit.words[edit.main] = replace(edit.words[edit.main], subject="Another subject")

    actions.edit_message(campaign=pulse, change=change, by=alice.membership, at=NOW)
    assert CampaignVersion.objects.filter(campaign=pulse, number=2).exists()
    pulse.refresh_from_db()
    factories.invitation(pulse, factories.customer(alice.organization))
    for piece in rollups.slices(alice.organization.pk):
        rollups.repair(piece)
    page = text(alice.get(pulse.get_absolute_url()).content.decode())
    assert "Version 2 : subject 1 invitation used it" in page


# ── Variants ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def variant(key: str, delivered: int, answered: int) -> Variant:
    return Variant(key, Funnel(sent=delivered, answered=answered), Split(answered, 0, 0))


@pytest.mark.parametrize(
    ("a", "b", "finding"),
    [
        ((20, 2), (20, 15), Finding.TOO_FEW),
        ((1000, 200), (1000, 210), Finding.NO_EVIDENCE),
        ((1000, 200), (1000, 270), Finding.BETTER),
        ((1000, 270), (1000, 200), Finding.WORSE),
    ],
)
def test_a_difference_of_response_rates_is_called_one_only_where_it_is(
    a: tuple[int, int], b: tuple[int, int], finding: Finding
) -> None:
    (found,) = compared([variant("A", *a), variant("B", *b)])
    assert found.finding is finding


def test_who_compares_many_finds_no_more_by_chance() -> None:
    """p = 0.03 alone is evidence; as one of three comparisons it is none."""
    first, lucky = variant("A", 1000, 200), variant("B", 1000, 240)
    (alone,) = compared([first, lucky])
    among = compared([first, lucky, variant("C", 1000, 201), variant("D", 1000, 199)])
    assert (alone.finding, among[0].finding) == (Finding.BETTER, Finding.NO_EVIDENCE)


def test_the_card_names_the_better_one_and_warns_while_answers_come_in() -> None:
    found = card([variant("A", 1000, 270), variant("B", 1000, 200)], is_running=True)
    assert found.findings[0].startswith("A has the better response rate, by 3.")
    assert found.is_early
    assert not card([variant("A", 1000, 270)], is_running=True).rows[1:]


def test_variants_that_were_sent_stand_on_the_page(alice: Person, pulse: Campaign) -> None:
    assert "Variants" not in text(alice.get(pulse.get_absolute_url()).content.decode())
    for key in "AB":
        factories.invitation(pulse, factories.customer(alice.organization), variant=key)
    for piece in rollups.slices(alice.organization.pk):
        rollups.repair(piece)
    page = text(alice.get(pulse.get_absolute_url()).content.decode())
    assert "Response rates of B and A: too few to be sure." in page
    assert "Wait until it is over before you decide" in page

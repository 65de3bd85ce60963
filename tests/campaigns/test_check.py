"""Before the launch: who gets it, when, who does not and why, by name; and what it can show."""

import csv
import io
import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.formats import date_format

from surveys.accounts.models import AuditEntry, Role
from surveys.analytics.upkeep import rollups
from surveys.campaigns.models import Campaign, Kind, Status, Trigger
from surveys.core import nps
from surveys.customers.models import Customer, CustomerEvent, Property
from tests import factories
from tests.people import Person

NOW = timezone.now()


def text(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def page(person: Person, name: str, campaign: Campaign, **query: str) -> str:
    response = person.get(person.url(f"campaigns:{name}", pk=campaign.pk), query)
    assert response.status_code == 200
    return text(response.content.decode().partition("<main")[2])


@pytest.fixture
def ada(alice: Person) -> Customer:
    """Asked twelve days ago by Onboarding."""
    asked = NOW - timedelta(days=12, hours=1)
    ada = factories.customer(alice.organization, "ada@example.com", name="Ada Okafor", last_asked_at=asked)
    onboarding = factories.campaign(alice.organization, "Onboarding", Status.ENDED, wave=1)
    factories.invitation(onboarding, ada, asked)
    return ada


def test_each_decision_leads_to_its_people_with_the_reason_in_detail(alice: Person, ada: Customer) -> None:
    factories.customer(alice.organization, "ben@example.com", name="Ben", time_zone="Asia/Tokyo")
    factories.customer(alice.organization, "cleo@example.com", name="Cleo", suppression="unsubscribed")
    draft = factories.campaign(alice.organization, "Pulse")

    check = page(alice, "check", draft)
    assert "1 customer gets the email, of 3 in the audience" in check
    assert "All of it goes out on " in check

    everybody = page(alice, "foreseen", draft)
    assert "asked 12 days ago by Onboarding , free on " in everybody
    assert "Gets it." in everybody
    assert "(Asia/Tokyo)" in everybody, "when it is sent, where Ben lives"
    assert "Does not get it: unsubscribed." in everybody
    throttled = page(alice, "foreseen", draft, reason="throttled")
    assert "Ada Okafor" in throttled
    assert "Ben" not in throttled


def test_why_not_ada(alice: Person, ada: Customer) -> None:
    Property.objects.create(organization=alice.organization, key="plan", label="Plan", type="text")
    factories.customer(alice.organization, "ben@example.com", name="Ben")
    draft = factories.campaign(alice.organization, "Pulse")
    assert "asked 12 days ago" in page(alice, "foreseen", draft, q="okafor")
    assert "Ben" not in page(alice, "foreseen", draft, q="okafor")
    Campaign.objects.filter(pk=draft.pk).update(
        audience={"all": [{"field": "p.plan", "op": "one_of", "value": ["Pro"]}]}
    )
    assert "Does not get it: not in the audience." in page(alice, "foreseen", draft, q="okafor")
    assert "Nobody" in page(alice, "foreseen", draft, q="nobody of that name")


def test_people_come_by_the_page_and_all_of_them_once(alice: Person) -> None:
    people = [factories.customer(alice.organization, name=f"Person-{number:03}") for number in range(101)]
    draft = factories.campaign(alice.organization, "Pulse")
    seen, address = [], alice.url("campaigns:foreseen", pk=draft.pk)
    while address:
        html = alice.get(address).content.decode()
        seen += re.findall(r"Person-\d{3}", text(html.partition("<main")[2]))
        more = re.search(r'rel="next" href="([^"]+)"', html)
        address = alice.url("campaigns:foreseen", pk=draft.pk) + unescape(more[1]) if more else ""
    assert seen == [person.name for person in people]


def test_the_list_is_a_file_for_who_may_take_it(alice: Person, bob: Person, ada: Customer) -> None:
    draft = factories.campaign(alice.organization, "Pulse")
    response = alice.post(alice.url("campaigns:foreseen_file", pk=draft.pk))
    rows = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))  # type: ignore[attr-defined]
    assert [row["Email"] for row in rows] == ["ada@example.com"]
    assert rows[0]["Why"].startswith("Gets it later: asked 12 days ago by Onboarding, free on ")
    assert AuditEntry.objects.filter(action="campaign.people_exported").count() == 1
    bob.becomes(Role.AGENT)
    assert bob.post(bob.url("campaigns:foreseen_file", pk=draft.pk)).status_code == 403
    assert AuditEntry.objects.filter(action="campaign.people_exported").count() == 1


def test_what_recurs_says_how_many_a_day(alice: Person) -> None:
    for _ in range(40):
        factories.customer(alice.organization)
    draft = factories.campaign(alice.organization, "Pulse", kind=Kind.RECURRING, every_days=10)
    check = page(alice, "check", draft)
    assert "once every 10 days" in check
    assert "In the first cycle of 10 days 40 people have their turn, about 4 a day." in check


def test_what_waits_for_events_says_how_often_they_came(alice: Person, ada: Customer) -> None:
    draft = factories.campaign(
        alice.organization, "Shipped", kind=Kind.TRIGGERED, trigger=Trigger.EVENT, event_kind="order.delivered"
    )
    assert "It did not happen in the last 30 days" in page(alice, "check", draft)
    for number in range(3):
        CustomerEvent.objects.create(
            organization=alice.organization,
            event_id=str(number),
            kind="order.delivered",
            customer=ada,
            occurred_at=NOW - timedelta(days=number),
            received_at=NOW,
        )
    assert "In the last 30 days it happened 3 times, to 1 of your customers." in page(alice, "check", draft)


def test_dates_of_the_coming_days_are_counted(alice: Person) -> None:
    Property.objects.create(organization=alice.organization, key="trial_end", label="Trial end", type="date")
    for days in (3, 10, 200):
        day = (NOW + timedelta(days=days)).date().isoformat()
        factories.customer(alice.organization, properties={"trial_end": day})
    draft = factories.campaign(
        alice.organization, "Trials", kind=Kind.TRIGGERED, trigger=Trigger.DATE, date_property="trial_end"
    )
    assert "In the coming 30 days 2 people have their date" in page(alice, "check", draft)


def test_a_daily_cap_says_when_the_last_goes_out(alice: Person) -> None:
    for _ in range(5):
        factories.customer(alice.organization)
    draft = factories.campaign(alice.organization, "Pulse", daily_cap=2)
    assert "3 days in all" in page(alice, "check", draft)


def test_more_people_make_no_more_statements(alice: Person, ada: Customer) -> None:
    draft = factories.campaign(alice.organization, "Pulse")

    def statements(name: str) -> int:
        with CaptureQueriesContext(connection) as found:
            page(alice, name, draft)
        return len(found)

    statements("check")
    before = {name: statements(name) for name in ("check", "foreseen", "planner")}
    for number in range(30):
        factories.customer(alice.organization, suppression="bounced" if number % 2 else "")
    assert {name: statements(name) for name in before} == before


# ── What it can show ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_a_past_the_planner_says_so_and_takes_an_assumption(alice: Person) -> None:
    for _ in range(300):
        factories.customer(alice.organization)
    draft = factories.campaign(alice.organization, "Pulse")
    assert "Nothing is known of your response rate yet" in page(alice, "planner", draft)
    assumed = page(alice, "planner", draft, rate="20")
    assert "Of 300 people who are asked, about 60 answers are to be expected, four of five of them by " in assumed
    assert "The response rate of 20 % is your own assumption." in assumed
    assert "There is no score of before" in assumed
    assert "“many” is no percentage" in page(alice, "planner", draft, rate="many")


def test_the_past_says_the_rate_and_the_change_that_can_be_told(alice: Person) -> None:
    """100 asked, 40 answered: 24 promoters, 8 passives, 8 detractors, each after two days."""
    earlier = factories.campaign(alice.organization, "Earlier", Status.ENDED, wave=1)
    for number in range(100):
        sent = NOW - timedelta(days=10)
        ask = factories.invitation(earlier, factories.customer(alice.organization), sent)
        if number < 40:
            score = 10 if number < 24 else 8 if number < 32 else 2
            factories.response(ask, score, at=sent + timedelta(days=2))
    for piece in rollups.slices(alice.organization.pk):
        rollups.repair(piece)
    draft = factories.campaign(alice.organization, "Pulse")
    told = page(alice, "planner", draft)
    assert "Of 100 people who are asked, about 40 answers are to be expected" in told
    assert "Response rate: 40 %, of 100 invitations delivered in the last 12 months." in told
    assert "Four of five of your answers came within 2 days." in told
    assert f"four of five of them by {date_format(NOW + timedelta(days=2), 'j F Y')}" in told
    split = nps.Split(24, 8, 8)
    least = nps.least_change(40, split)
    assert least
    assert (
        f"Against your last score (40, from 40 answers) the smallest difference that could be called a change is {nps.rounded(least)}"
        in told
    )

"""What will be sent, day by day, as the calendar shows it."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from surveys.accounts.models import Organization
from surveys.campaigns.models import Campaign, Kind, Status, Trigger
from surveys.core.periods import Period, local_day
from surveys.customers.models import Customer
from surveys.delivery import calendar, upcoming
from surveys.delivery.models import Delivery, PlanDecision, Queue, Reason
from surveys.delivery.models import Kind as Message
from surveys.delivery.upcoming import What
from tests import factories
from tests.people import Person

BERLIN = ZoneInfo("Europe/Berlin")


def due(campaign: Campaign, person: Customer, at: datetime) -> None:
    Delivery.objects.create(
        organization=campaign.organization,
        campaign=campaign,
        customer=person,
        kind=Message.ASK,
        queue=Queue.BULK,
        due_at=at,
        created_at=at,
    )


def shown(organization: Organization, at: datetime) -> list[tuple[date, str, What, int]]:
    period = calendar.period(local_day(at, ZoneInfo(organization.time_zone)))
    return [
        (item.day, item.campaign.name, item.what, item.people) for item in upcoming.items(organization, period, at=at)
    ]


@pytest.fixture
def acme(alice: Person) -> Organization:
    alice.organization.time_zone = "Europe/Berlin"
    alice.organization.save()
    return alice.organization


AT = datetime(2026, 3, 27, 23, 30, tzinfo=ZoneInfo("UTC"))  # the 28th in Berlin, whose clocks change on the 29th
TODAY = date(2026, 3, 28)


def test_a_day_is_the_organizations_and_what_is_late_stands_on_today(acme: Organization) -> None:
    wave = factories.campaign(acme, "Wave", Status.LIVE, wave=1, launched_at=AT)
    ada, ben, cleo, dan = (factories.customer(acme) for _ in range(4))
    due(wave, ada, AT - timedelta(days=3))
    due(wave, ben, datetime(2026, 3, 29, 21, 59, tzinfo=ZoneInfo("UTC")))  # 23:59 in Berlin's summer
    due(wave, cleo, datetime(2026, 3, 29, 22, 1, tzinfo=ZoneInfo("UTC")))
    PlanDecision.objects.create(
        organization=acme,
        campaign=wave,
        customer=dan,
        occasion="wave:1",
        reason=Reason.THROTTLED,
        until=datetime(2026, 4, 10, 12, tzinfo=BERLIN),
        decided_at=AT,
    )
    assert shown(acme, AT) == [
        (TODAY, "Wave", What.DUE, 1),
        (date(2026, 3, 29), "Wave", What.DUE, 1),
        (date(2026, 3, 30), "Wave", What.DUE, 1),
        (date(2026, 4, 10), "Wave", What.FREE, 1),
    ]


def test_more_than_a_day_may_send_moves_to_the_days_after(acme: Organization) -> None:
    wave = factories.campaign(acme, "Wave", Status.LIVE, wave=1, launched_at=AT, daily_cap=2)
    for _ in range(5):
        due(wave, factories.customer(acme), AT)
    due(wave, factories.customer(acme), AT + timedelta(days=1))
    assert [(day.day, people) for day, _name, _what, people in shown(acme, AT)] == [(28, 2), (29, 2), (30, 2)]


def test_everybody_has_a_turn_once_in_each_cycle_of_what_recurs(acme: Organization) -> None:
    for _ in range(40):
        factories.customer(acme)
    factories.customer(acme, None)
    pulse = factories.campaign(
        acme, "Pulse", Status.LIVE, kind=Kind.RECURRING, every_days=10, wave=1, launched_at=AT, plan_day=TODAY
    )
    first = TODAY + timedelta(days=1)
    cycle = Period(first, first + timedelta(days=9))
    turns = {item.day: item.people for item in upcoming.items(acme, cycle, at=AT) if item.what is What.SLOT}
    assert sum(turns.values()) == 40, "whoever has an address"
    after = Period(cycle.first + timedelta(days=10), cycle.last + timedelta(days=10))
    assert {item.day - timedelta(days=10): item.people for item in upcoming.items(acme, after, at=AT)} == turns, (
        "the same people ten days later"
    )
    assert pulse.every_days == 10


def test_dates_come_with_their_delay(acme: Organization) -> None:
    factories.customer(acme, properties={"trial_end": "2026-04-20"})
    factories.customer(acme, properties={"trial_end": "2026-04-20"})
    factories.customer(acme, properties={"trial_end": "2027-04-20"})
    factories.campaign(
        acme,
        "Trials",
        Status.LIVE,
        kind=Kind.TRIGGERED,
        trigger=Trigger.DATE,
        date_property="trial_end",
        delay_minutes=-7 * 24 * 60,
        wave=1,
        launched_at=AT,
    )
    assert shown(acme, AT) == [(date(2026, 4, 13), "Trials", What.DATE, 2)]


def test_reminders_starts_and_ends(acme: Organization) -> None:
    live = factories.campaign(
        acme,
        "Live",
        Status.LIVE,
        wave=1,
        launched_at=AT,
        reminders=3,
        reminder_days=4,
        send_days=0b0011111,  # the second one's Saturday is not allowed
        ends_at=datetime.combine(date(2026, 4, 30), time(9), BERLIN),
    )
    factories.campaign(acme, "Soon", Status.SCHEDULED, starts_at=AT, begins_at=AT + timedelta(days=3))
    factories.campaign(acme, "Draft", begins_at=AT + timedelta(days=3))
    person = factories.customer(acme)
    factories.invitation(live, person, AT - timedelta(days=2), remind_at=AT + timedelta(days=3))
    answered = factories.invitation(live, factories.customer(acme), AT, remind_at=AT + timedelta(days=3))
    answered.answered_at = AT
    answered.save()
    assert shown(acme, AT) == [
        (date(2026, 3, 31), "Live", What.REMINDER, 1),
        (date(2026, 3, 31), "Soon", What.START, 0),
        (date(2026, 4, 6), "Live", What.REMINDER, 1),
        (date(2026, 4, 8), "Live", What.REMINDER, 1),
        (date(2026, 4, 30), "Live", What.END, 0),
    ]


def test_the_page_links_to_campaigns_and_shows_quiet_days(alice: Person, charlie: Person) -> None:
    wave = factories.campaign(alice.organization, "Wave", Status.LIVE, wave=1, launched_at=timezone.now())
    foreign = factories.campaign(charlie.organization, "Secret", Status.LIVE, wave=1, launched_at=timezone.now())
    due(wave, factories.customer(alice.organization), timezone.now())
    due(foreign, factories.customer(charlie.organization), timezone.now())
    page = alice.get(alice.url("delivery:calendar")).content.decode()
    assert f'href="{wave.get_absolute_url()}"' in page
    assert "1 invitation" in page
    assert "quiet days" in page
    assert "Secret" not in page


def test_nothing_to_send_says_so(alice: Person) -> None:
    assert "Nothing will be sent" in alice.get(alice.url("delivery:calendar")).content.decode()


def test_more_campaigns_make_no_more_statements(alice: Person) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as found:
            alice.get(alice.url("delivery:calendar"))
        return len(found)

    def campaign() -> None:
        wave = factories.campaign(alice.organization, "Wave", Status.LIVE, wave=1, launched_at=timezone.now())
        due(wave, factories.customer(alice.organization), timezone.now())

    campaign()
    statements()
    before = statements()
    for _ in range(4):
        campaign()
    assert statements() == before

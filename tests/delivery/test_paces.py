"""Limits on how fast mail leaves hold for all workers together, and what has to wait is neither lost nor held for."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from nps_app import env
from nps_app.local.process import Child
from surveys.accounts.models import AuditEntry, Organization, User
from surveys.campaigns.models import Campaign
from surveys.core import clock
from surveys.customers.models import Customer
from surveys.delivery import actions, paces, turns
from surveys.delivery.actions import Claim, Ending
from surveys.delivery.models import CampaignDay, Delivery, Invitation, Pace, Queue, State
from surveys.outbox.nudges import nudge
from tests import factories
from tests.delivery.world import crowd, live_campaign, plan
from tests.helpers.servers import Session
from tests.helpers.smtp import SmtpSink
from tests.helpers.waiting import wait_until
from tests.people import Person

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
A_SECOND = timedelta(seconds=1)
RATE = 40


def people_at(of: Organization, domain: str, number: int) -> list[Customer]:
    return [factories.customer(of, f"{domain.partition('.')[0]}{each}@{domain}") for each in range(number)]


def planned(of: Person, **fields: Any) -> Campaign:
    campaign = live_campaign(of.organization, **fields)
    plan(campaign)
    return campaign


def claim(at: datetime, limit: int = 500, route: str = "") -> Claim:
    return actions.claim(queue=Queue.BULK, limit=limit, at=at, route=route)


def addresses(of: Claim) -> list[str]:
    return [message.to_address for message in of.messages]


# ── All workers together ─────────────────────────────────────────────────────────────────────────────────────────────


def limit_the_road(_alice: Person, settings: Settings) -> None:
    settings.MAILS_A_SECOND = RATE


def limit_the_organization(alice: Person, _settings: Settings) -> None:
    Organization.objects.filter(pk=alice.organization.pk).update(mails_a_minute_limit=RATE * 60)


def limit_the_domain(_alice: Person, settings: Settings) -> None:
    settings.DOMAIN_RATES = {"example.com": RATE}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("limit", [limit_the_road, limit_the_organization, limit_the_domain])
def test_ten_workers_together_keep_to_one_rate_and_use_it(
    alice: Person, settings: Settings, limit: Callable[[Person, Settings], None]
) -> None:
    crowd(alice.organization, 300)
    limit(alice, settings)
    planned(alice)
    clock.now()
    begin, end = time.monotonic(), time.monotonic() + 1.2
    claimed: list[int] = []

    def work() -> None:
        while time.monotonic() < end:
            claimed.append(len(claim(clock.now()).messages))
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(10)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)
        assert not worker.is_alive(), "they wait for each other"

    passed = time.monotonic() - begin
    assert sum(claimed) <= RATE * passed + RATE, "more than the rate and one burst"
    assert sum(claimed) >= RATE * 1.2, "the burst, and what came while they worked"


@pytest.mark.django_db(transaction=True)
def test_worker_processes_send_at_the_rate_through_a_kill_and_a_flush(
    alice: Person, smtp_sink: SmtpSink, session_servers: Session, celery_worker_process: Callable[..., Child]
) -> None:
    """No beat runs here: what waits for room is woken by the senders themselves."""
    crowd(alice.organization, 120)  # enough for sixty more, whatever the killed worker had claimed
    planned(alice)
    first = celery_worker_process(concurrency=2, NPS_MAILS_A_SECOND=20)
    begin = time.monotonic()
    nudge("surveys.delivery.tasks.send_due")
    nudge("surveys.delivery.tasks.send_due")
    wait_until(lambda: len(smtp_sink.received) >= 30, what="the first mails")
    first.kill9()
    session_servers.empty_valkey()
    celery_worker_process(concurrency=2, NPS_MAILS_A_SECOND=20)
    again = time.monotonic()
    nudge("surveys.delivery.tasks.send_due")
    wait_until(lambda: len(smtp_sink.received) >= 60, what="the other mails")

    moments = sorted(mail.at for mail in smtp_sink.received)
    before = [at for at in moments if at < again]
    after = [at for at in moments if at >= again]
    assert len(before) <= 20 * (again - begin) + 20
    assert len(after) <= 20 * (after[-1] - again) + 20
    assert after[-1] - after[0] < len(after) / 20 + 3, "nobody woke them"


# ── Time ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_a_clock_that_jumps_gives_nothing_twice_and_stops_nothing(alice: Person, settings: Settings) -> None:
    settings.MAILS_A_SECOND = 10
    crowd(alice.organization, 100)
    planned(alice)
    start = timezone.now() + timedelta(hours=3)
    seconds = [0, 0.5, 0.2, 0.5, 1.5, 0.9, 3600, 3590, 3600, -7200, -7199, -7198]

    taken = [len(claim(start + timedelta(seconds=at)).messages) for at in seconds]

    assert taken == [10, 5, 0, 0, 10, 0, 10, 0, 0, 10, 10, 10]


@pytest.mark.django_db
def test_a_slow_road_sends_one_now_and_then(alice: Person, settings: Settings) -> None:
    settings.MAILS_A_SECOND = 0.1
    crowd(alice.organization, 5)
    planned(alice)
    start = timezone.now()

    sent = [at for at in range(41) if claim(start + timedelta(seconds=at)).messages]

    assert sent == [0, 10, 20, 30, 40]


@pytest.mark.django_db
def test_without_a_limit_there_is_no_row(alice: Person) -> None:
    crowd(alice.organization, 5)
    planned(alice)

    assert len(claim(timezone.now()).messages) == 5
    assert turns.next_route(Queue.BULK, at=timezone.now()) is None
    assert not Pace.objects.exists()


# ── Domains ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_what_is_over_its_domains_pace_comes_back_one_by_one_and_the_rest_goes(
    alice: Person, settings: Settings
) -> None:
    settings.DOMAIN_RATES = {"gmail.com": 10}
    people_at(alice.organization, "gmail.com", 50)
    people_at(alice.organization, "example.com", 20)
    campaign = planned(alice)
    start = timezone.now()

    first = claim(start)

    assert Counter(paces.domain_of(address) for address in addresses(first)) == {"gmail.com": 10, "example.com": 20}
    waiting = Delivery.objects.filter(campaign=campaign, state=State.DUE).order_by("due_at")
    moments = [delivery.due_at for delivery in waiting]
    assert {round((later - earlier) / A_SECOND, 3) for earlier, later in pairwise(moments)} == {0.1}
    assert (moments[0] - start, moments[-1] - start) == (0.1 * A_SECOND, 4 * A_SECOND)
    assert not waiting.exclude(attempts=0).exists()
    assert Customer.objects.filter(last_asked_at=None).count() == 40, "nobody is held for what waits"

    taken = [(at, len(claim(start + at * A_SECOND).messages)) for at in (0.05, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4)]
    assert [number for _at, number in taken] == [0, *[5] * 8]
    assert not Delivery.objects.filter(state=State.DUE).exists()


@pytest.mark.django_db
def test_scarce_room_at_a_domain_is_shared_by_organizations(alice: Person, charlie: Person, settings: Settings) -> None:
    settings.DOMAIN_RATES = {"gmail.com": 10}
    for person, number in ((alice, 300), (charlie, 5)):
        people_at(person.organization, "gmail.com", number)
        planned(person)

    organizations = Counter(message.organization for message in claim(timezone.now(), limit=100).messages)

    assert organizations == {alice.organization.pk: 5, charlie.organization.pk: 5}


@pytest.mark.django_db
def test_turns_far_away_are_looked_at_again_within_the_hour(alice: Person, settings: Settings) -> None:
    settings.DOMAIN_RATES = {"gmail.com": 0.05}
    people_at(alice.organization, "gmail.com", 300)
    planned(alice)
    start = timezone.now()

    claim(start)

    waits = sorted(
        (at - start) / A_SECOND for at in Delivery.objects.filter(state=State.DUE).values_list("due_at", flat=True)
    )
    assert waits[:3] == [20, 40, 60]
    assert waits[-1] <= 3600
    assert len(set(waits)) == 299


@pytest.mark.django_db
def test_single_mails_do_not_wait_for_a_domain_and_bulk_mail_waits_for_them(alice: Person, settings: Settings) -> None:
    settings.DOMAIN_RATES = {"gmail.com": 2}
    people_at(alice.organization, "gmail.com", 5)
    planned(alice)
    start = timezone.now()
    for number in range(4):
        actions.enqueue_system(to=f"new{number}@gmail.com", subject="Welcome", text="Hello", at=start)

    singles = actions.claim(queue=Queue.EMAIL, limit=10, at=start)

    assert len(singles.messages) == 4
    assert [len(claim(start + at * A_SECOND).messages) for at in (0, 1, 1.5, 2)] == [0, 0, 1, 1]


# ── A domain that asks for less ──────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def hurried(alice: Person) -> Callable[[datetime], Claim]:
    """A sender that has sent 20 mails a second to gmail.com for five seconds, and has more."""
    people_at(alice.organization, "gmail.com", 130)
    campaign = planned(alice, daily_cap=1000)

    def hurry(at: datetime) -> Claim:
        held = claim(at)
        sent = [message.delivery for message in held.messages[:100]]
        actions.end_and_mark([], sent, owner=held.owner, at=at)
        endings = [Ending(pk, State.SENT, at - timedelta(seconds=number / 20)) for number, pk in enumerate(sent, 1)]
        actions.end_and_mark(endings, [], owner=held.owner, at=at)
        actions.tell(sent, at=at)
        assert Invitation.objects.filter(campaign=campaign, sent_at__isnull=False).count() == 100
        return held

    return hurry


def slow_down(at: datetime) -> None:
    actions.slow_down(route="", domain="gmail.com", said="421 4.7.28 too many", at=at)


def rate_at(at: datetime) -> float | None:
    found = paces.slowed("", at=at)
    return round(found[0].rate, 2) if found else None


@pytest.mark.django_db
def test_a_domain_that_asks_for_less_gets_half_and_is_given_more_again(hurried: Callable[[datetime], Claim]) -> None:
    start = timezone.now()
    hurried(start)

    for _message in range(16):
        slow_down(start)

    assert rate_at(start) == 10, "a window of messages was told the same"
    assert paces.slowed("", at=start)[0].said == "421 4.7.28 too many"
    over = start + timedelta(minutes=15)
    assert [rate_at(over + timedelta(minutes=minutes)) for minutes in (0, 1, 3)] == [10, 20, 80]
    assert rate_at(over + timedelta(minutes=11)) is None

    slow_down(start + timedelta(minutes=1))
    (again,) = paces.slowed("", at=start + timedelta(minutes=2))
    assert again.until - again.since == timedelta(minutes=30)
    assert again.rate == 0.5, "nothing left in the minute before: half of the least that is measured"
    assert paces.slowed("account:1", at=start) == [], "another road is another sender"


@pytest.mark.django_db
def test_its_messages_come_back_untried_and_their_people_are_free(
    alice: Person, hurried: Callable[[datetime], Claim]
) -> None:
    start = timezone.now()
    held = hurried(start)
    rest = [message.delivery for message in held.messages[100:]]
    actions.end_and_mark([], rest[:1], owner=held.owner, at=start)
    assert CampaignDay.objects.get().taken == 130
    slow_down(start)

    assert actions.put_back(rest, owner=held.owner, route="", at=start) == 30
    assert actions.put_back(rest, owner=held.owner, route="", at=start) == 0, "they are nobody's now"

    back = Delivery.objects.filter(pk__in=rest).order_by("due_at")
    assert {(delivery.state, delivery.attempts, delivery.lease_owner) for delivery in back} == {(State.DUE, 0, "")}
    assert [round((delivery.due_at - start) / A_SECOND, 1) for delivery in back[:3]] == [0.1, 0.2, 0.3]
    assert Customer.objects.filter(last_asked_at=None, asked_count=0).count() == 30
    assert CampaignDay.objects.get().taken == 100, "who was not asked does not count"
    later = [len(claim(start + at * A_SECOND).messages) for at in (0, 1, 2, 3, 4)]
    assert later == [0, 10, 10, 10, 0]
    assert CampaignDay.objects.get().taken == 130


# ── Senders come back ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_one_sender_is_told_when_there_will_be_room(alice: Person, settings: Settings) -> None:
    settings.MAILS_A_SECOND = 2
    crowd(alice.organization, 10)
    planned(alice)
    start = timezone.now()
    assert turns.next_route(Queue.BULK, at=start) == ""
    claim(start)

    assert turns.next_route(Queue.BULK, at=start) is None
    assert turns.wait(Queue.BULK, at=start) == pytest.approx(0.5)
    assert turns.wait(Queue.BULK, at=start) is None, "somebody comes already"
    later = start + 0.5 * A_SECOND
    assert turns.next_route(Queue.BULK, at=later) == ""
    assert len(claim(later).messages) == 1
    assert turns.wait(Queue.BULK, at=later) == pytest.approx(0.5)


# ── Setting limits ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_rates_are_read_strictly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NPS_DOMAIN_RATES", "Gmail.com=20, outlook.com = 0.5")
    assert env.rates("NPS_DOMAIN_RATES") == {"gmail.com": 20, "outlook.com": 0.5}
    for wrong in ("gmail.com", "=20", "gmail.com=fast", "gmail.com=0", "gmail.com=-1", "a=1,A=2", "gmail.com=nan"):
        monkeypatch.setenv("NPS_DOMAIN_RATES", wrong)
        with pytest.raises(ImproperlyConfigured, match="NPS_DOMAIN_RATES"):
            env.rates("NPS_DOMAIN_RATES")
    monkeypatch.setenv("NPS_MAILS_A_SECOND", "many")
    with pytest.raises(ImproperlyConfigured, match=r"NPS_MAILS_A_SECOND: 'many' is no rate"):
        env.rate("NPS_MAILS_A_SECOND")
    monkeypatch.delenv("NPS_MAILS_A_SECOND")
    assert env.rate("NPS_MAILS_A_SECOND") is None


def test_the_operator_limits_an_organizations_mails_a_minute(alice: Person, settings: Settings) -> None:
    settings.OPERATOR_MFA = False
    person = factories.user("op@example.com")
    User.objects.filter(pk=person.pk).update(is_staff=True)
    operator = Client()
    operator.force_login(User.objects.get(pk=person.pk))
    address = reverse("operator:limits", args=[alice.organization.pk])

    assert operator.post(address, {"mails_a_minute_limit": "0"}).status_code == 200, "refused: nothing would leave"
    operator.post(address, {"mails_a_minute_limit": "120"})

    crowd(alice.organization, 10)
    planned(alice)
    start = timezone.now()
    assert [len(claim(start + at * A_SECOND).messages) for at in (0, 0.4, 0.5, 1)] == [2, 0, 1, 1]
    entry = AuditEntry.objects.get(action="organization.limits_changed")
    assert entry.details["changed"] == {"mails_a_minute_limit": [None, 120]}
    page = operator.get(reverse("operator:organization", args=[alice.organization.pk])).content.decode()
    assert 'value="120"' in page

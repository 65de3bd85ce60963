"""What operators see of mail: queues, roads, doubts, alarms; and the same as metrics."""

import logging
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import redis
import yaml
from django.conf import settings as django_settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from nps_app.celery import app
from surveys.accounts.models import User
from surveys.campaigns.models import Campaign, Status
from surveys.delivery import quotas
from surveys.delivery.deliverability import counting
from surveys.delivery.deliverability.counting import Column, Counted
from surveys.delivery.models import Batch, Delivery, Kind, MailHealth, Pace, Queue, RouteState, State
from surveys.operations import alarms, metrics, signs, tasks
from surveys.operations.queries import mail
from tests import factories
from tests.people import Person

TOKEN = "a-token-that-nobody-guesses"


@pytest.fixture(autouse=True)
def _no_signs_of_other_tests(db: None) -> None:
    cache.delete_many([f"sign-of-life:{queue}" for queue in signs.QUEUES])


@pytest.fixture
def operator(db: None, settings: Settings) -> Client:
    settings.OPERATOR_MFA = False
    person = factories.user("op@example.com", "Olga Operator")
    User.objects.filter(pk=person.pk).update(is_staff=True)
    client = Client()
    client.force_login(User.objects.get(pk=person.pk))
    return client


def waiting(of: Person, minutes: int, count: int = 1, status: Status = Status.LIVE) -> Campaign:
    """A campaign with so many mails that have been due for so long."""
    campaign = factories.campaign(of.organization, status=status, wave=1)
    at = timezone.now() - timedelta(minutes=minutes)
    row = {"organization": of.organization, "campaign": campaign, "kind": Kind.ASK, "queue": Queue.BULK}
    Delivery.objects.bulk_create([Delivery(**row, due_at=at, created_at=at) for _ in range(count)])
    return campaign


def codes(at: datetime | None = None) -> list[str]:
    return [alarm.code for alarm in alarms.alarms(at=at or timezone.now())]


def test_the_page_says_what_waits_where_and_what_is_in_doubt(operator: Client, alice: Person, charlie: Person) -> None:
    at = timezone.now()
    waiting(alice, 12, count=7)
    waiting(charlie, 3, count=2)
    waiting(charlie, 90, count=50, status=Status.PAUSED)
    Delivery.objects.create(
        organization=alice.organization, kind=Kind.ASK, queue=Queue.BULK, state=State.UNCERTAIN, due_at=at,
        created_at=at, uncertain_at=at - timedelta(minutes=4),
    )  # fmt: skip
    Pace.objects.create(
        key="domain::yahoo.com", tokens=0, filled_at=at, slowed_rate=0.5, slowed_until=at + timedelta(hours=1),
        reason="421 slower",
    )  # fmt: skip
    counting.add(
        [Counted(alice.organization.pk, at.date(), "gmail.com", Column.SENT, 1234)], at=at - timedelta(minutes=2)
    )
    answer = operator.get(reverse("operator:mail"))

    assert [(one.organization.name, one.due) for one in answer.context["found"].waiting] == [("Acme", 7), ("Globex", 2)]
    assert (answer.context["pulse"].sent_5, answer.context["pulse"].doubted_5) == (1234, 1)
    shown = answer.content.decode()
    for text in ("421 slower", "1,234", "Uncertain mails", "maxmemory-policy"):
        assert text in shown
    assert alice.get(reverse("operator:mail")).status_code == 404


def test_the_page_names_whose_mail_was_stopped_and_who_looked_into_it(
    operator: Client, alice: Person, charlie: Person
) -> None:
    at = timezone.now()
    MailHealth.objects.create(organization=alice.organization, stopped_at=at, reason="Mail was stopped: 9 of 10")
    looked = MailHealth.objects.create(organization=charlie.organization, looked_into_at=at - timedelta(days=1))

    shown = operator.get(reverse("operator:mail"))
    assert [one.organization.name for one in shown.context["stopped"]] == ["Acme", "Globex"]
    assert "Mail was stopped: 9 of 10" in shown.content.decode()

    MailHealth.objects.filter(pk=looked.pk).update(looked_into_at=at - timedelta(days=31))
    shown = operator.get(reverse("operator:mail"))
    assert [one.organization.name for one in shown.context["stopped"]] == ["Acme"]


def test_mail_that_stands_still_is_an_alarm_and_mail_that_moves_is_none(
    operator: Client, alice: Person, caplog: pytest.LogCaptureFixture
) -> None:
    at = timezone.now()
    waiting(alice, 4)
    assert codes() == []  # not yet
    waiting(alice, 20)
    assert codes() == ["queue_bulk"]
    assert "have waited for 20 minutes" in operator.get(reverse("operator:organizations")).content.decode()
    with caplog.at_level(logging.WARNING):
        tasks.watch_mail()
    assert "mail alarm queue_bulk" in caplog.text

    counting.add([Counted(None, at.date(), "", Column.SENT)], at=at)
    assert codes() == ["queue_bulk"]  # a sign-up mail left: that is another queue
    counting.add([Counted(alice.organization.pk, at.date(), "example.com", Column.SENT)], at=at)
    assert codes() == []  # a million mails take their time
    assert codes(at + timedelta(minutes=8)) == ["queue_bulk"]
    later = at + timedelta(minutes=8)
    Batch.objects.create(owner="x", queue=Queue.BULK, claimed_at=later, lease_until=later + timedelta(minutes=2))
    assert codes(later) == []


def test_mail_that_has_to_wait_is_no_alarm(alice: Person, charlie: Person) -> None:
    """A full day of an organization, a paused campaign, a suspended organization: nothing is wrong with the server."""
    type(alice.organization).objects.filter(pk=alice.organization.pk).update(mails_a_day_limit=0)
    from_alice = waiting(alice, 60)
    waiting(charlie, 60, status=Status.PAUSED)
    quotas.lock_rooms(at=timezone.now())
    assert from_alice.is_live
    assert codes() == []


def test_a_road_that_cannot_be_reached_and_workers_that_are_silent_are_alarms(operator: Client) -> None:
    at = timezone.now()
    RouteState.objects.create(route="account:7", unreachable_until=at + timedelta(hours=1), updated_at=at)
    assert codes() == []  # an organization's own
    RouteState.objects.create(
        route="", unreachable_until=at + timedelta(hours=1), failures=3, problem="refused", updated_at=at
    )
    for queue in ("email", "bulk", "rollups", "default"):
        tasks.give_sign(queue)
    assert codes() == ["road", "worker_inbound"], "no worker was told of the queue"
    tasks.give_sign("inbound")
    assert codes() == ["road"]
    assert codes(at + timedelta(minutes=10)) == [
        "road",
        *(f"worker_{q}" for q in ("email", "bulk", "rollups", "default", "inbound")),
    ]
    assert "3 times in a row" in operator.get(reverse("operator:mail")).content.decode()


def test_a_broker_that_would_throw_nudges_away_is_said(operator: Client, capsys: pytest.CaptureFixture[str]) -> None:
    address = django_settings.REDIS_URL.replace("redis+socket://", "unix://", 1)
    with redis.Redis.from_url(address) as client:
        before = client.config_get("maxmemory-policy")["maxmemory-policy"]
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            assert codes() == ["broker"]
            assert "must be noeviction" in operator.get(reverse("operator:mail")).content.decode()
            call_command("check", deploy=True)
            assert "nps.W020" in capsys.readouterr().err
        finally:
            client.config_set("maxmemory-policy", before)


# ── Metrics ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def scraped(client: Client) -> dict[str, float]:
    answer = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}", "host": "127.0.0.1:8000"})
    assert answer.status_code == 200
    assert not answer.cookies
    lines = [line for line in answer.content.decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _space, value in (line.rpartition(" ") for line in lines)}


@pytest.mark.django_db
def test_metrics_are_for_who_has_the_token(settings: Settings) -> None:
    client = Client()
    assert client.get("/metrics").status_code == 404
    settings.METRICS_TOKEN = TOKEN
    for header in ({}, {"authorization": "Bearer wrong"}, {"authorization": TOKEN}):
        assert client.get("/metrics", headers=header).status_code == 401
    assert scraped(client)["nps_mails_uncertain"] == 0


def test_metrics_say_what_the_page_says(alice: Person, settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN
    at = timezone.now()
    waiting(alice, 20, count=3)
    tasks.give_sign("bulk")
    counting.add([Counted(alice.organization.pk, at.date(), "a.example", Column.SENT, 5)], at=at - timedelta(days=90))
    counting.add([Counted(alice.organization.pk, at.date(), "a.example", Column.COMPLAINED, 2)], at=at)
    RouteState.objects.create(route="account:7", unreachable_until=at + timedelta(hours=1), updated_at=at)

    found = scraped(Client())

    assert found['nps_mails_due{queue="bulk"}'] == 3
    assert 1200 <= found['nps_mail_stalled_seconds{queue="bulk"}'] < 1300
    assert found['nps_mails_total{outcome="sent"}'] == 5
    assert found['nps_mails_total{outcome="complained"}'] == 2
    assert found["nps_mail_roads_unreachable"] == 1
    assert found['nps_alarm{alarm="queue_bulk"}'] == 1
    assert found['nps_worker_sign_seconds{queue="bulk"}'] < 60


def test_scraping_costs_the_same_however_much_there_is(alice: Person, charlie: Person) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            metrics.metrics(at=timezone.now())
        return len(queries)

    before = statements()
    for person in (alice, charlie):
        waiting(person, 5, count=20)
        waiting(person, 5, count=20)
    assert statements() == before <= 20


@pytest.mark.django_db
def test_totals_outlive_the_minutes_that_they_came_from() -> None:
    at = timezone.now()
    for days in (0, 1, 5, 40):
        counting.add([Counted(None, at.date(), "", Column.SENT, 10)], at=at - timedelta(days=days))

    for _ in range(2):
        assert counting.fold(at=at) <= 2

    assert mail.pulse(at=at + timedelta(minutes=1)).sent_5 == 10
    sent = next(metric for metric in metrics.metrics(at=at) if metric.name == "nps_mails_total")
    assert ({"outcome": "sent"}, 40.0) in sent.samples


# ── Many hosts ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_queue_of_beat_has_a_name_that_workers_are_told(operator: Client) -> None:
    routed = {route["queue"] for route in app.conf.task_routes.values()}
    asked = {entry["args"][0] for name, entry in app.conf.beat_schedule.items() if name.startswith("sign of life")}
    assert routed <= asked == {"email", "bulk", "rollups", "default", "inbound"}


def test_every_metric_is_documented_and_the_rules_know_them(alice: Person) -> None:
    names = {metric.name for metric in metrics.metrics(at=timezone.now())}
    docs = Path(django_settings.BASE_DIR) / "docs"
    documented = set(re.findall(r"^\| `(nps_\w+)", (docs / "metrics.md").read_text(), re.MULTILINE))
    rules = yaml.safe_load((docs / "alerts.yml").read_text())["groups"][0]["rules"]
    used = {name for rule in rules for name in re.findall(r"nps_\w+", rule["expr"])}

    assert names == documented
    assert used <= names

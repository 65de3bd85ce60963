"""No road, organization or campaign waits for another's backlog; what a claim costs does not grow with it."""

import json
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from surveys.accounts.models import Organization
from surveys.campaigns.models import Campaign
from surveys.delivery import actions, letters, routes, tasks, turns
from surveys.delivery.actions import claiming_due
from surveys.delivery.composing import Composer
from surveys.delivery.models import Batch, Delivery, MailAccount, Provider, Queue, RouteState, State
from surveys.delivery.paces import Room
from tests import factories
from tests.delivery.world import crowd, live_campaign, plan
from tests.helpers.smtp import SmtpSink
from tests.people import Person

LIMIT = 100


def due(of: Organization, people: int, **fields: Any) -> Campaign:
    crowd(of, people)
    campaign = live_campaign(of, **fields)
    plan(campaign)
    return campaign


def other(number: int) -> Organization:
    return factories.organization(factories.user(f"owner{number}@example.com"), f"Other {number}").organization


def account_of(of: Organization, **fields: Any) -> MailAccount:
    at = timezone.now()
    new = {"provider": Provider.SMTP, "is_on": True, "checked_at": at, "created_at": at, "updated_at": at}
    return MailAccount.objects.create(organization=of, **new | fields)


def claimed(limit: int = LIMIT, route: str = "") -> Counter[int | None]:
    claim = actions.claim(queue=Queue.BULK, route=route, limit=limit, at=timezone.now())
    return Counter(message.organization for message in claim.messages)


# ── Organizations and campaigns ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_ten_mails_go_with_the_first_batch_whatever_another_has_due(alice: Person, charlie: Person) -> None:
    """The other has many campaigns, of the highest priority; a third one is at its limit, and takes no share."""
    for number in range(LIMIT):
        live = live_campaign(alice.organization, f"Wave {number}", priority=4)
        waiting_for_nobody(live, 3)
    third = other(3)
    due(third, 50)
    Organization.objects.filter(pk=third.pk).update(mails_a_day_limit=7)
    small = due(charlie.organization, 10, daily_cap=500, priority=1)

    ours = claimed()

    assert ours[charlie.organization.pk] == 10
    assert ours[third.pk] == 7
    assert not Delivery.objects.filter(campaign=small, state=State.DUE).exists()


@pytest.mark.django_db
def test_more_organizations_than_a_batch_has_messages_take_turns(alice: Person) -> None:
    organizations = [alice.organization, *(other(number) for number in range(7))]
    for each in organizations:
        due(each, 6)

    served = [claimed(limit=4) for _ in range(9)]

    assert {sum(batch.values()) for batch in served} == {4}
    assert all(set(batch.values()) == {1} for batch in served), "nobody has two while others have none"
    assert set().union(*served) == {each.pk for each in organizations}, "and the same are not left out each time"


def waiting_for_nobody(campaign: Campaign, count: int) -> None:
    """Due messages without people behind them, for weight: a claim that takes them leaves them out."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO surveys_delivery
                (organization_id, campaign_id, kind, queue, state, reason, due_at, lease_owner, attempts, to_address,
                 message_id, created_at, last_error)
            SELECT %s, %s, 'ask', 'bulk', 'due', '', %s, '', 0, '', '', %s, '' FROM generate_series(1, %s)
            """,
            [campaign.organization_id, campaign.pk, timezone.now(), timezone.now(), count],
        )


@pytest.mark.django_db
def test_looking_for_what_is_due_costs_the_same_however_much_is_due(alice: Person, charlie: Person) -> None:
    """Counted in pages of the database, not in time."""
    big = live_campaign(alice.organization)
    waiting_for_nobody(live_campaign(charlie.organization), 10)
    waiting_for_nobody(big, 1_000)
    _analyze()
    little = _pages()
    waiting_for_nobody(big, 99_000)
    _analyze()

    much = _pages()

    assert much <= little * 1.5 + 50, (little, much)
    assert turns.next_route(Queue.BULK, at=timezone.now()) == routes.OPERATOR


def _analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE surveys_delivery")


def _pages() -> int:
    """Read by the statement that chooses a batch of 500, with all that it locks; undone."""
    params = claiming_due.params(Queue.BULK, 500, claiming_due.Rooms(Room()), timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT looking")
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {claiming_due.DUE_IN_BULK}", params)
        (found,) = cursor.fetchone()
        cursor.execute("ROLLBACK TO SAVEPOINT looking")
    plan_found = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    assert plan_found["Actual Rows"] == 260
    return int(plan_found["Shared Hit Blocks"] + plan_found["Shared Read Blocks"])


# ── Roads ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_roads_take_turns_and_one_that_cannot_be_reached_or_is_full_is_left_alone(
    alice: Person, charlie: Person
) -> None:
    third = other(3)
    for each in (alice.organization, charlie.organization, third):
        due(each, 40)
    of_charlie = routes.of_account(account_of(charlie.organization).pk)
    of_third = routes.of_account(account_of(third, mails_a_second=10).pk)
    start = timezone.now()

    turn = [turns.next_route(Queue.BULK, at=start + timedelta(milliseconds=number)) for number in range(6)]
    assert sorted(str(route) for route in turn[:3]) == ["", of_charlie, of_third]
    assert turn[3:] == turn[:3]

    assert claimed(route=of_charlie) == {charlie.organization.pk: 40}
    assert claimed(route=of_third) == {third.pk: 10}, "its account allows ten a second"
    later = timezone.now()
    assert {turns.next_route(Queue.BULK, at=later) for _ in range(3)} == {""}
    assert turns.next_route(Queue.BULK, at=later, besides={""}) is None
    RouteState.objects.update_or_create(
        route="", defaults={"unreachable_until": later + timedelta(minutes=1), "updated_at": later}
    )
    assert turns.next_route(Queue.BULK, at=later) is None
    assert turns.next_route(Queue.BULK, at=later + timedelta(seconds=1)) == of_third
    assert turns.next_route(Queue.BULK, at=later + timedelta(minutes=2), besides={of_third}) == ""


@pytest.mark.django_db
def test_a_road_whose_server_is_slow_does_not_take_all_senders(alice: Person, charlie: Person) -> None:
    due(alice.organization, 40)
    due(charlie.organization, 10)
    of_charlie = routes.of_account(account_of(charlie.organization).pk)
    assert claimed(limit=10) == {alice.organization.pk: 10}
    at = timezone.now()

    assert turns.is_neglected(Queue.BULK, at=at), "Charlie's has no sender"
    assert turns.next_route(Queue.BULK, at=at) == of_charlie
    assert claimed(route=of_charlie) == {charlie.organization.pk: 10}
    assert not turns.is_neglected(Queue.BULK, at=at)
    assert turns.next_route(Queue.BULK, at=at) == "", "senders that are free help the busy one"
    Batch.objects.all().delete()
    assert turns.is_neglected(Queue.BULK, at=at)


@pytest.mark.django_db
def test_single_mails_go_before_bulk_on_a_road_with_a_limit(alice: Person, settings: Settings) -> None:
    settings.MAILS_A_SECOND = 0.5
    due(alice.organization, 5)
    at = timezone.now()
    assert turns.next_route(Queue.BULK, at=at) == ""

    actions.enqueue_system(to="new@example.com", subject="Welcome", text="Hello", at=at)

    assert turns.next_route(Queue.BULK, at=at) is None
    assert turns.next_route(Queue.EMAIL, at=at) == ""
    singles = actions.claim(queue=Queue.EMAIL, limit=10, at=at)
    assert len(singles.messages) == 1
    assert turns.next_route(Queue.BULK, at=at + timedelta(seconds=1)) is None, "the token is taken"
    assert turns.next_route(Queue.BULK, at=at + timedelta(seconds=2)) == ""


# ── The send path ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_a_wording_is_compiled_once_for_all_batches_of_a_process(alice: Person) -> None:
    due(alice.organization, 60)
    letters.skeleton.cache_clear()
    letters.letter.cache_clear()

    for _batch in range(6):
        claim = actions.claim(queue=Queue.BULK, limit=10, at=timezone.now())
        composer = Composer(claim, wants_bytes=True)
        for message in claim.messages:
            composer.compose(message, timezone.now())

    assert not Delivery.objects.filter(state=State.DUE).exists()
    assert (letters.letter.cache_info().misses, letters.skeleton.cache_info().misses) == (1, 1)


@pytest.mark.django_db
def test_senders_that_come_late_go_home_after_one_batch(
    alice: Person, smtp_sink: SmtpSink, settings: Settings, empty_broker: None
) -> None:
    """Where workers are too few calls pile up, and each would call the next."""
    settings.CLAIM_BATCH = 2
    due(alice.organization, 6)
    now = timezone.now().timestamp()

    tasks.send_due(now - 100)
    assert (len(smtp_sink.recipients()), _calls()) == (2, 0)
    tasks.send_due(now - 5)
    assert (len(smtp_sink.recipients()), _calls()) == (4, 1)


def _calls() -> int:
    """Tasks that wait for a worker."""
    with current_app.connection_for_read() as broker:
        return int(broker.default_channel.client.llen("bulk"))  # type: ignore[attr-defined]

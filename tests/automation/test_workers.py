"""Real workers: a rule fires once, however often tasks run, and although a worker is killed in the midst of it."""

from collections import Counter
from collections.abc import Callable

import pytest
from celery import current_app
from django.db import connection, transaction
from django.utils import timezone

from nps_app.local.process import Child
from surveys.automation.models import Rule, RuleRun, RuleStep, RunOutcome
from surveys.customers.models import ChangeSource, Customer, CustomerChange, Property, PropertyType
from surveys.inbox.models import Conversation, InboxSettings
from surveys.outbox.models import Event
from tests import factories
from tests.automation.world import DAY, MAIL, World, steps
from tests.helpers.waiting import wait_until

FEW, PEOPLE = 5, 60
RESCUE = {"kind": "property", "property": "plan", "value": "Rescue"}
DRAIN, WORK = "surveys.outbox.tasks.drain", "surveys.automation.tasks.work"


def test_rules_fire_once_under_duplicate_tasks(
    transactional_db: None, world: World, celery_worker_process: Callable[..., Child]
) -> None:
    rules = prepared(world, FEW)

    celery_worker_process(queues="default", concurrency=2)
    for _ in range(6):
        current_app.send_task(DRAIN)
        current_app.send_task(WORK)

    wait_until(lambda: is_over(len(rules) * FEW), seconds=60, what="all of it")
    each_was_done_once(world, rules, FEW)


def prepared(world: World, people: int) -> list[Rule]:
    """Two rules that wait for the same, so many who answered, and each answer told twice."""
    at = timezone.now()
    anytime = {"automatic_from": None, "automatic_until": None, "updated_at": at}
    InboxSettings.objects.create(organization=world.organization, **anytime)
    alert = {"kind": "alert", "to": "admins"}
    rules = [world.rule("confirmed", {"kind": "open"}, MAIL, alert, at=at - DAY) for _ in range(2)]
    for _ in range(people):
        world.answered(factories.customer(world.organization), 3, at=at)
    events = list(Event.objects.filter(kind="response.confirmed").order_by("pk"))
    Event.objects.bulk_create(Event(**{**_fields(event), "handled_at": None}) for event in events)
    return rules


def is_done(runs: int) -> bool:
    current_app.send_task(DRAIN)  # as beat does
    current_app.send_task(WORK)
    return is_over(runs)


def is_over(runs: int) -> bool:
    waiting = Event.objects.filter(handled_at=None).exists()
    return not waiting and RuleRun.objects.filter(outcome=RunOutcome.DONE).count() == runs


def each_was_done_once(world: World, rules: list[Rule], people: int) -> None:
    assert RuleRun.objects.count() == len(rules) * people
    assert RuleStep.objects.filter(state="done").count() == 3 * len(rules) * people
    assert Conversation.objects.count() == people
    assert Counter(Counter(to for to, _subject in world.mails).values()) == {2: people}
    assert Event.objects.filter(kind="rule.fired").count() == len(rules) * people


@pytest.mark.long
def test_rules_fire_once_under_duplicate_tasks_although_a_worker_is_killed(
    transactional_db: None, world: World, celery_worker_process: Callable[..., Child]
) -> None:
    rules = prepared(world, PEOPLE)

    doomed, other = (celery_worker_process(queues="default", concurrency=2) for _ in range(2))
    for _ in range(20):
        current_app.send_task(DRAIN)
        current_app.send_task(WORK)
    wait_until(lambda: RuleStep.objects.filter(state="done").count() >= PEOPLE, seconds=60, what="half of the work")
    doomed.kill9()

    wait_until(lambda: is_done(len(rules) * PEOPLE), seconds=60, what="all of it")
    assert other.is_running()
    each_was_done_once(world, rules, PEOPLE)


@pytest.mark.long
def test_a_worker_that_is_killed_in_the_second_step_has_done_the_first_once_and_the_second_not_at_all(
    transactional_db: None, world: World, celery_worker_process: Callable[..., Child]
) -> None:
    at, ada = timezone.now(), factories.customer(world.organization, "ada@example.com")
    plan = {"organization": world.organization, "key": "plan", "label": "Plan", "type": PropertyType.TEXT}
    Property.objects.create(**plan)
    rule = world.rule("confirmed", {"kind": "open"}, RESCUE, {"kind": "open"}, at=at - DAY)
    world.answered(ada, 3, at=at)

    with transaction.atomic():  # the second step wants this customer's row, and waits
        Customer.objects.select_for_update(no_key=True).get(pk=ada.pk)
        doomed = celery_worker_process(queues="default", concurrency=1)
        current_app.send_task(DRAIN)
        wait_until(lambda: steps(rule)[:1] == [("open", "done")] and _somebody_waits(), what="the second step")
        doomed.kill9()
        assert steps(rule) == [("open", "done"), ("property", "due"), ("open", "due")]
    celery_worker_process(queues="default", concurrency=1)

    wait_until(lambda: is_done(1), what="the rest")
    assert [state for _, state in steps(rule)] == ["done", "done", "done"]
    assert Conversation.objects.count() == 1
    assert CustomerChange.objects.filter(customer=ada, source=ChangeSource.RULE).count() == 1
    assert Event.objects.filter(kind="rule.fired").count() == 1


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database())"
        )
        return bool(cursor.fetchone()[0])


def _fields(event: Event) -> dict[str, object]:
    names = ("organization_id", "kind", "object_id", "payload", "at", "due_at")
    return {name: getattr(event, name) for name in names}

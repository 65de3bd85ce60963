"""Who is held out is decided once, before anything is done; and nobody gets more automatic mail than is allowed."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections

from surveys.automation import holdout
from surveys.automation.actions import stepping
from surveys.automation.models import RuleRun, RuleStep, RunOutcome
from surveys.customers.models import Customer
from surveys.inbox.models import InboxSettings
from surveys.outbox import actions as outbox
from surveys.outbox.models import Event
from tests import factories
from tests.automation.world import DAY, MAIL, NOON, World


def test_the_share_is_as_it_was_wished_and_the_same_people_stay_out() -> None:
    people = range(1, 20_001)
    out = {who for who in people if holdout.is_held_out(7, 20, who)}

    assert abs(len(out) / len(people) - 0.20) < 0.01
    assert out < {who for who in people if holdout.is_held_out(7, 30, who)}
    other = {who for who in people if holdout.is_held_out(8, 20, who)}
    assert abs(len(out & other) / len(people) - 0.04) < 0.01  # independent from rule to rule
    assert not any(holdout.is_held_out(7, 0, who) for who in people)


@pytest.mark.django_db
def test_sql_and_python_hold_out_the_same_people() -> None:
    statement = f"SELECT n, {holdout.PLACE.format(who='n')} FROM generate_series(1, 500) n"
    with connection.cursor() as cursor:
        cursor.execute(statement, {"rule": 7})
        assert all(place == holdout.place(7, who) for who, place in cursor.fetchall())


def test_who_is_held_out_is_stored_as_such_and_nothing_is_done_to_them(world: World) -> None:
    rule = world.rule("confirmed", MAIL, holdout_percent=50)
    people: dict[bool, list[Customer]] = {True: [], False: []}
    while min(map(len, people.values())) < 2:
        person = factories.customer(world.organization)
        people[holdout.is_held_out(rule.pk, 50, person.pk)].append(person)
        world.answered(person, 3)

    world.goes_on(NOON)

    out, met = {person.pk for person in people[True]}, len(people[False])
    runs = RuleRun.objects.filter(rule=rule)
    assert set(runs.filter(outcome=RunOutcome.HELD_OUT, is_held_out=True).values_list("customer", flat=True)) == out
    assert runs.filter(outcome=RunOutcome.DONE, is_held_out=False).count() == met
    assert len(world.mails) == RuleStep.objects.count() == met
    assert Event.objects.filter(kind="rule.held_out").count() == len(out)


@pytest.mark.django_db(transaction=True)
def test_rules_at_once_do_not_write_more_to_a_customer_than_is_allowed(world: World, okafor: Customer) -> None:
    InboxSettings.objects.create(organization=world.organization, automatic_most=1, updated_at=NOON)
    for _many in range(6):
        world.rule("confirmed", MAIL)
    world.answered(okafor, 3)

    _at_once(lambda: outbox.drain(at=NOON))
    _at_once(lambda: stepping.work(at=NOON))

    assert len(world.mails) == 1
    assert sorted(RuleStep.objects.values_list("state", flat=True)) == ["done", *["skipped"] * 5]


@pytest.mark.django_db(transaction=True)
def test_tasks_at_once_look_at_the_same_once(world: World, okafor: Customer) -> None:
    rule = world.rule("confirmed", MAIL)
    world.answered(okafor, 3)
    event = Event.objects.get(kind="response.confirmed")

    for _twice in range(2):
        Event.objects.filter(pk=event.pk).update(handled_at=None)
        copies = [Event(**{**values, "pk": None}) for values in _values(event) for _ in range(6)]
        Event.objects.bulk_create(copies)
        _at_once(lambda: outbox.drain(at=NOON))
        _at_once(lambda: stepping.work(at=NOON))

    assert not Event.objects.filter(handled_at=None).exists()
    assert (RuleRun.objects.filter(rule=rule).count(), len(world.mails)) == (1, 1)
    assert Event.objects.filter(kind="rule.fired").count() == 1


def _values(event: Event) -> list[dict[str, object]]:
    found = Event.objects.filter(pk=event.pk).values(
        "organization_id", "kind", "object_id", "payload", "at", "due_at", "handled_at"
    )
    return [dict(each) for each in found]


def _at_once(work: object, times: int = 4) -> None:
    def run() -> None:
        try:
            work()  # type: ignore[operator]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(times) as pool:
        for done in [pool.submit(run) for _ in range(times)]:
            done.result()


def test_the_cap_counts_the_days_that_it_says(world: World, okafor: Customer) -> None:
    InboxSettings.objects.create(organization=world.organization, automatic_most=1, automatic_days=7, updated_at=NOON)
    world.rule("confirmed", MAIL, at=NOON - DAY)
    for days in (0, 6, 7, 8):
        world.answered(okafor, 3, at=NOON + days * DAY)
        world.goes_on(NOON + days * DAY)

    done = RuleStep.objects.filter(state="done").order_by("pk").values_list("done_at", flat=True)
    assert list(done) == [NOON, NOON + 7 * DAY]

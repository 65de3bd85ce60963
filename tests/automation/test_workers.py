"""Real workers: a rule fires once, however often tasks run, and although a worker is killed in the midst of it."""

from collections import Counter
from collections.abc import Callable

import pytest
from celery import current_app
from django.utils import timezone

from nps_app.local.process import Child
from surveys.automation.models import RuleRun, RuleStep, RunOutcome
from surveys.inbox.models import Conversation, InboxSettings
from surveys.outbox.models import Event
from tests import factories
from tests.automation.world import DAY, MAIL, World
from tests.helpers.waiting import wait_until

PEOPLE = 60
DRAIN, WORK = "surveys.outbox.tasks.drain", "surveys.automation.tasks.work"


@pytest.mark.long
def test_rules_fire_once_under_duplicate_tasks_although_a_worker_is_killed(
    transactional_db: None, world: World, celery_worker_process: Callable[..., Child]
) -> None:
    at = timezone.now()
    anytime = {"automatic_from": None, "automatic_until": None, "updated_at": at}
    InboxSettings.objects.create(organization=world.organization, **anytime)
    alert = {"kind": "alert", "to": "admins"}
    rules = [world.rule("confirmed", {"kind": "open"}, MAIL, alert, at=at - DAY) for _ in range(2)]
    for _ in range(PEOPLE):
        world.answered(factories.customer(world.organization), 3, at=at)
    events = list(Event.objects.filter(kind="response.confirmed"))
    Event.objects.bulk_create(Event(**{**_fields(event), "handled_at": None}) for event in events)

    doomed, other = (celery_worker_process(queues="default", concurrency=2) for _ in range(2))
    for _ in range(20):
        current_app.send_task(DRAIN)
        current_app.send_task(WORK)
    wait_until(lambda: RuleStep.objects.filter(state="done").count() >= PEOPLE, seconds=60, what="half of the work")
    doomed.kill9()

    def is_done() -> bool:
        current_app.send_task(DRAIN)  # as beat does
        current_app.send_task(WORK)
        waiting = Event.objects.filter(handled_at=None).exists()
        return not waiting and RuleRun.objects.filter(outcome=RunOutcome.DONE).count() == 2 * PEOPLE

    wait_until(is_done, seconds=60, what="all of it")
    assert other.is_running()
    assert RuleRun.objects.count() == len(rules) * PEOPLE
    assert RuleStep.objects.filter(state="done").count() == 3 * len(rules) * PEOPLE
    assert Conversation.objects.count() == PEOPLE
    assert Counter(Counter(to for to, _subject in world.mails).values()) == {2: PEOPLE}
    assert Event.objects.filter(kind="rule.fired").count() == len(rules) * PEOPLE


def _fields(event: Event) -> dict[str, object]:
    names = ("organization_id", "kind", "object_id", "payload", "at", "due_at")
    return {name: getattr(event, name) for name in names}

"""Real workers: what is late is marked, told and handed up once, however many of them look at the clock."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from celery import current_app
from django.utils import timezone

from nps_app.local.process import Child
from surveys.accounts.models import Role
from surveys.alerts.models import Matter, Notification
from surveys.inbox.models import Conversation, InboxSettings
from surveys.outbox.models import Event
from tests import factories
from tests.helpers.waiting import wait_until
from tests.people import Person

BEAT = ("keep the inbox's time", "drain events")


def by_the_clock() -> None:
    """As beat does it, and as duplicates do it."""
    for name in BEAT:
        for _ in range(4):
            current_app.send_task(current_app.conf.beat_schedule[name]["task"])


@pytest.mark.parametrize(
    ("late_ones", "processes"), [(4, [2]), pytest.param(30, [2, 2], marks=pytest.mark.long)], ids=["few", "two workers"]
)
def test_workers_mark_tell_and_hand_up_what_is_late_once(
    transactional_db: None,
    alice: Person,
    celery_worker_process: Callable[..., Child],
    late_ones: int,
    processes: list[int],
) -> None:
    organization, at = alice.organization, timezone.now()
    erin = factories.member(organization, factories.user("erin@example.com"), Role.AGENT)
    superior = factories.member(organization, factories.user("frank@example.com"), Role.ADMIN)
    always = {str(day): [["00:00", "24:00"]] for day in range(1, 8)}
    InboxSettings.objects.create(
        organization=organization, hours=always, escalate_after=60, escalate_to=superior.user, updated_at=at
    )
    late = at - timedelta(hours=3)
    for number in range(late_ones):
        Conversation.objects.create(
            organization=organization,
            customer=factories.customer(organization),
            assignee=erin.user if number % 2 else None,
            opened_at=late,
            touched_at=late,
            turn_at=late,
            due_at=late + timedelta(hours=1),
            first_due_at=late + timedelta(hours=1),
        )
    workers = [celery_worker_process(queues="default", concurrency=each) for each in processes]

    def is_done() -> bool:
        by_the_clock()
        handed_up = Conversation.objects.exclude(overdue_at=None).exclude(escalated_at=None).count()
        return handed_up == late_ones and not Event.objects.filter(handled_at=None).exists()

    wait_until(is_done, seconds=60, what="all of it")

    assert all(worker.is_running() for worker in workers)
    told = Counter(Event.objects.values_list("kind", flat=True))
    assert told["conversation.overdue"] == told["conversation.escalated"] == late_ones
    assert told["conversation.assigned"] == late_ones / 2  # what was nobody's
    whose = Counter(Conversation.objects.values_list("assignee", flat=True))
    assert whose == {erin.user_id: late_ones / 2, superior.user_id: late_ones / 2}
    alerts = Notification.objects.filter(matter=Matter.OVERDUE)
    assert alerts.filter(user=superior.user, facts__escalated=True).count() == late_ones
    assert alerts.filter(user=erin.user).count() == late_ones / 2

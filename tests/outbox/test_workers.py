"""A worker goes on whatever becomes of its connection."""

from collections.abc import Callable

from celery import current_app
from django.db import connection
from django.utils import timezone

from nps_app.local.process import Child
from surveys.outbox.models import Event
from tests.helpers.waiting import wait_until
from tests.people import Person

READS = "surveys.inbox.tasks.hand_over"  # begins outside of a transaction: nothing there closes a connection that fails


def _happens(alice: Person) -> None:
    """And is seen by a worker."""
    now = timezone.now()
    event = Event.objects.create(
        organization=alice.organization, kind="test.unheard", object_id=1, payload={}, at=now, due_at=now
    )
    current_app.send_task("surveys.outbox.tasks.drain")
    wait_until(lambda: not Event.objects.filter(pk=event.pk, handled_at=None).exists(), what="the event is seen")


def test_a_process_whose_connection_was_cut_while_it_had_nothing_to_do_works_on(
    transactional_db: None, alice: Person, celery_worker_process: Callable[..., Child]
) -> None:
    celery_worker_process(queues="default", concurrency=1)
    _happens(alice)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
        )
    current_app.send_task(READS)

    _happens(alice)

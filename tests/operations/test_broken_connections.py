"""The database ends the connections of a worker that stands idle: it connects again by itself, and no task fails."""

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from surveys.operations import signs
from surveys.operations.tasks import give_sign
from tests.helpers.processes import Child
from tests.helpers.waiting import wait_until

_THE_OTHERS = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


@pytest.mark.long
def test_a_worker_whose_connections_are_cut_works_on(celery_worker_process: Callable[..., Child]) -> None:
    worker = celery_worker_process(queues="rollups", concurrency=1)
    for _time in range(3):
        cache.clear()
        give_sign.apply_async(args=["rollups"], queue="rollups")
        wait_until(_signs, seconds=20)
        with connection.cursor() as cursor:
            cursor.execute(_THE_OTHERS)
            assert cursor.fetchone()[0] >= 1
    assert "raised unexpected" not in worker.log.read_text()


def _signs() -> bool:
    return signs.ages(at=timezone.now())["rollups"] is not None

"""No queue of a worker starves behind another, single mails wait for none, and what is called is there."""

import re
from collections import deque

from django.conf import settings
from kombu.utils.scheduling import cycle_by_name

from nps_app.celery import app
from nps_app.local.stack import QUEUES
from tests.helpers.processes import REPOSITORY


def test_single_mails_go_first_and_the_other_queues_take_turns() -> None:
    cycle = cycle_by_name(str(settings.CELERY_BROKER_TRANSPORT_OPTIONS["queue_order_strategy"]))()
    cycle.update(QUEUES.split(","))
    waiting = {"email": 2, "bulk": 1000, "rollups": 1, "default": 2, "inbound": 1}
    taken: deque[str] = deque()
    while len(taken) < 9:
        queue = next(name for name in cycle.consume(5) if waiting[name])
        waiting[queue] -= 1
        taken.append(queue)
        cycle.rotate(queue)

    assert list(taken) == ["email", "email", "bulk", "rollups", "default", "inbound", "bulk", "default", "bulk"]


def test_every_task_that_is_called_by_name_exists() -> None:
    app.loader.import_default_modules()
    named = {entry["task"] for entry in app.conf.beat_schedule.values()}
    for path in sorted((REPOSITORY / "surveys").rglob("*.py")):
        named |= set(re.findall(r'"(surveys\.\w+\.tasks\.\w+)"', path.read_text()))
    assert len(named) > 20
    assert named - set(app.tasks) == set()

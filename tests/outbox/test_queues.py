"""No queue of a worker starves behind another, and single mails wait for none."""

from collections import deque

from django.conf import settings
from kombu.utils.scheduling import cycle_by_name

from nps_app.local.stack import QUEUES


def test_single_mails_go_first_and_the_other_queues_take_turns() -> None:
    cycle = cycle_by_name(str(settings.CELERY_BROKER_TRANSPORT_OPTIONS["queue_order_strategy"]))()
    cycle.update(QUEUES.split(","))
    waiting = {"email": 2, "bulk": 1000, "rollups": 1, "default": 2}
    taken: deque[str] = deque()
    while len(taken) < 9:
        queue = next(name for name in cycle.consume(4) if waiting[name])
        waiting[queue] -= 1
        taken.append(queue)
        cycle.rotate(queue)

    assert list(taken) == ["email", "email", "bulk", "rollups", "default", "bulk", "default", "bulk", "bulk"]

"""What nudges and beat run. Every task does a bounded piece and may run twice, anywhere, at once."""

import time
from datetime import timedelta
from typing import Final

from celery import shared_task
from django.conf import settings

from surveys.core import clock
from surveys.delivery import actions, paces, queries, quotas, sending, turns
from surveys.delivery.actions import Planned
from surveys.delivery.deliverability import counting
from surveys.delivery.models import Queue
from surveys.outbox.nudges import nudge

PIECE_SECONDS: Final = 20.0  # after so long a task makes room for others
CALL_SECONDS: Final = 60.0  # a sender that comes later than that after it was called does not stay


@shared_task(ignore_result=True)
def send_due(called_at: float | None = None) -> None:
    """One batch of bulk mail, and on to the next. At most NPS_SENDERS batches are on their way at once."""
    if queries.senders(Queue.BULK, at=clock.now()) < settings.SENDERS:
        _send(Queue.BULK, "surveys.delivery.tasks.send_due", called_at)


@shared_task(ignore_result=True)
def send_system(called_at: float | None = None) -> None:
    """Sign-up and reset mails, tests."""
    _send(Queue.EMAIL, "surveys.delivery.tasks.send_system", called_at)


def _send(queue: Queue, task: str, called_at: float | None) -> None:
    """While there is something to send: again at once. Then, when there is room for what had to wait."""
    if sending.send_due(queue):
        if not _is_stale(called_at):
            _call(task)
    elif (seconds := turns.wait(queue, at=clock.now())) is not None:
        _call(task, seconds)


def _call(task: str, seconds: float | None = None) -> None:
    called_at = clock.now() + timedelta(seconds=seconds or 0)
    nudge(task, called_at.timestamp(), after_seconds=seconds)


def _is_stale(called_at: float | None) -> bool:
    """More senders were called than there are workers. Those that are late go home after one batch, or the queue would
    grow for ever; the sweep calls others."""
    return called_at is not None and clock.now().timestamp() - called_at > CALL_SECONDS


@shared_task(ignore_result=True)
def plan_due() -> None:
    """Look at events, and plan live campaigns, a slice of each in turn; senders begin with the first."""
    deadline = time.monotonic() + PIECE_SECONDS
    looked = actions.plan_events(at=clock.now())
    started = False
    while time.monotonic() < deadline and (slices := _plan_each(deadline)):
        looked = actions.plan_events(at=clock.now())
        if not started and any(planned.invited for planned in slices):
            started = True
            start_senders()
    _remind(deadline)
    if looked or time.monotonic() >= deadline:
        nudge("surveys.delivery.tasks.plan_due")
    actions.finish_done(at=clock.now())


def _remind(deadline: float) -> None:
    """A slice at least, however much there is to plan."""
    while (reminded := actions.remind(at=clock.now())).considered:
        if reminded.made:
            start_senders()
        if time.monotonic() >= deadline:
            return


def _plan_each(deadline: float) -> list[Planned]:
    """A slice of every campaign that has something to plan, while there is time; empty when there was nothing."""
    slices: list[Planned] = []
    for campaign in queries.to_plan(at=clock.now()):
        if time.monotonic() < deadline:
            slices.append(actions.plan(campaign=campaign, at=clock.now()))
    return [planned for planned in slices if planned.considered]


@shared_task(ignore_result=True)
def sweep() -> None:
    """What dead senders and lost nudges left behind."""
    at = clock.now()
    actions.expire_leases(at=at)
    actions.settle_answered(at=at)
    actions.send_doubtful_again(at=at)
    actions.tell_untold(at=at)
    actions.cancel_ended(at=at)
    actions.close_ended(at=at)
    if turns.is_neglected(Queue.EMAIL, at=at):
        _call("surveys.delivery.tasks.send_system")
    # Senders that live go on by themselves; another one helps where they are busy with other roads.
    if turns.is_neglected(Queue.BULK, at=at):
        start_senders(1 if queries.senders(Queue.BULK, at=at) else settings.SENDERS)


@shared_task(ignore_result=True)
def stop_the_bad() -> None:
    """Organizations whose mail comes back, or is reported as spam, too often."""
    actions.stop_the_bad(at=clock.now())


@shared_task(ignore_result=True)
def prune() -> None:
    at = clock.now()
    actions.forget_letters(at=at)
    actions.prune_system(at=at)
    actions.forget_decisions(at=at)
    actions.forget_events(at=at)
    quotas.prune(at=at)
    counting.fold(at=at)
    counting.prune(at=at)
    paces.prune(at=at)


def start_senders(count: int | None = None) -> None:
    for _ in range(count or settings.SENDERS):
        _call("surveys.delivery.tasks.send_due")

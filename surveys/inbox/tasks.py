from celery import shared_task
from django.utils import timezone

from surveys.inbox.actions import bulk, bulk_work, handing_over, presence, timekeeping


@shared_task(ignore_result=True)
def keep_time() -> None:
    """What is over: sleep, promises, patience, signs of life. Slice by slice."""
    at = timezone.now()
    for keep in (timekeeping.wake, timekeeping.mark_overdue, timekeeping.hand_up):
        while keep(at=at) >= timekeeping.SLICE:
            continue
    presence.forget_presences(at=at)


@shared_task(ignore_result=True)
def recount() -> None:
    at = timezone.now()
    while timekeeping.recount(at=at):
        continue


@shared_task(ignore_result=True)
def hand_over() -> None:
    """A slice of each, and then the next ones."""
    if handing_over.work():
        hand_over.delay()


@shared_task(ignore_result=True)
def work_on_act(act_id: int) -> None:
    bulk_work.work(act_id=act_id, clock=timezone.now)


@shared_task(ignore_result=True)
def sweep_acts() -> None:
    bulk.sweep(at=timezone.now())

"""Work on lists in the background."""

from celery import shared_task
from django.utils import timezone

from surveys.customers import actions
from surveys.customers.actions import (
    bulk,
    bulk_work,
    event_list_work,
    event_lists,
    events,
    properties,
    property_work,
    suppression_lists,
)
from surveys.outbox.nudges import nudge


@shared_task(ignore_result=True)
def work_on_import(job_id: int) -> None:
    actions.work(job_id=job_id, clock=timezone.now)


@shared_task(ignore_result=True)
def sweep_imports() -> None:
    actions.sweep(at=timezone.now())


@shared_task(ignore_result=True)
def work_on_bulk_act(act_id: int) -> None:
    bulk_work.work(act_id=act_id, clock=timezone.now)


@shared_task(ignore_result=True)
def sweep_bulk_acts() -> None:
    bulk.sweep(at=timezone.now())


@shared_task(ignore_result=True)
def work_on_property(work_id: int) -> None:
    property_work.work(work_id=work_id, clock=timezone.now)


@shared_task(ignore_result=True)
def sweep_properties() -> None:
    properties.sweep(at=timezone.now())


@shared_task(ignore_result=True)
def work_on_event_list(list_id: int) -> None:
    event_list_work.work(list_id=list_id, clock=timezone.now)


@shared_task(ignore_result=True)
def sweep_event_lists() -> None:
    event_lists.sweep(at=timezone.now())


@shared_task(ignore_result=True)
def prune_events() -> None:
    events.prune(at=timezone.now())


@shared_task(ignore_result=True)
def work_on_suppression_list(list_id: int) -> None:
    if suppression_lists.work(list_id=list_id, at=timezone.now()):
        nudge(suppression_lists.WORK, list_id)


@shared_task(ignore_result=True)
def sweep_suppression_lists() -> None:
    suppression_lists.sweep(at=timezone.now())

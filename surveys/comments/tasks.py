"""Reading comments in the background. This module is heavy to import (numpy, embeddings): pages nudge its tasks by name."""

from importlib import import_module

from celery import shared_task
from django.utils import timezone

from surveys.comments.actions import work


@shared_task(ignore_result=True)
def read() -> None:
    """What nobody read yet. After many the next ones are another task: workers are not for comments alone."""
    if work.read_new(clock=timezone.now) >= work.MOST_AT_ONCE:
        read.delay()


@shared_task(ignore_result=True)
def read_anew(reading_id: int) -> None:
    work.read_anew(reading_id=reading_id, clock=timezone.now)


@shared_task(ignore_result=True)
def sweep() -> None:
    work.sweep(at=timezone.now())


@shared_task(ignore_result=True)
def try_again() -> None:
    work.try_again()


@shared_task(ignore_result=True)
def learn() -> None:
    """Once a night. scikit-learn takes as long to load as all the rest: the process that learns does it, when it learns."""
    import_module("surveys.comments.actions.lessons").learn_all(at=timezone.now())

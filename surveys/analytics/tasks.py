import logging
import time
from typing import Final

from celery import shared_task
from django.utils import timezone

from surveys.accounts.models import Organization
from surveys.analytics import queries
from surveys.analytics.actions import digests, export_work, scans
from surveys.analytics.upkeep import regrouping, rezoning, rollups
from surveys.core.apart import one_by_one

logger = logging.getLogger(__name__)

PIECE_SECONDS: Final = 20.0  # after so long a task makes room for others


@shared_task(ignore_result=True)
def fold() -> None:
    """Fold until little is left, so that readers have little to add up."""
    while rollups.fold() >= rollups.FOLD_LIMIT:
        continue


@shared_task(ignore_result=True)
def verify() -> None:
    """Compare all rollups with a recount; a difference is an error in the log with the command that repairs it."""
    one_by_one(queries.organizations([]), _verify)


def _verify(organization: Organization) -> None:
    wrong = sum(len(rollups.gaps(piece)) for piece in rollups.slices(organization.pk))
    if wrong:
        logger.error(
            "%s rollup cells of organization %s differ from a recount; `manage.py rebuild_rollups %s` repairs them",
            wrong,
            organization.pk,
            organization.slug,
        )


@shared_task(ignore_result=True)
def rezone() -> None:
    """Days anew after changes of time zones, until nothing is due; what was interrupted goes on where it was."""
    while rezoning.work(at=timezone.now()):
        continue


@shared_task(ignore_result=True)
def regroup() -> None:
    """The past follows changed properties, until nothing is due; what was interrupted goes on where it was."""
    while regrouping.work(at=timezone.now()):
        continue


@shared_task(ignore_result=True)
def write_responses(export_id: int) -> None:
    """A piece of writing responses to a file."""
    deadline = time.monotonic() + PIECE_SECONDS
    export_work.write(export_id=export_id, clock=timezone.now, is_over=lambda: time.monotonic() > deadline)


@shared_task(ignore_result=True)
def sweep_exports() -> None:
    export_work.sweep(at=timezone.now())


@shared_task(ignore_result=True)
def send_digests() -> None:
    """Until none is due."""
    while digests.send_due(at=timezone.now()) >= digests.AT_ONCE:
        continue


@shared_task(ignore_result=True)
def scan(scan_id: int) -> None:
    """A piece of counting what is too much to count while somebody waits."""
    deadline = time.monotonic() + PIECE_SECONDS
    scans.work(scan_id=scan_id, clock=timezone.now, is_over=lambda: time.monotonic() > deadline)


@shared_task(ignore_result=True)
def sweep_scans() -> None:
    scans.sweep(at=timezone.now())

import logging

from celery import shared_task
from django.utils import timezone

from surveys.analytics import queries, rezoning, rollups

logger = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def fold() -> None:
    """Fold until little is left, so that readers have little to add up."""
    while rollups.fold() >= rollups.FOLD_LIMIT:
        continue


@shared_task(ignore_result=True)
def verify() -> None:
    """Compare all rollups with a recount; a difference is an error in the log with the command that repairs it."""
    for organization in queries.organizations([]):
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

"""Exports of a whole organization: asked for by an owner, written by a task, kept for some days."""

import logging
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from surveys.accounts import access, audit
from surveys.accounts.models import Membership, Organization
from surveys.accounts.permissions import Permission
from surveys.operations import exporting
from surveys.operations.models import ExportStatus, OrganizationExport, OrganizationExportChunk
from surveys.outbox.nudges import nudge

logger = logging.getLogger(__name__)

WRITE: Final = "surveys.operations.tasks.write_export"
MOST_ATTEMPTS: Final = 5


class Superseded(RuntimeError):
    """The export was stopped, or another worker has taken it."""


def start_export(*, by: Membership, at: datetime) -> OrganizationExport:
    """Begin to write everything down; a second press finds the first one."""
    access.require(by, Permission.DELETE_ORGANIZATION)
    organization = by.organization
    try:
        with transaction.atomic():
            export = OrganizationExport.objects.create(
                organization=organization, asked_by_id=by.user_id, asked_at=at, tables=len(exporting.exported())
            )
            audit.record(by, "organization.exported", organization, at=at, export=export.pk)
            transaction.on_commit(partial(nudge, WRITE, export.pk))
    except IntegrityError:
        return OrganizationExport.objects.get(organization=organization, status=ExportStatus.RUNNING)
    return export


def stop_export(*, export: OrganizationExport, by: Membership, at: datetime) -> None:
    """What is written so far is thrown away. Stopping one that is over changes nothing."""
    access.require(by, Permission.DELETE_ORGANIZATION)
    with transaction.atomic():
        mine = OrganizationExport.objects.filter(pk=export.pk, status=ExportStatus.RUNNING)
        if mine.update(status=ExportStatus.CANCELLED, finished_at=at):
            _forget_chunks(export)


def note_download(*, export: OrganizationExport, by: Membership, at: datetime) -> None:
    access.require(by, Permission.DELETE_ORGANIZATION)
    audit.record(by, "organization.export_downloaded", by.organization, at=at, export=export.pk)


def write_export(*, export_id: int, at: datetime) -> None:
    """Write it, if nobody else is at it. One that a dead worker left begins anew."""
    stale = at - timedelta(seconds=settings.LEASE_SECONDS)
    taken = OrganizationExport.objects.forsaken(stale).filter(pk=export_id)
    if not taken.update(attempt=F("attempt") + 1, heartbeat_at=at, tables_done=0, rows=0):
        return
    export = OrganizationExport.objects.get(pk=export_id)
    if export.attempt > MOST_ATTEMPTS:
        _end(export, at, status=ExportStatus.FAILED, error=_("The work stopped again and again. Ask your operator."))
        return
    try:
        _write(export, at)
    except Superseded:
        logger.info("export %s was stopped or taken over", export_id)


def _write(export: OrganizationExport, at: datetime) -> None:
    _forget_chunks(export)
    numbers = count()

    def store(piece: bytes) -> None:
        OrganizationExportChunk.objects.create(
            organization_id=export.organization_id, export=export, number=next(numbers), data=piece
        )

    sink = exporting.Sink(store)
    organization = Organization.objects.get(pk=export.organization_id)
    exporting.write(organization, sink, at=at, progress=partial(_step, export))
    _end(export, at, status=ExportStatus.DONE, size=sink.size)


def _step(export: OrganizationExport, tables_done: int, rows: int) -> None:
    mine = OrganizationExport.objects.filter(pk=export.pk, attempt=export.attempt, status=ExportStatus.RUNNING)
    if not mine.update(heartbeat_at=timezone.now(), tables_done=tables_done, rows=rows):
        raise Superseded(export.pk)


def _end(export: OrganizationExport, at: datetime, **changes: object) -> None:
    mine = OrganizationExport.objects.filter(pk=export.pk, attempt=export.attempt, status=ExportStatus.RUNNING)
    if not mine.update(finished_at=at, **changes):
        raise Superseded(export.pk)


def _forget_chunks(export: OrganizationExport) -> None:
    OrganizationExportChunk.objects.filter(organization=export.organization_id, export=export)._raw_delete("default")


def sweep_exports(*, at: datetime) -> None:
    """Nudge what a dead worker or a lost nudge left, and throw away what was kept long enough."""
    stale = at - timedelta(seconds=settings.LEASE_SECONDS)
    for pk in OrganizationExport.objects.forsaken(stale).values_list("pk", flat=True):
        nudge(WRITE, pk)
    old = OrganizationExport.objects.filter(
        finished_at__lt=at - timedelta(days=settings.EXPORT_KEEP_DAYS), organization__deletes_at=None
    )
    for export in old:
        with transaction.atomic():
            _forget_chunks(export)
            export.delete()

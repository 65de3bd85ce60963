"""Figures and responses that leave the product as files."""

from datetime import datetime
from functools import partial
from typing import Final

from django.db import transaction

from surveys.accounts import access, audit
from surveys.accounts.models import Membership, Organization
from surveys.accounts.permissions import Permission
from surveys.analytics.look import Look
from surveys.analytics.models import FigureExport, FigureExportChunk, JobStatus
from surveys.core.spreadsheets import FORMS
from surveys.outbox.nudges import nudge

MOST_AT_ONCE: Final = 3
MOST_KEPT: Final = 20
WRITE: Final = "surveys.analytics.tasks.write_responses"


def note_table(*, page: str, table: str, form: str, look: Look, by: Membership, at: datetime) -> None:
    """A table that names people leaves the product: who took it stays in the trail."""
    access.require(by, Permission.EXPORT_CUSTOMERS)
    with transaction.atomic():
        audit.record(
            by, "figures.exported", by.organization, at=at, page=page, table=table, form=form, query=look.to_query()
        )


class TooMany(ValueError):
    """As many files are being written as an organization may have written at once."""


def start_export(*, query: str, form: str, by: Membership, at: datetime) -> FigureExport:
    """Begin to write the responses of a query of the feed to a file; a second press finds the first one.

    Only the newest MOST_KEPT of an organization are kept. Raises TooMany. What was searched for does not stand in the trail: it may be a name.
    """
    access.require(by, Permission.EXPORT_CUSTOMERS)
    if form not in FORMS:
        raise ValueError(form)
    with transaction.atomic():
        Organization.objects.select_for_update(no_key=True).get(pk=by.organization_id)  # presses come one by one
        running = FigureExport.objects.filter(organization=by.organization, status=JobStatus.RUNNING)
        found = running.filter(created_by=by.user, query=query, form=form).first()
        if found:
            return found
        if running.count() >= MOST_AT_ONCE:
            raise TooMany(MOST_AT_ONCE)
        _forget_oldest(by.organization)
        export = FigureExport.objects.create(
            organization=by.organization, created_by=by.user, created_at=at, query=query, form=form
        )
        audit.record(by, "responses.exported", by.organization, at=at, export=export.pk, form=form)
        transaction.on_commit(partial(nudge, WRITE, export.pk))
    return export


def _forget_oldest(organization: Organization) -> None:
    """So that with one more there are MOST_KEPT."""
    over = FigureExport.objects.filter(organization=organization).exclude(status=JobStatus.RUNNING).order_by("-pk")
    for export in over[MOST_KEPT - 1 :]:
        forget_chunks(export)
        export.delete()


def stop_export(*, export: FigureExport, by: Membership, at: datetime) -> None:
    """What is written so far is thrown away. Stopping one that is over changes nothing."""
    access.require(by, Permission.EXPORT_CUSTOMERS)
    with transaction.atomic():
        mine = FigureExport.objects.filter(pk=export.pk, status=JobStatus.RUNNING)
        if mine.update(status=JobStatus.CANCELLED, finished_at=at):
            forget_chunks(export)


def note_download(*, export: FigureExport, by: Membership, at: datetime) -> None:
    access.require(by, Permission.EXPORT_CUSTOMERS)
    audit.record(by, "responses.downloaded", by.organization, at=at, export=export.pk, rows=export.rows)


def forget_chunks(export: FigureExport) -> None:
    FigureExportChunk.objects.filter(organization=export.organization_id, export=export)._raw_delete("default")

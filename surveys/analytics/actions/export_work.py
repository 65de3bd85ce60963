"""Writing responses to a file, a slice at a time; a worker may die anywhere, and the next goes on where it was.

A slice's rows and its cursor commit together. The first lines, which say how many rows there are, come last and stand
first. A workbook cannot be written in pieces: its rows are gathered as lines, and made into one at the end.
"""

import csv
import io
import logging
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Sum
from django.db.models.functions import Length
from django.http import QueryDict
from django.utils.translation import gettext as _

from surveys.analytics.actions import exports
from surveys.analytics.choices import choices
from surveys.analytics.models import FigureExport, FigureExportChunk, JobStatus
from surveys.analytics.sharing import about, response_files
from surveys.analytics.sharing.response_files import Field, Selection
from surveys.core.csvs import harmless
from surveys.core.filters import Filters
from surveys.core.spreadsheets import About, Cell, Sheet, about_line, write_workbook
from surveys.customers.actions import holding
from surveys.customers.actions.holding import Clock, Hold, Superseded
from surveys.outbox.nudges import nudge
from surveys.responses import filtering

logger = logging.getLogger(__name__)

SLICE: Final = 20_000  # rows
PIECE: Final = 1024 * 1024  # bytes of a chunk
_IN_MEMORY: Final = 8 * PIECE
LONGEST_ERROR: Final = 500
_FIRST: Final = 0  # the chunk with the heading
_BOOK: Final = 1_000_000_000  # chunks of a workbook, beside the lines that it is made of

Export = Hold[FigureExport]


def write(*, export_id: int, clock: Clock, is_over: Callable[[], bool], size: int = SLICE) -> None:
    """Go on with it until it is done or the time is over; then another task may take it at once."""
    stale = clock() - timedelta(seconds=settings.LEASE_SECONDS)
    hold = holding.take(FigureExport.objects.forsaken(stale), export_id, clock)
    if hold is None:
        return
    try:
        _go_on(hold, is_over, size)
    except Superseded:
        logger.info("export %s was stopped or taken over", export_id)


def _go_on(hold: Export, is_over: Callable[[], bool], size: int) -> None:
    if hold.is_hopeless:
        error = _("The work stopped again and again. Ask your operator.")
        hold.step(status=JobStatus.FAILED, finished_at=hold.clock(), error=error)
        return
    selection = selection_of(hold.row, hold.row.created_at)
    if _fails(hold, selection):
        return
    if not hold.row.seen:
        hold.step(total=selection.count())
    while _slice(hold, selection, size):
        if is_over():
            hold.let_go()
            nudge(exports.WRITE, hold.row.pk)
            return
    if not _fails(hold, selection_of(hold.row, hold.row.created_at)):
        _finish(hold, selection)


def _fails(hold: Export, selection: Selection) -> bool:
    """What was chosen is not there any more: without it the file would hold more than was asked for, or less."""
    problems = selection.filters.problems
    if problems:
        said = _("Nothing was written: %(why)s Choose the responses anew.") % {"why": " ".join(problems)}
        with transaction.atomic():
            hold.step(status=JobStatus.FAILED, finished_at=hold.clock(), error=said[:LONGEST_ERROR])
            exports.forget_chunks(hold.row)
    return bool(problems)


def selection_of(export: FigureExport, at: datetime) -> Selection:
    """Who asked for it may see hidden properties, as everybody who may take data out."""
    found, filters = choices(export.organization, sees_hidden=True), Filters.from_query(QueryDict(export.query))
    known = filtering.understood(export.organization, filters, found.known, sees_hidden=True, at=at)
    return Selection(export.organization, known)


def _slice(hold: Export, selection: Selection, size: int) -> bool:
    """False when there are no more."""
    export = hold.row
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file, transaction.atomic():
        hold.step()
        is_csv = export.form == "csv"
        copied = response_files.copy(selection, file, after=export.cursor, size=size, is_csv=is_csv)
        file.seek(0)
        _store(export, file, _next_number(export))
        export.cursor, export.rows = copied.place or export.cursor, export.rows + copied.rows
        hold.step(cursor=export.cursor, rows=export.rows, seen=export.rows, tries=0)
    return copied.rows == size


def _next_number(export: FigureExport) -> int:
    chunks = FigureExportChunk.objects.filter(organization=export.organization_id, export=export, number__lt=_BOOK)
    return (chunks.aggregate(last=Max("number"))["last"] or _FIRST) + 1


def _store(export: FigureExport, file: Any, number: int) -> None:
    while piece := file.read(PIECE):
        FigureExportChunk.objects.create(
            organization_id=export.organization_id, export=export, number=number, data=piece
        )
        number += 1


def _finish(hold: Export, selection: Selection) -> None:
    at = hold.clock()
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
        first = _heading(hold, selection, at, file) if hold.row.form == "csv" else _workbook(hold, selection, at, file)
        file.seek(0)
        with transaction.atomic():
            hold.step()
            if first == _BOOK:
                exports.forget_chunks(hold.row)
            _store(hold.row, file, first)
            hold.step(status=JobStatus.DONE, finished_at=at, size=_size(hold.row), expires_at=at + keep())


def keep() -> timedelta:
    return timedelta(days=settings.EXPORT_KEEP_DAYS)


def _size(export: FigureExport) -> int:
    chunks = FigureExportChunk.objects.filter(organization=export.organization_id, export=export)
    return chunks.aggregate(size=Sum(Length("data")))["size"] or 0


def _heading(hold: Export, selection: Selection, at: datetime, file: Any) -> int:
    """The first lines; returns the number of their chunk."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([about_line(about_export(hold.row, selection, at))])
    writer.writerow([harmless(field.title) for field in response_files.fields(selection.organization)])
    file.write(f"\ufeff{text.getvalue()}".encode())
    return _FIRST


def about_export(export: FigureExport, selection: Selection, at: datetime) -> About:
    organization = selection.organization
    made = at.astimezone(ZoneInfo(organization.time_zone))
    return [
        (_("Organization"), organization.name),
        (_("Responses"), _("newest first")),
        (_("Filters"), described(export)),
        (_("Made"), f"{made:%Y-%m-%d %H:%M} ({organization.time_zone})"),
        (_("Rows"), str(export.rows)),
    ]


def described(export: FigureExport) -> str:
    """Which responses, in words."""
    found = choices(export.organization, sees_hidden=True)
    filters = selection_of(export, export.created_at).filters
    if filters.problems:
        return _("responses of a selection that is not there any more")
    days = [each.isoformat() for each in (filters.since, filters.until) if each]
    said = about.in_words(found, filters)
    return "; ".join([*([" – ".join(days)] if days else []), *said]) or _("all responses")


# ── Workbooks ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _workbook(hold: Export, selection: Selection, at: datetime, file: Any) -> int:
    """The whole of it, in place of the lines; returns the number of its first chunk."""
    fields = response_files.fields(selection.organization)
    rows = _told(hold, _rows(hold.row, fields))
    about_it = about_export(hold.row, selection, at)
    write_workbook(file, Sheet(_("Responses"), [field.title for field in fields], rows, about_it))
    return _BOOK


def _rows(export: FigureExport, fields: list[Field]) -> Iterator[list[Cell]]:
    return (response_files.cells(row, fields) for row in csv.reader(_lines(export)))


def _lines(export: FigureExport) -> Iterator[str]:
    """Of the chunks, one of which is in memory at a time: they are cut anywhere, in the middle of a letter too."""
    rest = b""
    for piece in pieces(export):
        *whole, rest = (rest + piece).split(b"\n")
        yield from (line.decode() + "\n" for line in whole)


def _told(hold: Export, rows: Iterator[list[Cell]]) -> Iterator[list[Cell]]:
    """A sign of life now and then: a large workbook takes minutes."""
    for number, row in enumerate(rows):
        if number % SLICE == 0:
            hold.step()
        yield row


def pieces(export: FigureExport) -> Iterator[bytes]:
    """Of the file, one in memory at a time."""
    chunks = FigureExportChunk.objects.filter(organization=export.organization_id, export=export)
    number = -1
    while (chunk := chunks.filter(number__gt=number).order_by("number").first()) is not None:
        number = chunk.number
        yield bytes(chunk.data)


def sweep(*, at: datetime) -> None:
    """Nudge what a dead worker or a lost nudge left, and throw away what was kept long enough."""
    stale = at - timedelta(seconds=settings.LEASE_SECONDS)
    for pk in FigureExport.objects.forsaken(stale).values_list("pk", flat=True):
        nudge(exports.WRITE, pk)
    over = FigureExport.objects.exclude(status=JobStatus.RUNNING).filter(finished_at__lt=at - keep())
    for export in over:
        with transaction.atomic():
            exports.forget_chunks(export)
            export.delete()

"""The steps of importing a list: upload → columns → check → import. One address shows where a list stands."""

import csv
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import HTMX_STOP_POLLING

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.core.uploads import is_too_large, takes_files
from surveys.customers import actions, queries
from surveys.customers.actions import NothingToImport, NotPossibleNow
from surveys.customers.actions.imports import PIECE
from surveys.customers.forms import ColumnsForm, ReadingForm, UploadForm
from surveys.customers.importing.columns import Column, doubts
from surveys.customers.importing.encoding import BadFile
from surveys.customers.importing.progress import Progress, steps
from surveys.customers.models import ImportJob, ImportStatus

_COLUMNS_OPEN = (ImportStatus.UPLOADED, ImportStatus.CHECKED, ImportStatus.FAILED)


@access.permitted(Permission.IMPORT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
@takes_files
def imports(request: OrganizationRequest) -> HttpResponse:
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if form.is_bound and (job := _uploaded(request, form)):
        return redirect(access.url(request.organization, "customers:import_columns", pk=job.pk))
    context = {
        "form": form,
        "jobs": queries.imports(request.organization),
        "steps": steps(None),
        "limit_mb": settings.UPLOAD_LIMIT // 1024**2,
    }
    return render(request, "customers/imports.html", context)


def _uploaded(request: OrganizationRequest, form: UploadForm) -> ImportJob | None:
    """The new job, or None with the reason in the form."""
    if is_too_large(int(request.META.get("CONTENT_LENGTH") or 0)):
        form.errors["file"] = form.error_class([str(actions.too_large())])
        return None
    if not form.is_valid():
        return None
    pieces = form.upload.chunks(PIECE)
    try:
        return actions.upload(by=request.membership, file_name=form.upload.name or "", pieces=pieces, at=timezone.now())
    except BadFile as problem:
        form.add_error("file", str(problem))
        return None


@access.permitted(Permission.IMPORT_CUSTOMERS)
@require_GET
@vary_on_headers("HX-Request")
def job(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, ImportJob, pk)
    if found.status == ImportStatus.UPLOADED:
        return redirect(access.url(request.organization, "customers:import_columns", pk=pk))
    context = _context(found)
    if request.htmx:
        return render(request, "customers/_import.html", context, status=200 if found.is_in_work else HTMX_STOP_POLLING)
    return render(request, "customers/import.html", context)


def _context(found: ImportJob) -> dict[str, Any]:
    return {
        "job": found,
        "steps": steps(found),
        "progress": Progress(found, timezone.now()),
        "refusals": [] if found.is_in_work else queries.first_refusals(found),
    }


@access.permitted(Permission.IMPORT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, ImportJob, pk)
    if found.status not in _COLUMNS_OPEN:
        return redirect(found)
    guessed = [Column.restored(stored) for stored in found.columns]
    form = ColumnsForm(guessed, queries.declared_properties(request.organization), request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.choose_columns(job=found, columns=form.chosen(), by=request.membership, at=timezone.now())
        except NotPossibleNow:
            messages.info(request, _("Somebody else has gone on with this list meanwhile."))
        return redirect(found)
    return _columns_page(request, found, form, ReadingForm(found))


def _columns_page(
    request: OrganizationRequest, found: ImportJob, form: ColumnsForm, reading: ReadingForm
) -> HttpResponse:
    context = {
        "job": found,
        "form": form,
        "reading": reading,
        "doubts": doubts([Column.restored(stored) for stored in found.columns]),
        "steps": steps(found),
    }
    return render(request, "customers/import_columns.html", context)


@access.permitted(Permission.IMPORT_CUSTOMERS)
@require_POST
def read_as(request: OrganizationRequest, pk: int) -> HttpResponse:
    """The columns page again, with the file read in another encoding or with another separator."""
    found = access.get(request.membership, ImportJob, pk)
    reading = ReadingForm(found, request.POST)
    if reading.is_valid():
        try:
            actions.read_as(job=found, form=reading.chosen(), by=request.membership, at=timezone.now())
        except NotPossibleNow:
            messages.info(request, _("Somebody else has gone on with this list meanwhile."))
            return redirect(found)
        except BadFile as problem:
            reading.add_error(None, str(problem))
        else:
            return redirect(access.url(request.organization, "customers:import_columns", pk=pk))
    columns = [Column.restored(stored) for stored in found.columns]
    return _columns_page(
        request, found, ColumnsForm(columns, queries.declared_properties(request.organization)), reading
    )


@require_POST
def start(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, ImportJob, pk)
    try:
        actions.start(job=found, by=request.membership, at=timezone.now())
    except NotPossibleNow:
        messages.info(request, _("This list is not waiting to be imported any more."))
    except NothingToImport:
        messages.info(request, _("No line of this list can be imported."))
    return redirect(found)


@require_POST
def cancel(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, ImportJob, pk)
    try:
        actions.cancel(job=found, by=request.membership, at=timezone.now())
    except NotPossibleNow:
        messages.info(request, _("This list was finished already."))
    return redirect(found)


class _Line:
    """A file for csv.writer that keeps nothing: what is written is what `write` returns."""

    def write(self, text: str) -> str:
        return text


@access.permitted(Permission.IMPORT_CUSTOMERS)
@require_GET
def refused(request: OrganizationRequest, pk: int) -> HttpResponseBase:
    found = access.get(request.membership, ImportJob, pk)
    name = slugify(found.file_name.rpartition(".")[0]) or "list"
    return StreamingHttpResponse(
        _refused_lines(found),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}-refused.csv"'},
    )


def _refused_lines(found: ImportJob) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield "\ufeff" + writer.writerow([_("Line"), _("Column"), _("Value"), _("Reason")])
    for refusal in queries.refusals(found):
        cells = [refusal.column, refusal.value, str(refusal.get_reason_display())]
        yield writer.writerow([refusal.line, *map(harmless, cells)])


def harmless(cell: str) -> str:
    """A spreadsheet takes what begins so for a formula; a leading apostrophe makes it text."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else cell

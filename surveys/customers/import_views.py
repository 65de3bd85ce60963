"""The steps of importing a list: upload → columns → check → import. One address shows where a list stands."""

from collections.abc import Callable, Iterator
from datetime import datetime
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
from surveys.core import csvs
from surveys.core.uploads import takes_files
from surveys.customers import actions, queries
from surveys.customers.actions import NothingToImport, NotPossibleNow
from surveys.customers.allowance import LimitReached
from surveys.customers.import_forms import ColumnsForm, MappingForm, ReadingForm
from surveys.customers.importing.columns import Column, doubts
from surveys.customers.importing.encoding import BadFile
from surveys.customers.importing.progress import Progress, steps
from surveys.customers.models import ImportJob, ImportMapping, ImportStatus
from surveys.customers.uploading import uploading

_COLUMNS_OPEN = (ImportStatus.UPLOADED, ImportStatus.CHECKED, ImportStatus.FAILED)
_LATEST = 10


@access.permitted(Permission.IMPORT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
@takes_files
def imports(request: OrganizationRequest) -> HttpResponse:
    forms = uploading(request, actions.upload)
    if job := forms.made:
        return redirect(access.url(request.organization, "customers:import_columns", pk=job.pk))
    context = {
        "form": forms.form,
        "paste": forms.paste,
        "lists": queries.imports(request.organization, at=timezone.now(), limit=_LATEST),
        "has_mappings": bool(queries.mappings(request.organization)),
        "steps": steps(None),
        "limit_mb": settings.UPLOAD_LIMIT // 1024**2,
    }
    return render(request, "customers/imports.html", context)


@access.permitted(Permission.IMPORT_CUSTOMERS)
@require_GET
def history(request: OrganizationRequest) -> HttpResponse:
    before = request.GET.get("before", "")
    place = int(before) if before.isdecimal() and len(before) < 19 else None
    lists = queries.imports(request.organization, at=timezone.now(), before=place)
    return render(request, "customers/import_history.html", {"lists": lists, "is_first": place is None})


@access.permitted(Permission.IMPORT_CUSTOMERS)
@require_GET
@vary_on_headers("HX-Request")
def job(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, ImportJob, pk)
    if found.status == ImportStatus.UPLOADED:
        return redirect(access.url(request.organization, "customers:import_columns", pk=pk))
    context = _context(found, timezone.now())
    if request.htmx:
        return render(request, "customers/_import.html", context, status=200 if found.is_in_work else HTMX_STOP_POLLING)
    return render(request, "customers/import.html", context)


def _context(found: ImportJob, at: datetime) -> dict[str, Any]:
    return {
        "job": found,
        "steps": steps(found),
        "progress": Progress(found, at),
        "undoable_until": queries.undoable_until(found, at),
        "refusals": [] if found.is_in_work or found.undo_started_at else queries.first_refusals(found),
    }


@access.permitted(Permission.IMPORT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, ImportJob, pk)
    if found.status not in _COLUMNS_OPEN:
        return redirect(found)
    form = ColumnsForm(found, queries.declared_properties(request.organization), request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.choose_columns(job=found, choice=form.choice(), by=request.membership, at=timezone.now())
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
    """The columns page again, with the file read in another encoding, with another separator, from another sheet; or
    with the columns guessed anew."""
    found = access.get(request.membership, ImportJob, pk)
    reading = ReadingForm(found, request.POST)
    is_fresh = "guess" in request.POST
    if is_fresh or reading.is_valid():
        try:
            if is_fresh:
                actions.guess_anew(job=found, by=request.membership, at=timezone.now())
            else:
                actions.read_as(job=found, form=reading.chosen(), by=request.membership, at=timezone.now())
        except NotPossibleNow:
            messages.info(request, _("Somebody else has gone on with this list meanwhile."))
            return redirect(found)
        except BadFile as problem:
            reading.add_error(None, str(problem))
        else:
            return redirect(access.url(request.organization, "customers:import_columns", pk=pk))
    form = ColumnsForm(found, queries.declared_properties(request.organization))
    return _columns_page(request, found, form, reading)


@require_POST
def start(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, ImportJob, pk)
    try:
        actions.start(job=found, by=request.membership, at=timezone.now())
    except NotPossibleNow:
        messages.info(request, _("This list is not waiting to be imported any more."))
    except NothingToImport:
        messages.info(request, _("No line of this list can be imported."))
    except LimitReached as limit:
        messages.error(request, str(limit))
    return redirect(found)


def _tried(request: OrganizationRequest, pk: int, act: Callable[..., None], too_late: str) -> HttpResponse:
    found = access.get(request.membership, ImportJob, pk)
    try:
        act(job=found, by=request.membership, at=timezone.now())
    except NotPossibleNow:
        messages.info(request, too_late)
    return redirect(found)


@require_POST
def cancel(request: OrganizationRequest, pk: int) -> HttpResponse:
    return _tried(request, pk, actions.cancel, _("This list was finished already."))


@require_POST
def pause(request: OrganizationRequest, pk: int) -> HttpResponse:
    return _tried(request, pk, actions.pause, _("There was nothing to pause any more."))


@require_POST
def resume(request: OrganizationRequest, pk: int) -> HttpResponse:
    return _tried(request, pk, actions.resume, _("This list was not paused any more."))


@access.permitted(Permission.IMPORT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: OrganizationRequest, pk: int) -> HttpResponse:
    """What undoing would do, in counts; sent off, it begins."""
    if request.method == "POST":
        return _tried(request, pk, actions.undo, _("This import cannot be undone any more."))
    found = access.get(request.membership, ImportJob, pk)
    until = queries.undoable_until(found, timezone.now())
    if until is None:
        messages.info(request, _("This import cannot be undone any more."))
        return redirect(found)
    context = {"job": found, "outlook": queries.undo_outlook(found), "until": until}
    return render(request, "customers/import_undo.html", context)


@access.permitted(Permission.IMPORT_CUSTOMERS)
@require_GET
def kept(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, ImportJob, pk)
    after = request.GET.get("after", "")
    people, rest = queries.kept(found, after=int(after) if after.isdecimal() and len(after) < 19 else 0)
    return render(request, "customers/import_kept.html", {"job": found, "people": people, "rest": rest})


# ── remembered mappings ──


@access.permitted(Permission.IMPORT_CUSTOMERS)
@require_GET
def mappings(request: OrganizationRequest) -> HttpResponse:
    return _mappings_page(request, None)


def _mappings_page(request: OrganizationRequest, wrong: tuple[int, MappingForm] | None) -> HttpResponse:
    found = queries.mappings(request.organization)
    forms = {wrong[0]: wrong[1]} if wrong else {}
    rows = [
        (mapping, forms.get(mapping.pk) or MappingForm(initial={"name": mapping.name}, auto_id=f"m{mapping.pk}_%s"))
        for mapping in found
    ]
    return render(request, "customers/import_mappings.html", {"rows": rows})


@access.permitted(Permission.IMPORT_CUSTOMERS)
@require_POST
def mapping(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, ImportMapping, pk)
    form = MappingForm(request.POST, auto_id=f"m{pk}_%s")
    if not form.is_valid():
        return _mappings_page(request, (pk, form))
    actions.rename_mapping(mapping=found, name=form.cleaned_data["name"], by=request.membership, at=timezone.now())
    messages.success(request, _("Saved."))
    return redirect(access.url(request.organization, "customers:import_mappings"))


@require_POST
def mapping_delete(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, ImportMapping, pk)
    actions.forget_mapping(mapping=found, by=request.membership, at=timezone.now())
    messages.success(
        request, _("“%(name)s” is forgotten; the next list with its columns is guessed anew.") % {"name": found.name}
    )
    return redirect(access.url(request.organization, "customers:import_mappings"))


# ── the refused lines as a file ──


@access.permitted(Permission.IMPORT_CUSTOMERS)
@require_GET
def refused(request: OrganizationRequest, pk: int) -> HttpResponseBase:
    found = access.get(request.membership, ImportJob, pk)
    name = slugify(found.file_name.rpartition(".")[0]) or "list"
    return StreamingHttpResponse(
        csvs.lines([_("Line"), _("Column"), _("Value"), _("Reason")], _refused_rows(found)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}-refused.csv"'},
    )


def _refused_rows(found: ImportJob) -> Iterator[tuple[object, ...]]:
    for refusal in queries.refusals(found):
        yield refusal.line, refusal.column, refusal.value, str(refusal.get_reason_display())

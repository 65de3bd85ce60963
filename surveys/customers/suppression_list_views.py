"""Suppressions from a file and as a file: read and counted first, then taken in; everything that is known, as CSV."""

from collections.abc import Iterator
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.core import csvs
from surveys.core.uploads import takes_files
from surveys.customers.actions import suppression_lists
from surveys.customers.actions.imports import NotPossibleNow
from surveys.customers.importing.encoding import BadFile
from surveys.customers.models import SuppressionList
from surveys.customers.queries import suppressions as queries
from surveys.customers.suppression_forms import SuppressionPasteForm, SuppressionUploadForm

_SHOWN_REFUSALS: Final = 20
_PIECE: Final = 256 * 1024  # bytes

Form = SuppressionUploadForm | SuppressionPasteForm


@access.permitted(Permission.IMPORT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
@takes_files
def upload(request: OrganizationRequest) -> HttpResponse:
    is_pasted = "text" in request.POST
    is_uploaded = request.method == "POST" and not is_pasted
    form = SuppressionUploadForm(request.POST, request.FILES) if is_uploaded else SuppressionUploadForm()
    paste = SuppressionPasteForm(request.POST if is_pasted else None)
    used: Form = paste if is_pasted else form
    if found := _read(request, used):
        return redirect(found)
    context = {"form": form, "paste": paste, "lists": queries.lists(request.organization)}
    return render(request, "customers/suppression_upload.html", context, status=400 if used.is_bound else 200)


def _read(request: OrganizationRequest, form: Form) -> SuppressionList | None:
    """The new list, or None with the reason in the form."""
    if not form.is_bound or not form.is_valid():
        return None
    try:
        return suppression_lists.read(
            name=form.name(), pieces=form.pieces(_PIECE), reason=form.reason(), by=request.membership, at=timezone.now()
        )
    except BadFile as problem:
        form.add_error(form.SOURCE, str(problem))
        return None


@access.permitted(Permission.IMPORT_CUSTOMERS)
@require_GET
def detail(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, SuppressionList, pk)
    context = {"list": found, "refusals": list(islice(queries.refused(found), _SHOWN_REFUSALS))}
    if request.headers.get("HX-Request"):
        return render(request, "customers/_suppression_list.html", context, status=200 if found.is_running else 286)
    return render(request, "customers/suppression_list.html", context)


@access.permitted(Permission.IMPORT_CUSTOMERS)
@require_POST
def start(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, SuppressionList, pk)
    try:
        suppression_lists.start(suppression_list=found, by=request.membership, at=timezone.now())
    except NotPossibleNow:
        messages.info(request, _("Somebody else has decided about this list meanwhile."))
    return redirect(found)


@access.permitted(Permission.IMPORT_CUSTOMERS)
@require_POST
def stop(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, SuppressionList, pk)
    try:
        suppression_lists.stop(suppression_list=found, by=request.membership, at=timezone.now())
    except NotPossibleNow:
        messages.info(request, _("It was over already."))
    return redirect(found)


@access.permitted(Permission.IMPORT_CUSTOMERS)
@require_POST
def undo(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, SuppressionList, pk)
    try:
        count = suppression_lists.undo(suppression_list=found, by=request.membership, at=timezone.now())
    except NotPossibleNow:
        messages.info(request, _("It is not over yet: stop it first."))
        return redirect(found)
    said = ngettext("%(n)s address may be mailed again.", "%(n)s addresses may be mailed again.", count)
    messages.success(request, said % {"n": number_format(count, force_grouping=True)})
    return redirect(access.url(request.organization, "customers:suppression_upload"))


@access.permitted(Permission.IMPORT_CUSTOMERS)
@require_GET
def refused(request: OrganizationRequest, pk: int) -> HttpResponseBase:
    found = access.get(request.membership, SuppressionList, pk)
    rows = ((line.line, line.address, line.problem) for line in queries.refused(found))
    return _file(request, "suppressions-refused", csvs.lines([_("Line"), _("Value"), _("Reason")], rows))


@access.permitted(Permission.EXPORT_CUSTOMERS)
@require_POST
def export(request: OrganizationRequest) -> HttpResponseBase:
    suppression_lists.note_export(by=request.membership, at=timezone.now())
    zone = ZoneInfo(request.organization.time_zone)
    rows = (
        (
            row.address,
            row.digest if not row.address else "",
            row.reason,
            row.source,
            row.at.astimezone(zone).isoformat(),
        )
        for row in queries.everything(request.organization)
    )
    return _file(request, "suppressions", csvs.lines(["address", "hash", "reason", "by", "since"], rows))


def _file(request: OrganizationRequest, name: str, lines: Iterator[str]) -> StreamingHttpResponse:
    file_name = f"{request.organization.slug}-{name}-{timezone.now():%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{file_name}"'}
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)

"""What happened to customers elsewhere: the kinds, the events, and lists of them on their way in."""

from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import urlencode

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
from surveys.campaigns import queries as campaigns
from surveys.core import csvs
from surveys.core.uploads import takes_files
from surveys.customers.actions import event_lists
from surveys.customers.actions.event_lists import COLUMNS_OPEN
from surveys.customers.actions.imports import NothingToImport, NotPossibleNow
from surveys.customers.event_forms import EventColumnsForm
from surveys.customers.event_words import Progress, described, steps
from surveys.customers.import_forms import ReadingForm
from surveys.customers.importing.encoding import BadFile
from surveys.customers.models import EventList, EventListStatus
from surveys.customers.queries import events as queries
from surveys.customers.uploading import uploading
from surveys.delivery import queries as delivery

_SHOWN_REFUSALS: Final = 20


@require_GET
def events(request: OrganizationRequest) -> HttpResponse:
    """The kinds, and the events newest first, of one kind or of all."""
    kinds = queries.kinds(request.organization)
    kind = request.GET.get("kind", "")
    kind = kind if kind in {each.name for each in kinds} else ""
    page = queries.page(request.organization, kind=kind, before=_number(request.GET.get("before", "")))
    decisions = delivery.about_events(request.organization, page.events)
    kept = {"kind": kind} if kind else {}
    context = {
        "kinds": kinds,
        "users": campaigns.by_event_kind(request.organization),
        "kind": kind,
        "rows": [described(event, decisions.get(event.pk, [])) for event in page.events],
        "next_url": "?" + urlencode(kept | {"before": page.before}) if page.before else "",
        "first_url": "?" + urlencode(kept) if "before" in request.GET else "",
        "can_upload": access.can(request.membership, Permission.IMPORT_CUSTOMERS),
        "keep_days": settings.EVENT_DAYS,
    }
    return render(request, "customers/events.html", context)


def _number(typed: str) -> int | None:
    return int(typed) if typed.isdecimal() and len(typed) < 19 else None


# ── Lists of events ──────────────────────────────────────────────────────────────────────────────────────────────────


@access.permitted(Permission.IMPORT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
@takes_files
def upload(request: OrganizationRequest) -> HttpResponse:
    forms = uploading(request, event_lists.upload)
    if found := forms.made:
        return redirect(access.url(request.organization, "customers:event_list_columns", pk=found.pk))
    context = {
        "form": forms.form,
        "paste": forms.paste,
        "lists": queries.lists(request.organization),
        "steps": steps(None),
        "limit_mb": settings.UPLOAD_LIMIT // 1024**2,
    }
    return render(request, "customers/event_upload.html", context)


@access.permitted(Permission.IMPORT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, EventList, pk)
    if found.status not in COLUMNS_OPEN:
        return redirect(found)
    form = EventColumnsForm(found, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            by, at = request.membership, timezone.now()
            event_lists.choose_columns(event_list=found, choice=form.choice(), by=by, at=at)
        except NotPossibleNow:
            messages.info(request, _("Somebody else has gone on with this list meanwhile."))
        return redirect(found)
    return _columns_page(request, found, form, ReadingForm(found))


def _columns_page(
    request: OrganizationRequest, found: EventList, form: EventColumnsForm, reading: ReadingForm
) -> HttpResponse:
    context = {"list": found, "form": form, "reading": reading, "steps": steps(found)}
    return render(request, "customers/event_list_columns.html", context)


@access.permitted(Permission.IMPORT_CUSTOMERS)
@require_POST
def read_as(request: OrganizationRequest, pk: int) -> HttpResponse:
    """The columns page again, with the file read in another encoding, with another separator, from another sheet."""
    found = access.get(request.membership, EventList, pk)
    reading = ReadingForm(found, request.POST)
    if reading.is_valid():
        try:
            event_lists.read_as(event_list=found, form=reading.chosen(), by=request.membership, at=timezone.now())
        except NotPossibleNow:
            messages.info(request, _("Somebody else has gone on with this list meanwhile."))
            return redirect(found)
        except BadFile as problem:
            reading.add_error(None, str(problem))
        else:
            return redirect(access.url(request.organization, "customers:event_list_columns", pk=pk))
    return _columns_page(request, found, EventColumnsForm(found), reading)


@access.permitted(Permission.IMPORT_CUSTOMERS)
@require_GET
@vary_on_headers("HX-Request")
def event_list(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, EventList, pk)
    if found.status == EventListStatus.UPLOADED:
        return redirect(access.url(request.organization, "customers:event_list_columns", pk=pk))
    context: dict[str, Any] = {
        "list": found,
        "steps": steps(found),
        "progress": Progress(found, timezone.now()),
        "refusals": [] if found.is_in_work else queries.refusals(found)[:_SHOWN_REFUSALS],
        "misfits": queries.misfits(found) if found.status == EventListStatus.CHECKED else [],
    }
    if request.htmx:
        status = 200 if found.is_in_work else HTMX_STOP_POLLING
        return render(request, "customers/_event_list.html", context, status=status)
    return render(request, "customers/event_list.html", context)


@require_POST
def start(request: OrganizationRequest, pk: int) -> HttpResponse:
    return _tried(request, pk, event_lists.start, _("This list is not waiting to be taken in any more."))


@require_POST
def cancel(request: OrganizationRequest, pk: int) -> HttpResponse:
    return _tried(request, pk, event_lists.cancel, _("This list was finished already."))


def _tried(request: OrganizationRequest, pk: int, act: Callable[..., None], too_late: str) -> HttpResponse:
    found = access.get(request.membership, EventList, pk)
    try:
        act(event_list=found, by=request.membership, at=timezone.now())
    except NotPossibleNow:
        messages.info(request, too_late)
    except NothingToImport:
        messages.info(request, _("Nothing in this list is new."))
    return redirect(found)


@access.permitted(Permission.IMPORT_CUSTOMERS)
@require_GET
def refused(request: OrganizationRequest, pk: int) -> HttpResponseBase:
    found = access.get(request.membership, EventList, pk)
    name = slugify(found.file_name.rpartition(".")[0]) or "events"
    return StreamingHttpResponse(
        csvs.lines([_("Line"), _("Column"), _("Value"), _("Reason")], _refused_rows(found)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}-refused.csv"'},
    )


def _refused_rows(found: EventList) -> Iterator[tuple[object, ...]]:
    for refusal in queries.refusals(found).iterator(2000):
        yield refusal.line, refusal.column, refusal.value, refusal.why

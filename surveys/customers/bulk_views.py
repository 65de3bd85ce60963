"""Acts on many customers: whom and what, then the act on its way, with Undo."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import HTMX_STOP_POLLING

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.customers import bulk_forms, queries
from surveys.customers.actions import bulk
from surveys.customers.actions.bulk import Chosen, Nobody, NotNow
from surveys.customers.list_filters import ListFilters, is_id
from surveys.customers.models import BulkAct, BulkKind, BulkStatus
from surveys.customers.queries import BadCondition

PREVIEW: Final = 10
MOST_PICKED: Final = 1000

_HELP: Final = {
    BulkKind.SET_OWNER: gettext_lazy("The colleague who looks after them."),
    BulkKind.SUPPRESS: gettext_lazy("No survey is mailed to them any more, until you lift it."),
    BulkKind.LIFT: gettext_lazy(
        "Takes “do not mail” back. Whoever unsubscribed, bounced or complained stays unmailed."
    ),
    BulkKind.DELETE: gettext_lazy(
        "Removes the customers. Their answers stay without a name, or go, as your organization's settings say. "
        "This cannot be undone once it has started."
    ),
    BulkKind.ERASE: gettext_lazy(
        "For people who ask to be forgotten: everything that says who they were goes; their addresses are never asked "
        "again. This cannot be undone once it has started."
    ),
}


@dataclass(frozen=True)
class Offer:
    """One thing that can be done, with its form."""

    form: bulk_forms.ActForm
    kind: BulkKind
    help: Any

    @property
    def is_dangerous(self) -> bool:
        return self.kind in (BulkKind.DELETE, BulkKind.ERASE)


@access.permitted(Permission.EDIT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: OrganizationRequest) -> HttpResponse:
    """Who was chosen, how many they are, and what can be done; without a choice, what was done lately."""
    if "scope" not in request.GET:
        return render(request, "customers/bulk_acts.html", {"acts": queries.bulk_acts(request.organization)})
    at, chosen = timezone.now(), _chosen(request)
    offers = _offers(request)
    try:
        if request.method == "POST" and (act := _confirmed(request, chosen, offers, at)):
            return redirect(act)
        found = chosen.customers(request.membership, at)
        total = found.count()
    except BadCondition as bad:
        messages.error(request, " ".join(str(problem.message) for problem in bad.problems))
        return _back(request)
    if not total:
        messages.info(request, _("Nobody is selected. Tick the people in the list first."))
        return _back(request)
    context = {
        "total": total,
        "people": found.order_by("-pk")[:PREVIEW],
        "offers": offers,
        "query": request.GET.urlencode(),
        "back": access.url(request.organization, "customers:list") + f"?{chosen.filters.to_query()}",
        "form": _form(request),
        "missing": queries.missing(request.organization, chosen.ids or ()),
        "is_all": chosen.ids is None and not chosen.filters.is_narrowed,
    }
    return render(request, "customers/bulk.html", context)


def _form(request: OrganizationRequest) -> UUID:
    """Tells this page from others: sent twice, it makes one act."""
    try:
        return UUID(request.POST.get("form", ""))
    except ValueError:
        return uuid4()


def _back(request: OrganizationRequest) -> HttpResponse:
    query = ListFilters.from_query(request.GET).to_query()
    return redirect(access.url(request.organization, "customers:list") + (f"?{query}" if query else ""))


def _chosen(request: OrganizationRequest) -> Chosen:
    filters = queries.for_person(ListFilters.from_query(request.GET), request.membership)
    if request.GET["scope"] == "all":
        return Chosen(filters)
    ids = {int(text) for text in request.GET.getlist("id")[:MOST_PICKED] if is_id(text)}
    return Chosen(filters, tuple(sorted(ids)))


def _offers(request: OrganizationRequest) -> list[Offer]:
    """The form that was sent is bound; the others are as new."""
    sent = request.POST.get("kind", "")
    properties = queries.visible_properties(request.membership)
    made: list[tuple[BulkKind, Any]] = [
        (BulkKind.SET_PROPERTY, lambda data: bulk_forms.PropertyForm(properties, data)),
        (BulkKind.SET_OWNER, lambda data: bulk_forms.OwnerForm(queries.members(request.organization), data)),
        (BulkKind.SET_LANGUAGE, bulk_forms.LanguageForm),
        (BulkKind.SET_TIME_ZONE, bulk_forms.TimeZoneForm),
        *((kind, _needs_nothing(kind)) for kind in _WITHOUT_FIELDS),
    ]
    return [
        Offer(make(request.POST if kind == sent else None), kind, _HELP.get(kind, ""))
        for kind, make in made
        if access.can(request.membership, bulk.permission_for(kind)) and (properties or kind != BulkKind.SET_PROPERTY)
    ]


_WITHOUT_FIELDS: Final = (BulkKind.SUPPRESS, BulkKind.LIFT, BulkKind.DELETE, BulkKind.ERASE)


def _needs_nothing(kind: BulkKind) -> Any:
    return lambda data: bulk_forms.act_form(kind, data)


def _confirmed(request: OrganizationRequest, chosen: Chosen, offers: list[Offer], at: datetime) -> BulkAct | None:
    """None when there is something to correct in the form. Raises BadCondition."""
    form: forms.Form | None = next((offer.form for offer in offers if offer.form.is_bound), None)
    if not isinstance(form, bulk_forms.ActForm) or not form.is_valid():
        return None
    try:
        return bulk.confirm(chosen=chosen, change=form.change(), by=request.membership, at=at, form=_form(request))
    except Nobody:
        return None


@access.permitted(Permission.EDIT_CUSTOMERS)
@require_safe
@vary_on_headers("HX-Request")
def act(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, BulkAct, pk)
    at = timezone.now()
    is_hidden = queries.is_hidden_from(request.membership, found.kind, found.key)
    may_act = access.can(request.membership, bulk.permission_for(found.kind)) and not is_hidden
    context = {
        "act": found,
        "said": queries.said_of(found, request.membership),
        "merge": queries.merge_of(found),
        "missing": queries.missing_of(found),
        "is_waiting": found.status == BulkStatus.WAITING,
        "seconds_left": max(0, int((found.starts_at - at).total_seconds())),
        "may_act": may_act,
        "may_undo": may_act and bulk.may_undo(found, at),
        "undo_until": found.created_at + bulk.UNDO_FOR,
        "list_query": _query_of(found, request.membership),
    }
    if request.htmx:
        status = 200 if found.is_in_work else HTMX_STOP_POLLING
        return render(request, "customers/_bulk_act.html", context, status=status)
    return render(request, "customers/bulk_act.html", context)


def _query_of(act: BulkAct, by: Membership) -> str:
    """The list that the act was about, without what this person may not filter by."""
    return queries.for_person(ListFilters.from_query(QueryDict(act.query)), by).to_query()


@require_POST
def stop(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, BulkAct, pk)
    try:
        bulk.stop(act=found, by=request.membership, at=timezone.now())
    except NotNow:
        messages.info(request, _("It was over already."))
    return redirect(found)


@require_POST
def undo(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, BulkAct, pk)
    try:
        bulk.undo(act=found, by=request.membership, at=timezone.now())
    except NotNow:
        messages.info(request, _("This cannot be undone any more."))
    return redirect(found)

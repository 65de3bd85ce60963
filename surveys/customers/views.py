"""Pages about customers: the list, one person."""

from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods
from django.views.decorators.vary import vary_on_headers

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.core.charts import sparkline
from surveys.customers import actions, queries, values
from surveys.customers.actions import Taken
from surveys.customers.forms import CustomerForm
from surveys.customers.models import Customer
from surveys.delivery import queries as delivery
from surveys.responses import queries as responses

_SORT_LABELS = {
    "newest": gettext_lazy("Newest first"),
    "name": gettext_lazy("Name"),
    "score": gettext_lazy("Last score"),
    "answer": gettext_lazy("Last answer"),
}


@require_GET
@vary_on_headers("HX-Request")
def customers(request: OrganizationRequest) -> HttpResponse:
    words = request.GET.get("q", "").replace("\0", "").strip()[:200]
    sort = request.GET.get("sort", "")
    sort = sort if sort in queries.SORTS else "newest"
    after = request.GET.get("after", "")
    page = queries.page(request.organization, at=timezone.now(), words=words, sort=sort, after=after)
    kept = {name: value for name, value in (("q", words), ("sort", sort)) if value and value != "newest"}
    context = {
        "page": page,
        "words": words,
        "sort": sort,
        "sorts": [(name, _SORT_LABELS[name]) for name in queries.SORTS],
        "first_url": "?" + urlencode(kept) if after else "",
        "next_url": "?" + urlencode(kept | {"after": page.after}) if page.after else "",
        **_permissions(request),
    }
    template = "customers/_list.html" if request.htmx else "customers/list.html"
    return render(request, template, context)


@require_GET
def detail(request: OrganizationRequest, pk: int) -> HttpResponse:
    customer = access.get(request.membership, Customer, pk)
    history = responses.score_history(customer)
    here = ZoneInfo(request.organization.time_zone)
    context = {
        "customer": customer,
        "language_name": values.language_name(customer.language),
        "facts": queries.properties_of(customer),
        "invitations": delivery.invitations_of(customer),
        "decisions": delivery.decisions_of(customer),
        "responses": responses.responses_of(customer),
        "sparkline": sparkline([(date_format(at.astimezone(here), "j M Y"), score) for at, score in history]),
        "counted": len(history),
        **_permissions(request),
    }
    return render(request, "customers/detail.html", context)


@access.permitted(Permission.EDIT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: OrganizationRequest) -> HttpResponse:
    form = CustomerForm(queries.declared_properties(request.organization), data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            customer = actions.add_customer(profile=form.profile(), by=request.membership, at=timezone.now())
        except Taken as taken:
            _say_taken(form, taken)
        else:
            messages.success(request, _("%(customer)s was added.") % {"customer": customer})
            return redirect(customer)
    back = access.url(request.organization, "customers:list")
    return render(request, "customers/form.html", {"form": form, "back": back})


@access.permitted(Permission.EDIT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: OrganizationRequest, pk: int) -> HttpResponse:
    customer = access.get(request.membership, Customer, pk)
    form = CustomerForm(queries.declared_properties(request.organization), customer, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_customer(customer=customer, profile=form.profile(), by=request.membership, at=timezone.now())
        except Taken as taken:
            _say_taken(form, taken)
        else:
            messages.success(request, _("The changes to %(customer)s are saved.") % {"customer": customer})
            return redirect(customer)
    context = {"form": form, "customer": customer, "back": customer.get_absolute_url()}
    return render(request, "customers/form.html", context)


def _say_taken(form: CustomerForm, taken: Taken) -> None:
    text = _("Another customer has it already: %(customer)s (no. %(pk)d).")
    form.add_error(taken.field, text % {"customer": taken.customer, "pk": taken.customer.pk})


def _permissions(request: OrganizationRequest) -> dict[str, Any]:
    return {
        "can_edit": access.can(request.membership, Permission.EDIT_CUSTOMERS),
        "can_import": access.can(request.membership, Permission.IMPORT_CUSTOMERS),
    }

"""Pages about customers: the list, one person."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.customers import actions, queries
from surveys.customers.actions import Taken
from surveys.customers.actions.people import ChangedMeanwhile
from surveys.customers.allowance import LimitReached
from surveys.customers.forms import CustomerForm
from surveys.customers.models import Customer


@access.permitted(Permission.EDIT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: OrganizationRequest) -> HttpResponse:
    form = _form(request, None)
    if request.method == "POST" and form.is_valid():
        try:
            customer = actions.add_customer(profile=form.profile(), by=request.membership, at=timezone.now())
        except Taken as taken:
            _say_taken(form, taken)
        except LimitReached as limit:
            form.add_error(None, str(limit))
        else:
            messages.success(request, _("%(customer)s was added.") % {"customer": customer})
            return redirect(customer)
    back = access.url(request.organization, "customers:list")
    return render(request, "customers/form.html", {"form": form, "back": back})


@access.permitted(Permission.EDIT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: OrganizationRequest, pk: int) -> HttpResponse:
    customer = access.get(request.membership, Customer, pk)
    form = _form(request, customer)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_customer(
                customer=customer,
                profile=form.profile(),
                by=request.membership,
                at=timezone.now(),
                version=form.base_version(),
            )
        except Taken as taken:
            _say_taken(form, taken)
        except ChangedMeanwhile as changed:
            _say_changed(form, customer, changed.customer)
        else:
            messages.success(request, _("The changes to %(customer)s are saved.") % {"customer": customer})
            return redirect(customer)
    context = {"form": form, "customer": customer, "back": customer.get_absolute_url()}
    return render(request, "customers/form.html", context)


def _form(request: OrganizationRequest, customer: Customer | None) -> CustomerForm:
    """A property that the person's role may not see is left as it is."""
    visible = queries.visible_properties(request.membership)
    return CustomerForm(visible, queries.members(request.organization), customer, request.POST or None)


def _say_changed(form: CustomerForm, shown: Customer, now: Customer) -> None:
    """What was typed stays in the form; saving once more means it."""
    now.refresh_from_db()
    form.data = {**form.data.dict(), "version": now.updated_at.isoformat()}  # type: ignore[attr-defined]
    latest = queries.latest_change(now)
    who = str(latest.actor) if latest and latest.actor else _("Somebody else")
    what = ", ".join(latest.names) if latest else ""
    text = _(
        "%(who)s has changed this customer while you were editing (%(what)s). Nothing is saved yet: compare, and save again to have it your way."
    )
    form.add_error(None, text % {"who": who, "what": what})


def _say_taken(form: CustomerForm, taken: Taken) -> None:
    text = _("Another customer has it already: %(customer)s (no. %(pk)d).")
    form.add_error(taken.field, text % {"customer": taken.customer, "pk": taken.customer.pk})


def _permissions(request: OrganizationRequest) -> dict[str, Any]:
    return {
        "can_edit": access.can(request.membership, Permission.EDIT_CUSTOMERS),
        "can_import": access.can(request.membership, Permission.IMPORT_CUSTOMERS),
    }

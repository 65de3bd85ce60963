"""Pages about properties: what is known about customers, and changing that."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import HTMX_STOP_POLLING

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.analytics.queries import past_of
from surveys.customers.actions import properties as actions
from surveys.customers.condition_uses import described
from surveys.customers.models import Property, PropertyType, PropertyWork, PropertyWorkStatus
from surveys.customers.properties import MOST_CHARACTERS, MOST_SEGMENTABLE, MOST_VALUES
from surveys.customers.property_forms import MergeForm, NewPropertyForm, PropertyForm, RetypeForm
from surveys.customers.queries import properties as queries


@access.permitted(Permission.MANAGE_PROPERTIES)
@require_GET
def properties(request: OrganizationRequest) -> HttpResponse:
    context = {
        "overview": queries.overview(request.organization),
        "works": queries.latest_work(request.organization),
        "most_segmentable": MOST_SEGMENTABLE,
    }
    return render(request, "customers/properties.html", context)


@access.permitted(Permission.MANAGE_PROPERTIES)
@require_http_methods(["GET", "HEAD", "POST"])
def property_new(request: OrganizationRequest) -> HttpResponse:
    form = NewPropertyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            actions.declare_property(
                label=said["label"],
                type=PropertyType(said["type"]),
                visible_to_agents=said["visible_to_agents"],
                by=request.membership,
                at=timezone.now(),
            )
        except actions.LabelTaken:
            form.add_error("label", _("There is a property of this name already."))
        except actions.TooManyProperties:
            form.add_error(None, _("There are as many properties as there can be. Delete or merge some first."))
        else:
            messages.success(request, _("The property is there. Lists and forms know it now."))
            return redirect(_home(request))
    return render(request, "customers/property_new.html", {"form": form})


def _home(request: OrganizationRequest) -> str:
    return access.url(request.organization, "customers:properties")


@access.permitted(Permission.MANAGE_PROPERTIES)
@require_http_methods(["GET", "HEAD", "POST"])
def property_edit(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, Property, pk)
    form = PropertyForm(request.POST or None, instance=access.get(request.membership, Property, pk))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            actions.change_property(
                found=found,
                label=said["label"],
                visible_to_agents=said["visible_to_agents"],
                by=request.membership,
                at=timezone.now(),
            )
        except actions.LabelTaken:
            form.add_error("label", _("There is a property of this name already. Merge this one into it instead."))
        else:
            messages.success(request, _("Saved."))
            return redirect(_home(request))
    context = {
        "form": form,
        "property": found,
        "filled": queries.filled(found),
        "uses": described(request, queries.property_uses(found)),
        "is_comparable": found.type in queries.COMPARABLE,
        "mergeable": queries.mergeable(found).exists(),
    }
    return render(request, "customers/property.html", context)


@require_POST
def property_move(request: OrganizationRequest, pk: int, direction: str) -> HttpResponse:
    found = access.get(request.membership, Property, pk)
    actions.move_property(found=found, up=direction == "up", by=request.membership, at=timezone.now())
    return redirect(_home(request))


# ── What reaches every customer ──────────────────────────────────────────────────────────────────────────────────────


@access.permitted(Permission.MANAGE_PROPERTIES)
@require_http_methods(["GET", "HEAD", "POST"])
def property_retype(request: OrganizationRequest, pk: int) -> HttpResponse:
    """With "kind" in the address it shows what would happen; posting it orders the change."""
    found = access.get(request.membership, Property, pk)
    form = RetypeForm(found, request.POST or request.GET or None)
    is_chosen = form.is_bound and form.is_valid()
    if request.method == "POST" and is_chosen:
        return _ordered(
            request,
            found,
            lambda: actions.retype(found=found, kind=form.chosen, by=request.membership, at=timezone.now()),
        )
    preview = queries.conversion(found, form.chosen) if is_chosen else None
    context = {"property": found, "form": form, "preview": preview} | _uses(request, found)
    return render(request, "customers/property_retype.html", context)


@access.permitted(Permission.MANAGE_PROPERTIES)
@require_http_methods(["GET", "HEAD", "POST"])
def property_merge(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, Property, pk)
    form = MergeForm(queries.mergeable(found), request.POST or request.GET or None)
    is_chosen = form.is_bound and form.is_valid()
    if request.method == "POST" and is_chosen:
        said = form.cleaned_data
        return _ordered(
            request,
            found,
            lambda: actions.merge(
                found=found,
                into=said["into"],
                prefers_merged=bool(said["prefers_merged"]),
                by=request.membership,
                at=timezone.now(),
            ),
        )
    preview = queries.meeting(found, form.cleaned_data["into"]) if is_chosen else None
    context = {"property": found, "form": form, "preview": preview} | _uses(request, found)
    return render(request, "customers/property_merge.html", context)


@access.permitted(Permission.MANAGE_PROPERTIES)
@require_http_methods(["GET", "HEAD", "POST"])
def property_delete(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, Property, pk)
    if request.method == "POST":
        return _ordered(request, found, lambda: actions.delete(found=found, by=request.membership, at=timezone.now()))
    context = {"property": found, "filled": queries.filled(found)} | _uses(request, found)
    return render(request, "customers/property_delete.html", context)


@access.permitted(Permission.MANAGE_PROPERTIES)
@require_POST
def property_compare(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, Property, pk)
    wanted = request.POST.get("wanted") == "1"
    if wanted == found.segmentable:
        return redirect(_home(request))
    return _ordered(
        request,
        found,
        lambda: actions.compare_by(found=found, wanted=wanted, by=request.membership, at=timezone.now()),
    )


_NOT_COMPARABLE = {
    "type": gettext_lazy("Customers can be compared by text and by yes or no. Change the type first."),
    "full": gettext_lazy("Customers are compared by %(properties)d properties already; take one of them out first."),
    "many": gettext_lazy("It has more than %(values)d different values: too many to compare by."),
    "long": gettext_lazy("It has values longer than %(characters)d characters: too long to compare by."),
}


def _ordered(request: OrganizationRequest, found: Property, order: Callable[[], PropertyWork]) -> HttpResponse:
    """Order the change, and go to its page; or say why not, where the person came from."""
    try:
        return redirect(order())
    except actions.PropertyInUse:
        messages.error(
            request, _("Conditions ask about this property. Change them first; they are named on this page.")
        )
    except actions.Busy:
        messages.error(
            request, _("A list is being imported, or a property is being changed. Try again when that is done.")
        )
    except actions.NotComparable as error:
        limits = {"properties": MOST_SEGMENTABLE, "values": MOST_VALUES, "characters": MOST_CHARACTERS}
        messages.error(request, _NOT_COMPARABLE[error.why] % limits)
    return redirect(access.url(request.organization, "customers:property", pk=found.pk))


def _uses(request: OrganizationRequest, found: Property) -> dict[str, Any]:
    return {"uses": described(request, queries.property_uses(found))}


@access.permitted(Permission.MANAGE_PROPERTIES)
@vary_on_headers("HX-Request")
@require_GET
def property_work(request: OrganizationRequest, pk: int) -> HttpResponse:
    work, at = access.get(request.membership, PropertyWork, pk), timezone.now()
    left = max(0, int((work.starts_at - at).total_seconds()))
    past = past_of(work)
    is_open = work.is_open or (past is not None and past.is_in_work)
    context = {
        "work": work,
        "past": past,
        "is_open": is_open,
        "seconds_left": left if work.status == PropertyWorkStatus.WAITING else 0,
        "type_name": work.about.get_type_display() if work.about else "",
    }
    if request.htmx:
        status = 200 if is_open else HTMX_STOP_POLLING
        return render(request, "customers/_property_work.html", context, status=status)
    return render(request, "customers/property_work.html", context)


@require_POST
def property_work_undo(request: OrganizationRequest, pk: int) -> HttpResponse:
    work = access.get(request.membership, PropertyWork, pk)
    try:
        actions.undo(work=work, by=request.membership, at=timezone.now())
        messages.success(request, _("Undone. Nothing was changed."))
    except actions.TooLate:
        messages.info(request, _("Too late to undo: the work has begun."))
    return redirect(work)

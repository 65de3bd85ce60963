"""Annotations: a page of all of them, one form to add and one to change; the trend has the same form."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.analytics import showing
from surveys.analytics.actions import annotations as actions
from surveys.analytics.models import Annotation
from surveys.analytics.overview import annotations
from surveys.analytics.overview.annotation_forms import AnnotationForm, filled


@require_http_methods(["GET", "HEAD", "POST"])
def all_annotations(request: OrganizationRequest) -> HttpResponse:
    """POST adds one, and leads back to the trend that it was written on."""
    form = AnnotationForm(request.organization, showing.today(request), request.POST or None)
    if request.method == "POST":
        access.require(request.membership, Permission.MARK_RESPONSES)
        if form.is_valid():
            actions.annotate(told=form.told, by=request.membership, at=timezone.now())
            messages.success(request, _("It is on the trend now."))
            return redirect(_back(request) or access.url(request.organization, "analytics:annotations"))
    context = {
        "form": form,
        "annotations": annotations.all_of(request.organization),
        "deleted": annotations.just_deleted(request.organization, timezone.now() - annotations.UNDO_FOR),
        "can_mark": access.can(request.membership, Permission.MARK_RESPONSES),
        "back": _back(request),
    }
    return render(request, "analytics/annotations.html", context)


def _back(request: OrganizationRequest) -> str:
    """The page that the form stood on; only one of ours."""
    address = request.POST.get("back", "")
    home = access.url(request.organization, "analytics:overview")
    is_ours = address.startswith(home) and url_has_allowed_host_and_scheme(address, allowed_hosts=None)
    return address if is_ours else ""


@access.permitted(Permission.MARK_RESPONSES)
@require_http_methods(["GET", "HEAD", "POST"])
def annotation(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, Annotation, pk)
    data = request.POST if request.method == "POST" else None
    form = AnnotationForm(request.organization, showing.today(request), data, initial=filled(found))
    if request.method == "POST" and form.is_valid():
        actions.change_annotation(annotation=found, told=form.told, by=request.membership, at=timezone.now())
        return redirect("analytics:annotations", slug=request.organization.slug)
    return render(request, "analytics/annotation.html", {"form": form, "annotation": found})


@access.permitted(Permission.MARK_RESPONSES)
@require_POST
def annotation_delete(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, Annotation, pk)
    actions.delete_annotation(annotation=found, by=request.membership, at=timezone.now())
    return redirect("analytics:annotations", slug=request.organization.slug)


@access.permitted(Permission.MARK_RESPONSES)
@require_POST
def annotation_restore(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, Annotation, pk)
    actions.restore_annotation(annotation=found, by=request.membership, at=timezone.now())
    return redirect("analytics:annotations", slug=request.organization.slug)

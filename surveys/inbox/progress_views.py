"""An act on many conversations on its way, with Undo."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import HTMX_STOP_POLLING

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.inbox import rule_queries
from surveys.inbox.actions import bulk
from surveys.inbox.models import ActStatus, InboxAct

answering_only = access.permitted(Permission.ANSWER_CUSTOMERS)


@answering_only
@require_safe
def acts(request: OrganizationRequest) -> HttpResponse:
    """What was done with many conversations lately."""
    return render(request, "inbox/many.html", {"acts": rule_queries.acts(request.organization)})


@answering_only
@require_safe
@vary_on_headers("HX-Request")
def act(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, InboxAct, pk)
    at = timezone.now()
    context = {
        "act": found,
        "is_waiting": found.status == ActStatus.WAITING,
        "seconds_left": max(0, int((found.starts_at - at).total_seconds())),
        "may_undo": bulk.may_undo(found, at),
        "undo_until": found.created_at + bulk.UNDO_FOR,
    }
    if request.htmx:
        status = 200 if found.is_in_work else HTMX_STOP_POLLING
        return render(request, "inbox/_act.html", context, status=status)
    return render(request, "inbox/act.html", context)


@answering_only
@require_POST
def act_stop(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, InboxAct, pk)
    try:
        bulk.stop(act=found, by=request.membership, at=timezone.now())
    except bulk.NotNow:
        messages.info(request, _("It was over already."))
    return redirect(found)


@answering_only
@require_POST
def act_undo(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, InboxAct, pk)
    try:
        bulk.undo(act=found, by=request.membership, at=timezone.now())
    except bulk.NotNow:
        messages.info(request, _("This cannot be undone any more."))
    return redirect(found)

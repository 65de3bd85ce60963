"""Saved replies: the list, and one of them."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.inbox import message_queries, saved
from surveys.inbox.actions import saving
from surveys.inbox.models import SavedReply
from surveys.inbox.writing_forms import SavedReplyForm


@require_GET
@access.permitted(Permission.MANAGE_INBOX)
def saved_replies(request: OrganizationRequest) -> HttpResponse:
    organization = request.organization
    context = {
        "saved": message_queries.saved_replies(organization),
        "deleted": message_queries.deleted_reply(organization, request.GET.get("deleted", "")),
    }
    return render(request, "inbox/saved_replies.html", context)


@require_http_methods(["GET", "POST"])
@access.permitted(Permission.MANAGE_INBOX)
def saved_reply_new(request: OrganizationRequest) -> HttpResponse:
    return _edit(request, None)


@require_http_methods(["GET", "POST"])
@access.permitted(Permission.MANAGE_INBOX)
def saved_reply(request: OrganizationRequest, pk: int) -> HttpResponse:
    return _edit(request, access.get(request.membership, SavedReply, pk))


def _edit(request: OrganizationRequest, found: SavedReply | None) -> HttpResponse:
    form = SavedReplyForm(request.POST or None, initial={"name": found.name, "text": found.text} if found else None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            saving.save(saved=found, name=said["name"], text=said["text"], by=request.membership, at=timezone.now())
        except saving.NameIsTaken as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, _("Saved."))
            return _back(request)
    context = {"form": form, "found": found, "names": saved.NAMES}
    return render(request, "inbox/saved_reply.html", context)


@require_POST
def saved_reply_delete(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, SavedReply, pk)
    saving.delete(saved=found, by=request.membership, at=timezone.now())
    return _back(request, f"?deleted={pk}")


@require_POST
@access.permitted(Permission.MANAGE_INBOX)
def saved_reply_restore(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(SavedReply.ever, organization=request.organization, pk=pk)
    try:
        saving.restore(saved=found, by=request.membership, at=timezone.now())
    except saving.NameIsTaken as error:
        messages.error(request, str(error))
        return _back(request, f"?deleted={pk}")
    messages.success(request, _("“%(name)s” is back.") % {"name": found.name})
    return _back(request)


def _back(request: OrganizationRequest, query: str = "") -> HttpResponse:
    return redirect(access.url(request.organization, "writing:saved_replies") + query)

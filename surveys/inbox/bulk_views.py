"""What is done with the conversations that were ticked in the list."""

from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.customers.list_filters import is_id
from surveys.inbox import list_queries
from surveys.inbox.act_views import NotDone, chosen_colleague, chosen_team, is_priority
from surveys.inbox.actions import assigning, closing, snoozing
from surveys.inbox.filters import InboxFilters
from surveys.inbox.models import CloseReason, Conversation

MOST: Final = list_queries.PAGE * 4


@access.permitted(Permission.ANSWER_CUSTOMERS)
@require_POST
def bulk(request: OrganizationRequest) -> HttpResponse:
    """The list follows, as it was looked at."""
    picked = _picked(request)
    if picked and request.POST.get("act") == "tag":
        return _to_tagging(request, picked)
    try:
        _act(request, picked, timezone.now())
    except NotDone as why:
        messages.error(request, str(why))
    query = InboxFilters.from_text(request.POST.get("query", "")[:9000]).to_query()
    return redirect(access.url(request.organization, "inbox:list") + f"?{query}")


def _picked(request: OrganizationRequest) -> list[Conversation]:
    ids = [int(text) for text in request.POST.getlist("id")[:MOST] if is_id(text)]
    found = Conversation.objects.filter(organization=request.organization, pk__in=ids)
    return list(found.select_related("organization", "team").order_by("pk"))


def _to_tagging(request: OrganizationRequest, picked: list[Conversation]) -> HttpResponse:
    """Tags stand on responses, and are put on where responses are."""
    ids = [("id", str(each.response_id)) for each in picked if each.response_id]
    if not ids:
        messages.error(request, _("None of these conversations is about a response: tags stand on responses."))
        return redirect("inbox:list", slug=request.organization.slug)
    address = access.url(request.organization, "responses:bulk")
    return redirect(f"{address}?{urlencode([('state', 'all'), ('scope', 'picked'), *ids])}#tag")


def _act(request: OrganizationRequest, picked: list[Conversation], at: datetime) -> None:
    """All of them or none. Raises NotDone."""
    if not picked:
        raise NotDone(_("No conversation is selected. Tick some in the list first."))
    with transaction.atomic():
        for each in picked:
            _act_on(request, each, at)
    said = ngettext("%(n)d conversation is changed.", "%(n)d conversations are changed.", len(picked))
    messages.success(request, said % {"n": len(picked)})


def _act_on(request: OrganizationRequest, conversation: Conversation, at: datetime) -> None:
    """What lies between the list and now does not matter: who acts on many means all of them as they are."""
    given, by = request.POST, request.membership
    if given.get("act") == "take":
        assigning.assign(conversation=conversation, to=request.user, team=conversation.team, by=by, at=at)
    elif given.get("act") == "reopen":
        closing.reopen(conversation=conversation, by=by, at=at)
    elif given.get("to") == "nobody":
        assigning.assign(conversation=conversation, to=None, team=None, by=by, at=at)
    elif "to" in given or "team" in given:
        _assign(request, conversation, at)
    elif given.get("close") in CloseReason.values:
        closing.close(conversation=conversation, reason=given["close"], by=by, at=at)
    elif is_priority(given.get("priority", "")):
        snoozing.prioritize(conversation=conversation, priority=int(given["priority"]), by=by, at=at)
    else:
        raise NotDone(_("Choose what to do with them."))


def _assign(request: OrganizationRequest, conversation: Conversation, at: datetime) -> None:
    """A colleague in the team that it has; or a team, for anybody of it."""
    to, team = chosen_colleague(request), chosen_team(request)
    if to is not None:
        team = conversation.team
    assigning.assign(conversation=conversation, to=to, team=team, by=request.membership, at=at)

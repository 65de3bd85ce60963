"""What is done with conversations that were ticked in the list, or with all that pass its filters.

One alone changes at once. Several change a few seconds later, all by one act that can be stopped and undone.
"""

from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.customers.list_filters import is_id
from surveys.customers.queries import BadCondition
from surveys.inbox import list_queries
from surveys.inbox.act_views import NotDone, chosen_colleague, chosen_team, is_priority
from surveys.inbox.actions import assigning, bulk, closing, snoozing
from surveys.inbox.actions.bulk import Change, Nothing, TooMany
from surveys.inbox.filters import InboxFilters
from surveys.inbox.models import CloseReason, Conversation, InboxActKind

MOST_PICKED: Final = 1000


@access.permitted(Permission.ANSWER_CUSTOMERS)
@require_POST
def change(request: OrganizationRequest) -> HttpResponse:
    """The list follows, as it was looked at; or the act, where several change."""
    at, query = timezone.now(), _query(request)
    back = redirect(access.url(request.organization, "inbox:list") + f"?{query}")
    try:
        ids = _meant(request, query, at)
        if request.POST.get("act") == "tag":
            return _to_tagging(request, ids)
        wanted = _change(request)
        if len(ids) == 1 and request.POST.get("scope") != "all":
            messages.success(request, _at_once(request, ids[0], wanted, at))
            return back
        form = _form(request)
        act = bulk.confirm(ids=ids, change=wanted, by=request.membership, query=query, form=form, at=at)
    except NotDone as why:
        messages.error(request, str(why))
        return back
    except (Nothing, TooMany, assigning.CannotAnswer) as why:
        messages.error(request, _why(why))
        return back
    return redirect(act)


def _query(request: OrganizationRequest) -> str:
    return InboxFilters.from_text(request.POST.get("query", "")[:9000]).to_query()


def _form(request: OrganizationRequest) -> UUID | None:
    """Tells the page from others: sent twice, it makes one act."""
    try:
        return UUID(request.POST.get("form", ""))
    except ValueError:
        return None


def _why(error: Exception) -> str:
    if isinstance(error, TooMany):
        return _("More than %(most)s conversations at once are too many: choose a filter first.") % {"most": bulk.MOST}
    if isinstance(error, Nothing):
        return _("No conversation is selected. Tick some in the list first.")
    return _("This person may not answer customers (any more). Choose somebody else.")


# ── Which, and what ──


def _meant(request: OrganizationRequest, query: str, at: datetime) -> list[int]:
    """Raises NotDone."""
    if request.POST.get("scope") != "all":
        return [int(text) for text in request.POST.getlist("id")[:MOST_PICKED] if is_id(text)]
    try:
        found = list_queries.read_by(request.membership, query, at)
    except BadCondition as bad:
        raise NotDone(" ".join(str(problem.message) for problem in bad.problems)) from bad
    return list(found.order_by("pk").values_list("pk", flat=True)[: bulk.MOST + 1])


def _change(request: OrganizationRequest) -> Change:
    """Raises NotDone."""
    given = request.POST
    if given.get("act") == "take":
        return Change.hand_to(request.user)
    if given.get("act") == "reopen":
        return Change.reopen()
    if given.get("to") == "nobody":
        return Change.assign(None, None)
    if given.get("to") and (colleague := chosen_colleague(request)):
        return Change.hand_to(colleague)
    if given.get("team"):
        return Change.assign(None, chosen_team(request))
    if given.get("close") in CloseReason.values:
        return Change.close(given["close"])
    if is_priority(given.get("priority", "")):
        return Change.prioritize(int(given["priority"]))
    raise NotDone(_("Choose what to do with them."))


def _at_once(request: OrganizationRequest, pk: int, wanted: Change, at: datetime) -> str:
    """Somebody looks at this one alone: what lies between the list and now is told on its page. Raises CannotAnswer."""
    conversation = access.get(request.membership, Conversation, pk)
    given: dict[str, Any] = {"conversation": conversation, "by": request.membership, "at": at}
    match wanted.kind:
        case InboxActKind.ASSIGN:
            to = chosen_colleague(request) if request.POST.get("act") != "take" else request.user
            team = conversation.team if "team" not in wanted.facts else chosen_team(request)
            assigning.assign(to=to if wanted.facts["to"] else None, team=team, **given)
        case InboxActKind.CLOSE:
            closing.close(reason=wanted.facts["reason"], **given)
        case InboxActKind.REOPEN:
            closing.reopen(**given)
        case InboxActKind.PRIORITIZE:
            snoozing.prioritize(priority=wanted.facts["priority"], **given)
    said = str(InboxActKind(wanted.kind).label)
    return f"{said}: {wanted.name}" if wanted.name else said


def _to_tagging(request: OrganizationRequest, ids: list[int]) -> HttpResponse:
    """Tags stand on responses, and are put on where responses are. Raises NotDone."""
    about = bulk.responses_of(request.organization, ids[:MOST_PICKED])
    if not about:
        raise NotDone(_("None of these conversations is about a response: tags stand on responses."))
    picked = [("id", str(pk)) for pk in about]
    address = access.url(request.organization, "responses:bulk")
    return redirect(f"{address}?{urlencode([('state', 'all'), ('scope', 'picked'), *picked])}#tag")

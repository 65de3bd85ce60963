"""What is done with one conversation by its buttons. Each form carries the version that its page showed: who acts on an
older state is told what happened meanwhile, and nothing is done."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from surveys.accounts import access
from surveys.accounts import queries as accounts
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.models import User
from surveys.accounts.permissions import Permission
from surveys.customers.list_filters import is_id
from surveys.inbox import moments, queries
from surveys.inbox.actions import assigning, closing, snoozing
from surveys.inbox.actions.changing import ChangedMeanwhile
from surveys.inbox.models import CloseReason, Conversation, Priority, Team
from surveys.inbox.promises import Promises

Act = Callable[[OrganizationRequest, Conversation, datetime], str]


def act(does: Act) -> Callable[[OrganizationRequest, int], HttpResponse]:
    """A view around what a button does, which returns what is said then; "" where the page says it already."""

    @access.permitted(Permission.ANSWER_CUSTOMERS)
    @require_POST
    @wraps(does)
    def view(request: OrganizationRequest, pk: int) -> HttpResponse:
        conversation = access.get(request.membership, Conversation, pk)
        try:
            said = does(request, conversation, timezone.now())
        except ChangedMeanwhile as meanwhile:
            messages.warning(request, _told(meanwhile, request.user))
        except NotDone as why:
            messages.error(request, str(why))
        else:
            if said:
                messages.success(request, said)
        return redirect(conversation)

    return view


class NotDone(Exception):
    """Why, to the person who pressed the button."""


def _told(meanwhile: ChangedMeanwhile, reader: User) -> str:
    if meanwhile.by == reader.pk:
        return _(
            "You have changed this conversation since, in another window perhaps: nothing was done now. Look again."
        )
    names = accounts.people([meanwhile.by])
    who = names.get(meanwhile.by or 0)
    if who is None:
        return _("Something happened in this conversation meanwhile, so nothing was done. Look again, and decide then.")
    words = _("%(who)s was faster: the conversation is not as you saw it, so nothing was done. Look again.")
    return words % {"who": who}


def seen(request: OrganizationRequest) -> int | None:
    """The version that the page showed."""
    text = request.POST.get("version", "")
    return int(text) if is_id(text) else None


@act
def take(request: OrganizationRequest, conversation: Conversation, at: datetime) -> str:
    """It is mine now; its team stays."""
    _assign(request, conversation, request.user, conversation.team, at)
    return _("It is yours now.")


@act
def assign(request: OrganizationRequest, conversation: Conversation, at: datetime) -> str:
    has_it = conversation.assignee
    keeps_it = has_it is not None and request.POST.get("to") == str(has_it.pk)
    to, team = has_it if keeps_it else chosen_colleague(request), chosen_team(request)
    _assign(request, conversation, to, team, at)
    names = " · ".join(str(each) for each in (to, team) if each)
    return _("It is with %(names)s now.") % {"names": names} if names else _("It is nobody's now.")


def _assign(
    request: OrganizationRequest, conversation: Conversation, to: User | None, team: Team | None, at: datetime
) -> None:
    try:
        assigning.assign(conversation=conversation, to=to, team=team, by=request.membership, seen=seen(request), at=at)
    except assigning.CannotAnswer:
        raise NotDone(_("%(who)s may not answer customers (any more). Choose somebody else.") % {"who": to}) from None


def chosen_colleague(request: OrganizationRequest) -> User | None:
    """Raises NotDone."""
    text = request.POST.get("to", "")
    if not text:
        return None
    found = next((each for each in queries.answering(request.organization) if str(each.pk) == text), None)
    if found is None:
        raise NotDone(_("This person may not answer customers (any more). Choose somebody else."))
    return found


def chosen_team(request: OrganizationRequest) -> Team | None:
    """Raises NotDone."""
    text = request.POST.get("team", "")
    if not text:
        return None
    found = next((team for team in queries.teams(request.organization) if str(team.pk) == text), None)
    if found is None:
        raise NotDone(_("This team is gone. Choose another one."))
    return found


@act
def close(request: OrganizationRequest, conversation: Conversation, at: datetime) -> str:
    reason = request.POST.get("reason", "")
    if reason not in CloseReason.values:
        raise NotDone(_("Choose why it is closed: what comes of conversations is counted by it."))
    closing.close(conversation=conversation, reason=reason, by=request.membership, seen=seen(request), at=at)
    return ""


@act
def reopen(request: OrganizationRequest, conversation: Conversation, at: datetime) -> str:
    closing.reopen(conversation=conversation, by=request.membership, seen=seen(request), at=at)
    return _("It is open again.")


@act
def undo_close(request: OrganizationRequest, conversation: Conversation, at: datetime) -> str:
    try:
        closing.undo_close(conversation=conversation, by=request.membership, at=at)
    except closing.CannotUndo:
        raise NotDone(_("Something happened since: it cannot be undone. You can open it again.")) from None
    return _("It is open, as before.")


@act
def snooze(request: OrganizationRequest, conversation: Conversation, at: datetime) -> str:
    hours = Promises.of(request.organization).hours
    until = moments.chosen(request.POST.get("until", ""), request.POST.get("day", "").strip(), at, hours)
    if until is None:
        raise NotDone(_("Choose until when, or type a day like 2026-03-31."))
    try:
        snoozing.snooze(conversation=conversation, until=until, by=request.membership, seen=seen(request), at=at)
    except snoozing.NotAhead:
        raise NotDone(_("That moment is over. Choose one that is to come.")) from None
    except snoozing.IsClosed:
        raise NotDone(_("It is closed: there is nothing to put off.")) from None
    return _("It is out of the list until then, or until the customer writes or the answer is overdue.")


@act
def wake(request: OrganizationRequest, conversation: Conversation, at: datetime) -> str:
    snoozing.wake(conversation=conversation, by=request.membership, seen=seen(request), at=at)
    return _("It is back in the list.")


@act
def prioritize(request: OrganizationRequest, conversation: Conversation, at: datetime) -> str:
    text = request.POST.get("priority", "")
    if not is_priority(text):
        raise NotDone(_("Choose one of the priorities."))
    snoozing.prioritize(conversation=conversation, priority=int(text), by=request.membership, seen=seen(request), at=at)
    return ""


def is_priority(text: str) -> bool:
    return text in [str(number) for number in Priority.values]

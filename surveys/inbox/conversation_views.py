"""The page of one conversation: what is said in it and about it, who else is there, and the files of its messages."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HTMX_STOP_POLLING

from surveys.accounts import access
from surveys.accounts import queries as accounts
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.models import User
from surveys.accounts.permissions import Permission
from surveys.analytics.over_time import risk
from surveys.core import places, timeline
from surveys.customers import record
from surveys.customers.list_filters import is_id
from surveys.customers.models import Customer
from surveys.customers.queries import record as records
from surveys.delivery import queries as delivery
from surveys.delivery import telling
from surveys.inbox import composing, conversation_words, downloads, moments, queries
from surveys.inbox.actions import opening, presence
from surveys.inbox.models import CloseReason, Conversation, ConversationChange, Priority
from surveys.inbox.promises import Promises
from surveys.responses import answer_queries, mark_queries
from surveys.responses import queries as responses
from surveys.responses.models import Response

OFFER_UNDO: Final = timedelta(minutes=2)
HAPPENINGS: Final = 8  # of the customer's timeline
KEPT_FRESH: Final = timedelta(hours=8)


@dataclass(frozen=True)
class Shown:
    """A conversation to somebody at a moment."""

    request: OrganizationRequest
    conversation: Conversation
    at: datetime

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.request.organization.time_zone)

    @cached_property
    def can_answer(self) -> bool:
        return access.can(self.request.membership, Permission.ANSWER_CUSTOMERS)


def shown(request: OrganizationRequest, pk: int) -> Shown:
    found = get_object_or_404(queries.with_everything(request.organization), pk=pk)
    return Shown(request, found, timezone.now())


@require_safe
def conversation(request: OrganizationRequest, pk: int) -> HttpResponse:
    page = shown(request, pk)
    context = {
        "conversation": page.conversation,
        "can_answer": page.can_answer,
        "due": conversation_words.due(page.conversation, page.zone, page.at),
        **_thread(page),
        **_response(page),
        **_customer(page),
        **_acts(page),
    }
    return render(request, "inbox/conversation.html", context)


def _thread(page: Shown) -> dict[str, Any]:
    said = queries.thread(page.conversation, whole="whole" in page.request.GET)
    others = _others(page)
    return {
        "told": conversation_words.told(said, page.zone),
        "earlier": said.earlier,
        "others": others,
        "state": State(page.conversation.version, said.last, _said_of(others), page.at),
    }


def _response(page: Shown) -> dict[str, Any]:
    response = page.conversation.response
    if response is None:
        return {}
    tags = mark_queries.tags(page.request.organization)
    return {
        "response": response,
        "revisions": responses.revisions(response),
        "answers": answer_queries.told(page.request.organization, [response]).get(response.pk, []),
        "tags": [tag for tag in tags if tag.pk in response.tags],
    }


def _customer(page: Shown) -> dict[str, Any]:
    customer = page.conversation.customer
    if customer is None:
        return {}
    by = page.request.membership
    customer.organization = page.request.organization
    seen = records.visible(by)
    history = responses.score_history(customer)
    return {
        "customer": customer,
        "facts": [fact for fact in records.known_of(customer, seen, []) if fact.value],
        "history": history[::-1],
        "standing": record.standing(history),
        "others_open": queries.open_with(customer, besides=page.conversation.pk),
        "risks": _risks(page, customer),
        "entries": _happenings(customer, seen),
    }


def _risks(page: Shown, customer: Customer) -> list[risk.Reason]:
    """Why they are listed as likely to leave; none for who is not."""
    asked = risk.asked(page.request.organization, page.at)
    sees_hidden = access.sees_hidden_properties(page.request.membership)
    found = risk.explained(asked, [customer], sees_hidden=sees_hidden)[0].reasons
    return found if risk.is_listed(found, asked.rule) else []


def _happenings(customer: Customer, seen: records.Visible) -> list[record.Entry]:
    """The newest of the customer's timeline; what was said in conversations stands in these."""
    parts = [
        records.timeline(customer),
        delivery.timeline(customer),
        telling.timeline(customer),
        responses.timeline(customer),
    ]
    newest = timeline.page(parts, limit=HAPPENINGS).happenings
    people = accounts.people(record.people_in(newest))
    return record.Reader(seen, people, delivery.reasons()).entries(newest)


def _acts(page: Shown) -> dict[str, Any]:
    if not page.can_answer:
        return {}
    organization = page.request.organization
    return {
        "composer": composing.composer(page.conversation, page.request.membership, page.request.GET, at=page.at),
        "colleagues": _assignees(page.conversation),
        "away": queries.away(organization, page.at),
        "teams": queries.teams(organization),
        "reasons": CloseReason.choices,
        "priorities": Priority.choices,
        "moments": moments.offers(page.at, Promises.of(organization).hours),
        "undo_close": _may_undo_close(page, queries.newest_change(page.conversation)),
    }


def _assignees(conversation: Conversation) -> list[User]:
    """Who may be given it, and who has it."""
    found = queries.answering(conversation.organization)
    has_it = conversation.assignee
    return found if has_it is None or has_it in found else [*found, has_it]


def _may_undo_close(page: Shown, newest: ConversationChange | None) -> bool:
    """This person closed it a moment ago, and nothing happened since."""
    if newest is None or newest.kind != "closed" or newest.actor_id != page.request.user.pk:
        return False
    return newest.version == page.conversation.version and newest.at > page.at - OFFER_UNDO


# ── Live ──


@dataclass(frozen=True)
class Other:
    name: str
    is_writing: bool


def _others(page: Shown) -> list[Other]:
    found = queries.others_at(page.conversation, page.request.user, at=page.at)
    return [Other(str(each.user), queries.writes(each, page.at)) for each in found]


def _said_of(others: list[Other]) -> str:
    """What a page says of them, to be compared."""
    return ", ".join(f"{other.name}{'…' if other.is_writing else ''}" for other in others)


@dataclass(frozen=True)
class State:
    """What a page shows: the version of the conversation, its newest message, what it says of others; and since when."""

    version: int
    message: int
    said: str
    since: datetime

    @classmethod
    def of(cls, request: OrganizationRequest) -> "State | None":
        """None for what no page of ours sends."""
        version, message = request.POST.get("version", ""), request.POST.get("message", "")
        since = places.moment(request.POST.get("since", ""))
        if since is None or not all(
            text.isascii() and text.isdigit() and len(text) < 18 for text in (version, message)
        ):
            return None
        return cls(int(version), int(message), request.POST.get("said", ""), since)


@require_POST
def live(request: OrganizationRequest, pk: int) -> HttpResponse:
    """A page that shows the conversation tells that it is there, and is told what it does not show yet."""
    page = shown(request, pk)
    before = State.of(request)
    if before is None or before.since < page.at - KEPT_FRESH:
        return HttpResponse(status=HTMX_STOP_POLLING)
    is_writing = request.POST.get("writing") == "1" and page.can_answer
    presence.is_here(conversation=page.conversation, by=request.membership, is_writing=is_writing, at=page.at)
    others = _others(page)
    said = _said_of(others)
    if page.conversation.version == before.version and said == before.said:
        return HttpResponse(status=204)
    new = queries.since(page.conversation, before.message, before.version)
    context = {
        "conversation": page.conversation,
        "others": others,
        "told": conversation_words.told(new, page.zone),
        "has_new": page.conversation.version != before.version or "new" in request.POST,
        "state": State(page.conversation.version, max(new.last, before.message), said, before.since),
    }
    return render(request, "inbox/_live_answer.html", context)


# ── Files ──


@require_safe
def attachment(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = queries.attachment(request.organization, pk)
    if found is None:
        raise Http404
    return downloads.file(found)


# ── Beginning ──


@access.permitted(Permission.ANSWER_CUSTOMERS)
@require_POST
def start(request: OrganizationRequest) -> HttpResponse:
    """About a response, or with a customer; the one that there is, if there is one."""
    response = _posted(request, Response, "response")
    customer = _posted(request, Customer, "customer")
    if response is None and customer is None:
        messages.error(request, _("Choose a response or a customer first: a conversation is about one of them."))
        return redirect("inbox:list", slug=request.organization.slug)
    opened = opening.open_conversation(
        organization=request.organization,
        response=response,
        customer=None if response else customer,
        by=request.membership,
        at=timezone.now(),
    )
    return redirect(opened)


def _posted(request: OrganizationRequest, model: type[Any], name: str) -> Any:
    text = request.POST.get(name, "")
    if not text:
        return None
    if not is_id(text):
        raise Http404
    return access.get(request.membership, model, int(text))

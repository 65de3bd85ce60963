"""A conversation begins: about a response, or with a customer."""

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction

from surveys.accounts import access, audit
from surveys.accounts.models import Membership, Organization
from surveys.accounts.permissions import Permission
from surveys.customers.models import Customer
from surveys.inbox import routing
from surveys.inbox.actions import assigning, changing, closing
from surveys.inbox.actions.changing import Doer
from surveys.inbox.models import CloseReason, Conversation, Priority, Status
from surveys.inbox.promises import Promises
from surveys.responses.models import Response

_SPACE = 7041  # tells these advisory locks from others


def open_conversation(
    *,
    organization: Organization,
    response: Response | None,
    customer: Customer | None,
    by: Membership | None,
    rule_id: int | None = None,
    priority: int | None = None,
    at: datetime,
) -> Conversation:
    """The one about this response, or the one with this customer that is not closed; opened when there is none.

    Idempotent, also for two transactions at once: the later one gets the conversation of the other. One that was closed
    is opened again when a person asks, and stays closed when a rule does. A new one goes to the team that its comment
    belongs to (`inbox.routing`). Raises ValueError without response and customer.
    """
    if response is None and customer is None:
        raise ValueError("a conversation is about a response, or with a customer")
    if by is not None:
        access.require(by, Permission.ANSWER_CUSTOMERS)
    with transaction.atomic():
        found = standing(organization, response, customer)
        if found is None:
            doer = Doer.of(by, at, rule_id)
            found, is_new = _open(organization, response, customer, doer, priority)
            if is_new and by is not None:
                audit.record(by, "conversation.opened", found, at=at)
        if by is not None and found.status == Status.CLOSED:
            closing.reopen(conversation=found, by=by, at=at)
            found.refresh_from_db()
        return found


def standing(organization: Organization, response: Response | None, customer: Customer | None) -> Conversation | None:
    """The one about this response; without a response the latest with this customer alone that is not closed."""
    mine = Conversation.objects.select_related("organization").filter(organization=organization)
    if response is not None:
        return mine.filter(response=response).first()
    if customer is None:
        return None
    return mine.filter(response=None, customer=customer).exclude(status=Status.CLOSED).order_by("-pk").first()


def continued(*, conversation: Conversation, at: datetime) -> Conversation:
    """Where a mail of the customer belongs that answers this conversation: into it; or, when it was closed for longer than
    the organization wants it to be opened again, into another with the same customer, opened if there is none.

    Of a conversation whose customer is gone it is always the same. The caller locks what is returned before it writes.
    """
    organization, customer = conversation.organization, conversation.customer
    if customer is None or takes_mail(conversation, at):
        return conversation
    return open_conversation(organization=organization, response=None, customer=customer, by=None, at=at)


def takes_mail(conversation: Conversation, at: datetime) -> bool:
    """What the customer writes then belongs here: it is open, or was not closed for long."""
    if conversation.status != Status.CLOSED or conversation.closed_at is None:
        return True
    return at < conversation.closed_at + timedelta(days=Promises.of(conversation.organization).reopens_days)


def _open(
    organization: Organization,
    response: Response | None,
    customer: Customer | None,
    doer: Doer,
    priority: int | None,
) -> tuple[Conversation, bool]:
    """And whether it is new: another transaction may have been faster, and is waited for."""
    if response is None and customer is not None:
        _hold_opening(customer)
        if found := standing(organization, None, customer):
            return found, False
    try:
        with transaction.atomic():
            opened = Conversation.objects.create(**_columns(organization, response, customer, doer, priority))
    except IntegrityError:
        if response is None or (found := standing(organization, response, None)) is None:
            raise  # not a second conversation: the customer or the response is gone
        return found, False
    changing.change(opened, "opened", doer)
    _route(opened, response, doer)
    return opened, True


def _hold_opening(customer: Customer) -> None:
    """Nothing in the database forbids a second conversation with one customer: those who open one wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_SPACE, customer.pk % 2**31])


def _columns(
    organization: Organization, response: Response | None, customer: Customer | None, doer: Doer, priority: int | None
) -> dict[str, Any]:
    draft = Conversation(priority=Priority.NORMAL if priority is None else priority)
    due_at = Promises.of(organization).due(draft, doer.at)
    return {
        "organization": organization,
        "response": response,
        "customer_id": customer.pk if customer else response and response.customer_id,
        "priority": draft.priority,
        "score": response.score if response else None,
        "campaign_id": response.campaign_id if response else None,
        "opened_at": doer.at,
        "opened_by_id": doer.user,
        "touched_at": doer.at,
        "turn_at": doer.at,
        "due_at": due_at,
        "first_due_at": due_at,
        "version": 0,
    }


def _route(opened: Conversation, response: Response | None, doer: Doer) -> None:
    if response is not None and response.excluded_at is not None:
        closing.close_as(opened, CloseReason.JUNK, Doer(doer.at))
        return
    team = routing.team_for(opened.organization, response)
    if team is not None:
        assigning.give(opened, assigning.by_turn(team, doer.at), team, Doer(doer.at), why="routed")

"""A conversation begins: about a response, or with a customer."""

from datetime import datetime

from django.db import IntegrityError, transaction

from surveys.accounts import access
from surveys.accounts.models import Membership, Organization
from surveys.accounts.permissions import Permission
from surveys.customers.models import Customer
from surveys.inbox.models import Conversation, ConversationChange, Priority, Status
from surveys.outbox import actions as outbox
from surveys.responses.models import Response


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
    """The one about this response, or with this customer; opened when there is none. Doing it again changes nothing."""
    if by is not None:
        access.require(by, Permission.ANSWER_CUSTOMERS)
    with transaction.atomic():
        return standing(organization, response, customer) or _open(
            organization, response, customer, by, rule_id, Priority.NORMAL if priority is None else priority, at
        )


def standing(organization: Organization, response: Response | None, customer: Customer | None) -> Conversation | None:
    mine = Conversation.objects.filter(organization=organization)
    if response is not None:
        return mine.filter(response=response).first()
    if customer is None:
        return None
    return mine.filter(response=None, customer=customer).exclude(status=Status.CLOSED).order_by("-pk").first()


def _open(
    organization: Organization,
    response: Response | None,
    customer: Customer | None,
    by: Membership | None,
    rule_id: int | None,
    priority: int,
    at: datetime,
) -> Conversation:
    try:
        with transaction.atomic():
            opened = Conversation.objects.create(
                organization=organization,
                response=response,
                customer=customer,
                priority=priority,
                score=response.score if response else None,
                campaign_id=response.campaign_id if response else None,
                opened_at=at,
                opened_by=by.user if by else None,
                touched_at=at,
            )
    except IntegrityError:
        return Conversation.objects.get(organization=organization, response=response)
    note(opened, "opened", by, rule_id, at)
    outbox.publish("conversation.opened", opened, at=at, rule=rule_id)
    return opened


def note(
    conversation: Conversation, kind: str, by: Membership | None, rule_id: int | None, at: datetime, **facts: object
) -> None:
    ConversationChange.objects.create(
        organization_id=conversation.organization_id,
        conversation=conversation,
        at=at,
        actor_id=by.user_id if by else None,
        rule_id=rule_id,
        kind=kind,
        facts=facts,
    )

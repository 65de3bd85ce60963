"""What is written to customers."""

from datetime import datetime
from email.utils import formataddr

from django.db import transaction

from surveys.accounts.models import Organization, User
from surveys.accounts.queries import senders
from surveys.core import placeholders
from surveys.customers.models import Customer
from surveys.delivery.actions.enqueue import enqueue_letter
from surveys.delivery.models import Kind
from surveys.inbox.actions.opening import standing
from surveys.inbox.models import Message, MessageKind
from surveys.responses.models import Response


def send_automatic(
    *,
    response: Response | None,
    customer: Customer,
    subject: str,
    text: str,
    sender: User | None,
    rule_id: int | None,
    at: datetime,
) -> Message | None:
    """A rule's mail to a customer, in the name of a colleague or of the organization. Placed in their conversation when
    there is one: then its message is returned. Whether they may be mailed has been asked before."""
    organization = Organization.objects.get(pk=customer.organization_id)
    with transaction.atomic():
        delivery = enqueue_letter(
            kind=Kind.AUTOMATION,
            organization=organization,
            customer=customer,
            to=customer.email or "",
            subject=subject,
            text=text,
            html="",
            sender=_sender(organization, sender),
            reply_to=sender.email if sender else organization.reply_to,
            automatic=True,
            at=at,
        )
        conversation = standing(organization, response, customer)
        if conversation is None:
            return None
        return Message.objects.create(
            organization=organization,
            conversation=conversation,
            kind=MessageKind.AUTOMATIC,
            author=sender,
            text=text,
            delivery=delivery,
            key=f"rule:{rule_id}:{delivery.pk}",
            is_automatic=True,
            at=at,
        )


def _sender(organization: Organization, person: User | None) -> str:
    name = str(person) if person else organization.sender_name or organization.name
    return formataddr((placeholders.single_line(name), organization.sender_email or senders.default_address()))

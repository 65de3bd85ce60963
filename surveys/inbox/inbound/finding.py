"""Where a mail belongs. Reads only.

What leads into a conversation is signed by us: the address that it went to, or the Message-ID of the mail that it answers,
and then it must come from whom that mail went to. What anybody can write (names, subjects, senders) leads nowhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from surveys.customers import addresses as customers
from surveys.customers.models import Customer
from surveys.delivery import letters
from surveys.delivery.models import Delivery
from surveys.inbox import addresses
from surveys.inbox.inbound.parsing import Parsed
from surveys.inbox.models import Conversation, Message
from surveys.responses.models import Response

GONE: Final = gettext_lazy("Its conversation was deleted.")
NOT_SIGNED: Final = gettext_lazy("The address that it went to is none that we gave to anybody.")
NOT_THEIRS: Final = gettext_lazy("It answers a mail of ours, and does not come from whom that mail went to.")
NO_CUSTOMER: Final = gettext_lazy("The customer whom it answers for was deleted.")


@dataclass(frozen=True)
class Place:
    """A conversation that is there, or a customer (with or without a response) for whom one is opened; else `reason`."""

    organization: int | None = None
    conversation: Conversation | None = None
    customer: Customer | None = None
    response: Response | None = None
    is_from_another: bool = False
    reason: str = ""

    @property
    def is_found(self) -> bool:
        return not self.reason


def place(to: str, parsed: Parsed) -> Place:
    meant = addresses.meaning(to)
    if isinstance(meant, addresses.Reply):
        return _by_address(meant, parsed)
    return _by_thread(parsed)


def _by_address(meant: addresses.Reply, parsed: Parsed) -> Place:
    found = Conversation.objects.select_related("customer", "organization").filter(pk=meant.conversation).first()
    if found is None:
        customer = Customer.objects.filter(pk=meant.customer).first()
        return Place(customer.organization_id if customer else None, reason=str(GONE))
    if found.customer is None:
        return Place(found.organization_id, reason=str(NO_CUSTOMER))
    is_theirs = is_of(parsed.heads.from_address, found.customer)
    return Place(found.organization_id, found, found.customer, is_from_another=not is_theirs)


def is_of(address: str, customer: Customer) -> bool:
    return bool(customer.email) and _same(address, customer.email or "")


def _same(one: str, other: str) -> bool:
    ours, theirs = (customers.normalized(customers.cleaned(each) or each) for each in (one, other))
    return bool(ours) and ours == theirs


def _by_thread(parsed: Parsed) -> Place:
    delivery = _answered(parsed.named)
    if delivery is None or delivery.organization_id is None:
        return Place(reason=str(NOT_SIGNED))
    customer = delivery.customer
    if customer is None:
        return Place(delivery.organization_id, reason=str(NO_CUSTOMER))
    sender = parsed.heads.from_address
    if not (is_of(sender, customer) or _same(sender, delivery.to_address)):
        return Place(delivery.organization_id, reason=str(NOT_THEIRS))
    message = Message.objects.select_related("conversation__organization").filter(delivery=delivery).first()
    if message is not None:
        return Place(delivery.organization_id, message.conversation, customer)
    response = Response.objects.filter(invitation=delivery.invitation_id).first() if delivery.invitation_id else None
    return Place(delivery.organization_id, None, customer, response)


def conversation_answered(keys: Sequence[int], among: QuerySet[Conversation]) -> Conversation | None:
    """That of the nearest of our mails, whoever answers it."""
    found = {
        message.delivery_id: message for message in Message.objects.filter(delivery__in=keys, conversation__in=among)
    }
    nearest = next((found[key] for key in keys if key in found), None)
    return among.filter(pk=nearest.conversation_id).first() if nearest else None


def keys_of(named: Sequence[str]) -> list[int]:
    """Of mails of ours: a Message-ID that only we can make says which it is."""
    return [pk for each in named if (pk := letters.delivery_of(each)) is not None]


def _answered(named: Sequence[str]) -> Delivery | None:
    """The nearest mail of ours."""
    keys = keys_of(named)
    found = Delivery.objects.select_related("customer").in_bulk(keys)
    return next((found[pk] for pk in keys if pk in found and found[pk].to_address), None)

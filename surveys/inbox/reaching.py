"""Whether the customer of a conversation can be written to, and why not."""

from django.utils.translation import gettext as _

from surveys.customers.models import SuppressionReason
from surveys.inbox.models import Conversation, Message, MessageKind


def refusal(conversation: Conversation) -> str:
    """A sentence for the colleague who would reply; "" when nothing speaks against it.

    Somebody who wrote to us may be answered, whatever they said about surveys. An address that takes no mail cannot.
    """
    customer = conversation.customer
    if customer is None:
        return _("Nobody knows who gave this answer: there is no address to reply to.")
    if not customer.email:
        return _("%(customer)s has no email address. Add one on the customer's page first.") % {"customer": customer}
    if customer.suppression == SuppressionReason.BOUNCED:
        return _("Mail to %(address)s comes back. Correct the address on the customer's page first.") % {
            "address": customer.email
        }
    if customer.suppression and not _has_written(conversation):
        return _("%(customer)s wants no mail from you (%(reason)s), and has not written to you.") % {
            "customer": customer,
            "reason": customer.get_suppression_display(),
        }
    return ""


def _has_written(conversation: Conversation) -> bool:
    inbound = Message.objects.filter(conversation=conversation, kind__in=(MessageKind.INBOUND, MessageKind.BY_HAND))
    return conversation.response_id is not None or inbound.exists()

"""What people do with mail that belongs nowhere: put it into a customer's conversation, or throw it away."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from surveys.accounts import access, audit
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.customers.models import Customer
from surveys.inbox.actions import opening
from surveys.inbox.inbound import contents, finding, hearing
from surveys.inbox.inbound.contents import Content
from surveys.inbox.models import Conversation, InboundMail, Message, Outcome, Status

TO_SORT = (Outcome.UNROUTED, Outcome.BROKEN)


class SortedMeanwhile(Exception):
    """A colleague was faster."""


class CannotSort(Exception):
    """Nothing was done; the message says why, to the person who tried."""


def attach(*, mail: InboundMail, customer: Customer, by: Membership, at: datetime) -> Message:
    """Into the conversation with this customer whose mail it answers, or that is open, or that was closed so lately that
    their mail opens it again; else into a new one. Raises SortedMeanwhile and CannotSort."""
    access.require(by, Permission.ANSWER_CUSTOMERS)
    with transaction.atomic():
        held = _held(mail, by)
        content = contents.found(held)
        if content is None:
            why = {"why": held.reason}
            raise CannotSort(
                _("This mail cannot be read (%(why)s). Download it, and add by hand what the customer wrote.") % why
            )
        conversation = _place(content, customer, held.received_at) or opening.open_conversation(
            organization=by.organization, response=None, customer=customer, by=by, at=at
        )
        is_from_another = not finding.is_of(content.from_address, customer)
        message = hearing.store(held, content, conversation, is_from_another=is_from_another, by=by.user)
        audit.record(by, "mail.attached", held, at=at, conversation=conversation.pk)
        return message


def _place(content: Content, customer: Customer, at: datetime) -> Conversation | None:
    """Where it belongs among those with this customer, about whatever; None where a new one begins."""
    mine = Conversation.objects.select_related("organization").filter(organization=customer.organization_id)
    theirs = mine.filter(customer=customer)
    answered = finding.conversation_answered(content.answers, theirs)
    opened = theirs.exclude(status=Status.CLOSED).order_by("-touched_at", "-pk").first()
    closed = theirs.filter(status=Status.CLOSED).order_by("-closed_at", "-pk").first()
    return next((each for each in (answered, opened, closed) if each and opening.takes_mail(each, at)), None)


def throw_away(*, mail: InboundMail, reason: str, by: Membership, at: datetime) -> None:
    """Its words go at once; that it came, and why it was thrown away, is kept for a while. Raises SortedMeanwhile."""
    access.require(by, Permission.ANSWER_CUSTOMERS)
    reason = " ".join(reason.split())[:300]
    if not reason:
        raise CannotSort(_("Say why it can go: “Advertising”, for instance."))
    with transaction.atomic():
        held = _held(mail, by)
        held.outcome, held.reason = Outcome.DROPPED, reason
        contents.forget(held)
        audit.record(by, "mail.dropped", held, at=at, reason=reason)


def _held(mail: InboundMail, by: Membership) -> InboundMail:
    rows = (
        InboundMail.objects.defer("raw")
        .select_for_update(of=("self",))
        .filter(organization=by.organization_id, pk=mail.pk)
    )
    found = rows.filter(outcome__in=TO_SORT).first()
    if found is None:
        raise SortedMeanwhile
    return found

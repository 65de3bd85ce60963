"""What is written in conversations: replies and notes of colleagues, and what rules write."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from surveys.accounts import access, audit
from surveys.accounts.models import Membership, Organization, User
from surveys.accounts.permissions import Permission
from surveys.core import placeholders
from surveys.core.locks import again_after_deadlock
from surveys.customers.models import Customer
from surveys.delivery import letters as mails
from surveys.delivery.actions.enqueue import Undeliverable, enqueue_letter
from surveys.delivery.models import Delivery, Kind
from surveys.inbox import addresses, letters, mentions, message_queries, reaching, rich
from surveys.inbox.actions import changing, closing, turns
from surveys.inbox.actions.changing import Doer
from surveys.inbox.actions.opening import standing
from surveys.inbox.models import Attachment, Conversation, Draft, Message, MessageKind
from surveys.outbox import actions as outbox
from surveys.responses.models import Response

MOST_CHARACTERS: Final = 20_000
NEAR: Final = MOST_CHARACTERS * 9 // 10  # from here on the writer is told how much there is


@dataclass(frozen=True)
class Sent:
    """A mail that waits to be sent, and its message where it stands in a conversation."""

    delivery: Delivery
    message: Message | None


class CannotWrite(Exception):
    """It was not written; the message says why, to the person who wrote it. Nothing is lost: the draft stays."""


# ── To the customer ──────────────────────────────────────────────────────────────────────────────────────────────────
@again_after_deadlock
def reply(
    *,
    conversation: Conversation,
    text: str,
    attachments: Sequence[int],
    key: str,
    close_reason: str = "",
    seen: datetime | None = None,
    version: int | None = None,
    by: Membership,
    at: datetime,
) -> Message:
    """Write to the customer, and close the conversation when a reason is given. It leaves in a few seconds: see `unsend`.

    `attachments` are keys of files of the writer's own draft. `key` is that of the form: what it has sent already is
    returned, so pressing twice sends once. `seen` is when the draft was kept that the form was made with: another one,
    of another window, stays. `version` is that of the conversation that the page showed: nothing is closed over words of
    the customer that the writer has not seen. Raises CannotWrite.
    """
    access.require(by, Permission.ANSWER_CUSTOMERS)
    text = checked(text)
    with transaction.atomic():
        held = hold(conversation, by)
        if (known := _written_before(held, key)) is not None:
            return known
        if close_reason:
            _expect_nothing_heard(held, version)
        customer = _addressee(held)
        thread, body = letters.thread(held), letters.body(held, text, by.user)
        message = _store(held, MessageKind.REPLY, text, key, by, at)
        files = _take_files(held, attachments, message, by)
        try:
            delivery = enqueue_letter(
                kind=Kind.REPLY,
                organization=held.organization,
                customer=customer,
                to=customer.email or "",
                subject=thread.subject,
                text=body.text,
                html=body.html,
                sender=letters.sender(held.organization, by.user),
                reply_to=addresses.reply_address(held, customer) or by.user.email,
                in_reply_to=thread.in_reply_to,
                references=thread.references,
                attachments=files,
                automatic=False,
                due_at=at + timedelta(seconds=settings.UNDO_SECONDS),
                at=at,
            )
        except Undeliverable as error:
            raise CannotWrite(str(error)) from error
        _name(message, delivery)
        _forget_draft(held, message, seen, by, is_note=False)
        turns.we_wrote(conversation=held, by=by.user, at=at)
        audit.record(by, "conversation.replied", held, at=at)
        outbox.publish("conversation.replied", held, at=at, message=message.pk, by=by.user_id)
        if close_reason:
            closing.close(conversation=held, reason=close_reason, by=by, at=at)
    return message


def _expect_nothing_heard(conversation: Conversation, version: int | None) -> None:
    try:
        changing.expect_no(conversation, "heard", version)
    except changing.ChangedMeanwhile as meanwhile:
        said = _(
            "The customer wrote meanwhile: nothing was sent, and nothing closed. Read it first; your text is kept."
        )
        raise CannotWrite(said) from meanwhile


def hold(conversation: Conversation, by: Membership) -> Conversation:
    """The row, ours until the transaction ends: two who write at once do so one after the other."""
    mine = Conversation.objects.filter(organization=by.organization_id).select_for_update(no_key=True, of=("self",))
    return mine.select_related("organization", "customer", "response").get(pk=conversation.pk)


def checked(text: str) -> str:
    text = placeholders.printable(text.replace("\r\n", "\n").replace("\r", "\n"))
    if not text:
        raise CannotWrite(_("There is nothing to send yet: write something first."))
    if len(text) > MOST_CHARACTERS:
        raise CannotWrite(length(text))
    return text


def length(text: str) -> str:
    """What somebody who writes near the limit, or beyond it, is told; "" for all others."""
    there = len(placeholders.printable(text.replace("\r\n", "\n")))
    if there <= NEAR:
        return ""
    said = (
        _("The text has %(there)s characters; %(most)s are the most. Shorten it, or attach a file instead.")
        if there > MOST_CHARACTERS
        else _("%(there)s of %(most)s characters.")
    )
    return said % {"there": there, "most": MOST_CHARACTERS}


def _written_before(conversation: Conversation, key: str) -> Message | None:
    return Message.objects.filter(conversation=conversation, key=key).first() if key else None


def _addressee(conversation: Conversation) -> Customer:
    if (why := reaching.refusal(conversation)) or conversation.customer is None:
        raise CannotWrite(why)
    return conversation.customer


def _store(
    conversation: Conversation,
    kind: MessageKind,
    text: str,
    key: str,
    by: Membership,
    at: datetime,
    mentioned: mentions.Mentioned = mentions.NOBODY,
) -> Message:
    return Message.objects.create(
        organization=conversation.organization,
        conversation=conversation,
        kind=kind,
        author=by.user,
        text=text,
        html=rich.html(text, mentioned.names),
        mentions=list(mentioned.users),
        key=key,
        at=at,
    )


def _take_files(conversation: Conversation, keys: Sequence[int], message: Message, by: Membership) -> list[int]:
    """Out of the writer's own draft, and from nowhere else."""
    own = Draft.objects.filter(conversation=conversation, user=by.user)
    files = Attachment.objects.filter(organization=conversation.organization, draft__in=own, pk__in=keys)
    found = list(files.order_by("pk").values_list("pk", flat=True))
    Attachment.objects.filter(pk__in=found).update(draft=None, message=message)
    return found


def _name(message: Message, delivery: Delivery) -> None:
    message.delivery = delivery
    message.message_id = mails.message_id(delivery.pk)
    message.save(update_fields=["delivery", "message_id"])


def _forget_draft(
    conversation: Conversation, sent: Message, seen: datetime | None, by: Membership, *, is_note: bool
) -> None:
    draft = Draft.objects.filter(conversation=conversation, user=by.user, is_note=is_note).first()
    if draft is not None and knows(draft, sent.text, sent.key, seen):
        draft.delete()


def knows(draft: Draft, text: str, key: str, seen: datetime | None) -> bool:
    """Whether who posts a form that holds `text` knows what the draft says: the form kept it, or was made with it, or
    holds its words. Another window of the same person may have kept others since."""
    is_older = seen is not None and draft.updated_at <= seen
    return not key or draft.key == key or is_older or draft.text in text


# ── Among colleagues ─────────────────────────────────────────────────────────────────────────────────────────────────
@again_after_deadlock
def note(
    *, conversation: Conversation, text: str, key: str, seen: datetime | None = None, by: Membership, at: datetime
) -> Message:
    """Write something that only colleagues see; those whom it @mentions are told. `key` and `seen` as of a reply.

    Raises CannotWrite, also for a name that several colleagues have.
    """
    access.require(by, Permission.ANSWER_CUSTOMERS)
    text = checked(text)
    try:
        mentioned = mentions.found(text, colleagues(by.organization))
    except mentions.Unclear as error:
        raise CannotWrite(str(error)) from error
    with transaction.atomic():
        held = hold(conversation, by)
        if (known := _written_before(held, key)) is not None:
            return known
        message = _store(held, MessageKind.NOTE, text, key, by, at, mentioned)
        _forget_draft(held, message, seen, by, is_note=True)
        changing.write(held, Doer.of(by, at))
        audit.record(by, "conversation.noted", held, at=at)
        outbox.publish(
            "conversation.noted",
            held,
            at=at,
            message=message.pk,
            by=by.user_id,
            mentions=[pk for pk in mentioned.users if pk != by.user_id],
        )
    return message


def colleagues(organization: Organization) -> list[User]:
    """Whom a note can name."""
    return [user for user in message_queries.members(organization) if user.is_active]


# ── Rules ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def send_automatic(
    *,
    response: Response | None,
    customer: Customer,
    subject: str,
    text: str,
    sender: User | None,
    rule_id: int | None,
    at: datetime,
) -> Sent:
    """A rule's mail to a customer, in the name of a colleague or of the organization. Placed in their conversation when
    there is one. Whether they may be mailed has been asked before."""
    organization = Organization.objects.get(pk=customer.organization_id)
    with transaction.atomic():
        conversation = standing(organization, response, customer)
        around = conversation or Conversation(organization=organization, customer=customer, response=response)
        thread, body = letters.thread(around), letters.rules_body(around, text)
        delivery = enqueue_letter(
            kind=Kind.AUTOMATION,
            organization=organization,
            customer=customer,
            to=customer.email or "",
            subject=subject,
            text=body.text,
            html=body.html,
            sender=letters.sender(organization, sender),
            reply_to=_reply_to(conversation, customer, sender),
            in_reply_to=thread.in_reply_to,
            references=thread.references,
            unsubscribe_url=letters.unsubscribe_url(response),
            automatic=True,
            at=at,
        )
        if conversation is None:
            return Sent(delivery, None)
        message = Message.objects.create(
            organization=organization,
            conversation=conversation,
            kind=MessageKind.AUTOMATIC,
            author=sender,
            text=text,
            html=rich.html(text),
            key=f"rule:{rule_id}:{delivery.pk}",
            is_automatic=True,
            at=at,
        )
        _name(message, delivery)
        changing.write(changing.held(conversation), Doer(at, rule=rule_id))
        return Sent(delivery, message)


def _reply_to(conversation: Conversation | None, customer: Customer, sender: User | None) -> str:
    """What the customer answers comes to where it can be read."""
    signed = addresses.reply_address(conversation, customer) if conversation else None
    return signed or (sender.email if sender else customer.organization.reply_to)

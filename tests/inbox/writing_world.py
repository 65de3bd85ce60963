"""Acme asked Ada, who answered 2 with a comment: a conversation that colleagues write in."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from surveys.accounts.models import Membership
from surveys.delivery import letters, sending
from surveys.delivery.models import Delivery, Kind, Queue, State
from surveys.inbox.actions import opening, writing
from surveys.inbox.models import Conversation, Message, MessageKind
from tests import factories
from tests.helpers.smtp import Received, SmtpSink
from tests.people import Person


@dataclass
class Desk:
    alice: Person
    sink: SmtpSink

    def __post_init__(self) -> None:
        of = self.alice.organization
        self.ada = factories.customer(of, "ada@example.com", name="Ada Okafor")
        campaign = factories.campaign(of, "Pulse", wave=1)
        self.asked = factories.invitation(campaign, self.ada)
        self.response = factories.response(self.asked, 2, "Too slow.\nAnd <b>dear</b>.")
        self.ask = self._ask()
        self.conversation = self.open()

    def _ask(self) -> Delivery:
        at = timezone.now() - timedelta(days=1)
        ask = Delivery.objects.create(
            organization=self.alice.organization,
            campaign=self.asked.campaign,
            invitation=self.asked,
            customer=self.ada,
            kind=Kind.ASK,
            queue=Queue.BULK,
            state=State.SENT,
            to_address="ada@example.com",
            due_at=at,
            created_at=at,
            sent_at=at,
        )
        ask.message_id = letters.message_id(ask.pk)
        ask.save(update_fields=["message_id"])
        return ask

    def open(self, **about: Any) -> Conversation:
        return opening.open_conversation(
            organization=self.alice.organization,
            response=about.get("response", self.response),
            customer=about.get("customer", self.ada),
            by=self.alice.membership,
            at=timezone.now(),
        )

    def reply(
        self, text: str = "We are faster now.", *, key: str = "", by: Membership | None = None, **more: Any
    ) -> Message:
        return writing.reply(
            conversation=self.conversation,
            text=text,
            attachments=more.pop("attachments", ()),
            key=key or f"key-{Message.objects.count()}",
            by=by or self.alice.membership,
            at=timezone.now(),
            **more,
        )

    def hear(self, text: str, message_id: str) -> Message:
        """The customer's mail, as it stands when it has come in."""
        return Message.objects.create(
            organization=self.alice.organization,
            conversation=self.conversation,
            kind=MessageKind.INBOUND,
            text=text,
            message_id=message_id,
            at=timezone.now(),
        )

    def send(self) -> list[Received]:
        """All that waits for its seconds to be over, and what the mail server has then."""
        Delivery.objects.filter(state=State.DUE, queue=Queue.EMAIL).update(due_at=timezone.now())
        sending.send_due(Queue.EMAIL)
        return self.sink.to("ada@example.com")


def headers_of(mail: Received) -> Iterator[str]:
    """The lines of the head, unfolded."""
    head = mail.raw.split(b"\r\n\r\n", 1)[0].decode()
    yield from head.replace("\r\n ", " ").replace("\r\n\t", " ").split("\r\n")

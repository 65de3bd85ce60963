"""A real SMTP server in a thread of the test, with a ledger of what it accepted."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

Answer = Callable[["Received"], str | None]


class Refused(AssertionError):
    """The messages awaited did not come in time."""


@dataclass(frozen=True)
class Received:
    sender: str
    recipient: str
    raw: bytes
    at: float  # time.monotonic()

    @property
    def message(self) -> EmailMessage:
        parsed = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    @property
    def message_id(self) -> str:
        return str(self.message["Message-ID"])

    @property
    def text(self) -> str:
        part = self.message.get_body(("plain",))
        return part.get_content() if part else ""

    @property
    def html(self) -> str:
        part = self.message.get_body(("html",))
        return part.get_content() if part else ""


@dataclass
class SmtpSink:
    """Accepts everything, until told otherwise by one of the verbs below; `accept()` makes it friendly again.

    The ledger (`received`) holds what was accepted, in order, one entry per recipient. `offered` counts every message
    that got as far as its end, the refused ones included.
    """

    host: str = "127.0.0.1"
    port: int = 0
    received: list[Received] = field(default_factory=list)
    offered: int = 0
    connections: int = 0
    _answer: Answer = field(default=lambda offer: None)
    _delay: float = 0
    _drop: bool = False
    pipelines: bool = True  # offers PIPELINING, as most servers do
    _unknown: dict[str, str] = field(default_factory=dict)
    _kept: Callable[["Received"], None] = field(default=lambda entry: None)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    # ── what it says ──

    def accept(self) -> None:
        self._answer, self._delay, self._drop = (lambda offer: None), 0, False
        self._kept = lambda entry: None
        self.pipelines = True
        self._unknown = {}

    def answer(self, reply: str, *, to: str | None = None) -> None:
        """Answer each message (or those to one address) with a reply such as "451 4.7.0 Try later" after its end."""
        self._answer = lambda offer: reply if to in (None, offer.recipient) else None

    def refuse_recipient(self, address: str, reply: str = "550 5.1.1 No such user") -> None:
        """Answer RCPT TO, before there is a message."""
        self._unknown[address] = reply

    def answer_by(self, rule: Answer) -> None:
        """The rule sees each offer and returns a reply, or None to accept."""
        self._answer = rule

    def delay(self, seconds: float) -> None:
        """Wait before answering a message that is already in the ledger."""
        self._delay = seconds

    def drop(self) -> None:
        """Cut the connection after the message was accepted and before that was said."""
        self._drop = True

    def when_kept(self, act: Callable[["Received"], None]) -> None:
        """Do something at the moment when a message is in the ledger and its sender does not know that yet."""
        self._kept = act

    # ── what it saw ──

    @property
    def messages(self) -> list[EmailMessage]:
        return [entry.message for entry in list(self.received)]

    def recipients(self) -> list[str]:
        return [entry.recipient for entry in list(self.received)]

    def to(self, address: str) -> list[Received]:
        return [entry for entry in list(self.received) if entry.recipient == address]

    def forget(self) -> None:
        self.received.clear()
        self.offered = 0

    def wait_for(self, count: int, timeout: float = 20) -> list[Received]:
        """The ledger, once it holds that many. Raises Refused when the time is over."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while len(self.received) < count:
                if not self._changed.wait(deadline - time.monotonic()):
                    raise Refused(f"{len(self.received)} messages after {timeout} s, not {count}: {self.recipients()}")
        return list(self.received)

    # ── aiosmtpd's hooks ──

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        name, *extensions = responses
        return [name, "250-PIPELINING", *extensions] if self.pipelines else responses

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self._unknown:
            return self._unknown[address]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 go on"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.offered += 1
        raw = envelope.original_content or b""
        offers = [Received(envelope.mail_from or "", to, raw, time.monotonic()) for to in envelope.rcpt_tos]
        replies = [reply for offer in offers if (reply := self._answer(offer))]
        if replies:
            return replies[0]
        with self._changed:
            self.received.extend(offers)
            self._changed.notify_all()
        for offer in offers:
            self._kept(offer)
        await asyncio.sleep(self._delay)
        if self._drop and isinstance(server.transport, asyncio.WriteTransport):
            server.transport.abort()
        return "250 2.0.0 kept"

    def start(self) -> Self:
        logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd's: five lines for each message
        self._controller = _Controller(self)
        self._controller.start()
        self.port = self._controller.port
        return self

    def stop(self) -> None:
        self._controller.stop()


class _Hooks:
    """What aiosmtpd may see of the sink: for each connection it reads every attribute, `messages` included."""

    def __init__(self, sink: SmtpSink) -> None:
        self.handle_EHLO = sink.handle_EHLO
        self.handle_RCPT = sink.handle_RCPT
        self.handle_DATA = sink.handle_DATA


class _Controller(Controller):
    """On a port that the kernel chooses."""

    def __init__(self, sink: SmtpSink) -> None:
        super().__init__(sink, hostname=sink.host, port=0, data_size_limit=None, enable_SMTPUTF8=True)

    def factory(self) -> SMTP:
        self.handler.connections += 1
        return SMTP(_Hooks(self.handler), hostname="sink.test", data_size_limit=None, enable_SMTPUTF8=True)

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()

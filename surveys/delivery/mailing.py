"""What a channel carries, and what a channel is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from django.core.mail import EmailMessage

from surveys.core.mail import Address, Letter
from surveys.delivery.replies import Reply


class Unreachable(Exception):
    """The mail server cannot be talked to at the moment; nothing was tried. `is_quote`: the words are the server's."""

    def __init__(self, words: str, *, is_quote: bool = False) -> None:
        super().__init__(words)
        self.is_quote = is_quote


class Busy(Unreachable):
    """Another process waits for a connection by the same road: that says nothing about the road."""


class Refused(Unreachable):
    """The road is closed for us: its account is gone, or does not let us in. Waiting does not help."""


@dataclass(frozen=True)
class Filling:
    """What a message for one of many was made of, for providers that fill in themselves."""

    letter: Letter
    values: Mapping[str, str]
    address: Address


@dataclass(frozen=True, eq=False)
class Mail:
    """One message on its way; sender and recipient are addresses without names."""

    sender: str
    to: str
    content: bytes | EmailMessage
    token: str = ""  # of the delivery, Purpose.MESSAGE
    filling: Filling | None = None

    @property
    def metadata(self) -> dict[str, str]:
        """What a provider keeps with the message, and tells us again in its events."""
        return {"delivery": self.token}

    @property
    def is_heavy(self) -> bool:
        """It carries files, as far as a message of Django's tells."""
        return isinstance(self.content, EmailMessage) and bool(self.content.attachments)

    @property
    def raw(self) -> bytes:
        return self.content if isinstance(self.content, bytes) else as_bytes(self.content)


def as_bytes(message: EmailMessage) -> bytes:
    """Raises BadHeaderError on line breaks in headers."""
    return message.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]


class Channel(Protocol):
    wants_bytes: bool  # else Django's messages

    @property
    def window(self) -> int:
        """How many messages are marked and finalised together; all of them are in doubt when the sender dies."""

    def is_open(self) -> bool:
        """The connection of before still lives."""

    def open(self) -> None:
        """Connect anew. Raises Unreachable."""

    def send(self, mail: Mail, following: Mail | None = None) -> Reply:
        """`following` is most likely next. Raises Unreachable when a lost connection cannot be opened again."""

    def rest(self) -> None:
        """No message follows for now."""

    def close(self) -> None: ...


@runtime_checkable
class Together(Channel, Protocol):
    """A channel that takes several messages with one call."""

    def parts(self, mails: Sequence[Mail]) -> list[list[int]]:
        """Which of them go together, by their numbers; each stands in one part."""

    def send_together(self, mails: Sequence[Mail]) -> Sequence[Reply | None]:
        """One part of several. None for those that were not taken and have to be sent by themselves, so that each gets
        an answer of its own. Raises Unreachable when nothing was tried."""

"""What was read of a mail, kept with it until somebody says where it goes: pages show it, and open no mail themselves."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Self

from surveys.core import large
from surveys.inbox.inbound import finding
from surveys.inbox.inbound.bodies import File
from surveys.inbox.inbound.parsing import Parsed
from surveys.inbox.models import Attachment, InboundMail, Message


@dataclass(frozen=True)
class Content:
    """As InboundMail.content has it; of Parsed, what becomes a message. `automatic` is why it counts as a program's;
    `answers` are keys of mails of ours that it says it answers, the nearest first."""

    text: str = ""
    html: str = ""
    differs: bool = False
    quoted: str = ""
    from_address: str = ""
    message_id: str = ""
    automatic: str = ""
    answers: Sequence[int] = ()

    @classmethod
    def of(cls, parsed: Parsed) -> Self:
        heads = parsed.heads
        return cls(
            parsed.text,
            parsed.html,
            parsed.differs,
            parsed.quoted,
            heads.from_address,
            heads.message_id,
            parsed.automatic,
            finding.keys_of(parsed.named),
        )


def found(mail: InboundMail) -> Content | None:
    """None of what could not be read."""
    return None if mail.content is None else Content(**mail.content)


def keep(mail: InboundMail, parsed: Parsed) -> None:
    """Of a mail that lies with an organization. Its files, too: whatever it said before is replaced."""
    mail.content = asdict(Content.of(parsed))
    mail.save(update_fields=["content"])
    Attachment.objects.filter(mail=mail).delete()
    keep_files(parsed.files, mail.organization_id or 0, at=mail.received_at, mail=mail)


def keep_files(
    files: Iterable[File],
    organization: int,
    *,
    at: datetime,
    message: Message | None = None,
    mail: InboundMail | None = None,
) -> None:
    for each in files:
        row = Attachment(
            organization_id=organization,
            message=message,
            mail=mail,
            name=each.name,
            media_type=each.media_type,
            size=len(each.data),
            at=at,
        )
        large.insert(row, "data", each.data)


def move_files(mail: InboundMail, message: Message) -> None:
    Attachment.objects.filter(organization=message.organization_id, mail=mail).update(mail=None, message=message)


def forget(mail: InboundMail) -> None:
    """Its words and its files go; that it came is remembered. Saves all of the row."""
    Attachment.objects.filter(mail=mail).delete()
    mail.raw, mail.content, mail.from_address, mail.subject = None, None, "", ""
    mail.save()

"""A mail came in by some road: it is stored, once, before anything is made of it."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction

from surveys.core import large
from surveys.core.placeholders import single_line
from surveys.inbox import addresses
from surveys.inbox.inbound import bounded, parsing
from surveys.inbox.inbound.parsing import Heads
from surveys.inbox.models import InboundMail
from surveys.outbox.nudges import nudge

MOST_RECIPIENTS: Final = 10  # of one mail that are addresses of ours
_NOBODY: Final = ""  # in the place of an address that is not known


class TooLarge(Exception):
    """More than settings.INBOUND_LIMIT. The text says so to whoever sent it."""


def receive(*, raw: bytes, to: str, road: str, at: datetime) -> InboundMail:
    """Store one mail for one address and have it read soon. The same mail again is the row that is there already.

    Raises TooLarge, and what the database raises: then it must be sent again.
    """
    if len(raw) > settings.INBOUND_LIMIT:
        raise TooLarge(
            f"This mail has more than {settings.INBOUND_LIMIT // 1024**2} MB, which is the most that is taken."
        )
    heads = parsing.heads(raw)
    address = single_line(to)[:320].lower().encode("utf-8", "replace").decode()  # JSON can say half a letter
    mail = InboundMail(
        to_address=address,
        key=_key(heads, raw),
        road=road[:40],
        received_at=at,
        from_address=heads.from_address,
        subject=heads.subject,
    )
    return _known(mail) or _stored(mail, raw)


def _known(mail: InboundMail) -> InboundMail | None:
    same = InboundMail.objects.defer("raw", "content").filter(to_address=mail.to_address, key=mail.key)
    return same.first()


def _stored(mail: InboundMail, raw: bytes) -> InboundMail:
    """Or the row of another process, which was quicker."""
    try:
        with transaction.atomic():
            large.insert(mail, "raw", raw)
            transaction.on_commit(partial(nudge, "surveys.inbox.inbound.tasks.read"))
    except IntegrityError:
        known = _known(mail)
        if known is None:
            raise
        return known
    return mail


def _key(heads: Heads, raw: bytes) -> str:
    """Anybody can write an id that another mail has: the words tell them apart."""
    return f"{heads.message_id[:220]} {bounded.digest(raw)}" if heads.message_id else hashlib.sha256(raw).hexdigest()


def receive_all(
    *, raw: bytes, recipients: Sequence[str], sender: str | None = None, road: str, at: datetime
) -> list[InboundMail]:
    """For each address of ours that the envelope names, or else the headers; for nobody when none is. As `receive`.

    `sender` is that of the envelope: "" of mails that want no answer, None when nobody knows.
    """
    if sender is not None:
        raw = f"Return-Path: <{single_line(sender)[:320]}>\r\n".encode("utf-8", "replace") + raw
    found = _ours(recipients) or _ours(parsing.heads(raw).addressed) or list(recipients)[:1] or [_NOBODY]
    return [receive(raw=raw, to=to, road=road, at=at) for to in found]


def _ours(given: Iterable[str]) -> list[str]:
    """Signed ones, if there are any; else others of our domain."""
    mine = list(dict.fromkeys(address.strip().lower() for address in given if addresses.is_ours(address)))
    signed = [address for address in mine if addresses.meaning(address) is not None]
    return (signed or mine)[:MOST_RECIPIENTS]

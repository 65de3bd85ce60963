"""Signatures that do not cover what they came with: each signs one post, and only for a while.

Mailgun signs a time and a token, and nothing of the mail. So whoever has seen one post could put any mail under its
signature; here it signs the mail that came with it first. The others sign all that they post, or do not sign.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from django.conf import settings

from surveys.inbox.inbound.roads import Came
from surveys.inbox.models import SpentSignature

SIGNED: Final = ("timestamp", "token", "signature")  # fields of Mailgun's form


class Spent(Exception):
    """It is too old, or has signed something else. The text says so, to the operator."""


def spend(provider: str, stamp: str, token: str, mails: Sequence[Came], *, at: datetime) -> None:
    """Within the transaction that stores these mails: what failed can be posted again. So can the same mails. Raises Spent."""
    longest = timedelta(hours=settings.INBOUND_SIGNATURE_HOURS)
    if abs(at - _said(stamp)) > longest:
        hours = settings.INBOUND_SIGNATURE_HOURS
        raise Spent(f"The signature is of {_said(stamp):%Y-%m-%d %H:%M} UTC: more than {hours} hours away from now.")
    posted = _digest(*(piece for mail in mails for piece in (mail.raw, *map(str.encode, mail.recipients))))
    spent, _is_new = SpentSignature.objects.get_or_create(
        provider=provider, token=_digest(stamp.encode(), token.encode()), defaults={"mail": posted, "at": at}
    )
    if spent.mail != posted:
        raise Spent("The signature has signed another mail before.")


def prune(*, at: datetime) -> None:
    """One may lie as far ahead as it may be old."""
    longest = timedelta(hours=2 * settings.INBOUND_SIGNATURE_HOURS)
    SpentSignature.objects.filter(at__lt=at - longest)._raw_delete("default")


def _said(stamp: str) -> datetime:
    try:
        return datetime.fromtimestamp(int(stamp), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise Spent("The signature says no time.") from error


def _digest(*pieces: bytes) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(hashlib.sha256(piece).digest())
    return digest.hexdigest()

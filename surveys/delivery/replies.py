"""What a mail server's answer means for the message, its address, its sender, and the next try. Pure."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Stage(StrEnum):
    """At which word of the conversation the answer came."""

    SENDER = "sender"  # MAIL FROM, and signing in
    RECIPIENT = "recipient"  # RCPT TO
    CONTENT = "content"  # DATA and the message itself


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    TEMPORARY = "temporary"  # try again later
    ADDRESS = "address"  # this address does not take mail: never again
    POLICY = "policy"  # refused for what we are or write; if it is not this message alone, it is the sender
    SENDER = "sender"  # nothing of this sender is accepted: pause and tell
    UNSENDABLE = "unsendable"  # this message cannot be sent; others can
    IN_DOUBT = "in doubt"  # sent, and no answer came


@dataclass(frozen=True)
class Reply:
    verdict: Verdict
    text: str = ""
    retry_after: int | None = None  # seconds
    provider_id: str = ""
    is_pace: bool = False  # temporary, because of how fast or how much we send
    is_hanging: bool = False  # the server keeps us waiting: more messages would wait as well


_ENHANCED = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})\b")  # RFC 3463: at the beginning, nowhere else
# What servers say when they refuse for who sends, in words that need no code: an address must not suffer for it.
_ABOUT_US = re.compile(
    r"block|listed|\brbl\b|spam|polic|reputation|too many|rate limit|\bdmarc\b|\bspf\b", re.IGNORECASE
)
_TOO_FAST = re.compile(r"too many|too fast|rate limit|throttl|slow down|sending rate|unusual rate", re.IGNORECASE)
_GREYLISTED = re.compile(r"gr[ae]y-?list", re.IGNORECASE)
_NO_SUCH_ADDRESS = frozenset({550, 551, 553})
_OUT_OF_STEP = 503  # the conversation got out of step: about neither message nor sender
_NEEDS_SIGN_IN = frozenset({530, 534, 535, 538})


def classify(stage: Stage, code: int, text: str) -> Reply:
    """The classes of RFC 5321 and RFC 3463: 4xx waits; 5.1.x and 5.2.x are the address; 5.7.x is policy.

    Without an enhanced code an address is believed to be dead only from 550, 551 and 553 to RCPT, and not when the words
    are about the sender: one blocklisting must not suppress every customer at a provider.
    """
    verdict = _verdict(stage, code, text)
    return Reply(verdict, f"{code} {text}".strip(), is_pace=verdict is Verdict.TEMPORARY and _is_pace(code, text))


def _is_pace(code: int, text: str) -> bool:
    """Not greylisting, which says no to everybody once."""
    if _GREYLISTED.search(text):
        return False
    subject = _subject(code, text)
    return subject == 7 or (code == 421 and subject is None) or bool(_TOO_FAST.search(text))


def _verdict(stage: Stage, code: int, text: str) -> Verdict:
    if 200 <= code < 300:
        return Verdict.ACCEPTED
    if not 500 <= code < 600 or code == _OUT_OF_STEP:
        return Verdict.TEMPORARY
    if stage is Stage.SENDER or code in _NEEDS_SIGN_IN:
        return Verdict.SENDER
    subject = _subject(code, text)
    if subject == 7 or (subject is None and _ABOUT_US.search(text)):
        return Verdict.POLICY
    if subject in (1, 2) or (subject is None and stage is Stage.RECIPIENT and code in _NO_SUCH_ADDRESS):
        return Verdict.ADDRESS
    return Verdict.UNSENDABLE


def _subject(code: int, text: str) -> int | None:
    """The second number of the enhanced code, when there is one of the reply's own class."""
    found = _ENHANCED.match(text)
    return int(found[2]) if found and int(found[1]) == code // 100 else None


def wait(waits: Sequence[int], attempts: int, retry_after: int | None = None) -> timedelta | None:
    """Until the next try after `attempts` failed ones; None when that was the last. A fifth more or less, so that messages
    refused together do not come back together; never sooner than the server asked for."""
    if attempts > len(waits):
        return None
    seconds = waits[attempts - 1] * random.uniform(0.8, 1.2)
    return timedelta(seconds=max(seconds, retry_after or 0))

"""What goes wrong at the mail server, by the seed: the same for the n-th try of an address in every run."""

import zlib
from enum import StrEnum
from typing import Final


class Fault(StrEnum):
    NONE = "none"
    SLOW = "slow"  # the answer comes late
    HANG = "hang"  # the message is kept, and no answer ever comes
    DROP_AT_RECIPIENT = "drop at recipient"
    DROP_IN_MESSAGE = "drop in message"
    DROP_AFTER_MESSAGE = "drop after message"  # kept, and the connection is cut instead of an answer
    BUSY = "busy"  # 450 to the recipient
    LATER = "later"  # 451 to the message
    PACE = "pace"  # 421 to the recipient: too many for this domain
    REJECT = "reject"  # 554 to the message: this one is not taken
    UNKNOWN = "unknown"  # 550 to the recipient: there is nobody of that name


# Of ten thousand messages.
SHARES: Final = {
    Fault.SLOW: 30,
    Fault.HANG: 1,
    Fault.DROP_AT_RECIPIENT: 20,
    Fault.DROP_IN_MESSAGE: 20,
    Fault.DROP_AFTER_MESSAGE: 20,
    Fault.BUSY: 50,
    Fault.LATER: 50,
    Fault.REJECT: 5,
}
UNKNOWN_SHARE: Final = 50  # of ten thousand people
FAULTY_TRIES: Final = 4  # later ones of an address go well, so that the run ends
DOMAINS: Final = 40
# Who is asked for less mail sends to the domain at half its rate for a quarter of an hour: few live there, and the
# server says so to the first of them only.
SLOW_DOMAIN: Final = "slow.example"
SLOW_PEOPLE: Final = 40
SLOW_EVERY: Final = 500
TOLD_TO_SLOW_DOWN: Final = 3


def address(number: int) -> str:
    is_slow = number % SLOW_EVERY == 0 and number < SLOW_EVERY * SLOW_PEOPLE
    return f"person{number}@{SLOW_DOMAIN if is_slow else f'mail{number % DOMAINS}.example'}"


SLOWING: Final = frozenset(address(number * SLOW_EVERY) for number in range(TOLD_TO_SLOW_DOWN))


def chance(seed: int, *words: object, of: int = 10_000) -> int:
    """A number below `of` that depends on nothing else."""
    text = "/".join(map(str, (seed, *words)))
    return zlib.crc32(text.encode()) * 2_654_435_761 % 2**32 * of >> 32


def is_unknown(seed: int, to: str) -> bool:
    return chance(seed, "unknown", to) < UNKNOWN_SHARE


def of_message(seed: int, to: str, tried: int) -> Fault:
    """`tried`: how often the address was named before."""
    if is_unknown(seed, to):
        return Fault.UNKNOWN
    if tried >= FAULTY_TRIES:
        return Fault.NONE
    if to in SLOWING and not tried:
        return Fault.PACE
    left = chance(seed, "message", to, tried)
    for fault, share in SHARES.items():
        if left < share:
            return fault
        left -= share
    return Fault.NONE


class Welcome(StrEnum):
    FRIENDLY = "friendly"
    PLAIN = "plain"  # without PIPELINING
    CUT = "cut"  # the connection is closed at once
    FULL = "full"  # 421 as the greeting


def of_connection(seed: int, number: int) -> Welcome:
    left = chance(seed, "connection", number, of=100)
    for welcome, share in ((Welcome.CUT, 3), (Welcome.FULL, 2), (Welcome.PLAIN, 10)):
        if left < share:
            return welcome
        left -= share
    return Welcome.FRIENDLY

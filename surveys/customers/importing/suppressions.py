"""A list of addresses that must not be mailed, read line by line: an address, and perhaps why and since when."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final, NamedTuple

from django.utils.translation import gettext as _

from surveys.core import places
from surveys.customers import addresses
from surveys.customers.importing.encoding import BadFile
from surveys.customers.importing.reading import Form, Pieces, Record, records
from surveys.customers.importing.sources import Arrival
from surveys.customers.models import ImportFormat, SuppressionReason

MOST_LINES: Final = 1_000_000
_SHOWN: Final = 200  # characters of what was refused
_SEPARATORS: Final = (";", "\t", "|", ",")

# What the columns of such lists are called, ours and providers'. Compared in small letters, without signs.
_ADDRESS: Final = frozenset({"address", "email", "emailaddress", "mail", "recipient", "to"})
_REASON: Final = frozenset({"reason", "type", "suppression", "status", "suppressionreason", "grund", "motif", "motivo"})
_DATE: Final = frozenset(
    {"date", "since", "at", "time", "timestamp", "created", "createdat", "creationdate", "datum", "fecha", "seit"}
)
# What they call the reasons.
_WORDS: Final = {
    SuppressionReason.UNSUBSCRIBED: "unsubscribed unsubscribe unsub optout optedout manualsuppression",
    SuppressionReason.BOUNCED: "bounced bounce hardbounce hardbounced softbounce invalid invalidemail addressbounced",
    SuppressionReason.COMPLAINED: "complained complaint spam spamcomplaint spamreport spamreporter abuse reportedasspam",
    SuppressionReason.BLOCKED: "blocked block donotmail blacklist blocklist denied",
    SuppressionReason.ERASED: "erased erasedonrequest",
}
_REASON_OF: Final = {word: reason for reason, words in _WORDS.items() for word in words.split()}


class Line(NamedTuple):
    """One that means an address, or has a `problem`."""

    number: int
    address: str
    reason: str = ""
    at: datetime | None = None
    problem: str = ""


class Columns(NamedTuple):
    address: int
    reason: int | None
    date: int | None


def lines(name: str, pieces: list[bytes], *, reason: SuppressionReason, at: datetime) -> Iterator[Line]:
    """Those that are not blank. `reason` is that of lines which do not say one. Raises BadFile."""
    arrival = Arrival(name)
    for piece in pieces:
        arrival.feed(piece)
    form = arrival.form()
    if arrival.format != ImportFormat.CSV:
        raise BadFile(_("Save the list as CSV (text) and choose that."))
    text = arrival.beginning.decode(form.encoding, "replace")
    read = records(Pieces(iter(pieces)), Form(form.encoding, _separator(text)))
    yield from _below_header((record for record in read if any(map(str.strip, record.cells))), reason, at)


def _separator(text: str) -> str:
    """That of the first line; a list of nothing but addresses has none."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(_SEPARATORS, key=first.count)


def _below_header(read: Iterator[Record], reason: SuppressionReason, at: datetime) -> Iterator[Line]:
    first = next(read, None)
    if first is None:
        raise BadFile(_("The file is empty."))
    columns = _named(first.cells)
    if columns is None:
        columns = _unnamed(first.cells)
        yield _judged(first, columns, reason, at)
    for number, record in enumerate(read, start=2):
        if number > MOST_LINES:
            raise BadFile(_("The list has more than %(most)d lines. Split it.") % {"most": MOST_LINES})
        yield _judged(record, columns, reason, at)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.casefold())


def _named(cells: list[str]) -> Columns | None:
    """What a header says; None where the first line is none."""
    names = [_plain(cell) for cell in cells]
    if any("@" in cell for cell in cells):
        return None
    found = [
        next((place for place, name in enumerate(names) if name in known), None) for known in (_ADDRESS, _REASON, _DATE)
    ]
    if found[0] is None:
        raise BadFile(
            _("No column of “%(header)s” is called “email” or “address”.") % {"header": ", ".join(cells)[:_SHOWN]}
        )
    return Columns(found[0], found[1], found[2])


def _unnamed(cells: list[str]) -> Columns:
    """The address stands where the @ is, a reason and a date behind it."""
    place = next(place for place, cell in enumerate(cells) if "@" in cell)
    return Columns(place, place + 1, place + 2)


def _judged(record: Record, columns: Columns, reason: SuppressionReason, at: datetime) -> Line:
    written = _cell(record, columns.address)
    shown = written[:_SHOWN].replace("\0", "\N{SYMBOL FOR NULL}")
    if not written:
        return Line(record.line, "", problem=_("There is no address."))
    address = addresses.cleaned(written)
    if address is None:
        return Line(record.line, shown, problem=_("This is not an email address."))
    why, since = _cell(record, columns.reason), _cell(record, columns.date)
    said = _REASON_OF.get(_plain(why)) if why else reason
    if said is None:
        return Line(record.line, shown, problem=_("This reason is not known: %(value)s") % {"value": why[:60]})
    moment = _moment(since) if since else at
    if moment is None:
        return Line(record.line, shown, problem=_("This is no date like 2026-05-31: %(value)s") % {"value": since[:40]})
    return Line(record.line, address, said, min(moment, at))


def _cell(record: Record, place: int | None) -> str:
    return record.cells[place].strip() if place is not None and place < len(record.cells) else ""


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return places.moment((found if found.tzinfo else found.replace(tzinfo=UTC)).isoformat())

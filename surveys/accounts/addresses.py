"""Reading addresses that somebody pasted: one a line, or with commas and semicolons, or as a mail program copies them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import gettext as _

from surveys.core import placeholders

_BETWEEN = re.compile(r"[\r\n\t,;]+")
_IN_BRACKETS = re.compile(r"^[^<>@]*<([^<>]*)>$")
_LONGEST = 254
_is_address = EmailValidator()


@dataclass(frozen=True)
class Pasted:
    """One of the addresses: in lower case when there is no problem with it, as it was written when there is."""

    text: str
    problem: str = ""


def read(text: str) -> list[Pasted]:
    """Each address once, in the order in which they were written."""
    found = (_check(piece) for line in _BETWEEN.split(text) for piece in _pieces(line.strip()))
    return list(dict.fromkeys(found))


def _pieces(line: str) -> Iterator[str]:
    """`Ada Lovelace <ada@example.com>` is one; `ada@example.com bob@example.com` are two."""
    bracketed = _IN_BRACKETS.match(line)
    words = line.split(" ")
    if bracketed:
        yield bracketed[1]
    elif all("@" in word for word in words if word):
        yield from filter(None, words)
    else:
        yield line


def _check(piece: str) -> Pasted:
    if placeholders.single_line(piece) != piece:
        return Pasted(piece, _("It has a control character in it, which no address has."))
    if len(piece) > _LONGEST:
        return Pasted(piece, _("It is longer than an address can be."))
    try:
        _is_address(piece)
    except ValidationError:
        return Pasted(piece, _("This is not an email address."))
    return Pasted(piece.lower())

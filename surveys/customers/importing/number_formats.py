"""Whether the number in a cell is a date or a duration: its format says so, and nothing else."""

import re
from datetime import datetime, time, timedelta
from enum import Enum
from typing import Final

from surveys.customers.importing.xml_parts import Handler, attribute, damaged

_MOST: Final = 100_000  # formats of a workbook; Excel has 64,000
_LONGEST: Final = 1_000
_BUILT_IN_DATES: Final = frozenset([*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)])
_BUILT_IN_DURATION: Final = 46
_HOURS: Final = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_NO_PLACEHOLDER: Final = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_DAY: Final = 86_400_000  # milliseconds
_EPOCH: Final = datetime(1899, 12, 30)
_DAYS_TO_1904: Final = 1462
_FEBRUARY_29: Final = 60  # of 1900, which Excel has and the calendar has not


class Meaning(Enum):
    NUMBER = "number"
    DATE = "date"
    DURATION = "duration"


def meaning(code: str) -> Meaning:
    """Of a format that somebody wrote: "d. mmm yyyy" is a date, "[h]:mm" is a duration."""
    first = code[:_LONGEST].partition(";")[0]
    if _HOURS.search(first):
        return Meaning.DURATION
    return Meaning.DATE if set(_NO_PLACEHOLDER.sub("", first).lower()) & set("dmyhs") else Meaning.NUMBER


class Formats(Handler):
    """The part with the styles: which meaning each style of a cell has."""

    def __init__(self) -> None:
        self._codes: dict[str, Meaning] = {}
        self._ids: list[str] = []
        self._in_cells = False

    def begin(self, name: str, attributes: list[str]) -> None:
        if name == "numFmt":
            self._codes[attribute(attributes, "numFmtId")] = meaning(attribute(attributes, "formatCode"))
        elif name == "cellXfs":
            self._in_cells = True
        elif name == "xf" and self._in_cells:
            self._ids.append(attribute(attributes, "numFmtId"))
        if len(self._ids) > _MOST or len(self._codes) > _MOST:
            raise damaged()

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._in_cells = False

    def meanings(self) -> dict[str, Meaning]:
        """By the number of the style; without those that mean plain numbers."""
        found = {str(number): self._meaning(id_) for number, id_ in enumerate(self._ids)}
        return {style: meant for style, meant in found.items() if meant != Meaning.NUMBER}

    def _meaning(self, id_: str) -> Meaning:
        if id_ in self._codes:
            return self._codes[id_]
        if not id_.isdecimal() or len(id_) > 3:
            return Meaning.NUMBER
        if int(id_) == _BUILT_IN_DURATION:
            return Meaning.DURATION
        return Meaning.DATE if int(id_) in _BUILT_IN_DATES else Meaning.NUMBER


def moment(serial: float, meant: Meaning, *, is_1904: bool) -> datetime | time | timedelta | float:
    """What the number is; the number itself when no calendar has it."""
    try:
        span = timedelta(milliseconds=round(serial * _DAY))
        if meant == Meaning.DURATION:
            return span
        if 0 <= serial < 1:
            return (_EPOCH + span).time()
        days = _DAYS_TO_1904 if is_1904 else (1 if serial < _FEBRUARY_29 else 0)
        return _EPOCH + span + timedelta(days=days) if serial >= 0 else serial
    except (OverflowError, ValueError):
        return serial

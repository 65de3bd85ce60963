"""JSON Lines: an object on each line. Its members' names, over the whole file, are the columns."""

import io
import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from django.utils.translation import gettext as _

from surveys.customers.importing import cells
from surveys.customers.importing.encoding import UTF_8, BadFile
from surveys.customers.importing.reading import (
    MOST_COLUMNS,
    SAMPLE_CELL,
    SAMPLE_RECORDS,
    Flaw,
    Form,
    Record,
    Sample,
    physical_lines,
)
from surveys.customers.models import ImportFormat, RefusalReason

FORM: Final = Form(UTF_8, "", ImportFormat.JSON_LINES)
_MOST_NAME: Final = 200


class _Number(str):
    """As it is written in the file."""


_decoder = json.JSONDecoder(parse_int=_Number, parse_float=_Number, parse_constant=str)


def records(stream: io.RawIOBase, names: Sequence[str]) -> Iterator[Record]:
    """One per line, with the cells in the order of the names."""
    for number, line in enumerate(_lines(stream), start=1):
        yield _record(number, line, names)


def sample(stream: io.RawIOBase) -> Sample:
    """Reads the whole file: a name may occur on its last line only. Raises BadFile."""
    names: dict[str, None] = {}
    first: list[tuple[int, dict[str, str]]] = []
    for number, line in enumerate(_lines(stream), start=1):
        found = _object(line) or {}
        for name in found:
            _check_name(name, number)
        names.update(dict.fromkeys(found))
        if len(names) > MOST_COLUMNS:
            raise BadFile(
                _("Up to line %(line)d there are more than %(most)d different names; so many columns cannot be read.")
                % {"line": number, "most": MOST_COLUMNS}
            )
        if found and len(first) < SAMPLE_RECORDS:
            first.append((number, {name: _cell(value)[:SAMPLE_CELL] for name, value in found.items()}))
    if not names:
        raise BadFile(_("There is no line with a JSON object in this file."))
    header = list(names)
    return Sample(FORM, header, 0, [_of_sample(number, found, header) for number, found in first])


def _of_sample(number: int, found: dict[str, str], names: Sequence[str]) -> Record:
    return Record(number, [found.get(name, "") for name in names])


def _lines(stream: io.RawIOBase) -> Iterator[str]:
    text = io.TextIOWrapper(io.BufferedReader(stream), encoding=UTF_8, errors="replace", newline="")
    return physical_lines(text)


def _check_name(name: str, line: int) -> None:
    if not name.strip() or len(name) > _MOST_NAME or "\0" in name or cells.of_text(name) != name:
        raise BadFile(
            _("Line %(line)d has a member whose name is empty, unreadable or longer than %(most)d characters.")
            % {"line": line, "most": _MOST_NAME}
        )


def _record(number: int, line: str, names: Sequence[str]) -> Record:
    text = line.strip()
    if not text:
        return Record(number, [""])
    found = _object(text)
    if found is None:
        return Record(number, [], Flaw(RefusalReason.NOT_AN_OBJECT, text))
    return Record(number, [_cell(found.get(name)) for name in names])


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = _decoder.decode(text.strip())
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return cells.of_value(value)
    if isinstance(value, _Number):
        return cells.of_number(value)
    if isinstance(value, dict | list):
        return cells.NESTED + json.dumps(value)
    return cells.of_text(value)

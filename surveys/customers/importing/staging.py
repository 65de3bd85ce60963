"""From records to typed rows in the staging table. What cannot be typed becomes a refusal with its line and column."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from django.db import connection

from surveys.customers import addresses, values
from surveys.customers.importing.cells import plain, understanding
from surveys.customers.importing.columns import Column, Target
from surveys.customers.importing.encoding import REPLACEMENT
from surveys.customers.importing.reading import Record
from surveys.customers.models import ImportJob, RefusalReason
from surveys.customers.values import Refused

BATCH = 10_000  # records that are staged in one transaction
_PIECE = 2_000  # records that are typed together
_MOST_WEIGHT = 8_000_000  # characters that are in memory together
_CELL = 8  # characters that a cell weighs in addition

_ROW_COLUMNS = "organization_id, job_id, line, email, external_id, name, language, time_zone, owner_id, properties"
_REFUSAL_COLUMNS = 'organization_id, job_id, line, "column", value, reason'
_UNREADABLE = ("\0", REPLACEMENT)
_SHOWN = 500  # characters of a refused value that are kept

# Line, email, external_id, name, language, time_zone, owner's id, properties as JSON.
Row = tuple[int, str, str, str, str, str, str, str]
_TEXTS = ("name", "language", "time_zone", "owner")


class Refusal(NamedTuple):
    line: int
    column: str
    value: str
    reason: RefusalReason


@dataclass
class Batch:
    """Some records of the file, judged."""

    rows: list[Row] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    blank: int = 0


@dataclass
class Staged:
    """What became of some records of the file."""

    lines: int = 0
    refused: int = 0
    blank: int = 0
    last_line: int = 0


def email(cell: str) -> str:
    address = cell if addresses.is_plain(cell) else addresses.cleaned(cell)
    if address is None:
        raise Refused(RefusalReason.NOT_AN_ADDRESS)
    return address


_READERS: dict[Target, Callable[[str], str]] = {
    Target.EMAIL: email,
    Target.NAME: values.name,
    Target.LANGUAGE: values.language,
    Target.TIME_ZONE: values.time_zone,
    Target.EXTERNAL_ID: values.external_id,
}


@dataclass(frozen=True)
class Terms:
    """What else the cells' reading depends on."""

    is_marked: bool = False  # the file knows what a cell is, see importing.cells
    clears_empty: bool = False  # an empty cell says "unset"
    colleagues: Mapping[str, int] = field(default_factory=dict)  # ids by address in lower case


class _Part(NamedTuple):
    """How one column is read: a field of the row, or the beginning of a JSON member. `empty` is an empty cell's."""

    place: int
    name: str
    field: str
    member: str
    empty: str
    read: Callable[[str], str]


def _part(index: int, column: Column, terms: Terms) -> _Part:
    is_property = column.target == Target.PROPERTY
    read = values.as_json(column.kind) if is_property else _reader(column.target, terms)
    if terms.is_marked:
        read = understanding(read, column.kind if is_property else None)
    if not is_property:
        return _Part(index, column.name, column.target.value, "", "", read)
    member = json.dumps(column.key) + ": "
    return _Part(index, column.name, "", member, member + "null" if terms.clears_empty else "", read)


def _reader(target: Target, terms: Terms) -> Callable[[str], str]:
    if target != Target.OWNER:
        return _READERS[target]

    def colleague(cell: str) -> str:
        found = terms.colleagues.get(cell.lower())
        if found is None:
            raise Refused(RefusalReason.UNKNOWN_COLLEAGUE)
        return str(found)

    return colleague


class Judge:
    """Turns records into rows or refusals, by the columns of one job.

    Column by column, each distinct cell once; only the records that this leaves over are judged one by one.
    """

    def __init__(self, columns: Sequence[Column], terms: Terms) -> None:
        self._width = len(columns)
        self._parts = [_part(i, column, terms) for i, column in enumerate(columns) if column.target != Target.IGNORE]
        self._email_name = next((column.name for column in columns if column.target == Target.EMAIL), "")

    def batch(self, records: Sequence[Record]) -> Batch:
        batch = Batch()
        regular = [record for record in records if len(record.cells) == self._width]
        odd = [record for record in records if len(record.cells) != self._width]
        if regular:
            odd += self._by_column(batch, regular)
        for record in odd:
            self._one(batch, record)
        return batch

    def _by_column(self, batch: Batch, records: Sequence[Record]) -> list[Record]:
        """The records that are no rows, or not without a closer look."""
        columns = list(zip(*(record.cells for record in records), strict=True))
        fields: dict[str, Sequence[str | None]] = {}
        members: list[Sequence[str | None]] = []
        for part in self._parts:
            values_of = _read_column(part, columns[part.place])
            if part.field:
                fields[part.field] = values_of
            else:
                members.append(values_of)
        rows = _rows([record.line for record in records], fields, members)
        if all(rows):
            batch.rows += rows  # type: ignore[arg-type]
            return []
        batch.rows += [row for row in rows if row]
        return [record for record, row in zip(records, rows, strict=True) if not row]

    def _one(self, batch: Batch, record: Record) -> None:
        if record.flaw:
            batch.refusals.append(Refusal(record.line, "", record.flaw.value, record.flaw.reason))
            return
        cells = [cell.strip() for cell in record.cells]
        if not any(cells):
            batch.blank += 1
            return
        judged = self._unreadable(record.line, cells) or self._judge(record.line, cells)
        if isinstance(judged, Refusal):
            batch.refusals.append(judged)
        else:
            batch.rows.append(judged)

    def _judge(self, line: int, cells: list[str]) -> Row | Refusal:
        surplus = next((cell for cell in cells[self._width :] if cell), None)
        if surplus is not None:
            return Refusal(line, "", surplus, RefusalReason.TOO_MANY_CELLS)
        fields: dict[str, str] = {}
        members: list[str] = []
        width = len(cells)
        for place, name, target, member, empty, read in self._parts:
            cell = cells[place] if place < width else ""
            if not cell:
                members += [empty] if empty and place < width else []
                continue
            try:
                value = read(cell)
            except Refused as refused:
                return Refusal(line, name, cell, refused.reason)
            if target:
                fields[target] = value
            else:
                members.append(member + value)
        if "email" not in fields and "external_id" not in fields:
            return Refusal(line, self._email_name, "", RefusalReason.NO_ADDRESS)
        return _row(line, fields, members)

    def _unreadable(self, line: int, cells: list[str]) -> Refusal | None:
        """A character that cannot be stored or was not decoded, in a column that matters."""
        text = "".join(cells)
        if not any(mark in text for mark in _UNREADABLE):
            return None
        for part in self._parts:
            cell = cells[part.place] if part.place < len(cells) else ""
            if any(mark in cell for mark in _UNREADABLE):
                return Refusal(line, part.name, cell, RefusalReason.UNREADABLE)
        return None


def _read_column(part: _Part, cells: Sequence[str]) -> list[str | None]:
    """Each cell as `part` reads it; None where it cannot be read."""
    distinct = set(cells)
    together = "".join(distinct)
    read = _looked_at if any(mark in together for mark in _UNREADABLE) else _read
    if 2 * len(distinct) > len(cells):  # hardly a cell comes twice
        return [read(part, cell.strip()) for cell in cells]
    known = {cell: read(part, cell.strip()) for cell in distinct}
    return [known[cell] for cell in cells]


def _read(part: _Part, cell: str) -> str | None:
    if not cell:
        return part.empty
    try:
        return part.member + part.read(cell)
    except Refused:
        return None


def _looked_at(part: _Part, cell: str) -> str | None:
    return None if any(mark in cell for mark in _UNREADABLE) else _read(part, cell)


def _rows(
    lines: Sequence[int], fields: dict[str, Sequence[str | None]], members: Sequence[Sequence[str | None]]
) -> list[Row | None]:
    """None where a cell could not be read, or where neither address nor external ID is given."""
    none = [""] * len(lines)
    emails, ids = fields.get("email", none), fields.get("external_id", none)
    texts = [fields.get(name, none) for name in _TEXTS]
    known = _objects(members) if members else ["{}"] * len(lines)
    found = zip(lines, emails, ids, *texts, known, strict=True)
    if all(emails) and not any(None in column for column in (emails, ids, *texts, known)):
        return list(found)
    return [None if None in row or not (row[1] or row[2]) else row for row in found]


def _objects(members: Sequence[Sequence[str | None]]) -> list[str | None]:
    rows = zip(*members, strict=True)
    if all(map(all, members)):
        return ["{" + ", ".join(row) + "}" for row in rows]
    return [_object(row) for row in rows]


def _object(members: Sequence[str | None]) -> str | None:
    if None in members:
        return None
    return "{" + ", ".join(filter(None, members)) + "}"


def _row(line: int, fields: dict[str, str], members: list[str]) -> Row:
    get = fields.get
    return (
        line,
        get("email", ""),
        get("external_id", ""),
        get("name", ""),
        get("language", ""),
        get("time_zone", ""),
        get("owner", ""),
        "{" + ", ".join(members) + "}",
    )


def stage(job: ImportJob, judge: Judge, records: Iterator[Record]) -> Staged:
    """Type and store the next records by COPY: PostgreSQL takes rows in while the next ones are typed.

    Runs in the caller's transaction. A line that is there already is an error of the caller's, and the database says so.
    """
    taken = list(some(records))  # now: reading the file may need the connection, which a COPY occupies
    staged = Staged(lines=len(taken), last_line=taken[-1].line if taken else 0)
    refusals: list[Refusal] = []
    rows = _judged(judge, taken, staged, refusals)
    scope = (job.organization_id, job.pk)
    copy_rows(
        "surveys_importrow", _ROW_COLUMNS, "name, language, time_zone", ([scope + row for row in some] for some in rows)
    )
    told = [(*scope, r.line, r.column, _storable(r.value), r.reason.value) for r in refusals]
    if told:
        copy_rows("surveys_importrefusal", _REFUSAL_COLUMNS, '"column", value', iter([told]))
    return staged


def some(records: Iterator[Record]) -> Iterator[Record]:
    """A batch, which ends early when its cells are large or many."""
    weight = 0
    for record in islice(records, BATCH):
        yield record
        weight += sum(map(len, record.cells)) + _CELL * len(record.cells)
        if weight > _MOST_WEIGHT:
            break


def _judged(
    judge: Judge, records: Sequence[Record], staged: Staged, refusals: list[Refusal]
) -> Iterator[Sequence[Row]]:
    """Pieces of rows; what else becomes of the records is noted in `staged` and `refusals`."""
    for begin in range(0, len(records), _PIECE):
        batch = judge.batch(records[begin : begin + _PIECE])
        staged.blank += batch.blank
        staged.refused += len(batch.refusals)
        refusals += batch.refusals
        yield batch.rows


def _storable(value: str) -> str:
    return plain(value)[:_SHOWN].replace("\0", "\N{SYMBOL FOR NULL}")


class _Feed:
    """A file from which psycopg2 reads what is made at that moment. It hides what goes wrong there from PostgreSQL's driver,
    which would report it as an error of its own: `problem` is to be raised when the COPY is over."""

    def __init__(self, pieces: Iterator[Sequence[tuple[object, ...]]]) -> None:
        self._pieces = pieces
        self.problem: Exception | None = None

    def read(self, _size: int = -1) -> str:
        try:
            return next(filter(None, map(_as_csv, self._pieces)), "")
        except Exception as problem:
            self.problem = problem
            return ""


def _as_csv(rows: Sequence[tuple[object, ...]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()


def copy_rows(table: str, columns: str, never_null: str, pieces: Iterator[Sequence[tuple[object, ...]]]) -> None:
    """Empty is null, except in the columns named as never null. The caller's transaction ends when a piece raises."""
    feed = _Feed(pieces)
    sql = f"COPY {table} ({columns}) FROM STDIN WITH (FORMAT csv, FORCE_NOT_NULL ({never_null}))"
    with connection.cursor() as cursor:
        cursor.copy_expert(sql, feed)
    if feed.problem:
        raise feed.problem

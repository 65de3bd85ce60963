"""From records to typed rows in the staging table. What cannot be typed becomes a refusal with its line and column."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from django.db import connection

from surveys.customers import addresses, values
from surveys.customers.importing.columns import Column, Target
from surveys.customers.importing.reading import Record
from surveys.customers.models import ImportJob, RefusalReason
from surveys.customers.values import Refused

BATCH = 10_000  # records that are staged in one transaction

_ROW_COLUMNS = "organization_id, job_id, line, email, external_id, name, language, time_zone, properties"
_REFUSAL_COLUMNS = 'organization_id, job_id, line, "column", value, reason'
_UNREADABLE = ("\0", "\N{REPLACEMENT CHARACTER}")
_SHOWN = 500  # characters of a refused value that are kept


class Row(NamedTuple):
    line: int
    email: str
    external_id: str
    name: str
    language: str
    time_zone: str
    properties: str  # JSON


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
    last_line: int = 0

    @property
    def lines(self) -> int:
        return len(self.rows) + len(self.refusals) + self.blank


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


class _Part(NamedTuple):
    """How one column is read: a field of the row, or the beginning of a JSON member."""

    place: int
    name: str
    field: str
    member: str
    read: Callable[[str], str]


def _part(index: int, column: Column) -> _Part:
    if column.target == Target.PROPERTY:
        return _Part(index, column.name, "", json.dumps(column.key) + ": ", values.as_json(column.kind))
    return _Part(index, column.name, column.target.value, "", _READERS[column.target])


class Judge:
    """Turns records into rows or refusals, by the columns of one job."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._width = len(columns)
        self._parts = [_part(i, column) for i, column in enumerate(columns) if column.target != Target.IGNORE]
        self._email_name = next((column.name for column in columns if column.target == Target.EMAIL), "")

    def batches(self, records: Iterator[Record]) -> Iterator[Batch]:
        while taken := list(islice(records, BATCH)):
            yield self._batch(taken)

    def _batch(self, records: Sequence[Record]) -> Batch:
        batch = Batch(last_line=records[-1].line)
        for record in records:
            cells = [cell.strip() for cell in record.cells]
            if not any(cells):
                batch.blank += 1
                continue
            judged = self._unreadable(record.line, cells) or self._judge(record.line, cells)
            if isinstance(judged, Row):
                batch.rows.append(judged)
            else:
                batch.refusals.append(judged)
        return batch

    def _judge(self, line: int, cells: list[str]) -> Row | Refusal:
        surplus = next((cell for cell in cells[self._width :] if cell), None)
        if surplus is not None:
            return Refusal(line, "", surplus, RefusalReason.TOO_MANY_CELLS)
        fields: dict[str, str] = {}
        members: list[str] = []
        width = len(cells)
        for place, name, target, member, read in self._parts:
            cell = cells[place] if place < width else ""
            if not cell:
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


def _row(line: int, fields: dict[str, str], members: list[str]) -> Row:
    get = fields.get
    return Row(
        line,
        get("email", ""),
        get("external_id", ""),
        get("name", ""),
        get("language", ""),
        get("time_zone", ""),
        "{" + ", ".join(members) + "}",
    )


def store(job: ImportJob, batch: Batch) -> None:
    """Write the batch by COPY. A line that is there already is an error of the caller's, and the database says so."""
    scope = (job.organization_id, job.pk)
    _copy("surveys_importrow", _ROW_COLUMNS, "name, language, time_zone", (scope + row for row in batch.rows))
    refusals = ((*scope, r.line, r.column, _storable(r.value), r.reason.value) for r in batch.refusals)
    _copy("surveys_importrefusal", _REFUSAL_COLUMNS, '"column", value', refusals)


def _storable(value: str) -> str:
    return value[:_SHOWN].replace("\0", "\N{SYMBOL FOR NULL}")


def _copy(table: str, columns: str, never_null: str, rows: Iterable[tuple[object, ...]]) -> None:
    """Empty is null, except in the columns named as never null."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    if not buffer.tell():
        return
    buffer.seek(0)
    with connection.cursor() as cursor:
        cursor.copy_expert(
            f"COPY {table} ({columns}) FROM STDIN WITH (FORMAT csv, FORCE_NOT_NULL ({never_null}))", buffer
        )

"""What is known about some rows, for the evaluator: one statement for all of them, and one for each linked root."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db import connection
from psycopg2 import sql

from surveys.core.conditions import compiler, validation
from surveys.core.conditions.catalogue import Catalogue, Elements, Field, JsonKey, Linked, Members, Rows
from surveys.core.conditions.compiler import Parameters
from surveys.core.conditions.tree import Comparison, Group

# The values of each field by its key: none when it is unset, several where several rows say something. A text is never
# empty, a number is a Decimal, a date "YYYY-MM-DD", a moment a datetime. A linked root's facts stand under the column.
Facts = Mapping[str, tuple[Any, ...]]

_READ: Final = sql.SQL("SELECT t.id{} FROM {} t WHERE t.organization_id = {} AND t.id = ANY({})")


@dataclass(frozen=True)
class _Needs:
    """The fields that are asked about, those of linked roots by the column that leads there."""

    fields: dict[str, Field]
    linked: dict[str, tuple[Catalogue, list[Comparison]]]


def load(ids: Iterable[int], tree: Group, catalogue: Catalogue) -> dict[int, Facts]:
    """What the tree asks about, by id. Ids of other organizations, and unknown ones, are left out."""
    return _load(list(ids), list(tree.comparisons()), catalogue)


def _load(ids: list[int], parts: list[Comparison], catalogue: Catalogue) -> dict[int, Facts]:
    needs = _needs(parts, catalogue)
    found = _read(ids, needs, catalogue)
    for here, (other, wanted) in needs.linked.items():
        targets = {pk for facts in found.values() for pk in facts[here]}
        theirs = _load(sorted(targets), wanted, other)
        for facts in found.values():
            facts[here] = tuple(theirs[pk] for pk in facts[here] if pk in theirs)
    return dict(found)


def _needs(parts: Iterable[Comparison], catalogue: Catalogue) -> _Needs:
    fields: dict[str, Field] = {}
    linked: dict[str, list[Comparison]] = defaultdict(list)
    others: dict[str, Catalogue] = {}
    for part, field in _asked(parts, catalogue):
        if isinstance(field.source, Linked):
            others[field.source.here] = field.source.catalogue
            linked[field.source.here].append(Comparison(field.source.key, part.op, part.value))
        else:
            fields[field.key] = field
    return _Needs(fields, {here: (others[here], wanted) for here, wanted in linked.items()})


def _asked(parts: Iterable[Comparison], catalogue: Catalogue) -> Iterator[tuple[Comparison, Field]]:
    """Each comparison with its field; saved conditions are followed into what they ask about."""
    for part in parts:
        field = catalogue[part.field]
        if not isinstance(field.source, Members):
            yield part, field
            continue
        assert isinstance(part.value, tuple)
        for value in part.value:
            tree = validation.parse(field.source.conditions[value], catalogue.for_saved)
            yield from _asked(tree.comparisons(), catalogue.for_saved)


def _read(ids: list[int], needs: _Needs, catalogue: Catalogue) -> dict[int, dict[str, tuple[Any, ...]]]:
    parameters = Parameters("fact")
    columns = [_values(field, catalogue, parameters) for field in needs.fields.values()]
    columns += [sql.SQL("array_remove(ARRAY[t.{}], NULL)").format(sql.Identifier(here)) for here in needs.linked]
    statement = _READ.format(
        sql.SQL("").join(sql.SQL(", ") + column for column in columns),
        sql.Identifier(catalogue.root.table),
        parameters.add(catalogue.organization),
        parameters.add(ids),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters.values)
        rows = cursor.fetchall()
    names = [*needs.fields, *needs.linked]
    readers = [*(_reader(field) for field in needs.fields.values()), *[tuple] * len(needs.linked)]
    return {
        pk: {name: read(values) for name, read, values in zip(names, readers, row, strict=True)} for pk, *row in rows
    }


def _values(field: Field, catalogue: Catalogue, parameters: Parameters) -> sql.Composable:
    """An array of the field's values, JSON as text."""
    source = field.source
    assert not isinstance(source, Linked | Members)
    if isinstance(source, Elements):
        return _sql("t.{}", sql.Identifier(source.column))
    if not isinstance(source, Rows):
        value = compiler.expression(source, "t", parameters)
        return _sql("ARRAY[{}]", _as_text(value) if isinstance(source, JsonKey) else value)
    alias = parameters.name()
    value = compiler.expression(source.source, alias, parameters)
    rows = compiler.related(source, "t", alias, parameters)
    return _sql("ARRAY(SELECT {} {})", _as_text(value) if isinstance(source.source, JsonKey) else value, rows)


def _as_text(value: sql.Composable) -> sql.Composable:
    return _sql("{}::text", value)


def _sql(template: str, *pieces: sql.Composable) -> sql.Composable:
    return sql.SQL(template).format(*pieces)


# ── From the database to facts ───────────────────────────────────────────────────────────────────────────────────────


def _reader(field: Field) -> Any:
    source = field.source.source if isinstance(field.source, Rows) else field.source
    return _of_json if isinstance(source, JsonKey) else _of_columns


def _of_json(values: list[str | None]) -> tuple[Any, ...]:
    read = (json.loads(value, parse_float=Decimal, parse_int=Decimal) for value in values if value is not None)
    return _known(read)


def _of_columns(values: list[Any]) -> tuple[Any, ...]:
    return _known(values)


def _known(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(_plain(value) for value in values if value is not None and value != "")


def _plain(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if type(value) is date:
        return value.isoformat()
    return value

"""From a tree to SQL for PostgreSQL: parameters only, and forms that an index can serve.

A clause is true, false or NULL; NULL means false at the top and under AND and OR. Negation is `(…) IS NOT TRUE`, never
`NOT (…)`.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import count
from typing import Any, Final

from psycopg2 import sql

from surveys.core.conditions import days, validation
from surveys.core.conditions.catalogue import (
    Catalogue,
    Column,
    Elements,
    Field,
    JsonKey,
    Linked,
    Members,
    Plain,
    Rows,
    Type,
)
from surveys.core.conditions.tree import OF_TEXT, AnyOf, Comparison, Group, NoneOf, Op, Part

Clause = sql.Composable


@dataclass(frozen=True, eq=False)
class Where:
    """`sql` is a boolean expression about the alias, with named placeholders; `params` are their values, by names that
    begin with the prefix. `about` gives the same of another alias."""

    sql: sql.Composable
    params: dict[str, Any]
    organization: int
    about: Callable[[str], "Where"]


def compile_where(tree: Group, catalogue: Catalogue, alias: str, at: datetime, *, prefix: str = "cond") -> Where:
    """Use as `sql.SQL("… WHERE … AND {}").format(where.sql)`; `alias` names the root's table in that statement.

    `at` is now, for "in the last N days". A statement that takes two conditions gives them different prefixes.
    """

    def about(alias: str) -> Where:
        parameters = Parameters(prefix)
        clause = _Compiler(catalogue, alias, at.astimezone(catalogue.zone).date(), parameters).group(tree)
        return Where(clause, parameters.values, catalogue.organization, about)

    return about(alias)


class Parameters:
    """What stands beside a statement."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._numbers = count()
        self.values: dict[str, Any] = {}

    def add(self, value: Any) -> Clause:
        name = self.name()
        self.values[name] = value
        return sql.Placeholder(name)

    def name(self) -> str:
        """One that the statement has not used yet."""
        return f"{self._prefix}_{next(self._numbers)}"


def expression(source: Plain, alias: str, parameters: Parameters, arrow: str = "->") -> Clause:
    """The value that stands there; of a JSON key as JSON, or as text by the arrow "->>"."""
    if isinstance(source, JsonKey):
        key = parameters.add(source.key)
        return _sql(f"({{}} {arrow} {{}})", sql.Identifier(alias, source.column), key)
    if isinstance(source, Column):
        return sql.Identifier(alias, source.name)
    return _sql(f"({source.expression})", *(sql.Identifier(alias, name) for name in source.columns))


def related(rows: Rows, of: str, alias: str, parameters: Parameters) -> Clause:
    """FROM and WHERE of the rows that belong to `of`; `alias` is theirs.

    With + 0 PostgreSQL cannot look through the organization instead of looking up the row, which it does where it takes
    a young organization for an empty one.
    """
    same = _sql("{} = {}", sql.Identifier(alias, rows.there), sql.Identifier(of, rows.here))
    ours = _sql("{} = {} + 0", sql.Identifier(alias, "organization_id"), sql.Identifier(of, "organization_id"))
    return _from_where(rows, alias, parameters, [ours, same])


def _from_where(rows: Rows, alias: str, parameters: Parameters, tests: Iterable[Clause]) -> Clause:
    own = [_sql("{} = {}", sql.Identifier(alias, name), parameters.add(value)) for name, value in rows.only]
    own += [_sql(rows.given, *[sql.Identifier(alias)] * rows.given.count("{}"))] if rows.given else []
    where = sql.SQL(" AND ").join([*tests, *own])
    return _sql("FROM {} {} WHERE {}", sql.Identifier(rows.table), sql.Identifier(alias), where)


class _Compiler:
    """Of conditions about the row that `alias` names."""

    def __init__(self, catalogue: Catalogue, alias: str, today: date, parameters: Parameters) -> None:
        self._catalogue = catalogue
        self._alias = alias
        self._today = today
        self._parameters = parameters

    # ── Groups ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def group(self, group: Group) -> Clause:
        if not group.parts:
            return sql.SQL("TRUE")
        if isinstance(group, NoneOf):
            return sql.SQL(" AND ").join([self._fails(part) for part in group])
        word = " OR " if isinstance(group, AnyOf) else " AND "
        return sql.SQL(word).join([_sql("({})", self._part(part)) for part in group])

    def _part(self, part: Part) -> Clause:
        return self.group(part) if isinstance(part, Group) else self._comparison(part)

    def _fails(self, part: Part) -> Clause:
        return _sql("({}) IS NOT TRUE", self._part(part))

    # ── Comparisons ──────────────────────────────────────────────────────────────────────────────────────────────────
    def _comparison(self, part: Comparison) -> Clause:
        if part.op is Op.NOT_SET:
            return self._fails(replace(part, op=Op.IS_SET))
        field = self._catalogue[part.field]
        match field.source:
            case Members():
                return self._members(field.source, part)
            case Linked():
                return self._linked(field.source, part)
            case Rows():
                return self._rows(field, field.source, part)
            case Elements():
                return self._elements(field, field.source, part)
        return self._test(field, field.source, self._alias, part)

    def _members(self, members: Members, part: Comparison) -> Clause:
        assert isinstance(part.value, tuple)
        saved = self._catalogue.for_saved
        inner = self._about(saved, self._alias)
        trees = [_sql("({})", inner.group(validation.parse(members.conditions[pk], saved))) for pk in part.value]
        of_any = sql.SQL(" OR ").join(trees)
        return _sql("({}) IS NOT TRUE", of_any) if part.op is Op.OTHER_THAN else _sql("({})", of_any)

    def _linked(self, link: Linked, part: Comparison) -> Clause:
        alias = self._parameters.name()
        rows = Rows(link.catalogue.root.table, "id", link.here, Column("id"))
        found = related(rows, self._alias, alias, self._parameters)
        test = self._about(link.catalogue, alias)._comparison(replace(part, field=link.key))
        return _sql("EXISTS (SELECT {} AND ({}))", found, test)

    def _elements(self, field: Field, elements: Elements, part: Comparison) -> Clause:
        """As an index on the organization and the array can answer it."""
        column = sql.Identifier(self._alias, elements.column)
        if part.op is Op.IS_SET:
            return _sql("{} <> '{{}}'", column)
        return _sql("{} && {}::bigint[]", column, self._parameters.add(list(field.stored(part.value))))

    def _about(self, catalogue: Catalogue, alias: str) -> "_Compiler":
        return _Compiler(catalogue, alias, self._today, self._parameters)

    def _rows(self, field: Field, rows: Rows, part: Comparison) -> Clause:
        """One row is looked up by its id. Those that several rows name, or that name this one, are gathered once and
        hashed: IS TRUE keeps PostgreSQL from a join and unnest from a guess at their number, which would be wrong, by
        far, in a young organization, and the statement would not end."""
        alias = self._parameters.name()
        test = _sql("({})", self._test(field, rows.source, alias, part))
        if rows.there == "id" and not rows.few:
            return _sql("EXISTS (SELECT {} AND {})", related(rows, self._alias, alias, self._parameters), test)
        organization = self._parameters.add(self._catalogue.organization)
        here, there = sql.Identifier(self._alias, rows.here), sql.Identifier(alias, rows.there)
        tests = [_sql("{} = {}", sql.Identifier(alias, "organization_id"), organization), test]
        tests.append(_sql("{} IS NOT NULL", there))
        found = _from_where(rows, alias, self._parameters, tests)
        return _sql("({} IN (SELECT unnest(ARRAY(SELECT {} {})))) IS TRUE", here, there, found)

    # ── Values ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def _test(self, field: Field, source: Plain, alias: str, part: Comparison) -> Clause:
        is_json = isinstance(source, JsonKey)
        as_text = part.op is Op.IS_SET or field.type in (Type.TEXT, Type.DATE)
        value = expression(source, alias, self._parameters, "->>" if as_text else "->")
        if part.op is Op.IS_SET:
            return _sql("{} <> ''" if is_json or field.is_text else "{} IS NOT NULL", value)
        test = self._compare(field, value, part, is_json)
        if not isinstance(source, JsonKey):
            return test
        json_value = expression(source, alias, self._parameters)
        return _sql("({} AND jsonb_typeof({}) = {})", test, json_value, sql.SQL(_JSON_TYPES[field.type]))

    def _compare(self, field: Field, value: Clause, part: Comparison, is_json: bool) -> Clause:
        match field.type:
            case Type.TEXT:
                return self._text(value, part)
            case Type.NUMBER | Type.BOOLEAN:
                return self._amount(value, part, is_json)
            case Type.DATE:
                return self._days(value, part, is_json)
            case Type.MOMENT:
                return self._moment(value, part)
        return self._choice(field, value, part)

    def _text(self, value: Clause, part: Comparison) -> Clause:
        return _sql(_OF_TEXT[part.op], value, self._parameters.add(part.value))

    def _amount(self, value: Clause, part: Comparison, is_json: bool) -> Clause:
        """In JSON compared as JSON: a cast could fail on a value of another type, in whatever order."""
        wanted = part.value if isinstance(part.value, tuple) else (part.value,)
        if is_json:
            return _sql(_OF_AMOUNTS[part.op], value, *(_sql("{}::jsonb", self._add_json(each)) for each in wanted))
        return _sql(_OF_AMOUNTS[part.op], value, *(self._parameters.add(each) for each in wanted))

    def _add_json(self, value: object) -> Clause:
        return self._parameters.add(json.dumps(value))

    def _days(self, value: Clause, part: Comparison, is_json: bool) -> Clause:
        """A date in JSON is text: "YYYY-MM-DD" sorts as it reads."""
        span = days.span(part, self._today)
        if not is_json:
            return _sql("{} BETWEEN {} AND {}", value, *map(self._parameters.add, (span.first, span.last)))
        ends = (self._parameters.add(day.isoformat()) for day in (span.first, span.last))
        return _sql('{} COLLATE "C" BETWEEN {} AND {}', value, *ends)

    def _moment(self, value: Clause, part: Comparison) -> Clause:
        since, until = days.moments(days.span(part, self._today), self._catalogue.zone)
        tests = [_sql("{} >= {}", value, self._parameters.add(since))] if since else []
        tests += [_sql("{} < {}", value, self._parameters.add(until))] if until else []
        return sql.SQL(" AND ").join(tests)

    def _choice(self, field: Field, value: Clause, part: Comparison) -> Clause:
        if part.op in OF_TEXT:
            return self._text(value, part)
        wanted = self._parameters.add(field.stored(part.value))
        if part.op is Op.OTHER_THAN:
            return _sql("({0} NOT IN {1} AND {0} <> '')" if field.is_text else "{0} NOT IN {1}", value, wanted)
        return _sql("{} IN {}", value, wanted)


_OF_TEXT: Final = {
    Op.EQUALS: "{0} = {1}",
    Op.ONE_OF: "{0} IN {1}",
    Op.OTHER_THAN: "({0} NOT IN {1} AND {0} <> '')",
    Op.CONTAINS: "strpos(lower({0}), lower({1})) > 0",
    Op.STARTS_WITH: "starts_with(lower({0}), lower({1}))",
}
_OF_AMOUNTS: Final = {
    Op.EQUALS: "{} = {}",
    Op.GREATER: "{} > {}",
    Op.AT_LEAST: "{} >= {}",
    Op.LESS: "{} < {}",
    Op.AT_MOST: "{} <= {}",
    Op.BETWEEN: "{} BETWEEN {} AND {}",
}
_JSON_TYPES: Final = {
    Type.TEXT: "'string'",
    Type.DATE: "'string'",
    Type.NUMBER: "'number'",
    Type.BOOLEAN: "'boolean'",
}


def _sql(template: str, *pieces: Clause) -> Clause:
    return sql.SQL(template).format(*pieces)

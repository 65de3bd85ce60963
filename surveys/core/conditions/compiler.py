"""From a tree to SQL for PostgreSQL: parameters only, and forms that an index on the column can serve.

A clause is true, false or NULL; NULL means false at the top and under AND and OR. Whoever adds negation must write
`(…) IS NOT TRUE`, never `NOT (…)`.
"""

import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any

from psycopg2 import sql

from surveys.core.conditions.catalogue import Catalogue, Column, Field, JsonKey, Type
from surveys.core.conditions.tree import All, Comparison, Op


@dataclass(frozen=True)
class Where:
    """`sql` is a boolean expression with named placeholders, `params` their values (names begin with "cond_")."""

    sql: sql.Composable
    params: dict[str, Any]


def compile_where(tree: All, catalogue: Catalogue, alias: str) -> Where:
    """Use as `sql.SQL("… WHERE … AND {}").format(where.sql)`; `alias` names the root's table in that statement."""
    compiler = _Compiler(catalogue, alias)
    clauses = [compiler.comparison(part) for part in tree]
    return Where(sql.SQL(" AND ").join(clauses) if clauses else sql.SQL("TRUE"), compiler.params)


class _Compiler:
    def __init__(self, catalogue: Catalogue, alias: str) -> None:
        self._catalogue = catalogue
        self._alias = alias
        self._numbers = count()
        self.params: dict[str, Any] = {}

    def comparison(self, part: Comparison) -> sql.Composable:
        field = self._catalogue.get(part.field)
        if field is None:
            raise LookupError(part.field)
        if isinstance(field.source, JsonKey):
            return self._of_json(field, field.source, part)
        return self._of_column(field, field.source, part)

    # ── Columns ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def _of_column(self, field: Field, source: Column, part: Comparison) -> sql.Composable:
        column = sql.Identifier(self._alias, source.name)
        if part.op is Op.IS_SET:
            return self._set(column, field)
        if part.op is Op.NOT_SET:
            return self._sql("(({}) IS NOT TRUE)", self._set(column, field))
        if part.op is Op.CONTAINS:
            return self._contains(column, part.value)
        if field.type is Type.MOMENT:
            return self._moment(column, part)
        return self._compare(column, part)

    def _set(self, column: sql.Composable, field: Field) -> sql.Composable:
        return self._sql("{} <> ''" if field.type is Type.TEXT else "{} IS NOT NULL", column)

    def _moment(self, column: sql.Composable, part: Comparison) -> sql.Composable:
        """Before a day: before it begins; after a day: from when it has ended."""
        day = date.fromisoformat(str(part.value)) + timedelta(days=1 if part.op is Op.AFTER else 0)
        begins = datetime.combine(day, time(), self._catalogue.zone)
        return self._sql("{} < {}" if part.op is Op.BEFORE else "{} >= {}", column, self._param(begins))

    def _compare(self, left: sql.Composable, part: Comparison) -> sql.Composable:
        if part.op is Op.ONE_OF:
            return self._sql("{} IN {}", left, self._param(part.value))
        return self._sql(f"{{}} {_SIGNS[part.op]} {{}}", left, self._param(part.value))

    # ── Keys of a JSON column ────────────────────────────────────────────────────────────────────────────────────────
    def _of_json(self, field: Field, source: JsonKey, part: Comparison) -> sql.Composable:
        column = sql.Identifier(self._alias, source.column)
        if part.op in (Op.EQUALS, Op.ONE_OF):
            return self._holds_one_of(column, source.key, part)
        if part.op in (Op.IS_SET, Op.NOT_SET):
            known = self._sql("{} ? {}", column, self._param(source.key))
            return known if part.op is Op.IS_SET else self._sql("(({}) IS NOT TRUE)", known)
        if field.type is Type.NUMBER:
            return self._number(column, source.key, part)
        text = self._sql("({} ->> {})", column, self._param(source.key))
        if part.op is Op.CONTAINS:
            return self._contains(text, part.value)
        return self._compare(self._sql('{} COLLATE "C"', text), part)  # "YYYY-MM-DD" sorts as it reads

    def _holds_one_of(self, column: sql.Composable, key: str, part: Comparison) -> sql.Composable:
        values = part.value if isinstance(part.value, tuple) else (part.value,)
        tests = [self._sql("{} @> {}::jsonb", column, self._param(json.dumps({key: value}))) for value in values]
        return self._sql("({})", sql.SQL(" OR ").join(tests))

    def _number(self, column: sql.Composable, key: str, part: Comparison) -> sql.Composable:
        """Compared as JSON, guarded by type: a cast could fail on a value that is not a number, in whatever order."""
        value = self._sql("({} -> {})", column, self._param(key))
        compared = self._sql(f"{{}} {_SIGNS[part.op]} {{}}::jsonb", value, self._param(json.dumps(part.value)))
        return self._sql("(jsonb_typeof({}) = 'number' AND {})", value, compared)

    # ── Pieces ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def _contains(self, text: sql.Composable, words: Any) -> sql.Composable:
        return self._sql("strpos(lower({}), lower({})) > 0", text, self._param(words))

    def _param(self, value: Any) -> sql.Composable:
        name = f"cond_{next(self._numbers)}"
        self.params[name] = value
        return sql.Placeholder(name)

    def _sql(self, template: str, *pieces: sql.Composable) -> sql.Composable:
        return sql.SQL(template).format(*pieces)


_SIGNS = {Op.EQUALS: "=", Op.GREATER: ">", Op.LESS: "<", Op.BEFORE: "<", Op.AFTER: ">"}

"""Compiled conditions in Django's queries: `Customer.objects.filter(Meets(where))`."""

import re
from typing import Any, Final

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, F, Func
from django.db.models.expressions import Col
from django.db.models.sql.compiler import SQLCompiler

from surveys.core.conditions.compiler import Where

_NAMED: Final = re.compile(r"%\((\w+)\)s")


class Meets(Func):
    """True where the row meets the condition, under whatever alias the query gives its table."""

    conditional = True
    output_field = BooleanField()

    def __init__(self, where: Where) -> None:
        super().__init__(F("pk"))
        self.where = where

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_extra: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        """Django takes parameters by position, so the named ones become that."""
        (row,) = self.get_source_expressions()
        assert isinstance(row, Col)
        is_quoted = (
            compiler.quote_name_unless_alias(row.alias) != row.alias
        )  # what is not, PostgreSQL reads in lower case
        return positional(self.where, row.alias if is_quoted else row.alias.lower())


def positional(where: Where, alias: str) -> tuple[str, list[Any]]:
    """The condition about a table of this alias, for statements that take parameters by position."""
    about = where.about(alias)
    connection.ensure_connection()
    text = about.sql.as_string(connection.connection)
    return f"({_NAMED.sub('%s', text)})", [about.params[name] for name in _NAMED.findall(text)]

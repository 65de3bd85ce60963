"""Indexes and foreign keys of tables, set aside while very many rows come in: built at once they take a fraction of the time."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from django.db import connection, transaction

_INDEXES: Final = """
    SELECT c.relname, pg_get_indexdef(c.oid)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = %s::regclass AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid)
    ORDER BY 1
"""
_FOREIGN_KEYS: Final = """
    SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f' ORDER BY 1
"""


@contextmanager
def taken(tables: Sequence[str]) -> Iterator[Iterator[str]]:
    """In one transaction, so that nothing is lost whatever happens. Yields what puts them back, one name after the other;
    what the caller did not go through is put back at the end."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
        orders: list[tuple[str, str]] = []
        for table in tables:
            orders += _take(table)
        put_back = _put_back(orders)
        yield put_back
        for _name in put_back:
            pass


def _take(table: str) -> list[tuple[str, str]]:
    """Drop them; returns name and statement of each."""
    with connection.cursor() as cursor:
        cursor.execute(_FOREIGN_KEYS, [table])
        keys = [
            (name, f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
            for name, definition in cursor.fetchall()
        ]
        cursor.execute(_INDEXES, [table])
        indexes = cursor.fetchall()
        for name, _statement in keys:
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        for name, _statement in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
    return [*indexes, *keys]


def _put_back(orders: Sequence[tuple[str, str]]) -> Iterator[str]:
    for name, statement in orders:
        with connection.cursor() as cursor:
            cursor.execute(statement)
        yield name

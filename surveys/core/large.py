"""Large bytes in and out of the database, in pieces: the driver needs many times as much memory as what it carries at once."""

from io import BytesIO
from typing import Final

from django.db import connection
from django.db.models import BinaryField, Model

PIECE: Final = 4 * 1024 * 1024  # bytes


def insert(row: Model, column: str, data: bytes) -> None:
    """Saves a new row; within a transaction of the caller's, so that nobody sees a part."""
    setattr(row, column, data[:PIECE])
    row.save(force_insert=True)
    table, name = _names(row, column)
    with connection.cursor() as cursor:
        for start in range(PIECE, len(data), PIECE):
            piece = data[start : start + PIECE]
            cursor.execute(f"UPDATE {table} SET {name} = {name} || %s WHERE id = %s", [piece, row.pk])


def read(row: Model, column: str) -> bytes:
    """b"" when there is nothing."""
    table, name = _names(row, column)
    found = BytesIO()
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                f"SELECT substr({name}, %s, %s) FROM {table} WHERE id = %s", [found.tell() + 1, PIECE, row.pk]
            )
            (piece,) = cursor.fetchone() or (None,)
            found.write(piece or b"")
            if piece is None or len(piece) < PIECE:
                return found.getvalue()


def _names(row: Model, column: str) -> tuple[str, str]:
    field = row._meta.get_field(column)
    assert isinstance(field, BinaryField)
    return connection.ops.quote_name(row._meta.db_table), connection.ops.quote_name(str(field.column))

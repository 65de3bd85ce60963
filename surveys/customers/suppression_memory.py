"""Suppressions and new people meet: who adds customers holds the memory still, so that no suppression slips in between
reading it and adding them. Both locks end with the transaction."""

from django.db import connection

_SPACE = 7031  # tells these advisory locks from others


def hold_still(organization_id: int) -> None:
    """Taken by whoever adds people or changes their addresses; many may hold it at once."""
    _lock("pg_advisory_xact_lock_shared", organization_id)


def change(organization_id: int) -> None:
    """Taken by whoever suppresses an address: waits until those who are adding people (a slice of an import) are done."""
    _lock("pg_advisory_xact_lock", organization_id)


def _lock(function: str, organization_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [_SPACE, organization_id % 2**31])

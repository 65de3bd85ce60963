"""Which of the two roles the tests' connection has."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase


def become_owner() -> None:
    _become(settings.DATABASE_OWNER["USER"], settings.DATABASE_OWNER["PASSWORD"])


def become_application() -> None:
    _become(_APPLICATION["USER"], _APPLICATION["PASSWORD"])


@contextmanager
def as_owner() -> Iterator[None]:
    """For a test with `transaction=True` that must do what the application's role may not."""
    become_owner()
    try:
        yield
    finally:
        become_application()


def _become(user: object, password: object) -> None:
    connection.close()
    connection.settings_dict["USER"] = user
    connection.settings_dict["PASSWORD"] = password


_APPLICATION = {key: settings.DATABASES["default"][key] for key in ("USER", "PASSWORD")}


@contextmanager
def flushes_by_the_owner() -> Iterator[None]:
    """Django empties the tables after a test with `transaction=True` by TRUNCATE, which only their owner may."""
    original = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    def fixture_teardown(self: TransactionTestCase) -> None:
        with as_owner():
            original(self)

    TransactionTestCase._fixture_teardown = fixture_teardown  # type: ignore[attr-defined]
    try:
        yield
    finally:
        TransactionTestCase._fixture_teardown = original  # type: ignore[attr-defined]

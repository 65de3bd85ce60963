"""Which of the two roles the tests' connection has."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.test import TransactionTestCase

from nps_app import env


def become_owner() -> None:
    _become("DATABASE_OWNER_URL")


def become_application() -> None:
    _become("DATABASE_URL")


@contextmanager
def as_owner() -> Iterator[None]:
    """For a test with `transaction=True` that must do what the application's role may not."""
    become_owner()
    try:
        yield
    finally:
        become_application()


def _become(url: str) -> None:
    account = env.database(url)
    connection.close()
    connection.settings_dict.update(USER=account["USER"], PASSWORD=account["PASSWORD"])


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

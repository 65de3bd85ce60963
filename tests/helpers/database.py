"""The tests' database: made once for all processes, one role or the other, emptied between tests."""

import fcntl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Final

import psycopg2
from django.conf import settings
from django.db import connection, connections
from django.test import TransactionTestCase

from nps_app import env
from nps_app.local import servers
from tests.helpers.servers import Session

_TEMPLATE: Final = "tests_template"
_BLOATED: Final = 2 * 1024**2  # bytes of one table, above which deleting its rows would leave too much behind
_KEPT: Final = {"django_content_type", "auth_permission"}  # as the migrations leave them


# ── Making ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def make(session: Session) -> None:
    """This process's database, as a copy of one that the first process migrates."""
    become_owner()
    name = f"tests_{session.worker or 'main'}"
    with (session.root / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with closing(psycopg2.connect(servers.owner_url(session.places, session.keys))) as owner:
            owner.autocommit = True
            cursor = owner.cursor()
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [_TEMPLATE])
            if not cursor.fetchone():
                _make_template()
            cursor.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
    _use(name)


def _make_template() -> None:
    connection.settings_dict["TEST"]["NAME"] = _TEMPLATE
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    connection.close()


def _use(name: str) -> None:
    connection.close()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name


# ── Roles ───────────────────────────────────────────────────────────────────────────────────────────────────────────


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


# ── Emptying ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Broom:
    """Empties the tables after a test with `transaction=True`.

    Django truncates each of them and makes its permissions anew; most hold nothing, and where there are few rows
    deleting is many times as quick. As a replica, so that no trigger asks what else belongs to a row.
    """

    def __init__(self, owner_url: str) -> None:
        names = connection.introspection.django_table_names(only_existing=True, include_views=False)
        self._tables = [name for name in names if name not in _KEPT]
        self._owner = psycopg2.connect(owner_url)
        filled = " UNION ALL ".join(
            f"SELECT '{name}', pg_table_size('{name}') WHERE EXISTS (SELECT FROM {name})" for name in self._tables
        )
        with self._owner, self._owner.cursor() as cursor:
            cursor.execute(f"SET session_replication_role = replica; PREPARE filled AS {filled}")

    def sweep(self) -> None:
        connections.close_all()
        with self._owner, self._owner.cursor() as cursor:
            # What a process that was killed had begun is over when this is granted.
            cursor.execute(f"LOCK TABLE {', '.join(self._tables)} IN SHARE ROW EXCLUSIVE MODE; EXECUTE filled")
            found: dict[str, int] = dict(cursor.fetchall())
            if any(size > _BLOATED for size in found.values()):
                cursor.execute(f"TRUNCATE {', '.join(self._tables)}")
            elif found:
                cursor.execute("; ".join(f"DELETE FROM {name}" for name in found))

    def close(self) -> None:
        self._owner.close()


@contextmanager
def swept_after_tests(owner_url: str) -> Iterator[None]:
    original = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]
    with closing(Broom(owner_url)) as broom:
        TransactionTestCase._fixture_teardown = lambda self: broom.sweep()  # type: ignore[attr-defined]
        try:
            yield
        finally:
            TransactionTestCase._fixture_teardown = original  # type: ignore[attr-defined]

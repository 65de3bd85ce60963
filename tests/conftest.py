"""The world of the tests: real PostgreSQL, Valkey, workers, SMTP and browser, all of them thrown away afterwards.

Nothing needs to be set up: `pytest tests/<folder> -n0` works by itself, and so does `-n 2`.

Code under test runs as the application's database role (rows only); the tables belong to the owner's role, and
`as_owner()` from tests.helpers.database is there for the rare test that must change them.
"""

import os
from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from tests.helpers.servers import Session

SESSION = Session.find_or_make()
os.environ.update(SESSION.environment())  # before pytest-django looks for the settings


def pytest_configure(config: pytest.Config) -> None:
    if not config.option.collectonly:
        SESSION.start()
    config.add_cleanup(SESSION.stop)


@pytest.fixture(scope="session")
def session_servers() -> Session:
    return SESSION


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Django makes and migrates the test database as its owner."""
    from tests.helpers import database

    database.become_owner()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """From here on as the application's role, until Django drops the test database again."""
    from tests.helpers import database

    with django_db_blocker.unblock(), database.flushes_by_the_owner():
        database.become_application()
        yield
        database.become_owner()

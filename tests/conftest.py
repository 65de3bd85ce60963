"""The world of the tests: real PostgreSQL, Valkey, workers, SMTP and browser, all of them thrown away afterwards.

Nothing needs to be set up: `pytest tests/<folder> -n0` works by itself, and so does `-n 2`.

Code under test runs as the application's database role (rows only); the tables belong to the owner's role, and
`as_owner()` from tests.helpers.database is there for the rare test that must change them.
"""

import os
from collections.abc import Iterator

import django
import pytest
from pytest_django import DjangoDbBlocker

from tests.helpers import database
from tests.helpers.servers import Session
from tests.helpers.smtp import SmtpSink

SESSION = Session.find_or_make()
SINK = SmtpSink()


def pytest_configure(config: pytest.Config) -> None:
    """The settings come from this environment, so it stands before Django is set up."""
    os.environ.update(SESSION.environment(mail_port=SINK.start().port))
    config.add_cleanup(SINK.stop)
    config.add_cleanup(SESSION.stop)
    django.setup()
    config.pluginmanager.import_plugin("tests.people")  # its fixtures need the models
    if not config.option.collectonly:
        SESSION.start()


@pytest.fixture
def smtp_sink() -> Iterator[SmtpSink]:
    """The mail server that settings.EMAIL_HOST and EMAIL_PORT name, with an empty ledger; see tests/helpers/smtp.py."""
    SINK.forget()
    SINK.accept()
    yield SINK
    SINK.accept()


@pytest.fixture(scope="session")
def session_servers() -> Session:
    return SESSION


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Django makes and migrates the test database as its owner."""
    database.become_owner()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """From here on as the application's role, until Django drops the test database again."""
    with django_db_blocker.unblock(), database.flushes_by_the_owner():
        database.become_application()
        yield
        database.become_owner()

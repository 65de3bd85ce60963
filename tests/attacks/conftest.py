"""Mails of these tests go to the real SMTP server of the session; Django's test runner would keep them in memory."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from surveys.delivery import keeping


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.import_plugin("tests.responses.mail")  # the fixtures `mail` and `ada`; they need the models


@pytest.fixture(autouse=True)
def _by_smtp(settings: Settings) -> Iterator[None]:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    keeping.hang_up()
    yield
    keeping.hang_up()

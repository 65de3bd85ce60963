"""Mails of these tests go to the real SMTP server of the session."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from surveys.delivery import keeping


@pytest.fixture(autouse=True)
def _by_smtp(settings: Settings) -> Iterator[None]:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    keeping.hang_up()
    yield
    keeping.hang_up()

"""The channel of a road, connected: one for each road that this process has used lately, kept open from batch to batch."""

import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend
from django.db import connection

from surveys.delivery import batch_calls, keeping, own_roads, reporting, routes
from surveys.delivery.mailing import Busy, Channel
from surveys.delivery.models import MailAccount, Provider
from surveys.delivery.reporting import Reporting
from surveys.delivery.ses import Ses
from surveys.delivery.smtp import Smtp

_CONNECTING: Final = 0x4D41494C  # advisory locks: one process at a time waits for a mail server that hangs
_PATIENCE_SECONDS: Final = 1.0


@contextmanager
def opened(route: str = routes.OPERATOR) -> Iterator[Channel]:
    """Raises Unreachable; of that Busy while another process waits for a connection by this road, and Refused when its
    account is gone, cannot be read, or is not let in."""
    channel = _channel(route)
    if not channel.is_open():
        with _one_at_a_time(route):
            channel.open()
    yield channel


def channel_of(backend: BaseEmailBackend, account: MailAccount | None = None) -> Channel:
    """Without an account: of the operator."""
    if isinstance(backend, EmailBackend):
        return _by_smtp(backend, account)
    return batch_calls.channel(backend, hidden=own_roads.hidden(account))


def _by_smtp(backend: EmailBackend, account: MailAccount | None) -> Smtp:
    options = account.options if account else {"hook_provider": settings.WEBHOOK_PROVIDER}
    is_ses = account is not None and account.provider == Provider.AMAZON_SES
    reports = Provider.AMAZON_SES if is_ses else str(options.get("hook_provider", ""))
    if reports == Provider.AMAZON_SES:
        return Ses(backend, options.get("configuration_set", ""))
    return Reporting(backend, reports) if reports in reporting.HEADERS else Smtp(backend)


def _channel(route: str) -> Channel:
    keeping.close_idle()
    account = own_roads.account(route)
    made_for = account.updated_at if account else None
    found = keeping.get(route, made_for)
    if found is None:
        backend = own_roads.backend(account) if account else get_connection()
        found = keeping.keep(route, made_for, channel_of(backend, account))
    return found


@contextmanager
def _one_at_a_time(route: str) -> Iterator[None]:
    """A mail server that hangs keeps one worker waiting, not all of them."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not _locked("SELECT pg_try_advisory_lock(%s, %s)", route):
        if time.monotonic() > deadline:
            raise Busy("another sender waits for a connection to the mail server")
        time.sleep(0.02)
    try:
        yield
    finally:
        _locked("SELECT pg_advisory_unlock(%s, %s)", route)


def _locked(statement: str, route: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, [_CONNECTING, zlib.crc32(route.encode()) - 2**31])
        return bool(cursor.fetchone()[0])

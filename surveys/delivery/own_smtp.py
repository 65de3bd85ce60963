"""SMTP to a server that an organization names: see core.outbound for where it may stand."""

import io
import smtplib
import socket
import ssl
import time
from typing import Any

from django.core.mail.backends.smtp import EmailBackend

from surveys.core import outbound


class OwnEmailBackend(EmailBackend):
    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _SecureSmtp if self.use_ssl else _Smtp


class _Patient(io.RawIOBase):
    """Reads from a socket until the deadline of its reply."""

    def __init__(self, of: "_Waiting") -> None:
        self._of = of

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        left = self._of.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._of.sock.settimeout(left)
        try:
            return self._of.sock.recv_into(into)
        finally:
            self._of.sock.settimeout(self._of.timeout)


class _Waiting(smtplib.SMTP):
    """A reply has so many seconds altogether: a server that writes byte by byte, or never ends, is hung up on."""

    deadline: float
    sock: socket.socket
    file: Any

    def getreply(self) -> tuple[int, bytes]:
        self.deadline = time.monotonic() + self.timeout
        if self.file is None and self.sock is not None:
            self.file = io.BufferedReader(_Patient(self))
        return super().getreply()


class _Smtp(_Waiting):
    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        outbound.check_port(port, outbound.SMTP_PORTS)
        return outbound.connect(host, port, timeout)


class _SecureSmtp(_Waiting, smtplib.SMTP_SSL):
    context: ssl.SSLContext
    _host: str

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        outbound.check_port(port, outbound.SMTP_PORTS)
        return self.context.wrap_socket(outbound.connect(host, port, timeout), server_hostname=self._host)

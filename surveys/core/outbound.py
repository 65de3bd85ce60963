"""Connections to servers that an organization names: only to public addresses, and with an end to every wait.

A name may resolve to an address inside the operator's network, or to another one a moment later. So all addresses of a
name are looked at, and the connection goes to the very address that was. `settings.PRIVATE_MAIL_HOSTS` lifts it.
"""

import ipaddress
import socket
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from contextvars import copy_context
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.utils.translation import gettext as _
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError

SMTP_PORTS: Final = frozenset({25, 465, 587, 2525})
HTTPS_PORTS: Final = frozenset({443, 8443})
_RESOLVE_SECONDS: Final = 5.0
_LONGEST_ANSWER: Final = 1_000_000  # bytes
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
# Nobody's own, and older Pythons do not say so: protocol assignments (a cloud's metadata among them) and site-local addresses.
_NOT_GLOBAL: Final = (ipaddress.ip_network("192.0.0.0/24"), ipaddress.ip_network("fec0::/10"))

T = TypeVar("T")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_resolver: Final = ThreadPoolExecutor(max_workers=4, thread_name_prefix="resolver")
_impatient: Final = ThreadPoolExecutor(max_workers=8, thread_name_prefix="impatient")


class Forbidden(OSError):
    """We do not connect there. The message says why, for people."""


class Unresolved(TimeoutError):
    """The name servers keep us waiting. The message says so, for people."""


class TooSlow(TimeoutError):
    """It was not done in time; what was begun goes on until it ends by itself."""


def is_public(address: Address) -> bool:
    """Whether the whole internet may reach it; an IPv6 address that carries an IPv4 one is judged by that."""
    inner = _carried(address)
    if inner is not None:
        return is_public(inner)
    if any(address in network for network in _NOT_GLOBAL):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _carried(address: Address) -> ipaddress.IPv4Address | None:
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def resolved(host: str, port: int) -> list[tuple[Any, ...]]:
    """What getaddrinfo says, if we may connect to all of it. Raises Forbidden, or OSError when there is no such host."""
    try:
        found = _resolver.submit(socket.getaddrinfo, host, port, 0, socket.SOCK_STREAM).result(_RESOLVE_SECONDS)
    except TookTooLong:
        raise Unresolved(_("The name servers do not say where %(host)s is.") % {"host": host}) from None
    except UnicodeError as error:
        raise Forbidden(_("%(host)s is no host name.") % {"host": host}) from error
    for *_rest, address in found:
        if not settings.PRIVATE_MAIL_HOSTS and not is_public(ipaddress.ip_address(str(address[0]).partition("%")[0])):
            # Without the address: whoever asks must not learn the names of the operator's network.
            raise Forbidden(_("%(host)s is in a private network.") % {"host": host})
    return list(found)


def within(seconds: float, work: Callable[[], T]) -> T:
    """What `work` returns or raises, for somebody who waits: names, addresses and replies each have waits of their own, and
    together they must not take longer. Nothing that needs the database. Raises TooSlow."""
    running = _impatient.submit(copy_context().run, work)
    try:
        return running.result(seconds)
    except TookTooLong:
        if running.done():  # a TimeoutError of its own
            raise
        running.cancel()
        raise TooSlow from None


def check_port(port: int, allowed: frozenset[int]) -> None:
    """Raises Forbidden."""
    if not settings.PRIVATE_MAIL_HOSTS and port not in allowed:
        known = ", ".join(map(str, sorted(allowed)))
        raise Forbidden(_("Port %(port)s is not allowed: use one of %(known)s.") % {"port": port, "known": known})


def connect(host: str, port: int, seconds: float) -> socket.socket:
    """A connection to the first of the checked addresses that takes it. Raises Forbidden, or OSError."""
    deadline = time.monotonic() + seconds
    problem: OSError = ConnectionError(_("%(host)s has no address.") % {"host": host})
    for family, kind, protocol, _name, address in resolved(host, port):
        found = socket.socket(family, kind, protocol)
        try:
            found.settimeout(max(0.1, deadline - time.monotonic()))
            found.connect(address)
        except OSError as error:
            found.close()
            problem = error
        else:
            found.settimeout(seconds)
            return found
    raise problem


# ── HTTP ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def session(seconds: float) -> requests.Session:
    """Guarded; no redirects, no proxies or passwords of this machine; every call ends after `seconds`."""
    found = requests.Session()
    found.trust_env = False
    found.max_redirects = 0
    adapter = _Guarded(seconds)
    found.mount("https://", adapter)
    found.mount("http://", adapter)
    return found


class _Guarded(HTTPAdapter):
    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        super().__init__(max_retries=0)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        parts = urlsplit(str(request.url))
        _check_address(parts.scheme, parts.port)
        watch = threading.Timer(self._seconds, _hang_up, [threading.get_ident()])
        watch.daemon = True
        watch.start()
        try:
            response = super().send(request, *arguments, **options | {"stream": True})
            _read(response)
        finally:
            watch.cancel()
        return response


def _check_address(scheme: str, port: int | None) -> None:
    if settings.PRIVATE_MAIL_HOSTS:
        return
    if scheme != "https":
        raise Forbidden(_("The address must begin with https://."))
    check_port(port or 443, HTTPS_PORTS)


def _read(response: requests.Response) -> None:
    """The whole answer, if it is not too long for one."""
    content = response.raw.read(_LONGEST_ANSWER + 1, decode_content=True)
    if len(content) > _LONGEST_ANSWER:
        response.close()
        raise requests.exceptions.ContentDecodingError(_("The server's answer does not end."))
    response._content = content
    response._content_consumed = True


_open: Final[dict[int, "weakref.WeakSet[Any]"]] = {}  # connections by the thread that made them


def _hang_up(thread: int) -> None:
    """A server that answers byte by byte never runs into the timeout of a socket."""
    for connection in list(_open.get(thread, ())):
        try:
            connection.line.shutdown(socket.SHUT_RDWR)
        except OSError:  # closed meanwhile
            continue


class _Connecting:
    """Mixed into urllib3's connections. `line` is a second hold on the socket: the connection lets go of its own as soon as
    the server says that it will close, and goes on reading."""

    line: socket.socket | None = None

    def _new_conn(self) -> socket.socket:
        try:
            found = connect(self.host, self.port, float(self.timeout or _RESOLVE_SECONDS))  # type: ignore[attr-defined]
        except OSError as error:
            raise NewConnectionError(self, str(error)) from error  # type: ignore[arg-type]
        if self.line is not None:
            self.line.close()
        self.line = found.dup()
        weakref.finalize(self, self.line.close)
        _open.setdefault(threading.get_ident(), weakref.WeakSet()).add(self)
        return found


class _Connection(_Connecting, HTTPConnection):
    pass


class _SecureConnection(_Connecting, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection

"""Questions to name servers, with an end to how long they may take."""

import time
from collections.abc import Iterable
from typing import Any, Final

import dns.exception
import dns.nameserver
import dns.resolver
from django.conf import settings

_SECONDS_EACH: Final = 4.0
_TRY_SECONDS: Final = 1.5  # before another server, or the same one, is asked again
_CONTROLS: Final = dict.fromkeys({*range(32), 127} - set(b"\t\n\r"), "\N{REPLACEMENT CHARACTER}")


class NoAnswer(Exception):
    """The name servers could not be asked, or took too long: nothing is known about this name."""


class Names:
    """Asks until `seconds` are over; from then on everything is NoAnswer. What does not exist is an empty list."""

    def __init__(self, *, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds
        self._resolver = _resolver()

    def texts(self, name: str) -> list[str]:
        """Of each TXT record its strings as one. What is no text in it, such as NUL, is a replacement character."""
        found = [b"".join(record.strings).decode("utf-8", "replace") for record in self._ask(name, "TXT")]
        return [text.translate(_CONTROLS) for text in found]

    def mail_servers(self, name: str) -> list[str]:
        """The most wanted first; "" is the record that says that no mail is taken (RFC 7505)."""
        records = sorted(self._ask(name, "MX"), key=lambda record: record.preference)
        return [str(record.exchange).rstrip(".") for record in records]

    def has_address(self, name: str) -> bool:
        return bool(self._ask(name, "A") or self._ask(name, "AAAA"))

    def _ask(self, name: str, kind: str) -> list[Any]:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise NoAnswer(name)
        try:
            return list(self._resolver.resolve(name, kind, search=False, lifetime=min(left, _SECONDS_EACH)))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.resolver.NoNameservers, dns.resolver.YXDOMAIN, dns.exception.Timeout, OSError) as error:
            raise NoAnswer(name) from error
        except dns.exception.DNSException:
            return []  # no name that could exist: a part is too long, or empty


def _resolver() -> dns.resolver.Resolver:
    """Those of the operator's, or of the machine. Raises NoAnswer when the machine names none."""
    try:
        resolver = dns.resolver.Resolver(configure=not settings.DNS_SERVERS)
    except dns.resolver.NoResolverConfiguration as error:
        raise NoAnswer("") from error
    if settings.DNS_SERVERS:
        resolver.nameservers = list(_servers(settings.DNS_SERVERS))
    resolver.timeout = _TRY_SECONDS
    return resolver


def _servers(given: Iterable[tuple[str, int]]) -> Iterable[dns.nameserver.Nameserver]:
    return (dns.nameserver.Do53Nameserver(address, port) for address, port in given)

"""Where messages may be posted to."""

import ipaddress
from typing import Final
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from surveys.core import outbound

LONGEST: Final = 2000


def problem(address: str) -> str:
    """Why nothing is posted there, in words; empty when it may be tried.

    Where its name leads to is not asked here: that may change, so it is looked at with each post (core.outbound).
    """
    if len(address) > LONGEST:
        return _("The address has %(count)d characters; at most %(most)d are possible.") % {
            "count": len(address),
            "most": LONGEST,
        }
    parts = _parts(address)
    if parts is None:
        return _("“%(value)s” is no address. It looks like https://hooks.example.com/…") % {"value": address[:60]}
    if parts.username or parts.password:
        return _("Leave user and password out of the address: they would be shown to whoever reads logs.")
    return _forbidden(parts)


def host_of(address: str) -> str:
    parts = _parts(address)
    return (parts.hostname or "") if parts else ""


def _parts(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        is_whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if is_whole and address.isprintable() and " " not in address else None


def _forbidden(parts: SplitResult) -> str:
    if settings.PRIVATE_MAIL_HOSTS:
        return ""
    if parts.scheme != "https":
        return _("The address must begin with https://: what is posted must not travel in the open.")
    try:
        outbound.check_port(parts.port or 443, outbound.HTTPS_PORTS)
    except outbound.Forbidden as error:
        return str(error)
    return (
        ""
        if _may_be_public(parts.hostname or "")
        else _("%(host)s is in a private network.") % {"host": parts.hostname}
    )


def _may_be_public(host: str) -> bool:
    """Names are asked later; an address that is written out is judged at once."""
    try:
        return outbound.is_public(ipaddress.ip_address(host))
    except ValueError:
        return "." in host and not host.endswith((".localhost", ".local", ".internal"))

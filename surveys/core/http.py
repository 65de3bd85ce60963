"""What a request says about where it comes from."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """Of the client; with trusted proxies in front, the one that the outermost of them saw."""
    seen = [address.strip() for address in request.headers.get("X-Forwarded-For", "").split(",")]
    if settings.TRUSTED_PROXIES and len(seen) >= settings.TRUSTED_PROXIES:
        return seen[-settings.TRUSTED_PROXIES]
    return str(request.META.get("REMOTE_ADDR", ""))


def ip_of(request: HttpRequest) -> str | None:
    """As `client_address`, in its normal form; None when that is no address (a socket of the same machine)."""
    try:
        return str(ip_address(client_address(request)))
    except ValueError:
        return None


def agent_of(request: HttpRequest) -> str:
    """What the client calls itself, in a form that can be stored."""
    return request.headers.get("User-Agent", "").replace("\0", "")[:300]

"""What a request to a customer's page says about who sent it."""

import re
from ipaddress import ip_address, ip_network
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest

from surveys.core.http import client_address
from surveys.responses import verdicts
from surveys.responses.survey import Evidence

SIGNALS: Final = {
    "Sec-Purpose": "sec_purpose",
    "Purpose": "purpose",
    "X-Moz": "x_moz",
    "Sec-Fetch-Site": "fetch_site",
    "Sec-Fetch-Mode": "fetch_mode",
    "Sec-Fetch-User": "fetch_user",
    "Sec-Fetch-Dest": "fetch_dest",
    "Accept-Language": "accept_language",
}
LONGEST_SIGNAL: Final = 60
MOST: Final = 86_400
IPV4_PREFIX, IPV6_PREFIX = 24, 48

# They fetch a link to show a card of it, and say who they are.
_PREVIEW_AGENTS: Final = re.compile(
    r"Slackbot|facebookexternalhit|Facebot|Twitterbot|WhatsApp|TelegramBot|Discordbot|LinkedInBot|SkypeUriPreview"
    r"|Mastodon|redditbot|Google-PageRenderer|Iframely|Embedly|Pinterestbot|vkShare|Viber",
    re.IGNORECASE,
)


def of(request: HttpRequest) -> Evidence:
    headers = request.headers
    signals: dict[str, Any] = {
        name: _storable(value, LONGEST_SIGNAL) for header, name in SIGNALS.items() if (value := headers.get(header))
    }
    if request.is_secure():
        signals["secure"] = True  # then browsers say what they fetch a page for
    return Evidence(
        network=_network(client_address(request)),
        user_agent=_storable(headers.get("User-Agent", ""), 300),
        signals=signals | {"rules": verdicts.RULES},
    )


def of_form(request: HttpRequest) -> Evidence:
    """With what the page's script put into the form; without script it puts nothing there."""
    hand = _figure(request.POST.get("hand"))
    return of(request) if hand is None else of(request).with_signals({"hand": hand})


def of_script(request: HttpRequest) -> Evidence:
    """What the page's script saw."""
    told = {name: _figure(request.POST.get(name)) for name in ("seconds", "hand", "languages")}
    figures = {name: figure for name, figure in told.items() if figure is not None}
    flags = {name: True for name in ("webdriver", "blank") if request.POST.get(name) == "1"}
    return of(request).with_signals({**figures, **flags})


def _figure(text: str | None) -> int | None:
    """Of what a page sent: never more than fits anywhere."""
    return min(int(text), MOST) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def is_preview(request: HttpRequest) -> bool:
    """A program that draws a card of a link: nobody clicked."""
    return bool(_PREVIEW_AGENTS.search(request.headers.get("User-Agent", "")))


def is_prefetch(request: HttpRequest) -> bool:
    """A browser or mail client that fetches what might be clicked next."""
    headers = request.headers
    purposes = (headers.get("Sec-Purpose", ""), headers.get("Purpose", ""), headers.get("X-Moz", ""))
    return any("prefetch" in purpose.lower() for purpose in purposes)


def is_loaded(request: HttpRequest) -> bool:
    """By somebody's program, for now: no preview, and not for later."""
    return not (is_prefetch(request) or is_preview(request))


def is_same_origin(request: HttpRequest) -> bool:
    """The form that was sent stood on our own page. Browsers too old to say so are believed: the nonce remains."""
    site = request.headers.get("Sec-Fetch-Site")
    if site:
        return site == "same-origin"
    origin = request.headers.get("Origin")
    return origin is None or origin in (f"{request.scheme}://{request.get_host()}", settings.PUBLIC_URL)


def _network(address: str) -> str:
    try:
        version = ip_address(address).version
    except ValueError:
        return ""
    return str(ip_network((address, IPV4_PREFIX if version == 4 else IPV6_PREFIX), strict=False))


def _storable(text: str, length: int) -> str:
    return text.replace("\0", "")[:length]

"""The one stylesheet of an organization's customers' pages: the shared style, its colour, and its logo.

The logo is part of the style because a page may make three requests: itself, its style and its script.
"""

import gzip
from functools import cache, lru_cache
from hashlib import sha256
from typing import Final

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from surveys.accounts.queries import logos
from surveys.core import brand
from surveys.responses import public_http

DEFAULT_COLOUR: Final = "#0b6e66"


def style_url(colour: str, logo: str = "") -> str:
    """Changes with the content: it may be kept for ever. `logo` is the digest of a picture."""
    known = [colour.removeprefix("#").lower(), _version()]
    return reverse("public:style_with_logo", args=[*known, logo]) if logo else reverse("public:style", args=known)


def style_name(colour: str, logo: str = "") -> str:
    """The last part of the same content's address behind the page of one invitation; see public_views.style."""
    return f"{colour.removeprefix('#').lower()}-{_version()}{f'-{logo}' if logo else ''}.css"


def is_current(version: str) -> bool:
    return version == _version()


@cache
def _version() -> str:
    return sha256(brand.public_stylesheet(DEFAULT_COLOUR).encode()).hexdigest()[:8]


@login_not_required
@require_safe
def style(request: HttpRequest, colour: str, version: str, logo: str = "") -> HttpResponse:
    response = stylesheet(request, colour, version, logo)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def stylesheet(request: HttpRequest, colour: str, version: str, logo: str) -> HttpResponse:
    if not is_current(version):
        return public_http.not_found()
    is_zipped = "gzip" in request.headers.get("Accept-Encoding", "")
    content = _zipped(colour, logo) if is_zipped else _plain(colour, logo)
    response = HttpResponse(content, content_type="text/css; charset=utf-8")
    response.headers["Vary"] = "Accept-Encoding"
    if is_zipped:
        response.headers["Content-Encoding"] = "gzip"
    return response


@lru_cache(maxsize=256)
def _plain(colour: str, logo: str) -> bytes:
    found = logos.stored(logo) if logo else None
    picture = brand.logo_rule(bytes(found.png), found.width, found.height) if found else ""
    return (brand.public_stylesheet(f"#{colour}") + picture).encode()


@lru_cache(maxsize=256)
def _zipped(colour: str, logo: str) -> bytes:
    return gzip.compress(_plain(colour, logo), mtime=0)

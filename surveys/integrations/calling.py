"""One call of another system: a POST that follows no redirects, reaches no private network, and always ends."""

from dataclasses import dataclass
from datetime import datetime
from html import unescape
from typing import Final

import nh3
import requests
from django.conf import settings
from django.utils.translation import gettext as _

from surveys.core import outbound, places, sealing
from surveys.delivery import reaching
from surveys.integrations import bodies, secrets
from surveys.integrations.models import HookPost

GONE: Final = 410
_MARGIN: Final = 1  # seconds more than one wait, which then says better what was waited for
_READ: Final = 20_000  # bytes of what it said, of which …
_LONGEST: Final = 500  # … so many characters are kept
_LONGEST_WAIT: Final = 3600  # seconds that it may ask us to wait


@dataclass(frozen=True)
class Answer:
    """Of the other side; without a status it was not reached, and `said` is why."""

    status: int | None
    said: str
    wait: int = 0  # seconds that it asks for

    @property
    def is_good(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        return self.status == GONE


def call(post: HookPost, at: datetime) -> Answer:
    """Never raises for what the other side does."""
    try:
        address, secret = secrets.address_of(post.hook), secrets.secret_of(post.hook)
    except sealing.CannotUnseal:
        return Answer(
            None, _("Its address cannot be read any more: the server's SECRET_KEY has changed. Enter it again.")
        )
    body = bodies.body(post)
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": settings.PRODUCT_NAME}
    if secret:
        headers |= secrets.signature(secret, post.public_id, body, at)
    try:
        with outbound.session(settings.HOOK_SECONDS + _MARGIN) as session:
            response = session.post(
                address, data=body.encode(), headers=headers, timeout=settings.HOOK_SECONDS, allow_redirects=False
            )
    except requests.TooManyRedirects as detour:
        return Answer(
            detour.response.status_code if detour.response is not None else None,
            _("It sends us on to another address, where we do not go: enter the address that it leads to."),
        )
    except (requests.RequestException, OSError, ValueError) as error:
        return Answer(None, _readable(reaching.of_address(error, address), address, secret))
    return Answer(response.status_code, _said(post, response, address, secret), _wait(response))


def _said(post: HookPost, response: requests.Response, address: str, secret: str) -> str:
    """Servers repeat what they refuse. What a customer wrote must not stay here when the customer is erased."""
    if post.hook.tells_words and not post.is_test:
        return _("What it said is not kept, as it may repeat a customer's words: post a test to read what it says.")
    words = response.content[:_READ].decode(errors="replace")
    is_page = words.lstrip()[:15].lower().startswith(("<!doctype html", "<html"))
    return _readable(_text_of(words) if is_page else words, address, secret)


def _text_of(page: str) -> str:
    """What a person would read of it."""
    return unescape(nh3.clean(page.replace("<", " <"), tags=set()))


def _readable(words: str, address: str, secret: str) -> str:
    """For pages and logs: some repeat what they were told."""
    printable = "".join(sign if sign.isprintable() else " " for sign in sealing.hidden(words, [address, secret]))
    return " ".join(printable.split())[:_LONGEST]


def _wait(response: requests.Response) -> int:
    said = response.headers.get("Retry-After", "")
    return min(places.key(said) or 0, _LONGEST_WAIT)

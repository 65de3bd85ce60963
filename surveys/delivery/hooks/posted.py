"""A report as it came over the wire: read once, within a limit."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from django.http import HttpRequest, QueryDict

LIMIT: Final = 5 * 1024 * 1024  # bytes
JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
_TEXT: Final = "text/plain"  # Amazon SNS calls its JSON so


class TooLarge(Exception):
    """More than LIMIT."""


class NotTaken(ValueError):
    """Neither JSON nor a form."""


@dataclass(frozen=True)
class Posted:
    """`address` is the one that the provider was told, from PUBLIC_URL: some sign it."""

    body: bytes
    content_type: str
    headers: Mapping[str, str]
    address: str

    @cached_property
    def json(self) -> Any:
        """Raises ValueError."""
        return json.loads(self.body.decode("utf-8"))

    @cached_property
    def form(self) -> QueryDict:
        """Raises ValueError."""
        self.body.decode("ascii")
        return QueryDict(self.body, encoding="utf-8")

    @property
    def is_form(self) -> bool:
        return self.content_type == FORM


def read(request: HttpRequest, address: str) -> Posted:
    """Raises TooLarge and NotTaken. Never reads more than LIMIT and one byte, whatever the headers say."""
    kind = (request.content_type or "").lower()
    if kind not in (JSON, FORM, _TEXT):
        raise NotTaken(kind)
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdecimal() and int(length) > LIMIT:
        raise TooLarge
    body = request.read(LIMIT + 1)
    if len(body) > LIMIT:
        raise TooLarge
    return Posted(body, kind, request.headers, address)

"""Whoever reads the log cannot use what stands there."""

import re
from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver

from nps_app.logs import without_secrets
from surveys.core import tokens
from surveys.core.tokens import Purpose


def signed_routes(patterns: list[URLPattern | URLResolver], before: str = "/") -> Iterator[str]:
    """Every address of the product that has a token in it."""
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from signed_routes(pattern.url_patterns, route)
        elif "<str:token>" in route:
            yield route


def test_no_line_holds_a_token_of_a_link() -> None:
    token = tokens.make(Purpose.ANSWER, 1)
    routes = sorted(set(signed_routes(get_resolver().url_patterns)))
    lines = [re.sub(r"<[^>]+>", "9", route.replace("<str:token>", token)) for route in routes]
    assert len(lines) > 20
    assert [line for line in lines if token in without_secrets(f"Not Found: {line}")] == []

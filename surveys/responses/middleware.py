"""The short way for customers' pages, and for what mail providers post."""

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

from surveys.responses import public_http

PREFIXES: Final = ("/r/", "/u/", "/l/", "/p/", "/s/", "/d/", "/c/", "/v/", "/hooks/")


class PublicPagesMiddleware:
    """Calls the view of a customer's page at once: sessions, sign-in and messages would take longer than the click.

    It stands behind the middlewares that every answer needs (security headers, content policy).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIXES):
            return self.get_response(request)
        response = _answer(request)
        if response is None or (response.status_code == 404 and not _is_for_programs(response)):
            return public_http.not_found(public_http.preferred_language(request))
        return response


def _is_for_programs(response: HttpResponse) -> bool:
    return response.headers["Content-Type"].startswith("application/json")


def _answer(request: HttpRequest) -> HttpResponse | None:
    try:
        match = resolve(request.path_info)
    except Resolver404:
        return None
    request.resolver_match = match
    response: HttpResponse = match.func(request, *match.args, **match.kwargs)
    return response

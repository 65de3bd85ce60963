"""From the slug in the address to the membership of the person who asks."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.functional import SimpleLazyObject

from surveys.accounts import audit, queries


class OrganizationMiddleware:
    """Under /o/<slug>/ sets `request.membership` and `request.organization`; to those who are not members it is a 404.

    `request.organizations` is all that the person may switch to, read when a page shows it.
    Views there do not get the slug as an argument. LoginRequiredMiddleware has already turned strangers away.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: Any, kwargs: dict[str, Any]
    ) -> None:
        if request.resolver_match is None or not request.resolver_match.route.startswith("o/<slug:slug>/"):
            return
        membership = queries.membership(request.user, kwargs.pop("slug"))
        if membership is None:
            raise Http404
        membership.origin = audit.origin_of(request)
        request.membership = membership  # type: ignore[attr-defined]
        request.organization = membership.organization  # type: ignore[attr-defined]
        request.organizations = SimpleLazyObject(  # type: ignore[attr-defined]
            lambda: [each.organization for each in queries.memberships(membership.user)]
        )

"""Where a person was last: the organization that this browser goes on with, and when each member was last seen."""

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from surveys.accounts.actions import people
from surveys.accounts.models import Membership

_COOKIE: Final = "organization"
_COOKIE_SECONDS: Final = 365 * 24 * 3600


def chosen_organization(request: HttpRequest) -> int | None:
    """The one that was last open in this browser. It proves nothing: whoever reads it looks among the person's own."""
    text = request.COOKIES.get(_COOKIE, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


class VisitsMiddleware:
    """Notes the visit of a page of an organization, after OrganizationMiddleware has found the membership."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        member: Membership | None = getattr(request, "membership", None)
        if member is not None and response.status_code < 500:
            people.note_seen(member=member, at=timezone.now())
            _remember(request, response, member.organization_id)
        return response


def _remember(request: HttpRequest, response: HttpResponse, organization: int) -> None:
    if chosen_organization(request) != organization:
        response.set_cookie(
            _COOKIE,
            str(organization),
            max_age=_COOKIE_SECONDS,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )

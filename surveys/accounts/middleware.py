"""From the slug in the address to the membership of the person who asks."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from surveys.accounts import audit, queries
from surveys.accounts.models import Membership, User
from surveys.accounts.queries import security
from surveys.accounts.queries import settings as settings_queries


class SignInFirstMiddleware(LoginRequiredMiddleware):
    """Strangers sign in first, and come back to the page on which they were.

    What a button sent without a session is not carried out afterwards: the way back is the page where the button stands,
    and the person is told. To htmx it is a page to load, not a fragment.
    """

    def handle_no_permission(  # type: ignore[override]  # to htmx it is no redirect
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponse:
        is_htmx = "HX-Request" in request.headers
        if request.method in ("GET", "HEAD") and not is_htmx:
            return super().handle_no_permission(request, view_func)
        if request.method not in ("GET", "HEAD"):
            messages.info(request, _("You were signed out, so nothing was done. Sign in, and do it again."))
        answer = redirect_to_login(_page_of(request), self.get_login_url(view_func))
        return HttpResponse(headers={"HX-Redirect": answer["Location"]}) if is_htmx else answer


def _page_of(request: HttpRequest) -> str:
    """Where the person was, on this host: the page that sent the request; the start when none is told."""
    came_from = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer", ""))
    if came_from.netloc != request.get_host() or not came_from.path.startswith("/"):
        return "/"
    return came_from.path + (f"?{came_from.query}" if came_from.query else "")


class OrganizationMiddleware:
    """Under /o/<slug>/ sets `request.membership` and `request.organization`; to those who are not members it is a 404.

    Members without a second factor get no further than a page that says how to set one up, where the organization
    requires one; they may leave it. `request.organizations` is all that the person may switch to, read when a page shows it.
    Views there do not get the slug as an argument. LoginRequiredMiddleware has already turned strangers away.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: Any, kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        if request.user.is_authenticated:
            user = request.user
            request.organizations = SimpleLazyObject(  # type: ignore[attr-defined]
                lambda: [each.organization for each in queries.memberships(user)]
            )
        if request.resolver_match is None or not request.resolver_match.route.startswith("o/<slug:slug>/"):
            return None
        slug = kwargs.pop("slug")
        membership = queries.membership(request.user, slug)
        if membership is None:
            return _moved(request, slug)
        is_leaving = request.resolver_match.view_name == "accounts:leave"
        if not is_leaving and membership.organization.requires_mfa and not security.has_second_factor(membership.user):
            return _asks_for_second_factor(request, membership)
        membership.origin = audit.origin_of(request)
        request.membership = membership  # type: ignore[attr-defined]
        request.organization = membership.organization  # type: ignore[attr-defined]
        return None


def _moved(request: HttpRequest, slug: str) -> HttpResponse:
    """A member who uses a former slug goes to the same page at the present one; Http404 for all others.

    Never permanent: the organization may take its old slug again. 307 keeps what a form sends.
    """
    now = settings_queries.slug_now(request.user, slug) if isinstance(request.user, User) else None
    if now is None:
        raise Http404
    address = request.get_full_path().replace(f"/o/{slug}/", f"/o/{now}/", 1)
    return HttpResponse(status=302 if request.method in ("GET", "HEAD") else 307, headers={"Location": address})


def _asks_for_second_factor(request: HttpRequest, membership: Membership) -> HttpResponse:
    """At the address that was asked for, so that the way back is to load it again. htmx loads it whole."""
    shown = {"organization": membership.organization, "address": request.get_full_path()}
    answer = render(request, "accounts/second_factor_required.html", shown, status=403)
    answer["HX-Refresh"] = "true"
    return answer

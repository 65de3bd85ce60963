"""Pages about the interface itself."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from surveys.core.styleguide import examples

THEMES = ("system", "light", "dark")
YEAR = 365 * 24 * 3600


@require_POST
@login_not_required
def theme(request: HttpRequest) -> HttpResponse:
    """Remember the chosen theme in this browser and go back to where the person was."""
    chosen = request.POST.get("theme", "")
    response = redirect(_own_address(request, request.POST.get("next", "")))
    if chosen in THEMES:
        response.set_cookie("theme", chosen, max_age=YEAR, samesite="Lax", secure=request.is_secure(), httponly=True)
    return response


@require_GET
@login_not_required
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every component once; for the people who build and run this, not for its users."""
    if not (settings.LOCAL or _is_staff(request)):
        raise Http404
    return render(request, "styleguide.html", examples(request.GET.get("form") == "bad"))


def _is_staff(request: HttpRequest) -> bool:
    user = request.user
    return not isinstance(user, AnonymousUser) and bool(getattr(user, "is_staff", False))


def _own_address(request: HttpRequest, address: str) -> str:
    is_own = url_has_allowed_host_and_scheme(address, allowed_hosts={request.get_host()})
    return address if is_own else "/"

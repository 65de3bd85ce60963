"""Pages about one's own account and organization."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from surveys.accounts import actions, queries
from surveys.accounts.forms import OrganizationForm


@require_http_methods(["GET", "HEAD"])
def home(request: HttpRequest) -> HttpResponse:
    """To the first organization of the person, or to making one."""
    first = queries.memberships(request.user).first()  # type: ignore[arg-type]
    return redirect(first.organization) if first else redirect("accounts_home:new_organization")


@require_http_methods(["GET", "HEAD", "POST"])
def new_organization(request: HttpRequest) -> HttpResponse:
    form = OrganizationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        membership = actions.create_organization(
            name=form.cleaned_data["name"],
            owner=request.user,  # type: ignore[arg-type]
            at=timezone.now(),
        )
        return redirect(membership.organization)
    return render(request, "accounts/new_organization.html", {"form": form})

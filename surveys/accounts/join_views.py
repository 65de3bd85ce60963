"""Using an invite of a colleague. GET shows and POST acts: scanners of mail open links."""

from allauth.account.utils import complete_signup
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from surveys.accounts import audit, limits
from surveys.accounts.actions import invites as actions
from surveys.accounts.models import Membership, User
from surveys.accounts.people_forms import JoinForm
from surveys.accounts.queries import invites, members
from surveys.accounts.queries.invites import Offer


@login_not_required
@limits.limited("accept_invitation", also_get=True)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    offer = invites.offer(token, timezone.now())
    if offer is None or not offer.is_open:
        return _closed(request, offer)
    if request.user.is_authenticated:
        return _join_signed_in(request, offer, request.user)
    return _join_as_stranger(request, offer)


def _join_signed_in(request: HttpRequest, offer: Offer, user: User) -> HttpResponse:
    if request.method == "POST":
        return _accept(request, offer, user)
    context = {
        "offer": offer,
        "is_same_address": members.has_address(user, offer.invite.email),
        "is_member": members.belongs(user, offer.invite.organization_id),
    }
    return render(request, "accounts/join_signed_in.html", context)


def _accept(request: HttpRequest, offer: Offer, user: User) -> HttpResponse:
    try:
        member = actions.accept(offer=offer, user=user, origin=audit.origin_of(request), at=timezone.now())
    except actions.AlreadyMember as refused:
        return redirect(refused.member.organization)
    except actions.NotOpen:
        return _closed(request, offer)
    _welcome(request, member)
    return redirect(member.organization)


def _join_as_stranger(request: HttpRequest, offer: Offer) -> HttpResponse:
    email = offer.invite.email
    if settings.OIDC_ONLY or members.account_exists(email):
        return render(request, "accounts/join_sign_in.html", {"offer": offer})
    form = JoinForm(request.POST if request.method == "POST" else None, email=email)
    if not form.is_valid():
        return render(request, "accounts/join.html", {"offer": offer, "form": form})
    try:
        member = actions.accept_as_new(
            offer=offer,
            name=form.cleaned_data["name"],
            password=form.cleaned_data["password"],
            origin=audit.origin_of(request),
            at=timezone.now(),
        )
    except actions.AddressTaken:
        return redirect(request.path)
    except actions.NotOpen:
        return _closed(request, offer)
    _welcome(request, member)
    return complete_signup(request, member.user, None, member.organization.get_absolute_url())


def _welcome(request: HttpRequest, member: Membership) -> None:
    words = {"organization": member.organization, "role": member.get_role_display()}
    messages.success(request, _("You are in %(organization)s now, with the role “%(role)s”.") % words)


def _closed(request: HttpRequest, offer: Offer | None) -> HttpResponse:
    return render(request, "accounts/join_closed.html", {"offer": offer}, status=404 if offer is None else 410)


@require_POST
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    """From the list of invites to one's own verified addresses: no link is needed."""
    for offer in invites.addressed_to(request.user, timezone.now()):  # type: ignore[arg-type]
        if offer.invite.pk == pk:
            return _accept(request, offer, request.user)  # type: ignore[arg-type]
    return _closed(request, None)

"""Settings page "Score cards": keys with which help desks sign addresses of cards."""

from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.core.sealing import CannotUnseal
from surveys.inbox import card_queries, cards
from surveys.inbox.actions import cards as actions
from surveys.inbox.card_forms import CardKeyForm, TryForm
from surveys.inbox.cards import By
from surveys.inbox.models import CardKey

_SECRET: Final = "card_key"  # in the session, until it was shown once
_TRIED: Final = timedelta(minutes=5)

managers_only = access.permitted(Permission.MANAGE_INBOX)


@managers_only
@sensitive_variables()
@require_http_methods(["GET", "HEAD", "POST"])
def keys(request: OrganizationRequest) -> HttpResponse:
    """All of the organization; POST makes one, whose secret is shown once."""
    form = CardKeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            key, secret = actions.make_key(
                name=said["name"], origins=said["origins"], by=request.membership, at=timezone.now()
            )
        except actions.TooManyKeys:
            form.add_error(
                None, _("There are %(most)d keys in use already. Revoke one first.") % {"most": actions.MOST}
            )
        else:
            request.session[_SECRET] = [key.pk, secret]
            return redirect(_address(request))
    made, secret = request.session.pop(_SECRET, (None, ""))
    return render(request, "inbox/card_keys.html", {"form": form, "made": made, "secret": secret, **_all(request)})


def _all(request: OrganizationRequest) -> dict[str, Any]:
    return {
        "keys": card_queries.keys(request.organization),
        "try_form": TryForm(),
        "address": settings.PUBLIC_URL + reverse("cards_public:card", args=[0]).replace("/0/", "/KEY/"),
    }


def _address(request: OrganizationRequest) -> str:
    return access.url(request.organization, "cards:keys")


@managers_only
@require_http_methods(["GET", "HEAD", "POST"])
def key(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, CardKey, pk)
    stored = {"name": found.name, "origins": "\n".join(found.frame_origins)}
    form = CardKeyForm(request.POST or None, initial=stored)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        actions.change_key(
            key=found, name=said["name"], origins=said["origins"], by=request.membership, at=timezone.now()
        )
        messages.success(request, _("The key is saved."))
        return redirect(_address(request))
    return render(request, "inbox/card_key.html", {"form": form, "key": found, "back_url": _address(request)})


@managers_only
@require_POST
def revoke(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, CardKey, pk)
    actions.revoke(key=found, by=request.membership, at=timezone.now())
    messages.success(request, _("No address that was signed with this key shows anything any more."))
    return redirect(_address(request))


@managers_only
@sensitive_variables()
@require_POST
def try_out(request: OrganizationRequest, pk: int) -> HttpResponse:
    """Opens a card as the help desk would."""
    found = access.get(request.membership, CardKey, pk)
    form = TryForm(request.POST)
    if found.revoked_at or not form.is_valid():
        messages.error(request, _("Say whose card to show, and take a key that is in use."))
        return redirect(_address(request))
    try:
        secret = card_queries.secret_of(found)
    except CannotUnseal:
        messages.error(request, _("This key cannot be read on this server any more. Revoke it and make a new one."))
        return redirect(_address(request))
    by, value = By(form.cleaned_data["by"]), form.cleaned_data["value"]
    query = cards.query(secret, found.pk, by, value, timezone.now() + _TRIED)
    return redirect(f"{reverse('cards_public:card', args=[found.pk])}?{query}")

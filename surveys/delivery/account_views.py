"""The settings pages "Mail provider": an account of one's own. See docs/mail-providers.md."""

from typing import Any, Final

from allauth.core.ratelimit import respond_429
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HTMX_STOP_POLLING

from surveys.accounts import access, limits
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.delivery import account_queries as queries
from surveys.delivery import actions
from surveys.delivery.account_forms import AccountForm
from surveys.delivery.hooks import roads
from surveys.delivery.models import Provider
from surveys.delivery.trying import NotAccepted

POLL_SECONDS: Final = 1

managers_only = access.permitted(Permission.MANAGE_ORGANIZATION)


@managers_only
@require_safe
def account(request: OrganizationRequest) -> HttpResponse:
    return render(request, "delivery/account.html", _context(request))


@managers_only
@require_safe
def test_result(request: OrganizationRequest) -> HttpResponse:
    """The part of the page that waits for the test."""
    context = _context(request)
    is_waiting = context["standing"] is not None and context["standing"].test_is_waiting
    return render(request, "delivery/_account_test.html", context, status=200 if is_waiting else HTMX_STOP_POLLING)


def _context(request: OrganizationRequest) -> dict[str, Any]:
    found = queries.account_of(request.organization)
    reports = roads.provider_of(found) if found else ""
    return {
        "webhook_provider": Provider(reports).label if reports else "",
        "webhook_address": roads.address(found.pk, reports) if found and reports else "",
        "webhook_guard": queries.webhook_guard(found, reports) if found and reports else "",
        "standing": queries.standing(found, at=timezone.now()) if found else None,
        "providers": Provider.choices,
        "allowed": queries.are_allowed(),
        "sender": queries.sender_of(request.organization),
        "poll_seconds": POLL_SECONDS,
    }


@managers_only
@sensitive_post_parameters()
@sensitive_variables()
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: OrganizationRequest, provider: str) -> HttpResponse:
    """POST asks the provider, and stores what it accepts."""
    if provider not in Provider.values:
        raise Http404
    form = AccountForm(provider, queries.account_of(request.organization), request.POST or None)
    if request.method == "POST" and queries.are_allowed() and form.is_valid():
        if not limits.is_within(request, "mail_account", key=str(request.organization.pk)):
            return respond_429(request)
        if _is_saved(request, form):
            return redirect(access.url(request.organization, "delivery:account"))
    context = {"form": form, "provider": Provider(provider), "allowed": queries.are_allowed()}
    return render(request, "delivery/account_form.html", context)


@sensitive_variables()
def _is_saved(request: OrganizationRequest, form: AccountForm) -> bool:
    try:
        saved = actions.save_account(
            organization=request.organization, wanted=form.wanted(), by=request.membership, at=timezone.now()
        )
    except NotAccepted as refusal:
        form.add_error(None, _not_accepted(refusal))
        return False
    where = _("Mails leave through it from now on.") if saved.is_on else _("It is still switched off.")
    messages.success(request, f"{_('The provider accepts the account.')} {where}")
    return True


def _not_accepted(refusal: NotAccepted) -> str:
    if not refusal.is_quote:
        return f"{refusal} {_('Nothing was changed; enter secrets again.')}"
    said = _("The provider did not accept this. It says: %(words)s Nothing was changed; enter secrets again.")
    return said % {"words": f"“{refusal}”."}


def _not_switched(refusal: NotAccepted) -> str:
    if not refusal.is_quote:
        return f"{refusal} {_('It stays switched off.')}"
    return _("The provider does not accept the account: %(words)s") % {"words": refusal}


@managers_only
@require_POST
def test(request: OrganizationRequest) -> HttpResponse:
    if not limits.is_within(request, "mail_account", key=str(request.organization.pk)):
        return respond_429(request)
    try:
        actions.test_account(organization=request.organization, by=request.membership, at=timezone.now())
    except actions.NoAccount:
        _say_gone(request)
    return redirect(access.url(request.organization, "delivery:account"))


@managers_only
@require_POST
def switch(request: OrganizationRequest) -> HttpResponse:
    on = request.POST.get("on") == "1"
    if on and not limits.is_within(request, "mail_account", key=str(request.organization.pk)):
        return respond_429(request)
    try:
        actions.switch_account(organization=request.organization, on=on, by=request.membership, at=timezone.now())
    except actions.NoAccount:
        _say_gone(request)
    except NotAccepted as refusal:
        messages.error(request, _not_switched(refusal))
    else:
        said = _("Mails leave through your account now.") if on else _("Mails leave by the server's own road now.")
        messages.success(request, said)
    return redirect(access.url(request.organization, "delivery:account"))


@managers_only
@require_POST
def remove(request: OrganizationRequest) -> HttpResponse:
    try:
        actions.remove_account(organization=request.organization, by=request.membership, at=timezone.now())
    except actions.NoAccount:
        _say_gone(request)
    else:
        messages.success(
            request, _("The account and its secrets were removed. Mails leave by the server's own road now.")
        )
    return redirect(access.url(request.organization, "delivery:account"))


def _say_gone(request: OrganizationRequest) -> None:
    messages.info(request, _("There is no account any more: somebody else has removed it."))

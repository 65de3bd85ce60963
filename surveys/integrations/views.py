"""The settings pages "Connections": Slack, and webhooks. See docs/hooks.md."""

from typing import Any, Final

from allauth.core.ratelimit import respond_429
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from surveys.accounts import access, limits
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.automation import queries as automation
from surveys.core import places
from surveys.integrations import queries
from surveys.integrations.actions import hooks as actions
from surveys.integrations.actions import posting, trying
from surveys.integrations.forms import HookForm, NewHookForm
from surveys.integrations.models import Hook, HookPost

_SHOWN: Final = 200  # characters of what the other side said
_SECRET: Final = "hook_secret"  # in the session, until it was shown once

editors_only = access.permitted(Permission.EDIT_AUTOMATION)


@editors_only
@require_safe
def hooks(request: OrganizationRequest) -> HttpResponse:
    gone = queries.removed(request.organization, timezone.now() - actions.kept())
    asked = request.GET.get("removed", "")
    context = {
        "hooks": queries.hooks(request.organization),
        "removed": gone,
        "undo": next((each for each in gone if str(each.pk) == asked), None),
        "hours": settings.HOOK_UNDO_HOURS,
    }
    return render(request, "integrations/hooks.html", context)


@editors_only
@sensitive_post_parameters("address")
@sensitive_variables()
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: OrganizationRequest) -> HttpResponse:
    form = NewHookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        kind = form.cleaned_data["kind"]
        try:
            made, secret = actions.add(kind=kind, wish=form.wish(), by=request.membership, at=timezone.now())
        except actions.Refused as refused:
            form.add_error(refused.field, str(refused))
        else:
            _keep_to_show(request, made, secret)
            messages.success(request, _("The connection is there. Send a test to see that it works."))
            return redirect(made)
    return render(request, "integrations/hook_form.html", {"form": form})


def _keep_to_show(request: OrganizationRequest, hook: Hook, secret: str) -> None:
    if secret:
        request.session[_SECRET] = [hook.pk, secret]


@editors_only
@require_safe
def hook(request: OrganizationRequest, pk: int) -> HttpResponse:
    """How it stands, and its log."""
    found = access.get(request.membership, Hook, pk)
    before = request.GET.get("before", "")
    posts = queries.log(found, places.key(before))
    shown, rest = posts[: queries.PAGE], posts[queries.PAGE :]
    context: dict[str, Any] = {
        "hook": found,
        "posts": shown,
        "next_url": f"?before={shown[-1].pk}" if rest else "",
        "waiting": queries.waiting(found),
        "rules": automation.rules_for_hook(request.organization, pk),
        "rests": found.rests_until is not None and found.rests_until > timezone.now(),
        "secret": _secret_to_show(request, found) if request.method == "GET" else "",
    }
    return render(request, "integrations/hook.html", context)


def _secret_to_show(request: OrganizationRequest, found: Hook) -> str:
    """Once."""
    pk, secret = request.session.get(_SECRET, (None, ""))
    if pk != found.pk:
        return ""
    del request.session[_SECRET]
    return str(secret)


@editors_only
@sensitive_post_parameters("address")
@sensitive_variables()
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, Hook, pk)
    form = HookForm.of(found, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change(hook=found, wish=form.wish(), by=request.membership, at=timezone.now())
        except actions.Refused as refused:
            form.add_error(refused.field, str(refused))
        else:
            messages.success(request, _("Saved."))
            return redirect(found)
    return render(request, "integrations/hook_form.html", {"form": form, "hook": found})


@editors_only
@require_POST
def test(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, Hook, pk)
    if not limits.is_within(request, "hook_test", key=str(request.organization.pk)):
        return respond_429(request)
    tried = trying.try_hook(hook=found, by=request.membership, at=timezone.now())
    answer = {"status": tried.status, "said": Truncator(tried.said).chars(_SHOWN)}
    if tried.posted_at:
        messages.success(request, _("It took the test: %(status)d %(said)s") % answer)
    elif tried.status:
        messages.error(request, _("It did not take the test: %(status)d %(said)s") % answer)
    else:
        messages.error(request, _("The test did not arrive. %(said)s") % answer)
    return redirect(found)


@editors_only
@require_POST
def switch(request: OrganizationRequest, pk: int) -> HttpResponse:
    found, on = access.get(request.membership, Hook, pk), request.POST.get("on") == "1"
    cancelled = actions.switch(hook=found, on=on, by=request.membership, at=timezone.now())
    if on:
        messages.success(request, _("It is on: what happens from now on is posted."))
    elif cancelled:
        said = ngettext(
            "It is off. %(n)d post that waited was cancelled.",
            "It is off. %(n)d posts that waited were cancelled.",
            cancelled,
        )
        messages.success(request, said % {"n": cancelled})
    else:
        messages.success(request, _("It is off: nothing is posted."))
    return redirect(found)


@editors_only
@sensitive_variables()
@require_POST
def renew(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, Hook, pk)
    _keep_to_show(request, found, actions.renew_secret(hook=found, by=request.membership, at=timezone.now()))
    return redirect(found)


@editors_only
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: OrganizationRequest, pk: int) -> HttpResponse:
    """First what it would mean. Pressed twice it is removed once."""
    if request.method == "POST":
        found = get_object_or_404(Hook.ever, organization=request.organization, pk=pk)
        actions.remove(hook=found, by=request.membership, at=timezone.now())
        return redirect(f"{_list(request)}?removed={pk}")
    found = access.get(request.membership, Hook, pk)
    context = {
        "hook": found,
        "waiting": queries.waiting(found),
        "rules": automation.rules_for_hook(request.organization, pk),
        "hours": settings.HOOK_UNDO_HOURS,
    }
    return render(request, "integrations/hook_remove.html", context)


@editors_only
@require_POST
def restore(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Hook.ever, organization=request.organization, pk=pk)
    try:
        count = actions.restore(hook=found, by=request.membership, at=timezone.now())
    except actions.Refused as refused:
        messages.error(request, str(refused))
        return redirect(f"{_list(request)}?removed={pk}")
    said = ngettext(
        "The connection “%(name)s” is back, with %(n)d post that waited.",
        "The connection “%(name)s” is back, with %(n)d posts that waited.",
        count,
    )
    messages.success(
        request, (said if count else _("The connection “%(name)s” is back.")) % {"name": found, "n": count}
    )
    return redirect(found)


def _list(request: OrganizationRequest) -> str:
    return access.url(request.organization, "integrations:hooks")


@editors_only
@require_POST
def post_repeat(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, HookPost, pk)
    access.get(request.membership, Hook, found.hook_id)  # one that was removed has no page
    if posting.repeat(post=found, by=request.membership, at=timezone.now()):
        messages.success(request, _("It is tried again."))
    else:
        messages.info(request, _("It is under way, or arrived, or the connection is off."))
    return redirect(found.hook)

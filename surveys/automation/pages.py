"""What the pages of rules have in common."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.automation.models import Rule

editors_only = access.permitted(Permission.EDIT_AUTOMATION)


def rule_of(request: OrganizationRequest, pk: int) -> Rule:
    """One that is not deleted; Http404 otherwise."""
    found = access.get(request.membership, Rule, pk)
    if found.deleted_at is not None:
        raise Http404
    return found


def hand(request: OrganizationRequest) -> dict[str, Any]:
    """Who acts, and when."""
    return {"by": request.membership, "at": timezone.now()}


def may_edit(request: OrganizationRequest) -> bool:
    return access.can(request.membership, Permission.EDIT_AUTOMATION)


def to_rule(request: OrganizationRequest, pk: int, page: str = "rule") -> HttpResponse:
    return redirect(access.url(request.organization, f"automation:{page}", pk=pk))


def to_rules(request: OrganizationRequest, query: str = "") -> HttpResponse:
    return redirect(access.url(request.organization, "automation:rules") + query)


def is_gone(request: OrganizationRequest) -> HttpResponse:
    messages.info(request, _("A colleague deleted this rule meanwhile."))
    return to_rules(request)

"""Settings of the inbox: hours and promises."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.models import User
from surveys.accounts.permissions import Permission
from surveys.inbox import queries, rule_queries
from surveys.inbox.actions import settings as actions
from surveys.inbox.actions.assigning import CannotAnswer
from surveys.inbox.models import InboxSettings, Priority
from surveys.inbox.promises import Promises
from surveys.inbox.settings_forms import HoursForm, PromisesForm, SeenForm, hours_of

managers_only = access.permitted(Permission.MANAGE_INBOX)


@managers_only
@require_http_methods(["GET", "HEAD", "POST"])
def hours(request: OrganizationRequest) -> HttpResponse:
    form = HoursForm(
        request.POST if request.method == "POST" else None, stored=rule_queries.settings(request.organization)
    )
    if request.method == "POST" and _saves(request, form):
        return redirect(request.path)
    return render(request, "inbox/settings_hours.html", {"form": form, **_examples(request, timezone.now())})


def _examples(request: OrganizationRequest, at: datetime) -> dict[str, Any]:
    """What the hours that are stored mean for a customer who answers now, or on a Friday evening."""
    promises = Promises.of(request.organization)
    minutes = promises.first[Priority.NORMAL]
    if minutes is None:
        return {}
    local = at.astimezone(ZoneInfo(request.organization.time_zone))
    friday = local + timedelta(days=(4 - local.weekday()) % 7)
    evening = friday.replace(hour=20, minute=0, second=0, microsecond=0)
    return {
        "examples": rule_queries.examples(promises.hours, [at, evening], minutes),
        "hours_promised": hours_of(minutes),
    }


@managers_only
@require_http_methods(["GET", "HEAD", "POST"])
def promises(request: OrganizationRequest) -> HttpResponse:
    stored = rule_queries.settings(request.organization)
    form = PromisesForm(
        request.POST if request.method == "POST" else None,
        stored=stored,
        colleagues=_handed_to(stored),
    )
    if request.method == "POST" and _saves(request, form):
        return redirect(request.path)
    context = {
        "form": form,
        "owed": rule_queries.owed(request.organization),
        "is_in_work": stored.recount_from is not None,
    }
    return render(request, "inbox/settings_promises.html", context)


def _handed_to(stored: InboxSettings) -> list[User]:
    """Who may be handed what is late, and who is now."""
    found = queries.answering(stored.organization)
    chosen = stored.escalate_to
    return found if chosen is None or chosen in found else [*found, chosen]


def _saves(request: OrganizationRequest, form: SeenForm) -> bool:
    """Whether the form was stored; where it was not, it says why."""
    if not form.is_valid():
        return False
    try:
        changed = actions.change(
            changes=form.changes(), by=request.membership, seen=form.cleaned_data["seen"], at=timezone.now()
        )
    except actions.SettingsChangedMeanwhile:
        form.tell_of_clash()
        return False
    except CannotAnswer:
        form.add_error("escalate_to", _("This person may not answer customers (any more). Choose somebody else."))
        return False
    if not changed:
        messages.success(request, _("Nothing was different: nothing had to be saved."))
    else:
        messages.success(request, _("Settings saved. Times to answer in open conversations follow in a moment."))
    return True

"""The record of one customer: a page for everybody who talks with them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from surveys.accounts import access
from surveys.accounts import queries as accounts
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.models import User
from surveys.accounts.permissions import Permission
from surveys.analytics.over_time import risk
from surveys.core import timeline
from surveys.core.charts import sparkline
from surveys.customers import queries, record, record_entries, values
from surveys.customers.actions import owning
from surveys.customers.models import Customer
from surveys.customers.queries import record as records
from surveys.customers.record_entries import Group
from surveys.delivery import queries as delivery
from surveys.delivery import telling
from surveys.inbox import of_customers as conversations
from surveys.privacy import queries as privacy
from surveys.responses import queries as responses
from surveys.responses.queries import Settling


@require_GET
@vary_on_headers("HX-Request")
def detail(request: OrganizationRequest, pk: int) -> HttpResponse:
    customer = access.get(request.membership, Customer, pk)
    seen = records.visible(request.membership)
    parts = [
        records.timeline(customer),
        delivery.timeline(customer),
        telling.timeline(customer),
        responses.timeline(customer),
        *record_entries.parts(customer),
    ]
    only = request.GET.get("only", "")
    settling = responses.settling_answers(customer)
    page = timeline.page(parts, request.GET.get("after", ""), kinds=record_entries.kinds_of(only))
    if request.htmx and not request.htmx.history_restore_request:
        reader = _reader(seen, accounts.people(record.people_in(page.happenings)), settling)
        context = _timeline(page, reader, only)
        return render(request, "customers/_timeline.html", context | {"customer": customer})
    changes = records.changes_of(customer)
    named = record.people_in(page.happenings) | {change.actor_id or 0 for change in changes} | {customer.owner_id or 0}
    people = accounts.people(named)
    context = {
        "customer": customer,
        "facts": records.known_of(customer, seen, changes),
        "people": people,
        "owner": people.get(customer.owner_id or 0),
        **_timeline(page, _reader(seen, people, settling), only),
        **_answers(request, customer, settling),
        **_risk(request, customer),
        **_conversation(request, customer),
        **_mail(customer),
        **_leaving(customer),
        **_rights(request, customer),
    }
    return render(request, "customers/detail.html", context)


def _reader(seen: records.Visible, people: Mapping[int, User], settling: Iterable[Settling]) -> record.Reader:
    asks = {each.invitation for each in settling if each.invitation is not None}
    return record.Reader(seen, people, delivery.reasons(), settling=asks)


def _timeline(page: timeline.Page, reader: record.Reader, only: str) -> dict[str, Any]:
    only = only if only in Group.values else ""
    return {"entries": reader.entries(page.happenings), "after": page.after, "only": only, "groups": Group.choices}


def _answers(request: OrganizationRequest, customer: Customer, settling: Sequence[Settling]) -> dict[str, Any]:
    history = responses.score_history(customer)
    here = ZoneInfo(request.organization.time_zone)
    return {
        "history": list(reversed(history)),
        "settling": settling[-1] if settling else None,
        "explained": delivery.explained(
            customer, at=timezone.now(), settling={each.invitation: each.at for each in settling}
        ),
        "standing": record.standing(history),
        "sparkline": sparkline([(date_format(at.astimezone(here), "j M Y"), score) for at, score in history]),
    }


def _risk(request: OrganizationRequest, customer: Customer) -> dict[str, Any]:
    """Which parts of the organization's rule about risk apply, and whether they are enough to be listed by it."""
    rule = risk.rule_of(request.organization)
    asked = risk.asked(request.organization, timezone.now(), rule=rule)
    sees_hidden = access.sees_hidden_properties(request.membership)
    reasons = risk.explained(asked, [customer], sees_hidden=sees_hidden)[0].reasons
    return {"risks": reasons, "is_at_risk": risk.is_listed(reasons, rule), "risk_least": rule.least}


def _conversation(request: OrganizationRequest, customer: Customer) -> dict[str, Any]:
    found = conversations.newest(request.organization, [customer.pk]).get(customer.pk)
    return {"conversation": found}


def _mail(customer: Customer) -> dict[str, Any]:
    at = timezone.now()
    return {
        "wish": records.wish_of(customer, at=at),
        "often": record.often(customer.rest_days) if customer.rest_days else "",
        "suppression": records.suppression_of(customer),
        "language_name": values.language_name(customer.language),
    }


def _leaving(customer: Customer) -> dict[str, Any]:
    """Whether this customer is about to be deleted or erased, and for how long that can be undone."""
    act = privacy.leaving(customer)
    left = (act.starts_at - timezone.now()).total_seconds() if act else 0
    return {"leaving": act, "leaving_seconds": max(round(left), 1)}


def _rights(request: OrganizationRequest, customer: Customer) -> dict[str, Any]:
    can_edit = access.can(request.membership, Permission.EDIT_CUSTOMERS)
    return {
        "can_edit": can_edit,
        "can_export": access.can(request.membership, Permission.EXPORT_CUSTOMERS),
        "can_delete": access.can(request.membership, Permission.DELETE_CUSTOMERS),
        "merge_url": access.url(request.organization, "customers:merge") + f"?id={customer.pk}",
        "members": queries.members(request.organization) if can_edit else [],
    }


@require_POST
def assign(request: OrganizationRequest, pk: int) -> HttpResponse:
    customer = access.get(request.membership, Customer, pk)
    chosen = request.POST.get("owner", "")
    owner_id = int(chosen) if chosen.isdecimal() and len(chosen) < 19 else None
    if chosen and owner_id is None:
        messages.error(request, _("Choose one of your colleagues."))
        return redirect(customer)
    try:
        owning.assign_owner(customer=customer, owner_id=owner_id, by=request.membership, at=timezone.now())
    except owning.NotAMember:
        messages.error(request, _("This person is no member of the organization any more. Choose somebody else."))
    else:
        messages.success(request, _("The owner is saved."))
    return redirect(customer)

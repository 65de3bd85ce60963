"""The check before a launch: who gets it, when, who does not and why, and what the campaign can show."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.analytics import queries as analytics
from surveys.campaigns import actions, pages, presenting, previews, queries, readiness, rule_views, steps
from surveys.campaigns.models import Campaign, Kind, Trigger
from surveys.campaigns.rules import Rules
from surveys.core import csvs
from surveys.core.periods import local_day
from surveys.customers.queries import people as customers
from surveys.delivery import checking
from surveys.delivery import queries as delivery
from surveys.delivery.checking import Told, When
from surveys.delivery.models import Reason
from surveys.delivery.queries import Preflight

PAGE: Final = 50
MOST_FOUND: Final = 20  # customers that a search asks about
IN_A_FILE: Final = 5000  # at once


@access.permitted(Permission.RUN_CAMPAIGNS)
@require_safe
def check(request: OrganizationRequest, pk: int) -> HttpResponse:
    """Who gets it and who does not, before anything leaves the house."""
    campaign = access.get(request.membership, Campaign, pk)
    if not campaign.is_draft:
        return pages.to(request, "detail", pk)
    at = timezone.now()
    concerns = readiness.concerns(campaign, at=at)
    is_blocked = any(concern.is_blocking for concern in concerns)
    is_links_only = readiness.is_links_only(campaign)
    return pages.page(
        request,
        "campaigns/check.html",
        campaign=campaign,
        steps=steps.of(campaign, "check"),
        audience=queries.audience(campaign),
        concerns=concerns,
        is_blocked=is_blocked,
        is_links_only=is_links_only,
        meaning=rule_views.meaning(campaign, Rules.of(campaign)),
        mail=delivery.preview(campaign, queries.wording(campaign), name=previews.NAME, email=previews.EMAIL),
        other_mails=delivery.other_mails(campaign),
        warnings=presenting.warnings(request.organization),
        unconfirmed=request.organization.wanted_sender_email,
        can_manage=access.can(request.membership, Permission.MANAGE_ORGANIZATION),
        undo_seconds=settings.UNDO_SECONDS,
        **({} if is_blocked or is_links_only else _forecast(request, campaign, at)),
    )


def _forecast(request: OrganizationRequest, campaign: Campaign, at: datetime) -> dict[str, Any]:
    found = delivery.preflight(request.organization, campaign, at=at)
    reasons = [(Reason.INVITED, found.invited), *found.not_invited] if found.audience else []
    when = _when(campaign, found, at)
    return {
        "forecast": found,
        "lines": checking.lines(campaign, reasons, found.examples, delivery.MEANINGS),
        "when": when,
        "is_awaited": _is_awaited(campaign),
        **_planner(request, campaign, found.invited, when, at),
    }


def _is_awaited(campaign: Campaign) -> bool:
    """It asks when something happens, so that nobody gets it by the launch alone."""
    return campaign.kind == Kind.TRIGGERED and campaign.trigger == Trigger.EVENT


def _when(campaign: Campaign, found: Preflight, at: datetime) -> When:
    is_awaited = _is_awaited(campaign)
    by_day = [] if is_awaited else found.by_day
    events = delivery.events_lately(campaign, at=at) if is_awaited else (0, 0)
    return checking.when(campaign, by_day, events, local_day(at, ZoneInfo(campaign.organization.time_zone)))


def _planner(
    request: OrganizationRequest, campaign: Campaign, invited: int, when: When, at: datetime
) -> dict[str, Any]:
    typed = request.GET.get("rate", "")[:20]
    rate = checking.rate_of(typed)
    problem = _("“%(typed)s” is no percentage: write a number above 0 and up to 100.") % {"typed": typed}
    asks = analytics.Asks(invited, when.a_week, when.last_day)
    return {
        "planner": analytics.planner(campaign.organization, asks, rate, at=at),
        "planner_problem": problem if typed and rate is None else "",
    }


@access.permitted(Permission.EDIT_CAMPAIGNS)
@require_safe
def planner(request: OrganizationRequest, pk: int) -> HttpResponse:
    """What a draft can show, on its own."""
    campaign = access.get(request.membership, Campaign, pk)
    if not campaign.is_draft:
        return pages.to(request, "detail", pk)
    at = timezone.now()
    context: dict[str, Any] = {}
    if not readiness.blocking(campaign, at=at):
        found = delivery.preflight(request.organization, campaign, at=at)
        context = _planner(request, campaign, found.invited, _when(campaign, found, at), at)
    return pages.page(
        request, "campaigns/planner.html", campaign=campaign, steps=steps.of(campaign, "check"), **context
    )


# ── Person by person ─────────────────────────────────────────────────────────────────────────────────────────────────


@access.permitted(Permission.RUN_CAMPAIGNS)
@require_safe
def foreseen(request: OrganizationRequest, pk: int) -> HttpResponse:
    campaign = access.get(request.membership, Campaign, pk)
    if not campaign.is_draft or readiness.blocking(campaign, at=timezone.now()):
        return pages.to(request, "check", pk)
    reason, words = _reason(request), request.GET.get("q", "").strip()[:200]
    people, next_url = _searched(campaign, reason, words) if words else _listed(request, campaign, reason)
    return pages.page(
        request,
        "campaigns/foreseen.html",
        campaign=campaign,
        reason=reason,
        reasons=list(Reason),
        q=words,
        people=people,
        next_url=next_url,
        can_export=access.can(request.membership, Permission.EXPORT_CUSTOMERS),
    )


def _reason(request: OrganizationRequest) -> Reason | None:
    value = request.GET.get("reason", "")
    if value and value not in Reason.values:
        raise Http404
    return Reason(value) if value else None


def _listed(request: OrganizationRequest, campaign: Campaign, reason: Reason | None) -> tuple[list[Told], str]:
    at, after = timezone.now(), request.GET.get("after", "")
    last = int(after) if after.isascii() and after.isdigit() and len(after) < 19 else None
    found = delivery.forecast(campaign.organization, campaign, at=at, reason=reason, after=last, limit=PAGE + 1)
    shown = [checking.told(each, campaign.organization.time_zone, at=at) for each in found[:PAGE]]
    kept = {"reason": reason.value} if reason else {}
    more = "?" + urlencode({**kept, "after": shown[-1].customer.pk}) if len(found) > PAGE else ""
    return shown, more


def _searched(campaign: Campaign, reason: Reason | None, words: str) -> tuple[list[Told], str]:
    """Those of this name, also who is not in the audience at all."""
    at, organization = timezone.now(), campaign.organization
    named = customers.named(organization, words, limit=MOST_FOUND)
    found = delivery.forecast(
        organization, campaign, at=at, reason=reason, ids=[each.pk for each in named], limit=MOST_FOUND * 10
    )
    told = [checking.told(each, organization.time_zone, at=at) for each in found]
    known = {each.customer.pk for each in told}
    outside = [checking.not_in_audience(each) for each in named if each.pk not in known and reason is None]
    return told + outside, ""


@require_POST
def foreseen_file(request: OrganizationRequest, pk: int) -> HttpResponse | StreamingHttpResponse:
    """The same as a file."""
    access.require(request.membership, Permission.EXPORT_CUSTOMERS)
    campaign = access.get(request.membership, Campaign, pk)
    if not campaign.is_draft or readiness.blocking(campaign, at=timezone.now()):
        return pages.to(request, "check", pk)
    reason, at = _reason(request), timezone.now()
    actions.note_people_export(campaign=campaign, by=request.membership, at=at)
    heading = [_("Name"), _("Email"), _("External ID"), _("Decision"), _("Why"), _("When")]
    name = f"{request.organization.slug}-campaign-{campaign.pk}-{at:%Y-%m-%d}.csv"
    return StreamingHttpResponse(
        csvs.lines(heading, _rows(campaign, reason, at)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _rows(campaign: Campaign, reason: Reason | None, at: datetime) -> Iterator[list[str]]:
    last: int | None = None
    while found := delivery.forecast(
        campaign.organization, campaign, at=at, reason=reason, after=last, limit=IN_A_FILE
    ):
        for each in found:
            who = each.customer
            told = checking.told(each, campaign.organization.time_zone, at=at, is_plain=True)
            yield [who.name, who.email or "", who.external_id or "", str(each.reason.label), str(told.text), told.when]
        last = found[-1].customer.pk

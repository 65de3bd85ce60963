"""The page of one campaign, and the part of it that moves."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_htmx.http import HTMX_STOP_POLLING

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.analytics import queries as analytics
from surveys.campaigns import pages, presenting, queries, rule_views
from surveys.campaigns import progress as telling
from surveys.campaigns.models import Campaign
from surveys.campaigns.question_forms import QuestionsForm
from surveys.campaigns.rules import Rules
from surveys.campaigns.texts import Words
from surveys.core.filters import Filters
from surveys.delivery import queries as delivery
from surveys.delivery.deliverability import queries as deliverability
from surveys.responses import queries as responses

BUSY_SECONDS, CALM_SECONDS = 2, 30
REFRESH_SECONDS = 5  # at least, where without script the whole page comes again


@require_safe
def detail(request: OrganizationRequest, pk: int) -> HttpResponse:
    campaign = access.get(request.membership, Campaign, pk)
    wording = queries.wording(campaign)
    return pages.page(
        request,
        "campaigns/detail.html",
        campaign=campaign,
        audience=queries.audience(campaign),
        exclusions=queries.exclusions(campaign).sentence if campaign.exclusions else "",
        meaning=rule_views.meaning(campaign, Rules.of(campaign)),
        wording=wording,
        asked=QuestionsForm.of(queries.design(campaign), Words.of(wording)),
        history=presenting.history(queries.history(campaign)),
        versions=_versions(campaign),
        mail=deliverability.standing_of_campaigns(request.organization, at=timezone.now()),
        variants=_variants(campaign),
        **figures(request, campaign),
    )


@require_safe
def progress(request: OrganizationRequest, pk: int) -> HttpResponse:
    """The part of the campaign's page that moves, for htmx; without it, the page itself."""
    campaign = access.get(request.membership, Campaign, pk)
    if not request.htmx:
        return pages.to(request, "detail", pk)
    found = figures(request, campaign)
    response = pages.page(request, "campaigns/_progress.html", campaign=campaign, **found)
    if not found["poll_seconds"]:
        response.status_code = HTMX_STOP_POLLING
    return response


def figures(request: OrganizationRequest, campaign: Campaign) -> dict[str, Any]:
    at = timezone.now()
    found = delivery.campaign_progress(campaign)
    poll_seconds = _poll_seconds(campaign, bool(found.waiting) or not found.is_planned, at)
    summary = analytics.summaries(request.organization, [campaign.pk])[campaign.pk]
    # While it decides who is asked, how fast it sends tells nothing yet.
    pace = presenting.Pace.from_query(request.GET if found.is_planned else {}, at, found.done)
    return {
        "progress": found,
        "doubts": responses.doubts(request.organization, Filters(campaign=campaign.pk)),
        # Rollups hear of messages by the batch; of an imported past they alone know.
        "sent": max(found.sent, summary.funnel.sent),
        "pace": pace,
        "estimate": pace.estimate(at, found.done, found.waiting) if campaign.is_live else "",
        "poll_seconds": poll_seconds,
        "refresh_seconds": poll_seconds and max(poll_seconds, REFRESH_SECONDS),
        "undo_seconds": presenting.undo_seconds(campaign, at),
        "starts_later": presenting.starts_later(campaign, at),
        "quota": delivery.quota(request.organization, at=at) if campaign.is_live and found.waiting else None,
        "summary": summary,
        **_standing(campaign, found, summary, at),
    }


def _standing(campaign: Campaign, found: delivery.Progress, summary: analytics.Summary, at: datetime) -> dict[str, Any]:
    if campaign.is_draft:
        return {}
    now = delivery.standing(campaign)
    beside = {
        "due": now.due,
        "bounced": summary.funnel.bounced,
        "complained": now.complained,
        "unsubscribed": summary.funnel.unsubscribed,
        "failed": now.failed,
        "cancelled": now.cancelled,
    }
    last = delivery.last_day(campaign, now, found.waiting, at=at)
    return {
        "standing": now,
        "funnel": telling.funnel(campaign, summary.funnel, now.opened),
        "beside": telling.others(campaign, beside),
        "left_out": telling.left_out(campaign, now.reasons, delivery.MEANINGS),
        "coming": telling.upcoming(campaign, now, at),
        "ending": telling.ending(campaign, last, summary.funnel.answered),
    }


def _versions(campaign: Campaign) -> list[telling.Version]:
    if campaign.version < 2:
        return []
    sent = analytics.sent_by_version(campaign)
    return telling.versions(campaign, queries.versions(campaign), queries.edits_after_launch(campaign), sent)


def _variants(campaign: Campaign) -> analytics.Card | None:
    if campaign.is_draft:
        return None
    is_running = campaign.is_live or campaign.is_paused
    card = analytics.variants_card(analytics.variants(campaign), is_running=is_running)
    return None if card.is_empty else card


def _poll_seconds(campaign: Campaign, is_busy: bool, at: datetime) -> int:
    """How soon to look again; 0 is never. While Undo counts down nothing moves, and its button should stay put."""
    if campaign.is_scheduled:
        return CALM_SECONDS if presenting.starts_later(campaign, at) else presenting.undo_seconds(campaign, at) + 2
    if campaign.is_live:
        return BUSY_SECONDS if is_busy else CALM_SECONDS
    return 0

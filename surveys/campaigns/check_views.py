"""The check before a launch: who gets it, when, and who does not and why."""

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.campaigns import pages, presenting, previews, queries, readiness, steps
from surveys.campaigns.models import Campaign
from surveys.delivery import queries as delivery


@access.permitted(Permission.RUN_CAMPAIGNS)
@require_safe
def check(request: OrganizationRequest, pk: int) -> HttpResponse:
    """Who gets it and who does not, before anything leaves the house."""
    campaign = access.get(request.membership, Campaign, pk)
    if not campaign.is_draft:
        return pages.to(request, "detail", pk)
    who = queries.audience(campaign)
    at = timezone.now()
    concerns = readiness.concerns(campaign, at=at)
    is_blocked = any(concern.is_blocking for concern in concerns)
    forecast = None if is_blocked else delivery.preflight(request.organization, campaign, at=at)
    words = queries.wording(campaign)
    left_out = presenting.left_out(forecast.not_invited, forecast.examples, request.organization) if forecast else []
    return pages.page(
        request,
        "campaigns/check.html",
        campaign=campaign,
        steps=steps.of(campaign, "check"),
        audience=who,
        concerns=concerns,
        is_blocked=is_blocked,
        forecast=forecast,
        left_out=left_out,
        mail=delivery.preview(campaign, words, name=previews.NAME, email=previews.EMAIL),
        other_mails=delivery.other_mails(campaign),
        warnings=presenting.warnings(request.organization),
        unconfirmed=request.organization.wanted_sender_email,
        can_manage=access.can(request.membership, Permission.MANAGE_ORGANIZATION),
        undo_seconds=settings.UNDO_SECONDS,
    )

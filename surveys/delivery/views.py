"""The mail of a campaign, shown to the people who write it, sent to one of them to try; what will be sent, and what is in doubt."""

import re
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.campaigns import previews
from surveys.campaigns import queries as campaigns
from surveys.campaigns.models import Campaign
from surveys.core.periods import local_day
from surveys.delivery import actions, calendar, letters, queries, telling, upcoming
from surveys.delivery.letters import Rendered
from surveys.delivery.models import Happening

_BODY: Final = re.compile(r"<body[^>]*>")


@previews.in_a_frame
@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: OrganizationRequest, pk: int, part: str) -> HttpResponse:
    """The email or its text part: the ask, or with ?reminder=2 or ?variant=B another mail of the campaign.

    GET shows the stored words, POST those that are being typed; neither writes.
    """
    campaign = access.get(request.membership, Campaign, pk)
    manner = letters.manner(previews.design(campaign, request), request.GET)
    words = previews.wording(campaign, request)
    rendered = queries.preview(campaign, words, name=previews.NAME, email=previews.EMAIL, manner=manner)
    head = render_to_string(f"delivery/_preview_head.{part}", {"mail": rendered})
    if part == "txt":
        return HttpResponse(head + rendered.text, content_type="text/plain; charset=utf-8")
    return HttpResponse(_under(head, rendered))


def _under(head: str, rendered: Rendered) -> str:
    """The mail's own document with our head, which names sender and subject, as the first thing in its body."""
    return _BODY.sub(lambda body: body[0] + head, rendered.html, count=1)


@require_POST
def send_test(request: OrganizationRequest, pk: int) -> HttpResponse:
    campaign = access.get(request.membership, Campaign, pk)
    address = request.user.email
    manner = letters.manner(campaigns.design(campaign), request.POST)
    actions.send_test(campaign=campaign, to=address, by=request.membership, at=timezone.now(), manner=manner)
    said = _("A test is on its way to %(address)s. Its links work, and record nothing.")
    messages.success(request, said % {"address": address})
    came_from = "check" if campaign.is_draft else "detail"
    return redirect(access.url(request.organization, f"campaigns:{came_from}", pk=pk))


@require_safe
def uncertain(request: OrganizationRequest) -> HttpResponse:
    """Messages of which nobody knows whether they arrived."""
    deliveries = queries.uncertain(request.organization)
    count = queries.uncertain_count(request.organization)
    return render(request, "delivery/uncertain.html", {"deliveries": deliveries, "count": count})


@require_safe
def told(request: OrganizationRequest) -> HttpResponse:
    """What mail providers told about messages, and what of it could not be understood."""
    kind = request.GET.get("kind", "")
    kind = kind if kind in Happening.values else ""
    after = request.GET.get("after", "")
    page = telling.page(request.organization, kind=kind, after=after)
    kept = {"kind": kind} if kind else {}
    context = {
        "page": page,
        "kind": kind,
        "kinds": telling.kinds().items(),
        "unread": [] if after else telling.unread(request.organization),
        "next_url": "?" + urlencode(kept | {"after": page.after}) if page.after else "",
        "first_url": "?" + urlencode(kept) if after else "",
    }
    return render(request, "delivery/told.html", context)


@require_safe
def calendar_page(request: OrganizationRequest) -> HttpResponse:
    """What will be sent in the coming weeks, by day and campaign."""
    at = timezone.now()
    today = local_day(at, ZoneInfo(request.organization.time_zone))
    weeks = calendar.weeks(upcoming.items(request.organization, calendar.period(today), at=at), today)
    context = {
        "weeks": weeks,
        "list": calendar.as_list(weeks),
        "weekdays": calendar.weekdays(today),
        "is_empty": not any(day.lines for week in weeks for day in week),
        "limit": queries.quota(request.organization, at=at),
    }
    return render(request, "delivery/calendar.html", context)

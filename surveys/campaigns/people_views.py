"""The people behind the figures of a campaign: to whom it was sent and what they did, and who is left out and why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.campaigns import pages, progress
from surveys.campaigns.models import Campaign
from surveys.customers.models import Customer
from surveys.delivery import explaining, standing, telling
from surveys.delivery.models import Invitation, Reason
from surveys.responses import queries as responses
from surveys.responses.queries import Settling


@dataclass(frozen=True)
class Line:
    """One person. `told` may hold a link; `when` is the moment that the figure is about."""

    customer: Customer | None
    told: SafeString | str
    when: datetime | None
    version: int | None = None
    variant: str = ""


@require_safe
def people(request: OrganizationRequest, pk: int) -> HttpResponse:
    campaign = access.get(request.membership, Campaign, pk)
    step, reason = _asked_for(request)
    words = request.GET.get("q", "")[:200]
    found: Any = standing.asks(campaign, step, words) if step else standing.decisions(campaign, reason, words)
    rows = standing.after(found, _number(request.GET.get("after")))
    shown = rows[: standing.PAGE]
    return pages.page(
        request,
        "campaigns/people.html",
        campaign=campaign,
        step=step,
        reason=reason,
        title=progress.LABELS[step] if step else reason.label if reason else _("Not asked"),
        lines=_lines(request, campaign, shown, step),
        q=words,
        choices=_choices(),
        reasons=standing.LEFT_OUT,
        next_url=_next(request, shown[-1].pk) if len(rows) > standing.PAGE else "",
    )


def _asked_for(request: OrganizationRequest) -> tuple[str, Reason | None]:
    """A step of the funnel, or a reason, or neither: all who are left out."""
    step, reason = request.GET.get("step", ""), request.GET.get("reason", "")
    if (step and step not in standing.STEPS) or (reason and reason not in Reason.values):
        raise Http404
    return step, Reason(reason) if reason else None


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


def _next(request: OrganizationRequest, last: int) -> str:
    kept = {name: request.GET[name] for name in ("step", "reason", "q") if request.GET.get(name)}
    return "?" + urlencode({**kept, "after": last})


def _choices() -> list[tuple[str, str]]:
    return [(step, str(label)) for step, label in progress.LABELS.items()]


def _lines(request: OrganizationRequest, campaign: Campaign, rows: list[Any], step: str) -> list[Line]:
    if step:
        said = telling.words(campaign.organization, rows, _KINDS[step]) if step in _KINDS else {}
        settling = responses.settling_of(campaign.organization, [ask.customer_id for ask in rows if ask.customer_id])
        return [_of_ask(ask, step, said.get(ask.pk, ""), settling.get(ask.customer_id or 0)) for ask in rows]
    teller = explaining.Decisions(campaign.organization, rows, at=timezone.now())
    return [Line(row.customer, teller.said(row), row.decided_at) for row in rows]


_WHEN = {
    "due": "due_at",
    "opened": "opened_at",
    "answered": "answered_at",
    "commented": "answered_at",
    "bounced": "bounced_at",
    "complained": "complained_at",
    "unsubscribed": "unsubscribed_at",
}


# Where the mail server's words say why.
_KINDS = {"bounced": ("bounced", "rejected", "failed"), "complained": ("complained",)}


def _of_ask(ask: Invitation, step: str, said: str, settling: Settling | None) -> Line:
    when = getattr(ask, _WHEN.get(step, "sent_at"))
    state = _state(ask, settling if settling and settling.invitation == ask.pk else None)
    told = f"{state}: {said}" if said else state
    return Line(ask.customer, told, when, ask.version, ask.variant)


def _state(ask: Invitation, settling: Settling | None) -> str:
    """The last that is known of it."""
    if settling:
        return _("Answered %(score)d, settling") % {"score": settling.score}
    if ask.answered_at:
        return _("Answered")
    if ask.complained_at:
        return _("Reported as spam")
    if ask.unsubscribed_at:
        return _("Unsubscribed")
    if ask.bounced_at:
        return _("Bounced")
    if ask.opened_at:
        return _("Opened the survey")
    return _("No answer yet") if ask.sent_at else _("Not sent yet")

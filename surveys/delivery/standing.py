"""How far a campaign is: what waits, what is next, who is left out; and the people behind each of these figures."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count, Q, QuerySet

from surveys.campaigns.models import Campaign
from surveys.core.periods import local_day
from surveys.delivery.models import Delivery, Invitation, Kind, PlanDecision, Reason, State

LEFT_OUT: Final = tuple(reason for reason in Reason if reason is not Reason.INVITED)


@dataclass(frozen=True)
class Standing:
    """`reasons`: decisions that are no invitations, by reason, the most frequent first.

    `last_due` is when the last message that waits is due, `last_free` when the last deferred person is decided about.
    """

    due: int = 0
    failed: int = 0
    cancelled: int = 0
    opened: int = 0
    complained: int = 0
    reminders_sent: int = 0
    reasons: dict[Reason, int] = field(default_factory=dict)
    next_due: datetime | None = None
    last_due: datetime | None = None
    next_free: datetime | None = None
    last_free: datetime | None = None
    next_reminder: datetime | None = None
    last_reminder: datetime | None = None

    @property
    def left_out(self) -> int:
        return sum(self.reasons.values())


_MOMENTS: Final = """
    SELECT (SELECT count(*) FROM surveys_invitation i
             WHERE i.organization_id = %(organization)s AND i.campaign_id = %(campaign)s AND i.opened_at IS NOT NULL
               AND i.channel = 'email'),
           (SELECT count(*) FROM surveys_invitation i JOIN surveys_customer c ON c.id = i.customer_id
             WHERE c.organization_id = %(organization)s AND i.organization_id = %(organization)s
               AND i.campaign_id = %(campaign)s AND i.complained_at IS NOT NULL),
           (SELECT min(d.due_at) FROM surveys_delivery d WHERE d.campaign_id = %(campaign)s AND d.state = 'due'),
           (SELECT max(d.due_at) FROM surveys_delivery d WHERE d.campaign_id = %(campaign)s AND d.state = 'due'),
           (SELECT min(p.until) FROM surveys_plandecision p WHERE p.campaign_id = %(campaign)s AND p.until IS NOT NULL),
           (SELECT max(p.until) FROM surveys_plandecision p WHERE p.campaign_id = %(campaign)s AND p.until IS NOT NULL),
           (SELECT min(i.remind_at) FROM surveys_invitation i
             WHERE i.campaign_id = %(campaign)s AND i.remind_at IS NOT NULL),
           (SELECT max(i.remind_at) FROM surveys_invitation i
             WHERE i.campaign_id = %(campaign)s AND i.remind_at IS NOT NULL)
"""
_MOMENT_NAMES: Final = (
    "opened",
    "complained",
    "next_due",
    "last_due",
    "next_free",
    "last_free",
    "next_reminder",
    "last_reminder",
)


def standing(campaign: Campaign) -> Standing:
    """Three statements, each from indexes: what was sent long ago is not looked at."""
    mine = {"organization_id": campaign.organization_id, "campaign": campaign}
    reasons = PlanDecision.objects.filter(**mine, reason__in=LEFT_OUT).values_list("reason").annotate(n=Count("*"))
    with connection.cursor() as cursor:
        cursor.execute(_MOMENTS, {"organization": campaign.organization_id, "campaign": campaign.pk})
        moments = dict(zip(_MOMENT_NAMES, cursor.fetchone(), strict=True))
    messages = _messages(mine)
    return replace(
        Standing(**moments),
        reasons={Reason(reason): count for reason, count in sorted(reasons.order_by(), key=lambda row: -row[1])},
        due=messages["due"],
        failed=messages["failed"],
        cancelled=messages["cancelled"],
        reminders_sent=messages["reminders_sent"],
    )


_WITHOUT_SENT_ASKS: Final = Q(state__in=[State.DUE, State.FAILED, State.CANCELLED, State.EXPIRED]) & Q(kind=Kind.ASK)
_REMINDERS: Final = Q(state__in=[State.SENT, State.DELIVERED, State.DELAYED, State.BOUNCED]) & Q(
    kind__in=[Kind.REMINDER_1, Kind.REMINDER_2, Kind.REMINDER_3]
)


def _messages(mine: dict[str, Any]) -> dict[str, int]:
    rows = Delivery.objects.filter(_WITHOUT_SENT_ASKS | _REMINDERS, **mine).values_list("state", "kind")
    counts = {"due": 0, "failed": 0, "cancelled": 0, "reminders_sent": 0}
    for state, kind, count in rows.annotate(n=Count("*")).order_by():
        counts[_name(state, kind)] += count
    return counts


def _name(state: str, kind: str) -> str:
    if kind != Kind.ASK:
        return "reminders_sent"
    return {State.DUE: "due", State.FAILED: "failed"}.get(State(state), "cancelled")


def last_day(campaign: Campaign, found: Standing, waiting: int, *, at: datetime) -> date | None:
    """The day on which the last that is known of would go out, caps, hours and reminders considered; None when nothing
    waits. Days are the organization's."""
    zone = ZoneInfo(campaign.organization.time_zone)
    today = local_day(at, zone)
    days = [local_day(moment, zone) for moment in (found.last_due, found.last_free) if moment]
    if waiting and campaign.daily_cap:
        days.append(today + timedelta(days=ceil(waiting / campaign.daily_cap) - 1))
    last = max([today, *days]) if days or waiting else None
    if campaign.reminders and (last or found.last_reminder):
        reminded = local_day(found.last_reminder, zone) if found.last_reminder else today
        asked = last + timedelta(days=campaign.reminders * campaign.reminder_days) if last else reminded
        last = max(asked, reminded)
    ends = local_day(campaign.ends_at, zone) if campaign.ends_at else None
    return min(last, ends) if last and ends else last


# ── The people behind a figure ───────────────────────────────────────────────────────────────────────────────────────
_SENT: Final = Q(sent_at__isnull=False)
STEPS: Final[dict[str, Q]] = {
    "due": Q(sent_at=None, deliveries__kind=Kind.ASK, deliveries__state=State.DUE),
    "sent": _SENT,
    "delivered": _SENT & Q(bounced_at=None),
    "opened": Q(opened_at__isnull=False),
    "answered": Q(answered_at__isnull=False),
    "commented": Q(answered_at__isnull=False) & ~Q(response__comment=""),
    "bounced": _SENT & Q(bounced_at__isnull=False),
    "complained": Q(complained_at__isnull=False),
    "unsubscribed": _SENT & Q(unsubscribed_at__isnull=False),
    "failed": Q(deliveries__kind=Kind.ASK, deliveries__state=State.FAILED),
    "cancelled": Q(deliveries__kind=Kind.ASK, deliveries__state__in=[State.CANCELLED, State.EXPIRED]),
}
PAGE: Final = 50


def asks(campaign: Campaign, step: str, words: str = "") -> QuerySet[Invitation]:
    """The invitations behind one of STEPS, newest first; `words` are of a name or an address."""
    found = Invitation.objects.mailed().filter(STEPS[step], organization_id=campaign.organization_id, campaign=campaign)
    return _searched(found.select_related("customer__organization"), words).order_by("-id")


def decisions(campaign: Campaign, reason: Reason | None = None, words: str = "") -> QuerySet[PlanDecision]:
    """Those that are no invitations, newest first."""
    found = PlanDecision.objects.filter(organization_id=campaign.organization_id, campaign=campaign)
    found = found.filter(reason=reason) if reason else found.filter(reason__in=LEFT_OUT)
    return _searched(found.select_related("customer__organization"), words).order_by("-id")


def _searched(found: QuerySet[Any], words: str) -> QuerySet[Any]:
    words = words.replace("\0", "").strip().lower()
    return found.filter(customer__search_key__contains=words) if words else found


def after(found: QuerySet[Any], cursor: int | None) -> list[Any]:
    """A page and one more, behind the cursor: an id."""
    return list((found.filter(id__lt=cursor) if cursor else found)[: PAGE + 1])

"""Reads about asks and messages."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import Count, DateField, Exists, F, Func, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext as _
from psycopg2.sql import SQL, Composable

from surveys.accounts.models import Organization
from surveys.campaigns import queries as campaigns
from surveys.campaigns.models import Campaign, Trigger, Wording
from surveys.campaigns.models import Kind as CampaignKind
from surveys.core.timeline import Part
from surveys.customers.models import Customer, CustomerEvent
from surveys.delivery import letters, occasions, quotas
from surveys.delivery.eligibility import Judge
from surveys.delivery.explaining import of_customer as explained
from surveys.delivery.letters import Manner, Rendered
from surveys.delivery.models import Batch, Delivery, Invitation, Kind, PlanDecision, Queue, Reason, State
from surveys.delivery.occasions import DATES_AGAIN
from surveys.delivery.quotas import Quota
from surveys.delivery.reasons import MEANINGS
from surveys.delivery.standing import last_day, standing

__all__ = ["MEANINGS", "explained", "last_day", "standing"]  # read here by pages of other domains

# ── What tasks look for ──────────────────────────────────────────────────────────────────────────────────────────────


def to_plan(*, at: datetime) -> QuerySet[Campaign]:
    """Live campaigns with people to decide about, now."""
    waited = PlanDecision.objects.filter(
        organization_id=OuterRef("organization_id"), campaign_id=OuterRef("pk"), until__lte=at
    )
    by_event = Q(kind=CampaignKind.TRIGGERED, trigger=Trigger.EVENT)
    by_date = Q(kind=CampaignKind.TRIGGERED, trigger=Trigger.DATE)
    today = Cast(Func(F("organization__time_zone"), Value(at), function="timezone"), DateField())
    next_day = Q(Q(kind=CampaignKind.RECURRING) | by_date, plan_day__lt=today)
    dates_again = Q(by_date, planned_at__lte=at - DATES_AGAIN)
    live = Campaign.objects.live().of_working_organizations().exclude(ends_at__lte=at)
    to_scan = Q(Q(planned_at__isnull=True) & ~by_event | next_day | dates_again)
    return live.filter(to_scan | Q(Exists(waited))).order_by("launched_at", "pk")


def is_due(queue: str, *, at: datetime) -> bool:
    """Whether a sender would find work."""
    with connection.cursor() as cursor:
        cursor.execute(_IS_DUE_IN_BULK if queue == Queue.BULK else _IS_DUE, {"at": at, "queue": queue})
        (is_due,) = cursor.fetchone()
    return bool(is_due)


_IS_DUE = f"""
    SELECT EXISTS (
        SELECT 1 FROM surveys_delivery d LEFT JOIN surveys_organization o ON o.id = d.organization_id
        WHERE d.queue = %(queue)s AND d.state = 'due' AND d.due_at <= %(at)s AND {quotas.IS_WORKING})
"""
_IS_DUE_IN_BULK = f"""
    SELECT EXISTS (
        SELECT 1 FROM surveys_campaign c JOIN surveys_organization o ON o.id = c.organization_id
        WHERE {quotas.IS_SENDING} AND {quotas.IS_WORKING} AND {quotas.HAS_ROOM} AND EXISTS (
            SELECT 1 FROM surveys_delivery d
            WHERE d.campaign_id = c.id AND d.state = 'due' AND d.queue = %(queue)s AND d.due_at <= %(at)s))
"""


def senders(queue: str, *, at: datetime) -> int:
    """How many batches are on their way."""
    return Batch.objects.filter(queue=queue, lease_until__gt=at).count()


def quota(organization: Organization, *, at: datetime) -> Quota | None:
    """What the operator's limit leaves of today; None without a limit."""
    return quotas.today(organization, at=at)


# ── Campaigns ────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Progress:
    """Where the asks of a campaign are. `deferred` people have no message yet: they were asked recently.

    `expected` messages are those that planning is going to make; it counted them before it made the first.
    """

    due: int = 0
    claimed: int = 0
    sending: int = 0
    sent: int = 0
    uncertain: int = 0
    failed: int = 0
    cancelled: int = 0
    deferred: int = 0
    expected: int = 0
    is_planned: bool = False

    @property
    def waiting(self) -> int:
        """Messages still to be sent, those included that planning has yet to make."""
        return self.total - self.done - self.uncertain

    @property
    def total(self) -> int:
        made = self.due + self.claimed + self.sending + self.uncertain + self.done
        return made if self.is_planned else max(made, self.expected)

    @property
    def done(self) -> int:
        return self.sent + self.failed + self.cancelled


_SENT = (State.SENT, State.DELIVERED, State.DELAYED, State.BOUNCED)


def campaign_progress(campaign: Campaign) -> Progress:
    """Two statements over the campaign's rows."""
    mine = {"organization_id": campaign.organization_id, "campaign": campaign}
    asks = Delivery.objects.filter(**mine, kind=Kind.ASK).values_list("state").annotate(count=Count("*"))
    states: Counter[str] = Counter(dict(asks.order_by()))
    return Progress(
        due=states[State.DUE],
        claimed=states[State.CLAIMED],
        sending=states[State.SENDING],
        sent=sum(states[state] for state in _SENT),
        uncertain=states[State.UNCERTAIN],
        failed=states[State.FAILED],
        cancelled=states[State.CANCELLED] + states[State.EXPIRED],
        deferred=PlanDecision.objects.filter(**mine, until__isnull=False).count(),
        expected=campaign.audience_size or 0,
        is_planned=campaign.planned_at is not None,
    )


@dataclass(frozen=True)
class Preflight:
    """What a launch at this moment would decide; `examples` are one or two customers for each reason.

    `by_day` says how many asks it would make due on which days of the organization.
    """

    reasons: dict[Reason, int]
    examples: dict[Reason, list[Customer]]
    by_day: list[tuple[date, int]]

    @property
    def invited(self) -> int:
        return self.reasons.get(Reason.INVITED, 0)

    @property
    def not_invited(self) -> list[tuple[Reason, int]]:
        """Reasons with counts, most first."""
        others = [(reason, count) for reason, count in self.reasons.items() if reason is not Reason.INVITED]
        return sorted(others, key=lambda item: -item[1])

    @property
    def audience(self) -> int:
        return sum(self.reasons.values())


_PREFLIGHT = SQL("""
    SELECT d.reason, CASE WHEN d.reason = 'invited' THEN (d.due_at AT TIME ZONE %(zone)s)::date END AS day,
           count(*), min(d.id), max(d.id)
    FROM ({decided}) d GROUP BY 1, 2 ORDER BY 2
""")


def preflight(organization: Organization, campaign: Campaign, *, at: datetime) -> Preflight:
    """A dry run of planning, by the same rule, in one statement. Raises eligibility.UnknownAudience."""
    decided, params = _foreseen(organization, campaign, at, SQL("TRUE"))
    with connection.cursor() as cursor:
        cursor.execute(_PREFLIGHT.format(decided=decided), params)
        rows = cursor.fetchall()
    reasons: Counter[Reason] = Counter()
    ids: dict[Reason, list[int]] = {}
    for reason, _day, count, first, last in rows:
        reasons[Reason(reason)] += count
        ids.setdefault(Reason(reason), []).extend((first, last))
    ends = {reason: sorted({min(found), max(found)}) for reason, found in ids.items()}
    people = Customer.objects.in_bulk([pk for found in ends.values() for pk in found])
    return Preflight(
        dict(reasons),
        {reason: [people[pk] for pk in found if pk in people] for reason, found in ends.items()},
        [(day, count) for _reason, day, count, *_ids in rows if day],
    )


def _foreseen(
    organization: Organization, campaign: Campaign, at: datetime, only: Composable, *, are_few: bool = False
) -> tuple[Composable, dict[str, Any]]:
    """Of those in the audience, what the rule says of the next occasion. A campaign that begins later begins then."""
    begins = max(at, campaign.begins_at or at)
    judge = Judge(organization, campaign, at=begins)
    where = SQL("{} AND {}").format(judge.audience, only)
    return judge.decided(occasions.foreseen(judge, campaign, begins), where, are_few=are_few), judge.params


@dataclass(frozen=True)
class Foreseen:
    """What a launch now would decide about one person; `due_at` is when those who are asked would be sent it."""

    customer: Customer
    reason: Reason
    until: datetime | None
    due_at: datetime | None
    blocker: Campaign | None  # which asked them recently, or goes first


_FORECAST = SQL("""
    SELECT d.id, d.reason, d.until, CASE WHEN d.reason = 'invited' THEN d.due_at END, d.blocker FROM ({decided}) d
    WHERE {among} AND (%(reason)s::text IS NULL OR d.reason = %(reason)s) ORDER BY d.id LIMIT %(limit)s
""")
_FEW: Final = 500


def forecast(
    organization: Organization,
    campaign: Campaign,
    *,
    at: datetime,
    reason: Reason | None = None,
    ids: Sequence[int] | None = None,
    after: int | None = None,
    limit: int = 50,
) -> list[Foreseen]:
    """Person by person what a launch now would decide, those of one reason or all, by the key of the customer.

    `ids` are the customers to ask about, everybody without them; who is not in the audience is left out. `after` is the
    last customer of the page before. Raises eligibility.UnknownAudience.
    """
    asked_for = {"after": after or 0, "reason": reason, "ids": list(ids) if ids is not None else None, "limit": limit}
    among = SQL("{who}.id > %(after)s" + (" AND {who}.id = ANY(%(ids)s)" if ids is not None else ""))
    only = _before_judging(campaign, among, is_any=reason is None)
    are_few = limit <= _FEW and (reason is None or ids is not None) and campaign.total_cap is None
    decided, params = _foreseen(organization, campaign, at, only, are_few=are_few)
    with connection.cursor() as cursor:
        statement = _FORECAST.format(decided=decided, among=among.format(who=SQL("d")))
        cursor.execute(statement, params | asked_for)
        rows = cursor.fetchall()
    people = Customer.objects.in_bulk([row[0] for row in rows])
    blockers = campaigns.campaigns_by_id(organization, [row[4] for row in rows if row[4]])
    return [
        Foreseen(people[pk], Reason(why), until, due_at, blockers.get(blocker))
        for pk, why, until, due_at, blocker in rows
        if pk in people
    ]


def _before_judging(campaign: Campaign, among: SQL, *, is_any: bool) -> Composable:
    """Which people have to be judged for a page: with a cap those before them, too."""
    if campaign.total_cap is not None:
        return SQL("TRUE")
    page = SQL("LIMIT %(limit)s") if is_any else SQL("")  # in their order, so that judging stops with the page
    return SQL("{} ORDER BY c.id {}").format(among.format(who=SQL("c")), page)


def events_lately(campaign: Campaign, *, at: datetime, days: int = 30) -> tuple[int, int]:
    """How often what it waits for happened in the last days, and to how many customers."""
    found = CustomerEvent.objects.filter(
        organization_id=campaign.organization_id,
        kind=campaign.event_kind,
        occurred_at__gt=at - timedelta(days=days),
        occurred_at__lte=at,
    )
    counted = found.aggregate(events=Count("*"), people=Count("customer", distinct=True))
    return counted["events"], counted["people"]


def preview(campaign: Campaign, wording: Wording, *, name: str, email: str, manner: Manner | None = None) -> Rendered:
    """The ask as this person would get it, or another mail; its links record nothing. The wording need not be saved."""
    manner = manner or Manner(campaigns.design(campaign))
    return letters.rendered_test(campaign, wording, name=name, email=email, manner=manner)


def other_mails(campaign: Campaign) -> list[tuple[str, str, str]]:
    """What a campaign sends besides its ask: name and value as `letters.manner` reads them, and a label."""
    design = campaigns.design(campaign)
    variants = [("variant", each.key, _("Variant %(key)s") % {"key": each.key}) for each in design.variants]
    numbers = range(1, campaign.reminders + 1)
    return variants + [("reminder", str(n), _("Reminder %(number)d") % {"number": n}) for n in numbers]


# ── People ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def invitations_of(customer: Customer, limit: int = 50) -> list[Invitation]:
    """Newest first, each with its campaign and `deliveries`: one or more messages with states and times."""
    found = (
        Invitation.objects.filter(organization_id=customer.organization_id, customer=customer)
        .select_related("campaign")
        .prefetch_related("deliveries")
        .order_by("-pk")
    )
    return list(found[:limit])


def uncertain(organization: Organization, limit: int = 500) -> list[Delivery]:
    """Messages that may or may not have arrived, the newest first."""
    found = Delivery.objects.filter(organization=organization, state=State.UNCERTAIN)
    return list(
        found.select_related("campaign__organization", "customer__organization").order_by("-uncertain_at", "-pk")[
            :limit
        ]
    )


def uncertain_count(organization: Organization) -> int:
    return Delivery.objects.filter(organization=organization, state=State.UNCERTAIN).count()


@dataclass(frozen=True)
class AboutEvent:
    """What a campaign did with an event; `at` is when it asked, is going to, or decides anew."""

    campaign: Campaign
    said: str
    at: datetime | None


def about_events(organization: Organization, events: Sequence[CustomerEvent]) -> dict[int, list[AboutEvent]]:
    """By the event's key, in the order of the campaigns; two statements."""
    people = {event.customer_id for event in events}
    ids = [event.pk for event in events]
    mine: dict[str, Any] = {"organization": organization, "customer__in": people, "event_id__in": ids}
    asks = {(ask.campaign_id, ask.event_id): ask for ask in Invitation.objects.filter(**mine)}
    found: dict[int, list[AboutEvent]] = {}
    decisions = PlanDecision.objects.filter(**mine).select_related("campaign__organization").order_by("campaign", "pk")
    for decision in decisions:
        ask = asks.get((decision.campaign_id, decision.event_id))
        found.setdefault(decision.event_id or 0, []).append(_about_event(decision, ask))
    return found


def _about_event(decision: PlanDecision, ask: Invitation | None) -> AboutEvent:
    if ask and ask.sent_at:
        return AboutEvent(decision.campaign, _("Asked"), ask.sent_at)
    if ask:
        return AboutEvent(decision.campaign, _("Going to be asked"), ask.due_at)
    return AboutEvent(decision.campaign, str(decision.get_reason_display()), decision.until)


# What was planned and not sent, what was sent and what became of it; why somebody is not asked.
_TIMELINE = """
    SELECT CASE WHEN i.sent_at IS NULL AND NOT starts_with(i.occasion, 'link:row:') THEN i.created_at END,
           CASE i.channel WHEN 'link' THEN 'linked' ELSE 'planned' END, i.id,
           jsonb_build_object('campaign', c.id, 'name', c.name)
    FROM surveys_invitation i JOIN surveys_campaign c ON c.id = i.campaign_id
    WHERE i.organization_id = %(organization)s AND i.customer_id = %(customer)s
    UNION ALL
    SELECT step.at, step.kind, i.id, jsonb_build_object('campaign', c.id, 'name', c.name)
    FROM surveys_invitation i JOIN surveys_campaign c ON c.id = i.campaign_id
    CROSS JOIN LATERAL (VALUES
        (i.sent_at, 'sent'), (i.opened_at, 'opened_page'), (i.unsubscribed_at, 'unsubscribed')) AS step (at, kind)
    WHERE i.organization_id = %(organization)s AND i.customer_id = %(customer)s
    UNION ALL
    SELECT d.sent_at, 'reminded', d.id, jsonb_build_object('campaign', c.id, 'name', c.name)
    FROM surveys_invitation i JOIN surveys_delivery d ON d.invitation_id = i.id
    JOIN surveys_campaign c ON c.id = i.campaign_id
    WHERE i.organization_id = %(organization)s AND i.customer_id = %(customer)s AND starts_with(d.kind, 'reminder')
    UNION ALL
    SELECT coalesce(d.finished_at, d.uncertain_at), 'message', d.id, jsonb_build_object(
        'campaign', c.id, 'name', c.name, 'state', d.state, 'reason', d.reason, 'message', d.kind)
    FROM surveys_invitation i JOIN surveys_delivery d ON d.invitation_id = i.id
    JOIN surveys_campaign c ON c.id = i.campaign_id
    WHERE i.organization_id = %(organization)s AND i.customer_id = %(customer)s
      AND d.state IN ('uncertain', 'failed', 'cancelled', 'expired')
    UNION ALL
    SELECT i.remind_at, 'to_remind', i.id, jsonb_build_object('campaign', c.id, 'name', c.name)
    FROM surveys_invitation i JOIN surveys_campaign c ON c.id = i.campaign_id
    WHERE i.organization_id = %(organization)s AND i.customer_id = %(customer)s AND i.answered_at IS NULL
      AND c.status IN ('live', 'paused')
    UNION ALL
    SELECT p.decided_at, 'decided', p.id, jsonb_build_object(
        'campaign', c.id, 'name', c.name, 'reason', p.reason, 'until', p.until)
    FROM surveys_plandecision p JOIN surveys_campaign c ON c.id = p.campaign_id
    WHERE p.organization_id = %(organization)s AND p.customer_id = %(customer)s AND p.reason <> 'invited'
"""


def reasons() -> dict[str, str]:
    """What decisions are called, by their values, as the timeline has them."""
    return {reason.value: str(reason.label) for reason in Reason}


def timeline(customer: Customer) -> Part:
    """Everything that was sent to somebody, or why it was not."""
    return Part(_TIMELINE, {"organization": customer.organization_id, "customer": customer.pk})

"""Mail as the operator sees it: what waits, on which roads, how fast it leaves, what is in doubt. By indexes alone.

The same reads serve the page and the metrics, so they stay cheap however many rows there are: counts end at MOST.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import Count, Min, Q
from django.db.models.functions import Coalesce, Greatest

from surveys.accounts.models import Organization
from surveys.delivery import quotas
from surveys.delivery.deliverability import counting
from surveys.delivery.models import (
    Batch,
    Delivery,
    MailAccount,
    MailHealth,
    Pace,
    Queue,
    RouteState,
    State,
    UnreadEvent,
)

MOST: Final = 100_000  # of messages of one campaign that are counted one by one
_HOUR: Final = timedelta(hours=1)
LATELY: Final = timedelta(days=30)

# First and count of what is due, of each campaign that sends. Whose day is full has to wait, and is no sign of trouble.
_BULK: Final = f"""
    SELECT c.organization_id, first.due_at, n.due, {quotas.HAS_ROOM}
    FROM surveys_campaign c JOIN surveys_organization o ON o.id = c.organization_id
    CROSS JOIN LATERAL (
        SELECT d.due_at FROM surveys_delivery d WHERE d.campaign_id = c.id AND d.state = 'due' AND d.due_at <= %(at)s
        ORDER BY d.due_at LIMIT 1) first
    CROSS JOIN LATERAL (
        SELECT count(*) AS due FROM (
            SELECT 1 FROM surveys_delivery d WHERE d.campaign_id = c.id AND d.state = 'due' AND d.due_at <= %(at)s
            LIMIT %(most)s) firsts) n
    WHERE {quotas.IS_SENDING} AND {quotas.IS_WORKING}
"""
_SINGLE: Final = """
    SELECT min(firsts.due_at), count(*) FROM (
        SELECT d.due_at FROM surveys_delivery d
        WHERE d.queue = 'email' AND d.state = 'due' AND d.due_at <= %(at)s ORDER BY d.due_at LIMIT %(most)s) firsts
"""
_LAST_BULK: Final = """
    SELECT max(minute) FROM surveys_mailminute
    WHERE minute > %(at)s - interval '61 minutes' AND sent > 0 AND slot < %(single)s
"""
_MINUTES: Final = """
    SELECT sum(sent) FILTER (WHERE minute > %(at)s - interval '6 minutes' AND minute <= %(at)s - interval '1 minute'),
           sum(sent)
    FROM surveys_mailminute WHERE minute > %(at)s - interval '61 minutes'
"""


@dataclass(frozen=True)
class Line:
    """A queue of mails. `age` is how long the oldest that may go has been due, `stalled` how long nothing has moved."""

    queue: str
    due: int
    oldest: datetime | None
    age: timedelta
    stalled: timedelta


@dataclass(frozen=True)
class Waiting:
    """An organization with bulk mail that is due."""

    organization: Organization
    due: int
    oldest: datetime


@dataclass(frozen=True)
class Pulse:
    """How many mails left in the last five whole minutes and in an hour, and how many failed or became uncertain."""

    sent_5: int
    sent_60: int
    failed_5: int
    failed_60: int
    doubted_5: int
    doubted_60: int


@dataclass(frozen=True)
class _Due:
    organization: int
    oldest: datetime
    count: int
    has_room: bool


def _fetched(statement: str, **params: Any) -> Sequence[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall()


def pulse(*, at: datetime) -> Pulse:
    ((five, hour),) = _fetched(_MINUTES, at=at)
    failed = Delivery.objects.filter(state=State.FAILED, finished_at__gt=at - _HOUR)
    doubted = Delivery.objects.filter(uncertain_at__gt=at - _HOUR)
    five_minutes = at - timedelta(minutes=5)
    return Pulse(
        sent_5=int(five or 0),
        sent_60=int(hour or 0),
        failed_5=failed.filter(finished_at__gt=five_minutes).count(),
        failed_60=failed.count(),
        doubted_5=doubted.filter(uncertain_at__gt=five_minutes).count(),
        doubted_60=doubted.count(),
    )


@dataclass(frozen=True)
class Lines:
    """Both queues, and the organizations with most that is due."""

    lines: list[Line]
    waiting: list[Waiting]


def lines(*, at: datetime, most_organizations: int = 10) -> Lines:
    due = [_Due(*row) for row in _fetched(_BULK, at=at, most=MOST)]
    ((oldest, count),) = _fetched(_SINGLE, at=at, most=MOST)
    ((last_bulk,),) = _fetched(_LAST_BULK, at=at, single=counting.SLOTS)
    single = Line(Queue.EMAIL, count, oldest, _since(oldest, at), _since(oldest, at))
    return Lines([single, _bulk_line(due, last_bulk, at)], _waiting(due, most_organizations))


def _since(moment: datetime | None, at: datetime) -> timedelta:
    return max(timedelta(), at - moment) if moment else timedelta()


def _bulk_line(due: Sequence[_Due], last: datetime | None, at: datetime) -> Line:
    """A million mails take their time: the queue stands still only when nobody works on it and nothing has left."""
    oldest = min((one.oldest for one in due if one.has_room), default=None)
    age = _since(oldest, at)
    is_worked_on = Batch.objects.filter(queue=Queue.BULK, lease_until__gt=at).exists()
    still = timedelta() if is_worked_on else min(age, _since(last + timedelta(minutes=1), at)) if last else age
    return Line(Queue.BULK, sum(one.count for one in due), min((one.oldest for one in due), default=None), age, still)


def _waiting(due: Iterable[_Due], limit: int) -> list[Waiting]:
    counts: dict[int, int] = defaultdict(int)
    oldest: dict[int, datetime] = {}
    for one in due:
        counts[one.organization] += one.count
        oldest[one.organization] = min(one.oldest, oldest.get(one.organization, one.oldest))
    most = sorted(counts, key=lambda pk: (-counts[pk], pk))[:limit]
    found = Organization.objects.in_bulk(most) if most else {}
    return [Waiting(found[pk], counts[pk], oldest[pk]) for pk in most if pk in found]


# ── Roads ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class RoadLine:
    """A road by which mail leaves. `account` is None for the operator's."""

    route: str
    account: MailAccount | None
    state: RouteState | None
    batches: int
    is_reachable: bool


def roads(*, at: datetime, limit: int = 50) -> list[RoadLine]:
    """The operator's, and those of organizations that are in use or in trouble: these first."""
    states = {state.route: state for state in RouteState.objects.all()}
    live = Batch.objects.filter(lease_until__gt=at).values("route").annotate(count=Count("pk"))
    batches = {row["route"]: row["count"] for row in live}
    accounts = {f"account:{account.pk}": account for account in _accounts()}
    routes = ["", *sorted(accounts, key=lambda route: (not _is_cut_off(states.get(route), at), accounts[route].pk))]
    return [
        RoadLine(
            route,
            accounts.get(route),
            states.get(route),
            batches.get(route, 0),
            not _is_cut_off(states.get(route), at),
        )
        for route in routes[:limit]
    ]


def _accounts() -> Iterable[MailAccount]:
    return MailAccount.objects.filter(is_on=True).select_related("organization").order_by("pk")


def _is_cut_off(state: RouteState | None, at: datetime) -> bool:
    return state is not None and state.unreachable_until is not None and state.unreachable_until > at


def roads_cut_off(*, at: datetime) -> list[str]:
    cut_off = RouteState.objects.filter(unreachable_until__gt=at)
    return list(cut_off.order_by("route").values_list("route", flat=True))


# ── Who was stopped ──────────────────────────────────────────────────────────────────────────────────────────────────


def stopped(*, at: datetime, limit: int = 50) -> list[MailHealth]:
    """Whose mail has stopped by itself, and who has said lately that they looked into it."""
    rows = MailHealth.objects.filter(Q(stopped_at__isnull=False) | Q(looked_into_at__gt=at - LATELY))
    latest = Greatest(Coalesce("stopped_at", "looked_into_at"), Coalesce("looked_into_at", "stopped_at"))
    return list(rows.select_related("organization").order_by(latest.desc(), "pk")[:limit])


# ── Leases and doubts ────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Doubt:
    """Uncertain mails of an organization; None: mails of the product itself."""

    organization: Organization | None
    count: int
    oldest: datetime


def doubts(limit: int = 50) -> list[Doubt]:
    uncertain = Delivery.objects.filter(state=State.UNCERTAIN)
    rows = uncertain.values("organization").annotate(count=Count("pk"), oldest=Min("uncertain_at")).order_by("oldest")
    some = list(rows[:limit])
    found = Organization.objects.in_bulk([row["organization"] for row in some if row["organization"]])
    return [Doubt(found.get(row["organization"]), row["count"], row["oldest"]) for row in some]


def uncertain() -> int:
    return Delivery.objects.filter(state=State.UNCERTAIN).count()


def leases(*, at: datetime) -> tuple[int, int]:
    """How many messages are claimed or on their way, and how many of their leases have run out."""
    held = Delivery.objects.filter(state__in=[State.CLAIMED, State.SENDING])
    return held.count(), held.filter(lease_until__lt=at).count()


def slowed(*, at: datetime, limit: int = 50) -> list[Pace]:
    return list(Pace.objects.filter(slowed_until__gt=at).order_by("slowed_until", "key")[:limit])


def unread() -> int:
    return UnreadEvent.objects.count()

"""Which road is served next, and when senders look again. What senders know of a road is a row, the same for all hosts."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import connection

from surveys.delivery import paces, quotas, routes
from surveys.delivery.models import Queue

# A sender that found no room does not come back sooner: limits are shared out in pieces that are worth a claim.
_SHORTEST_WAIT: Final = 0.25

# Those of accounts that are off, too: a test takes them before bulk mail may.
_ROADS: Final = """
    SELECT '' AS route, NULL::bigint AS organization_id, %(operators_rate)s::float AS rate
    UNION ALL
    SELECT 'account:' || a.id, a.organization_id, a.mails_a_second FROM surveys_mailaccount a
"""
# Of an organization `o` with a limit a minute at %(at)s.
_HAS_PACE: Final = f"""
    (o.mails_a_minute_limit IS NULL OR NOT EXISTS (
        SELECT 1 FROM surveys_pace p CROSS JOIN LATERAL (SELECT o.mails_a_minute_limit / 60.0 AS rate) l
        WHERE p.key = 'organization:' || o.id AND {paces.TOKENS} < 1))
"""
# On a road `r`, at %(at)s.
_BULK_IS_DUE: Final = f"""
    EXISTS (SELECT 1 FROM surveys_campaign c JOIN surveys_organization o ON o.id = c.organization_id
            WHERE {quotas.IS_SENDING} AND {quotas.IS_WORKING}
              AND (r.organization_id IS NULL OR r.organization_id = o.id) AND {routes.OF_ORGANIZATION} = r.route
              AND {quotas.HAS_ROOM} AND {_HAS_PACE} AND {quotas.HAS_DUE})
"""
_SINGLE_IS_DUE: Final = f"""
    EXISTS (SELECT 1 FROM surveys_delivery d LEFT JOIN surveys_organization o ON o.id = d.organization_id
            WHERE d.queue = 'email' AND d.state = 'due' AND d.due_at <= %(at)s AND {quotas.MAY_GO}
              AND {routes.OF_SINGLE_MAIL} = r.route)
"""
# A road without a limit, or with room. Where there is a limit single mails go first.
_SINGLE_HAS_ROOM: Final = f"(r.rate IS NULL OR p.key IS NULL OR {paces.TOKENS} >= 1)"
_BULK_HAS_ROOM: Final = f"(r.rate IS NULL OR (p.key IS NULL OR {paces.IS_WORTH_IT}) AND NOT {_SINGLE_IS_DUE})"

_OPEN_ROADS: Final = f"""
    FROM ({_ROADS}) r
    LEFT JOIN surveys_routestate s ON s.route = r.route
    LEFT JOIN surveys_pace p ON p.key = 'route:' || r.route
    CROSS JOIN LATERAL (SELECT r.rate) l
    CROSS JOIN LATERAL (
        SELECT count(*) AS count FROM surveys_batch b
        WHERE b.queue = %(queue)s AND b.route = r.route AND b.lease_until > %(at)s) batches
    WHERE (s.unreachable_until IS NULL OR s.unreachable_until <= %(at)s)
"""
_READY: Final = {
    Queue.BULK: f"{_OPEN_ROADS} AND {_BULK_HAS_ROOM} AND {_BULK_IS_DUE}",
    Queue.EMAIL: f"{_OPEN_ROADS} AND {_SINGLE_HAS_ROOM} AND {_SINGLE_IS_DUE}",
}
_NEXT: Final = """
    SELECT r.route, count(*) OVER () {ready} AND r.route <> ALL(%(besides)s)
    ORDER BY batches.count, s.claimed_at NULLS FIRST, r.route LIMIT 1
"""
_SERVED: Final = """
    INSERT INTO surveys_routestate (route, failures, problem, claimed_at, updated_at)
    VALUES (%(route)s, 0, '', %(at)s, %(at)s)
    ON CONFLICT (route) DO UPDATE SET claimed_at = excluded.claimed_at
"""


def next_route(queue: str, *, at: datetime, besides: Collection[str] = ()) -> str | None:
    """A road that has something due and room for it, and can be reached as far as is known: of several the one with the
    fewest senders, and among them the one that was served longest ago. None: nothing can be sent now."""
    with connection.cursor() as cursor:
        cursor.execute(_NEXT.format(ready=_READY[Queue(queue)]), _params(queue, at) | {"besides": list(besides)})
        found = cursor.fetchone()
        if found is None:
            return None
        route, rivals = found
        if rivals > 1:
            cursor.execute(_SERVED, {"route": route, "at": at})
    return str(route)


def is_neglected(queue: str, *, at: datetime) -> bool:
    """Whether a road has something to send and no sender."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 {_READY[Queue(queue)]} AND batches.count = 0 LIMIT 1", _params(queue, at))
        return cursor.fetchone() is not None


def _params(queue: str, at: datetime) -> dict[str, Any]:
    return {"queue": queue, "at": at, "operators_rate": settings.MAILS_A_SECOND, **routes.params()}


# ── Looking again ────────────────────────────────────────────────────────────────────────────────────────────────────
_ENOUGH: Final = {Queue.BULK: f"greatest(1, {paces.BURST} / 2)", Queue.EMAIL: "1"}
_IS_DUE: Final = {Queue.BULK: _BULK_IS_DUE, Queue.EMAIL: _SINGLE_IS_DUE}
# The first of: a message becomes due; a road, or an organization, that has something due gets room.
_UNTIL_ROOM: Final = {
    queue: f"""
    SELECT min(wait) FROM (
        SELECT extract(epoch FROM min(d.due_at) - %(at)s)::float AS wait FROM surveys_delivery d
        WHERE d.queue = %(queue)s AND d.state = 'due' AND d.due_at > %(at)s AND d.due_at < %(horizon)s
        UNION ALL
        SELECT ({_ENOUGH[queue]} - {paces.TOKENS}) / nullif({paces.RATE}, 0)
        FROM ({_ROADS}) r JOIN surveys_pace p ON p.key = 'route:' || r.route CROSS JOIN LATERAL (SELECT r.rate) l
        WHERE r.rate IS NOT NULL AND {paces.TOKENS} < {_ENOUGH[queue]} AND {_IS_DUE[queue]}
        UNION ALL
        SELECT (1 - {paces.TOKENS}) / nullif({paces.RATE}, 0)
        FROM surveys_organization o JOIN surveys_pace p ON p.key = 'organization:' || o.id
        CROSS JOIN LATERAL (SELECT o.mails_a_minute_limit / 60.0 AS rate) l
        WHERE o.mails_a_minute_limit > 0 AND {paces.TOKENS} < 1 AND %(queue)s = 'bulk' AND EXISTS (
            SELECT 1 FROM surveys_campaign c
            WHERE c.organization_id = o.id AND {quotas.IS_SENDING} AND {quotas.HAS_DUE})
    ) known
    """
    for queue in Queue
}
_WAKE: Final = """
    INSERT INTO surveys_wake (queue, at) VALUES (%(queue)s, %(wake)s)
    ON CONFLICT (queue) DO UPDATE SET at = excluded.at
    WHERE surveys_wake.at <= %(at)s OR surveys_wake.at > excluded.at
    RETURNING 1
"""


def wait(queue: str, *, at: datetime) -> float | None:
    """In how many seconds a sender should look again, for whoever asks first; None when somebody does already, and when
    the next sweep is soon enough."""
    horizon = at + timedelta(seconds=settings.SWEEP_SECONDS)
    with connection.cursor() as cursor:
        cursor.execute(_UNTIL_ROOM[Queue(queue)], _params(queue, at) | {"horizon": horizon})
        (seconds,) = cursor.fetchone()
        if seconds is None or seconds >= settings.SWEEP_SECONDS:
            return None
        seconds = max(_SHORTEST_WAIT, float(seconds))
        cursor.execute(_WAKE, {"queue": queue, "at": at, "wake": at + timedelta(seconds=seconds)})
        return seconds if cursor.fetchone() else None

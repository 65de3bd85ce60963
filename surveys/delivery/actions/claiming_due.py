"""Which messages are due, and how many of them may be taken."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from django.db import connection

from surveys.delivery import quotas, routes
from surveys.delivery.actions.claims import Claim, Due
from surveys.delivery.models import Kind, Queue
from surveys.delivery.paces import Limit, Room


@dataclass(frozen=True)
class Rooms:
    """What is left of the day for organizations and campaigns with a limit, and of the pace. Organizations and campaigns
    that another claim is at are left out."""

    pace: Room
    organizations: dict[int, int] = field(default_factory=dict)
    campaigns: dict[int, int] = field(default_factory=dict)

    @classmethod
    def locked(cls, queue: str, route: str, limits: Sequence[Limit], *, at: datetime) -> Self:
        """Held until the transaction ends, so that two claims at once do not both take the last ones."""
        if queue != Queue.BULK:
            return cls(Room.locked(route, limits, at=at))
        days = quotas.lock_rooms(at=at)
        days_of_campaigns = quotas.lock_campaign_rooms(at=at)
        return cls(Room.locked(route, limits, at=at), days, days_of_campaigns)

    def of_road(self, limit: int) -> int:
        room = self.pace.of_road
        return limit if room is None else min(limit, room)

    def count_taken(self, claim: Claim, rows: Iterable[Due], *, at: datetime) -> None:
        """Messages take of the pace. People who were taken now take of the days; those whom an ask held already were
        counted on an earlier claim."""
        self.pace.take((message.organization, message.to_address) for message in claim.messages)
        self.pace.store(at=at)
        held = {row.pk for row in rows if row.holds_its_person}
        asks = [message for message in claim.messages if message.kind == Kind.ASK and message.delivery not in held]
        organizations = Counter(ask.organization for ask in asks if ask.organization in self.organizations)
        campaigns = Counter(ask.campaign for ask in asks if ask.campaign in self.campaigns)
        if organizations:
            quotas.count_taken({pk or 0: count for pk, count in organizations.items()}, at=at)
        if campaigns:
            quotas.count_taken_of_campaigns({pk or 0: count for pk, count in campaigns.items()}, at=at)


# Organizations share what may be taken, and campaigns the share of theirs; where there are more of them than messages to
# take, another choice of them each time. Where the operator has set a limit, the campaigns of an organization share the
# `room` that it leaves; a campaign with a daily cap has a `space` of its own. What is due in a campaign that is not sending
# now stays. Each looks at no more than its share, however much is due.
DUE_IN_BULK = f"""
    WITH waiting AS (
        SELECT c.id, c.organization_id, least(r.room, m.room) AS room, k.space FROM surveys_campaign c
        JOIN surveys_organization o ON o.id = c.organization_id
        LEFT JOIN unnest(%(limited)s::bigint[], %(rooms)s::int[]) AS r(organization_id, room)
               ON r.organization_id = c.organization_id
        LEFT JOIN unnest(%(paced)s::bigint[], %(paces)s::int[]) AS m(organization_id, room)
               ON m.organization_id = c.organization_id
        LEFT JOIN unnest(%(capped)s::bigint[], %(spaces)s::int[]) AS k(campaign_id, space) ON k.campaign_id = c.id
        WHERE {quotas.IS_SENDING} AND {quotas.IS_WORKING} AND {routes.OF_ORGANIZATION} = %(route)s
          AND (o.mails_a_day_limit IS NULL OR r.room > 0) AND (o.mails_a_minute_limit IS NULL OR m.room > 0)
          AND (c.daily_cap IS NULL OR k.space > 0) AND {quotas.HAS_DUE}
    ), placed AS (
        SELECT *, dense_rank() OVER (ORDER BY hashint8extended(organization_id, %(seed)s), organization_id) AS place,
               row_number() OVER (PARTITION BY organization_id ORDER BY hashint8extended(id, %(seed)s)) AS number,
               count(*) OVER (PARTITION BY organization_id) AS campaigns,
               greatest(1, %(limit)s / (SELECT count(DISTINCT organization_id) FROM waiting)) AS part
        FROM waiting
    ), shares AS (
        SELECT id, least(part / least(campaigns, part),
                         room / least(campaigns, part) + (number <= mod(room, least(campaigns, part)))::int,
                         space) AS share
        FROM placed WHERE place <= %(limit)s AND number <= part
    )
    SELECT d.id FROM shares s CROSS JOIN LATERAL (
        SELECT d.id FROM surveys_delivery d
        WHERE d.campaign_id = s.id AND d.state = 'due' AND d.queue = 'bulk' AND d.due_at <= %(at)s
        ORDER BY d.due_at, d.id LIMIT s.share FOR UPDATE SKIP LOCKED
    ) d
"""
_DUE_AT_ONCE = f"""
    SELECT d.id FROM surveys_delivery d LEFT JOIN surveys_organization o ON o.id = d.organization_id
    WHERE d.queue = %(queue)s AND d.state = 'due' AND d.due_at <= %(at)s AND {quotas.MAY_GO}
      AND {routes.OF_SINGLE_MAIL} = %(route)s
    ORDER BY d.due_at, d.id LIMIT %(limit)s FOR UPDATE OF d SKIP LOCKED
"""
_ROWS = """
    SELECT d.id, d.organization_id, d.campaign_id, d.invitation_id, d.customer_id, d.kind, d.to_address, d.message_id,
           d.attempts, d.content, coalesce(i.version, 0), coalesce(i.language, ''), coalesce(i.variant, ''),
           i.claimed_at, i.asked_before, d.uncertain_at IS NOT NULL
    FROM surveys_delivery d LEFT JOIN surveys_invitation i ON i.id = d.invitation_id
    WHERE d.id = ANY(%s) ORDER BY d.id
"""


def locked_due(queue: str, limit: int, rooms: Rooms, at: datetime) -> list[Due]:
    with connection.cursor() as cursor:
        cursor.execute(DUE_IN_BULK if queue == Queue.BULK else _DUE_AT_ONCE, params(queue, limit, rooms, at))
        ids = [pk for (pk,) in cursor.fetchall()]
        if not ids:
            return []
        cursor.execute(_ROWS, [ids])
        return [Due(*row) for row in cursor.fetchall()]


def params(queue: str, limit: int, rooms: Rooms, at: datetime) -> dict[str, Any]:
    """Of the statements that choose what is due."""
    return {
        "queue": queue,
        "route": rooms.pace.route,
        "limit": limit,
        "at": at,
        "seed": int(at.timestamp() * 1_000_000),
        "limited": list(rooms.organizations),
        "rooms": list(rooms.organizations.values()),
        "paced": list(rooms.pace.of_organizations),
        "paces": list(rooms.pace.of_organizations.values()),
        "capped": list(rooms.campaigns),
        "spaces": list(rooms.campaigns.values()),
        **routes.params(),
    }

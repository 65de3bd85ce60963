"""Messages that have to wait for the pace of their domain: due again one by one, untried, and their people are free."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction

from surveys.delivery import paces, quotas
from surveys.delivery.actions.claims import Due
from surveys.delivery.actions.ending import give_people_back
from surveys.delivery.models import Queue
from surveys.delivery.paces import Limit, Room

_ADDRESSES: Final = """
    SELECT d.id, coalesce(c.email, d.to_address)
    FROM surveys_delivery d LEFT JOIN surveys_customer c ON c.id = d.customer_id WHERE d.id = ANY(%s)
"""
_POSTPONE: Final = """
    UPDATE surveys_delivery d SET due_at = later.due_at
    FROM unnest(%s::bigint[], %s::timestamptz[]) AS later(id, due_at) WHERE d.id = later.id
"""


def within_pace(rows: Sequence[Due], queue: str, room: Room, at: datetime) -> list[Due]:
    """Those for which the domains of their recipients have room, shared by the organizations; the others become due when
    their turn comes. Single mails do not wait: bulk mail waits for them."""
    if queue != Queue.BULK or not room.knows_domains:
        return list(rows)
    domains = _domains([row.pk for row in rows])
    going: list[Due] = []
    waiting: dict[str, list[Due]] = defaultdict(list)
    taken: Counter[str] = Counter()
    for row in _in_turns(rows):
        bucket = room.of_domain(domains[row.pk])
        if bucket and taken[domains[row.pk]] >= bucket.room:
            waiting[domains[row.pk]].append(row)
        else:
            taken[domains[row.pk]] += 1
            going.append(row)
    _postpone(_booked({domain: [row.pk for row in late] for domain, late in waiting.items()}, room, at))
    return sorted(going, key=lambda row: row.pk)


def _in_turns(rows: Iterable[Due]) -> list[Due]:
    """One of each organization, then another of each."""
    of_organizations: dict[int | None, list[Due]] = defaultdict(list)
    for row in rows:
        of_organizations[row.organization_id].append(row)
    chance = {organization: random.random() for organization in of_organizations}
    turns = ((turn, row) for its in of_organizations.values() for turn, row in enumerate(its))
    return [row for _turn, row in sorted(turns, key=lambda each: (each[0], chance[each[1].organization_id]))]


def _domains(deliveries: Sequence[int]) -> dict[int, str]:
    with connection.cursor() as cursor:
        cursor.execute(_ADDRESSES, [list(deliveries)])
        return {pk: paces.domain_of(address) for pk, address in cursor.fetchall()}


def _booked(waiting: dict[str, list[int]], room: Room, at: datetime) -> dict[int, datetime]:
    moments: dict[int, datetime] = {}
    for domain, ids in waiting.items():
        bucket = room.of_domain(domain)
        moments |= zip(ids, bucket.book(len(ids), at) if bucket else [at] * len(ids), strict=True)
    return moments


def _postpone(moments: dict[int, datetime]) -> None:
    if moments:
        with connection.cursor() as cursor:
            cursor.execute(_POSTPONE, [list(moments), list(moments.values())])


# ── Messages of a sender that was told to slow down ──────────────────────────────────────────────────────────────────
_OURS: Final = """
    SELECT d.id, d.to_address, CASE WHEN d.kind = 'ask' AND d.uncertain_at IS NULL THEN d.invitation_id END
    FROM surveys_delivery d
    WHERE d.id = ANY(%(ids)s) AND d.lease_owner = %(owner)s AND d.state IN ('claimed', 'sending') ORDER BY d.id
"""
_PUT_BACK: Final = """
    UPDATE surveys_delivery d
    SET state = 'due', due_at = later.due_at, reason = '', lease_owner = '', lease_until = NULL
    FROM unnest(%(ids)s::bigint[], %(moments)s::timestamptz[]) AS later(id, due_at)
    WHERE d.id = later.id AND d.lease_owner = %(owner)s AND d.state IN ('claimed', 'sending')
    RETURNING d.id
"""


def put_back(deliveries: Sequence[int], *, owner: str, route: str, at: datetime) -> int:
    """Messages of a claim that its domains do not take now, tried or not: due again when it is their turn. It is no try,
    and nobody is held for them: others may ask these people meanwhile. Returns how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_OURS, {"ids": list(deliveries), "owner": owner})
        ours = cursor.fetchall()
        quotas.take_back([invitation for _pk, _address, invitation in ours if invitation])
        moments = _turns([(pk, address) for pk, address, _invitation in ours], route, at)
        params: dict[str, Any] = {"ids": list(moments), "moments": list(moments.values()), "owner": owner}
        cursor.execute(_PUT_BACK, params)
        back = {pk for (pk,) in cursor.fetchall()}
        give_people_back([invitation for pk, _address, invitation in ours if invitation and pk in back], at)
    return len(back)


def _turns(messages: Iterable[tuple[int, str]], route: str, at: datetime) -> dict[int, datetime]:
    waiting: dict[str, list[int]] = defaultdict(list)
    for pk, address in messages:
        waiting[paces.domain_of(address)].append(pk)
    limits = [Limit(paces.of_domain(route, domain), settings.DOMAIN_RATES.get(domain)) for domain in sorted(waiting)]
    room = Room.locked(route, limits, at=at)
    moments = _booked(waiting, room, at)
    room.store(at=at)
    return moments

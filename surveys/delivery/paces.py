"""How fast mail may leave: by a road, of an organization, and to a domain by a road. docs/delivery.md says more.

A limit is a bucket of tokens, one for each mail, in a row that all workers of all hosts share. It is refilled by the time
that has passed, up to what one second brings (at least one token), in the statement that looks at it. Who has no limit has
no row, and costs nothing.
"""

import logging
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Self

from django.conf import settings
from django.db import connection, transaction
from django.utils.encoding import punycode

from surveys.delivery import quotas, routes
from surveys.delivery.models import Pace, Queue

logger = logging.getLogger(__name__)

RECOVERY: Final = timedelta(minutes=10)  # after it was slow, a domain's rate doubles every minute; then it is as before
FIRST_SLOWING: Final = timedelta(minutes=15)
LONGEST_SLOWING: Final = timedelta(hours=4)
SAME_COMPLAINT: Final = timedelta(seconds=10)  # what a server says in them is about one and the same hurry
LEAST_RATE: Final = 0.05  # mails a second
BOOKABLE: Final = timedelta(hours=1)  # whose turn is later looks again in this time: limits may have changed
_MEASURED: Final = timedelta(seconds=30)

# Of a bucket `p` and its limit `l` (`rate` is null where only the domain's server asked for one), at %(at)s.
RATE: Final = f"""
    CASE WHEN p.slowed_until IS NULL OR p.slowed_until + interval '{RECOVERY.seconds} seconds' <= %(at)s THEN l.rate
         ELSE least(l.rate, p.slowed_rate * 2 ^ greatest(0, extract(epoch FROM %(at)s - p.slowed_until) / 60))
    END::float
"""
BURST: Final = f"greatest(1, {RATE})"
# A clock that is a little behind gives nothing twice. After one was set back, the bucket is as good as a new one.
_FROM_THE_FUTURE: Final = "p.filled_at > %(at)s + interval '1 minute'"
_FILLED_AT: Final = f"CASE WHEN {_FROM_THE_FUTURE} THEN %(at)s ELSE greatest(p.filled_at, %(at)s) END"
_PASSED: Final = "greatest(0, extract(epoch FROM %(at)s - p.filled_at))"
TOKENS: Final = f"(CASE WHEN {_FROM_THE_FUTURE} THEN {BURST} ELSE least({BURST}, p.tokens + {_PASSED} * {RATE}) END)"
# Bulk mail waits until half a burst is there: so claims are worth their while, and single mails need not wait for it.
IS_WORTH_IT: Final = f"{TOKENS} >= greatest(1, {BURST} / 2)"


# ── What is limited ──────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Limit:
    """`rate` is in mails a second; None where only the domain's server asked for less."""

    key: str
    rate: float | None


def of_road(route: str) -> str:
    return f"route:{route}"


def of_organization(organization: int) -> str:
    return f"organization:{organization}"


def of_domain(route: str, domain: str) -> str:
    return f"domain:{route}:{domain}"


def domain_of(address: str) -> str:
    """In the form of the DNS, as in NPS_DOMAIN_RATES, where there is one."""
    domain = address.rpartition("@")[2].strip().lower()
    try:
        return punycode(domain)
    except UnicodeError:
        return domain


# Most often there is nothing: one statement says so.
_ANY: Final = f"""
    SELECT (SELECT a.mails_a_second FROM surveys_mailaccount a WHERE a.id = %(account)s),
           EXISTS (SELECT 1 FROM surveys_organization WHERE mails_a_minute_limit IS NOT NULL),
           ARRAY(SELECT key FROM surveys_pace WHERE starts_with(key, %(domains)s)
                 AND slowed_until > %(at)s - interval '{RECOVERY.seconds} seconds')
"""
_ORGANIZATIONS: Final = f"""
    SELECT o.id, o.mails_a_minute_limit / 60.0 FROM surveys_organization o
    WHERE o.mails_a_minute_limit IS NOT NULL AND {quotas.IS_WORKING} AND {routes.OF_ORGANIZATION} = %(route)s
      AND EXISTS (SELECT 1 FROM surveys_campaign c
                  WHERE c.organization_id = o.id AND {quotas.IS_SENDING} AND {quotas.HAS_DUE})
"""


def limits(queue: str, route: str, *, at: datetime) -> list[Limit]:
    """What a claim has to keep to. Sees to it that each has its bucket, full at first; not for use in a transaction that
    holds others."""
    found = {of_domain(route, domain): rate for domain, rate in settings.DOMAIN_RATES.items()}
    params: dict[str, Any] = {"account": routes.account_of(route), "domains": of_domain(route, ""), "at": at}
    with connection.cursor() as cursor:
        cursor.execute(_ANY, params)
        agreed, are_organizations_limited, slowed = cursor.fetchone()
        rate = settings.MAILS_A_SECOND if route == routes.OPERATOR else agreed
        if rate is not None:
            found[of_road(route)] = rate
        if are_organizations_limited and queue == Queue.BULK:
            cursor.execute(_ORGANIZATIONS, {"route": route, "at": at, **routes.params()})
            found |= {of_organization(pk): float(limit) for pk, limit in cursor.fetchall()}
    _begin(found, at)
    return [Limit(key, found.get(key)) for key in sorted({*found, *slowed})]


def _begin(rates: Mapping[str, float], at: datetime) -> None:
    there = set(Pace.objects.filter(key__in=rates).values_list("key", flat=True)) if rates else set()
    missing = [key for key in sorted(rates) if key not in there]
    buckets = [Pace(key=key, tokens=max(1, rates[key]), filled_at=at) for key in missing]
    Pace.objects.bulk_create(buckets, ignore_conflicts=True)


# ── What a claim holds ───────────────────────────────────────────────────────────────────────────────────────────────
_HELD: Final = f"""
    SELECT p.key, {RATE}, {TOKENS}, p.booked_until
    FROM unnest(%(keys)s::text[], %(rates)s::float[]) AS l(key, rate) JOIN surveys_pace p ON p.key = l.key
    ORDER BY p.key FOR UPDATE OF p
"""
_TAKE: Final = f"""
    UPDATE surveys_pace p
    SET tokens = {TOKENS} - l.taken, filled_at = {_FILLED_AT}, booked_until = l.booked_until
    FROM unnest(%(keys)s::text[], %(rates)s::float[], %(taken)s::float[], %(booked)s::timestamptz[])
         AS l(key, rate, taken, booked_until)
    WHERE p.key = l.key
"""


@dataclass
class Bucket:
    limit: Limit
    rate: float
    tokens: float
    booked_until: datetime | None
    taken: int = 0

    @property
    def room(self) -> int:
        return max(0, int(self.tokens) - self.taken)

    def book(self, count: int, at: datetime) -> list[datetime]:
        """When so many who have to wait should come back: one by one behind those who wait already. Whose turn is later
        than BOOKABLE comes some time before that, and sees."""
        latest = at + BOOKABLE
        turn = min(max(at, self.booked_until or at), latest)
        moments = [turn + timedelta(seconds=number / self.rate) for number in range(1, count + 1)]
        booked = [moment for moment in moments if moment <= latest]
        self.booked_until = booked[-1] if booked else turn
        return booked + [latest - BOOKABLE * random.uniform(0, 0.5) for _ in moments[len(booked) :]]


@dataclass
class Room:
    """The buckets of one claim. Locked until its transaction ends, in the order of their keys; a road or an organization
    that another claim is at has no room, and a domain that another is at is waited for."""

    route: str = routes.OPERATOR
    limits: Sequence[Limit] = ()
    buckets: dict[str, Bucket] = field(default_factory=dict)

    @classmethod
    def locked(cls, route: str, limits: Sequence[Limit], *, at: datetime) -> Self:
        domains = [limit for limit in limits if limit.key.startswith("domain:")]
        others = [limit for limit in limits if limit not in domains]
        found = _held(domains, _HELD, at) | _held(others, f"{_HELD} SKIP LOCKED", at)
        return cls(route, limits, found)

    @property
    def of_road(self) -> int | None:
        """None is no limit."""
        return self._room(of_road(self.route))

    @property
    def of_organizations(self) -> dict[int, int]:
        """Of those with a limit; 0 also for those that another claim is at."""
        keys = [limit.key for limit in self.limits if limit.key.startswith("organization:")]
        return {int(key.removeprefix("organization:")): self._room(key) or 0 for key in keys}

    def of_domain(self, domain: str) -> Bucket | None:
        return self.buckets.get(of_domain(self.route, domain))

    @property
    def knows_domains(self) -> bool:
        return any(key.startswith("domain:") for key in self.buckets)

    def _room(self, key: str) -> int | None:
        if key in self.buckets:
            return self.buckets[key].room
        return 0 if any(limit.key == key for limit in self.limits) else None

    def take(self, messages: Iterable[tuple[int | None, str]]) -> None:
        """Organization and address of each message that goes."""
        if not self.buckets:
            return
        for organization, address in messages:
            keys = of_road(self.route), of_organization(organization or 0), of_domain(self.route, domain_of(address))
            for key in keys:
                if key in self.buckets:
                    self.buckets[key].taken += 1

    def store(self, *, at: datetime) -> None:
        found = list(self.buckets.values())
        params: dict[str, Any] = {
            "at": at,
            "keys": [bucket.limit.key for bucket in found],
            "rates": [bucket.limit.rate for bucket in found],
            "taken": [bucket.taken for bucket in found],
            "booked": [bucket.booked_until for bucket in found],
        }
        if found:
            with connection.cursor() as cursor:
                cursor.execute(_TAKE, params)


def _held(limits: Sequence[Limit], statement: str, at: datetime) -> dict[str, Bucket]:
    by_key = {limit.key: limit for limit in limits}
    if not by_key:
        return {}
    params: dict[str, Any] = {"keys": list(by_key), "rates": [limit.rate for limit in limits], "at": at}
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        found = [row for row in cursor.fetchall() if row[1] is not None]  # else it has recovered meanwhile
    return {key: Bucket(by_key[key], *rest) for key, *rest in found}


# ── A domain that asks for less ──────────────────────────────────────────────────────────────────────────────────────
_SENT: Final = f"""
    SELECT count(*), min(i.sent_at)
    FROM surveys_campaign c JOIN surveys_organization o ON o.id = c.organization_id
    JOIN surveys_invitation i ON i.organization_id = c.organization_id AND i.campaign_id = c.id
     AND i.sent_at > %(since)s AND i.sent_at <= %(at)s
    JOIN surveys_delivery d ON d.invitation_id = i.id AND d.kind = 'ask'
    WHERE c.status = 'live' AND {routes.OF_ORGANIZATION} = %(route)s
      AND lower(split_part(d.to_address, '@', 2)) = %(domain)s
"""


def slow_down(*, route: str, domain: str, said: str, at: datetime) -> None:
    """The domain's server wants less mail by this road: half of what it was sent lately, for 15 minutes. Where it says so
    again, half of that, for twice as long. What several messages were told within seconds counts once."""
    with transaction.atomic():
        new = Pace(key=of_domain(route, domain), tokens=0, filled_at=at)
        Pace.objects.bulk_create([new], ignore_conflicts=True)
        pace = Pace.objects.select_for_update().get(key=new.key)
        if pace.slowed_at and abs(at - pace.slowed_at) < SAME_COMPLAINT:
            return
        lasted = _lasted(pace, at)
        pace.slowed_rate = max(LEAST_RATE, _rate_until_now(pace, route, domain, at) / 2)
        pace.slowed_until = at + (min(lasted * 2, LONGEST_SLOWING) if lasted else FIRST_SLOWING)
        pace.slowed_at, pace.reason, pace.tokens, pace.filled_at = at, said[:300], min(0, pace.tokens), at
        pace.save(update_fields=["slowed_rate", "slowed_until", "slowed_at", "reason", "tokens", "filled_at"])
    logger.warning("%s wants less mail: %.2f a second until %s (%s)", domain, pace.slowed_rate, pace.slowed_until, said)


def _lasted(pace: Pace, at: datetime) -> timedelta | None:
    """How long it was to be slow, when that is not over for long."""
    if pace.slowed_at is None or pace.slowed_until is None or pace.slowed_until + RECOVERY < at:
        return None
    return pace.slowed_until - pace.slowed_at


def _rate_until_now(pace: Pace, route: str, domain: str, at: datetime) -> float:
    """Mails a second: what it was slowed to, or else what left lately, and never more than its limit."""
    known = [rate for rate in (settings.DOMAIN_RATES.get(domain), _slowed_rate(pace, at)) if rate is not None]
    return min([*known, _measured(route, domain, at)])


def _slowed_rate(pace: Pace, at: datetime) -> float | None:
    if pace.slowed_rate is None or _lasted(pace, at) is None or pace.slowed_until is None:
        return None
    minutes = max(0.0, (at - pace.slowed_until).total_seconds() / 60)
    return float(pace.slowed_rate * 2**minutes)


def _measured(route: str, domain: str, at: datetime) -> float:
    params = {"route": route, "domain": domain, "since": at - _MEASURED, "at": at, **routes.params()}
    with connection.cursor() as cursor:
        cursor.execute(_SENT, params)
        count, first = cursor.fetchone()
    seconds = (at - first).total_seconds() if first else 1.0
    return max(1.0, count / max(1.0, seconds))


@dataclass(frozen=True)
class Slowed:
    """A domain whose server asked for less mail by a road."""

    domain: str
    rate: float  # mails a second at the moment
    since: datetime
    until: datetime  # from then on the rate doubles every minute
    said: str


def slowed(route: str, *, at: datetime) -> list[Slowed]:
    """Those that are slow, or recover, now; by name."""
    prefix = of_domain(route, "")
    rows = Pace.objects.filter(key__startswith=prefix, slowed_until__gt=at - RECOVERY, slowed_at__isnull=False)
    return [
        Slowed(
            domain=pace.key.removeprefix(prefix),
            rate=_slowed_rate(pace, at) or 0.0,
            since=pace.slowed_at or at,
            until=pace.slowed_until or at,
            said=pace.reason,
        )
        for pace in rows.order_by("key")
    ]


def prune(*, at: datetime) -> int:
    """Buckets that nobody has looked at for a day: full again, or without a limit; returns how many."""
    unused = Pace.objects.filter(filled_at__lt=at - timedelta(days=1))
    return unused.exclude(slowed_until__gt=at - RECOVERY).delete()[0]

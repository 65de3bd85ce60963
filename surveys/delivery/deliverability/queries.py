"""Reads of what became of mails: by day, by whom they went to, and as it stands now."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import connection

from surveys.accounts.models import Organization
from surveys.core.periods import Period, local_day
from surveys.delivery import routes
from surveys.delivery.deliverability import rates
from surveys.delivery.deliverability.providers import PROVIDERS
from surveys.delivery.deliverability.rates import Level, Tally
from surveys.delivery.models import DeliveryEvent, MailAccount, MailDomainDay, MailHealth, Pace, RouteState, UnreadEvent

MOST_NAMES: Final = 20

_SUMS: Final = (
    "sum(m.sent), sum(m.delivered), sum(m.bounced), sum(m.soft_bounced), sum(m.complained), sum(m.unsubscribed)"
)
_BY_DAY: Final = f"""
    SELECT m.day, {_SUMS} FROM surveys_maildomainday m
    WHERE m.organization_id = %(organization)s AND m.day BETWEEN %(first)s AND %(last)s GROUP BY m.day
"""
_BY_NAME: Final = f"""
    SELECT coalesce(p.name, m.domain) AS name, bool_or(p.name IS NOT NULL), count(*) OVER (), {_SUMS}
    FROM surveys_maildomainday m
    LEFT JOIN unnest(%(domains)s::text[], %(names)s::text[]) AS p (domain, name) ON p.domain = m.domain
    WHERE m.organization_id = %(organization)s AND m.day BETWEEN %(first)s AND %(last)s
    GROUP BY 1 ORDER BY sum(m.sent) DESC, 1 LIMIT %(limit)s
"""


@dataclass(frozen=True)
class Named:
    """A provider with all its domains, or a domain."""

    name: str
    is_provider: bool
    tally: Tally


@dataclass(frozen=True)
class Names:
    """Those to whom most mails went, and how many more there are."""

    named: list[Named]
    others: int


def by_day(organization: Organization, period: Period) -> dict[date, Tally]:
    return {day: Tally(*map(int, counts)) for day, *counts in _fetched(_BY_DAY, organization, period)}


def by_name(organization: Organization, period: Period, limit: int = MOST_NAMES) -> Names:
    more = {"domains": list(PROVIDERS), "names": list(PROVIDERS.values()), "limit": limit}
    found = _fetched(_BY_NAME, organization, period, **more)
    named = [Named(name, is_provider, Tally(*map(int, counts))) for name, is_provider, _all, *counts in found]
    return Names(named, found[0][2] - len(named) if found else 0)


def _fetched(statement: str, organization: Organization, period: Period, **more: Any) -> Sequence[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"organization": organization.pk, "first": period.first, "last": period.last, **more})
        return cursor.fetchall()


def rows(organization: Organization, period: Period) -> Iterator[MailDomainDay]:
    """Every day and domain of the period, read as it is written out."""
    found = MailDomainDay.objects.filter(organization=organization, day__range=(period.first, period.last))
    return found.order_by("day", "domain").iterator(chunk_size=2000)


# ── As it stands ─────────────────────────────────────────────────────────────────────────────────────────────────────


def health(organization: Organization) -> MailHealth:
    """A row of nothing but the organization, when there was never anything to note."""
    return MailHealth.objects.filter(organization=organization).first() or MailHealth(organization=organization)


def judged(health: MailHealth, *, at: datetime) -> Tally:
    """What may stop mail: the last days, from the moment on in which somebody has looked into them."""
    today = local_day(at, ZoneInfo(health.organization.time_zone))
    first = today - timedelta(days=rates.DAYS - 1)
    since = health.counted_from
    period = Period(min(max(first, since or first), today), today)  # `since` may be tomorrow, where the clock was moved
    found = rates.total(by_day(health.organization, period).values())
    return found.after(_had(health)) if since == period.first else found


def _had(health: MailHealth) -> Tally:
    return Tally(sent=health.had_sent, bounced=health.had_bounced, complained=health.had_complained)


def last_told(organization: Organization) -> datetime | None:
    """When a provider last told anything about a mail of the organization."""
    told = DeliveryEvent.objects.filter(organization=organization)
    return told.order_by("-received_at").values_list("received_at", flat=True).first()


@dataclass(frozen=True)
class Standing:
    """Whether mail was stopped, and which rates of the last days are near a limit: what campaigns' pages say."""

    health: MailHealth
    recent: Tally

    @property
    def is_stopped(self) -> bool:
        return self.health.stopped_at is not None

    @property
    def complaints(self) -> Level:
        return rates.level(self.recent.complaints, rates.COMPLAINTS)

    @property
    def bounces(self) -> Level:
        return rates.level(self.recent.bounces, rates.BOUNCES)

    @property
    def is_near(self) -> bool:
        return not self.is_stopped and not {self.complaints, self.bounces}.isdisjoint({Level.WATCH, Level.HIGH})


def standing_of_campaigns(organization: Organization, *, at: datetime) -> Standing:
    found = health(organization)
    return Standing(found, judged(found, at=at))


# ── The road, and whom it leads to ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Road:
    """What keeps mail of an organization from leaving, or news of it from coming."""

    route: str
    account: MailAccount | None
    state: RouteState | None
    slowed: list[Pace]
    unread: int
    told_at: datetime | None

    @property
    def is_unreachable(self) -> bool:
        return self.state is not None


def road(organization: Organization, period: Period, *, at: datetime) -> Road:
    route = routes.of(organization.pk)
    account = routes.account_of(route)
    return Road(
        route=route,
        account=MailAccount.objects.filter(organization=organization, pk=account).first() if account else None,
        state=RouteState.objects.filter(route=route, unreachable_until__gt=at).first(),
        slowed=_slowed(organization, route, period, at),
        unread=UnreadEvent.objects.filter(route=route).count() if account else 0,
        told_at=last_told(organization),
    )


def _slowed(organization: Organization, route: str, period: Period, at: datetime) -> list[Pace]:
    """Of the domains that the organization itself mailed: those of its neighbours on a shared road are not its business."""
    beginning = f"domain:{route}:"
    slowed = Pace.objects.filter(slowed_until__gt=at, key__startswith=beginning).order_by("key")
    domains = {pace.key.removeprefix(beginning): pace for pace in slowed}
    mailed = MailDomainDay.objects.filter(
        organization=organization, day__range=(period.first, period.last), domain__in=domains
    )
    return [domains[domain] for domain in sorted(set(mailed.values_list("domain", flat=True)))]

"""What the page "Does it work?" counts. As many statements however many conversations and answers there are."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from surveys.accounts.models import Organization, User
from surveys.analytics import queries as analytics
from surveys.analytics.counting import counts
from surveys.analytics.counting.counts import fetched
from surveys.analytics.look import Look
from surveys.automation.effect import Became, Comparison, Group, Loop, Stake, Talk, became
from surveys.automation.models import Rule, RuleRun
from surveys.core.choices import Category
from surveys.core.conditions.days import begins
from surveys.inbox.hours import Hours
from surveys.inbox.models import CloseReason, Conversation, Team
from surveys.inbox.promises import Promises

_DAY: Final = timedelta(days=1)


def _ends(organization: Organization, look: Look) -> tuple[datetime, datetime]:
    """The period's first moment, and that of the day after it."""
    zone = ZoneInfo(organization.time_zone)
    return begins(look.period.first, zone), begins(look.period.last + _DAY, zone)


# ── Answering ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Talks:
    """The conversations that were opened in the period, without those about junk."""

    talks: list[Talk]
    junk: int
    people: dict[int, User] = field(default_factory=dict)
    teams: dict[int, str] = field(default_factory=dict)

    def colleague(self, pk: int | None) -> str:
        if pk is None:
            return _("Nobody's yet")
        return str(self.people[pk]) if pk in self.people else _("A former colleague")

    def team(self, pk: int | None) -> str:
        return self.teams.get(pk or 0, "–")


def talks(organization: Organization, look: Look) -> Talks:
    """Three statements."""
    since, until = _ends(organization, look)
    found = Conversation.objects.filter(organization=organization, opened_at__gte=since, opened_at__lt=until)
    if look.filters.campaign is not None:
        found = found.filter(campaign_id=look.filters.campaign)
    columns = ("opened_at", "first_reply_at", "first_due_at", "closed_at", "first_reply_by", "assignee", "team")
    rows = list(found.order_by("pk").values_list("close_reason", "status", *columns))
    kept = [_talk(*row[1:]) for row in rows if row[0] != CloseReason.JUNK]
    people = User.objects.in_bulk({talk.whose for talk in kept if talk.whose is not None})
    teams = Team.ever.filter(organization=organization).values_list("pk", "name")
    return Talks(kept, len(rows) - len(kept), people, dict(teams))


def _talk(
    status: str,
    opened: datetime,
    replied: datetime | None,
    due: datetime | None,
    closed: datetime | None,
    by: int | None,
    assignee: int | None,
    team: int | None,
) -> Talk:
    whose = by if replied else assignee
    return Talk(opened, replied, due, closed if status == "closed" else None, whose, team)


class BusinessClock:
    """Seconds of the organization's hours between two moments, not before `anchor`. Each day is added up once, however
    many conversations went on over it."""

    def __init__(self, hours: Hours, anchor: datetime) -> None:
        self.hours = hours
        self._until: dict[datetime, float] = {anchor: 0.0}

    def __call__(self, start: datetime, end: datetime) -> float:
        if end - start < 2 * _DAY:
            return self.hours.between(start, end).total_seconds()
        return self._since_anchor(end) - self._since_anchor(start)

    def _since_anchor(self, moment: datetime) -> float:
        day = begins(moment.astimezone(self.hours.zone).date(), self.hours.zone)
        if day not in self._until:
            before = max(each for each in self._until if each < day)
            self._until[day] = self._until[before] + self.hours.between(before, day).total_seconds()
        return self._until[day] + self.hours.between(day, moment).total_seconds()


def clock(organization: Organization, look: Look) -> BusinessClock:
    """One statement."""
    since, _until = _ends(organization, look)
    return BusinessClock(Promises.of(organization).hours, since)


# ── Closing the loop ─────────────────────────────────────────────────────────────────────────────────────────────────

_CATEGORY: Final = "CASE WHEN r.score >= 9 THEN 'promoter' WHEN r.score >= 7 THEN 'passive' ELSE 'detractor' END"


def loops(organization: Organization, look: Look) -> list[Loop]:
    """Of the counted responses of the period, by category; two statements."""
    everybody = analytics.split(organization, look.period, look.filters)
    where = counts.conditions(organization, look.period, look.filters)
    rows = fetched(
        f"""SELECT {_CATEGORY}, count(*), count(v.first_reply_at),
                   count(*) FILTER (WHERE v.status = 'closed' AND v.first_reply_at <= v.closed_at)
            FROM surveys_conversation v JOIN surveys_response r ON r.id = v.response_id
            WHERE v.organization_id = %s AND v.close_reason <> 'junk' AND {where} GROUP BY 1""",
        [organization.pk, *where.parameters],
    )
    found = {category: (opened, replied, closed) for category, opened, replied, closed in rows}
    order = (Category.DETRACTOR, Category.PASSIVE, Category.PROMOTER)
    return [Loop(category, everybody.count(category), *found.get(category.value, (0, 0, 0))) for category in order]


# ── Coming back ──────────────────────────────────────────────────────────────────────────────────────────────────────

# The next counted answer of somebody, to any campaign.
_NEXT: Final = """
    LEFT JOIN LATERAL (
        SELECT n.score, n.responded_at FROM surveys_response n
        WHERE n.organization_id = %s AND n.customer_id = {person} AND n.responded_at > {since} AND n.responded_at <= %s
          AND n.verdict = 'confirmed' AND n.excluded_at IS NULL
        ORDER BY n.responded_at, n.id LIMIT 1
    ) AS following ON true
"""
_DETRACTORS: Final = """
    WITH began AS MATERIALIZED (
        SELECT DISTINCT ON (r.customer_id) r.customer_id AS person, r.score, r.responded_at AS since
        FROM surveys_response r WHERE {where} AND r.customer_id IS NOT NULL AND r.score <= 6
        ORDER BY r.customer_id, r.responded_at, r.id
    ),
    became AS (
        SELECT b.person, b.score, following.score AS next, EXISTS (
            SELECT FROM surveys_conversation v JOIN surveys_message m ON m.conversation_id = v.id
            LEFT JOIN surveys_delivery d ON d.id = m.delivery_id
            WHERE v.organization_id = %s AND v.customer_id = b.person AND m.kind = 'reply' AND m.at >= b.since
              AND m.at <= coalesce(following.responded_at, %s)
              AND coalesce(d.state, 'sent') NOT IN ('cancelled', 'failed', 'expired')
        ) AS contacted
        FROM began b {next}
    )
"""


@dataclass(frozen=True)
class Return:
    """Detractors of the period, each once by their first such answer: those whom somebody wrote to before their next answer,
    and those whom nobody did."""

    comparison: Comparison
    stake: Stake


def returned(organization: Organization, look: Look, worth: str | None, *, at: datetime) -> Return:
    """One statement. `worth` is the key of a property with numbers: what people are worth now."""
    where = counts.conditions(organization, look.period, look.filters)
    began = _DETRACTORS.format(where=where, next=_NEXT.format(person="b.person", since="b.since"))
    # With + 0 PostgreSQL looks people up by their keys where it takes a young organization for an empty one.
    statement = f"""{began}
        SELECT contacted, score, next, count(*), count(*) FILTER (WHERE worth >= 0),
               coalesce(sum(worth) FILTER (WHERE worth >= 0), 0)
        FROM became JOIN surveys_customer c ON c.id = person AND c.organization_id = %s + 0
        CROSS JOIN LATERAL (
            SELECT CASE WHEN jsonb_typeof(c.properties -> %s) = 'number' THEN (c.properties ->> %s)::numeric END
        ) AS w(worth)
        GROUP BY 1, 2, 3
    """
    own = [organization.pk, at, organization.pk, at]
    rows = fetched(statement, [*where.parameters, *own, organization.pk, worth or "", worth or ""])
    groups = [Group.of((row[1], row[2], row[3]) for row in rows if row[0] is contacted) for contacted in (True, False)]
    return Return(Comparison(*groups), _stake(rows))


def _stake(rows: Iterable[tuple[Any, ...]]) -> Stake:
    worth: dict[tuple[bool, Became], Fraction] = {}
    people: dict[tuple[bool, Became], int] = {}
    unknown = 0
    for contacted, _score, following, count, valued, total in rows:
        pair = (contacted, became(following))
        worth[pair] = worth.get(pair, Fraction(0)) + Fraction(Decimal(total))
        people[pair] = people.get(pair, 0) + valued
        unknown += count - valued
    return Stake(worth, people, unknown)


# ── Held out ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class HeldOut:
    """A rule and the people it was about, each once: those it acted for against those it held out, as was assigned."""

    rule: Rule
    comparison: Comparison


# Of versions that held somebody out: before, everybody was treated, and that was another time.
_RUNS: Final = """
    WITH began AS MATERIALIZED (
        SELECT DISTINCT ON (u.rule_id, u.customer_id) u.rule_id, u.customer_id AS person, u.is_held_out, u.score, u.at
        FROM surveys_rulerun u {join}
        WHERE u.organization_id = %s AND u.customer_id IS NOT NULL AND u.outcome <> 'not_met' AND u.at >= %s AND u.at < %s
          AND (u.rule_id, u.version) IN (
              SELECT h.rule_id, h.version FROM surveys_rulerun h WHERE h.organization_id = %s AND h.is_held_out) {campaign}
        ORDER BY u.rule_id, u.customer_id, u.at, u.id
    )
    SELECT b.rule_id, b.is_held_out, b.score, following.score, count(*) FROM began b {next} GROUP BY 1, 2, 3, 4
"""


def held_out(organization: Organization, look: Look, *, at: datetime) -> list[HeldOut]:
    """Two statements."""
    campaign = look.filters.campaign
    statement = _RUNS.format(
        join="" if campaign is None else "JOIN surveys_response r ON r.id = u.response_id",
        campaign="" if campaign is None else "AND r.campaign_id = %s",
        next=_NEXT.format(person="b.person", since="b.at"),
    )
    scope = [organization.pk, *_ends(organization, look), organization.pk, *([] if campaign is None else [campaign])]
    rows = fetched(statement, [*scope, organization.pk, at])
    rules = Rule.objects.filter(organization=organization, pk__in={row[0] for row in rows}).order_by("position", "pk")
    return [HeldOut(rule, _compared([row for row in rows if row[0] == rule.pk])) for rule in rules]


def _compared(rows: list[tuple[Any, ...]]) -> Comparison:
    treated, held = (Group.of(row[2:] for row in rows if row[1] is arm) for arm in (False, True))
    return Comparison(treated, held)


def holds_out(organization: Organization) -> bool:
    """Whether any rule ever held somebody out."""
    return RuleRun.objects.filter(organization=organization, is_held_out=True).exists()

"""How soon conversations were answered, added up by the database: as many statements, and as little memory, for a million."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from surveys.accounts.models import Organization, User
from surveys.analytics.counting.counts import fetched
from surveys.analytics.look import Look
from surveys.automation.effect import Promptness
from surveys.core.conditions.days import begins
from surveys.core.proportions import Rate
from surveys.inbox.hours import Hours
from surveys.inbox.models import CloseReason, Conversation, Team
from surveys.inbox.promises import Promises

_DAY: Final = timedelta(days=1)

Groups = Mapping[int | None, Promptness]  # by colleague or team; None is nobody's yet


@dataclass(frozen=True)
class Answering:
    """Of the conversations that were opened in the period, without those about junk."""

    everybody: Promptness
    colleagues: Groups
    by_team: Groups
    junk: int
    is_around_the_clock: bool
    people: Mapping[int, User] = field(default_factory=dict)
    teams: Mapping[int, str] = field(default_factory=dict)

    def colleague(self, pk: int | None) -> str:
        if pk is None:
            return _("Nobody's yet")
        return str(self.people[pk]) if pk in self.people else _("A former colleague")

    def team(self, pk: int | None) -> str:
        return self.teams.get(pk or 0, "–")


def ends(organization: Organization, look: Look) -> tuple[datetime, datetime]:
    """The period's first moment, and that of the day after it."""
    zone = ZoneInfo(organization.time_zone)
    return begins(look.period.first, zone), begins(look.period.last + _DAY, zone)


def answering(organization: Organization, look: Look, *, at: datetime) -> Answering:
    """Five statements."""
    since, until = ends(organization, look)
    hours = Promises.of(organization).hours
    scope = {
        "organization": organization.pk,
        "campaign": look.filters.campaign,
        "since": since,
        "until": until,
        "at": at,
    }
    rows = fetched(_PROMPTNESS, scope | _business(hours, since, max(at, until)))
    found: dict[str, dict[int | None, Promptness]] = {"everybody": {}, "colleague": {}, "team": {}}
    for part, key, *figures in rows:
        found[part][key or None] = _promptness(*figures)
    mine = Conversation.objects.filter(organization=organization, opened_at__gte=since, opened_at__lt=until)
    mine = mine if look.filters.campaign is None else mine.filter(campaign_id=look.filters.campaign)
    return Answering(
        everybody=found["everybody"].get(None, Promptness()),
        colleagues=found["colleague"],
        by_team=found["team"],
        junk=mine.filter(close_reason=CloseReason.JUNK).count(),
        is_around_the_clock=hours.is_always,
        people=User.objects.in_bulk([key for key in found["colleague"] if key is not None]),
        teams=dict(Team.ever.filter(organization=organization).values_list("pk", "name")),
    )


def _promptness(
    conversations: int,
    replied: int,
    waiting: int,
    silently: int,
    kept: int,
    judged: int,
    median: float | None,
    ninetieth: float | None,
) -> Promptness:
    return Promptness(conversations, replied, waiting, silently, median, ninetieth, Rate(kept, judged))


def _business(hours: Hours, since: datetime, until: datetime) -> dict[str, list[float]]:
    """When it opens and closes from then on, and how many seconds it has been open before each, since the beginning."""
    spans = [(since, until)] if hours.is_always else list(hours.spans(since, until))
    return {
        "opens": [opens.timestamp() for opens, _closes in spans],
        "closes": [closes.timestamp() for _opens, closes in spans],
        "before": list(_running(spans)),
    }


def _running(spans: list[tuple[datetime, datetime]]) -> Iterator[float]:
    total = 0.0
    for opens, closes in spans:
        yield total
        total += (closes - opens).total_seconds()


# Seconds of business until a moment: those before the last opening, and since then.
_UNTIL: Final = """
    (SELECT CASE WHEN o.n = 0 THEN 0 ELSE h.before[o.n] + least(m.moment, h.closes[o.n]) - h.opens[o.n] END
     FROM (SELECT extract(epoch FROM {0})::float8 AS moment) m
     CROSS JOIN LATERAL (SELECT width_bucket(m.moment, h.opens) AS n) o)
"""
_TALKS: Final = f"""
    SELECT CASE WHEN c.first_reply_at IS NULL THEN c.assignee_id ELSE c.first_reply_by_id END AS colleague,
           c.team_id AS team, c.first_reply_at IS NOT NULL AS replied,
           c.first_reply_at IS NULL AND e.closed_at IS NULL AS waiting,
           CASE WHEN c.first_reply_at IS NOT NULL THEN c.first_reply_at <= c.first_due_at
                WHEN coalesce(e.closed_at, %(at)s) > c.first_due_at THEN FALSE END AS in_time,
           CASE WHEN c.first_reply_at IS NOT NULL OR e.closed_at IS NULL THEN
               {_UNTIL.format("coalesce(c.first_reply_at, %(at)s)")} - {_UNTIL.format("c.opened_at")} END AS seconds
    FROM surveys_conversation c CROSS JOIN hours h
    CROSS JOIN LATERAL (SELECT CASE WHEN c.status = 'closed' THEN c.closed_at END AS closed_at) e
    WHERE c.organization_id = %(organization)s AND c.opened_at >= %(since)s AND c.opened_at < %(until)s
      AND c.close_reason <> 'junk' AND (%(campaign)s::bigint IS NULL OR c.campaign_id = %(campaign)s)
"""
# What still waits has waited at least so long, and says so: to leave it out would make everything look quicker than it is.
# The median and the ninetieth are those of the product limit (E. L. Kaplan and P. Meier, "Nonparametric Estimation from
# Incomplete Observations", JASA 53:282, 1958); where nothing waits any more they are ordinary quantiles. What was closed
# without a reply has no seconds.
_PROMPTNESS: Final = f"""
    WITH hours AS MATERIALIZED (
        SELECT %(opens)s::float8[] AS opens, %(closes)s::float8[] AS closes, %(before)s::float8[] AS before),
    talks AS MATERIALIZED ({_TALKS}),
    parts AS (
        SELECT 'everybody' AS part, 0::bigint AS key, replied, waiting, in_time, seconds FROM talks
        UNION ALL SELECT 'colleague', coalesce(colleague, 0), replied, waiting, in_time, seconds FROM talks
        UNION ALL SELECT 'team', team, replied, waiting, in_time, seconds FROM talks WHERE team IS NOT NULL),
    counted AS (
        SELECT part, key, count(*) AS conversations, count(*) FILTER (WHERE replied) AS replied,
               count(*) FILTER (WHERE waiting) AS waiting, count(*) FILTER (WHERE NOT replied AND NOT waiting) AS silently,
               count(*) FILTER (WHERE in_time) AS kept, count(in_time) AS judged
        FROM parts GROUP BY 1, 2),
    moments AS (
        SELECT part, key, seconds, count(*) FILTER (WHERE replied) AS ended, count(*) AS here
        FROM parts WHERE seconds IS NOT NULL GROUP BY 1, 2, 3),
    there AS (
        SELECT part, key, seconds, ended, sum(here) OVER (PARTITION BY part, key ORDER BY seconds DESC) AS people
        FROM moments),
    curve AS (
        SELECT part, key, seconds, exp(sum(CASE WHEN ended = people THEN -99 ELSE ln(1 - (ended / people)::float8) END)
                   OVER (PARTITION BY part, key ORDER BY seconds)) AS staying
        FROM there WHERE ended > 0),
    quantiles AS (
        SELECT part, key, min(seconds) FILTER (WHERE staying <= 0.5 + 1e-9) AS median,
               min(seconds) FILTER (WHERE staying <= 0.1 + 1e-9) AS ninetieth
        FROM curve GROUP BY 1, 2)
    SELECT c.part, c.key, c.conversations, c.replied, c.waiting, c.silently, c.kept, c.judged, q.median, q.ninetieth
    FROM counted c LEFT JOIN quantiles q ON q.part = c.part AND q.key = c.key
"""

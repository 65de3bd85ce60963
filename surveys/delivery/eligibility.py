"""Who is asked, and why not: one rule in SQL, for planning, for the dry run before it, and for claiming after it.

The values are those of delivery.models.Reason; a suppression is its own reason. The order of the tests is the order in
which reasons win. docs/delivery.md says it in words.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final

from psycopg2 import sql
from psycopg2.sql import SQL, Composable

from surveys.accounts.models import Organization
from surveys.campaigns import queries as campaigns
from surveys.campaigns.models import ALL_DAYS, EVERYBODY, Campaign
from surveys.core.conditions import compiler
from surveys.core.conditions.catalogue import Catalogue
from surveys.customers.queries import segments
from surveys.delivery.models import Invitation

SOON: Final = timedelta(days=7)  # an ask of a higher priority that is due within these goes first
LATER: Final = timedelta(days=1)  # when who was outranked is looked at again

TRUE: Final = SQL("TRUE")
NOW: Final = SQL("%(at)s::timestamptz")
NO_MOMENT: Final = SQL("NULL::timestamptz")
NO_ID: Final = SQL("NULL::bigint")


# What one campaign's shares of people are made with; each its own, so that they do not go together.
OF_THE_CYCLE: Final = 0
_OF_THE_DAY: Final = 3
_OF_THE_SAMPLE: Final = 7
OF_THE_VARIANT: Final = 13


def hashed(seed: int) -> Composable:
    """A number of the customer `c` in a campaign, the same for ever, evenly spread over 0 … 2^63 - 1."""
    return SQL("(hashint8extended(c.id, %(campaign)s::bigint + {}) & 9223372036854775807)").format(sql.Literal(seed))


class UnknownAudience(ValueError):
    """The campaign's audience, or whom it excludes, asks about something that does not exist any more."""


@dataclass(frozen=True)
class Rule:
    """SQL about customers `c` of one organization, with its parameters."""

    sql: Composable
    params: dict[str, Any]


@dataclass(frozen=True)
class Occasions:
    """What people are asked about: SQL about `c` and whatever else `source`, a FROM clause, names.

    `only` says which of them. `wished` is when the mail would go out if every hour were one for sending; unset, it is
    now. Nobody is asked after `limit`. `row` is the key of what the occasion stands in already. `looked_at` is the
    moment that the throttle is judged at, where it is not now. `last_asked_at` and `account_asked_at` are when the person
    and their company (`a`) were asked, if not what stands with them.
    """

    source: Composable
    occasion: Composable
    event_id: Composable | None = None
    only: Composable | None = None
    wished: Composable | None = None
    limit: Composable | None = None
    row: Composable | None = None
    looked_at: Composable | None = None
    last_asked_at: Composable | None = None
    account_asked_at: Composable | None = None
    params: dict[str, Any] = field(default_factory=dict)


def gap(organization: Organization, campaign: Campaign) -> timedelta:
    """How long a person is left alone between two asks: the organization's rule, or the campaign's stricter one."""
    return timedelta(days=max(organization.throttle_days, campaign.throttle_days or 0))


def has_company_rule(organization: Organization) -> bool:
    return bool(organization.account_property and organization.account_gap_days)


def outranking(campaign: Campaign, *, at: datetime) -> list[int]:
    """Live campaigns that go first."""
    higher = Campaign.objects.live().filter(organization_id=campaign.organization_id, priority__gt=campaign.priority)
    return list(higher.exclude(ends_at__lte=at).order_by("-priority", "pk").values_list("pk", flat=True))


def room(campaign: Campaign) -> int | None:
    """How many more invitations its total cap allows; None without one."""
    if campaign.total_cap is None:
        return None
    made = Invitation.objects.mailed().filter(organization_id=campaign.organization_id, campaign=campaign)
    return max(0, campaign.total_cap - made[: campaign.total_cap].count())


def audience(organization: Organization, campaign: Campaign, *, at: datetime) -> Rule:
    """Those whom the campaign is for. Raises UnknownAudience."""
    judge = Judge(organization, campaign, at=at)
    return Rule(SQL("c.organization_id = %(organization)s AND {}").format(judge.audience), judge.params)


# ── The statement ────────────────────────────────────────────────────────────────────────────────────────────────────
# OFFSET 0 keeps PostgreSQL from computing a step again wherever a later one names it.
_LOOKED = SQL("""
    SELECT c.id, {row} AS row, {occasion} AS occasion, {event_id} AS event_id, {due} AS due_at, {limit} AS limit_at,
           {looked_at} AS looked_at, {last_asked_at} AS last_asked_at, {account_asked_at} AS account_asked_at,
           {rests_until} AS rests_until, CASE {early} END AS early
    FROM {source} {account}
    WHERE {of_organization} AND {only} AND {where}
""")
_ALL = SQL("c.organization_id = %(organization)s")
# Those who are named one by one: the sum keeps PostgreSQL from walking the whole organization, which it thinks small
# while the statistics of a young table say so.
_NAMED = SQL("c.organization_id + 0 = %(organization)s")
_ALONE = SQL("""
    SELECT l.*, CASE WHEN l.early IS NOT NULL THEN l.early
                     WHEN l.last_asked_at > l.looked_at - %(gap)s THEN 'throttled'
                     {company} END AS own
    FROM ({looked}) l OFFSET 0
""")
_COMPARED = SQL("""
    SELECT s.*, CASE WHEN s.own IS NULL THEN {outranker} END AS outranker FROM ({alone}) s OFFSET 0
""")
_JUDGED = SQL("""
    SELECT m.*, CASE WHEN m.own IS NOT NULL THEN m.own WHEN m.outranker IS NOT NULL THEN 'outranked'
                     ELSE 'invited' END AS first
    FROM ({compared}) m OFFSET 0
""")
_FREED = SQL("""
    SELECT j.*, CASE j.first WHEN 'resting' THEN j.rests_until
                             WHEN 'throttled' THEN j.last_asked_at + %(gap)s
                             WHEN 'company' THEN j.account_asked_at + %(account_gap)s
                             WHEN 'outranked' THEN j.looked_at + %(later)s END AS free_at
    FROM ({judged}) j
""")
_REASONED = SQL("""
    SELECT f.*, CASE WHEN f.free_at > f.limit_at THEN 'too_late' {over_cap} ELSE f.first END AS reason FROM ({freed}) f
""")
_DECIDED = SQL("""
    SELECT r.id, r.row, r.occasion, r.event_id, r.due_at, r.reason,
           CASE WHEN r.reason IN ('resting', 'throttled', 'company', 'outranked') THEN r.free_at END AS until,
           CASE r.reason WHEN 'throttled' THEN {asker} WHEN 'outranked' THEN r.outranker END AS blocker
    FROM ({reasoned}) r
""")
# The one that fills the cap is invited, whoever comes after it is over it.
_OVER_CAP = SQL("""
    WHEN f.first IN ('throttled', 'company', 'outranked', 'invited') AND %(room)s <= count(*)
         FILTER (WHERE f.first = 'invited' AND (f.free_at > f.limit_at) IS NOT TRUE)
         OVER (ORDER BY f.id, f.occasion ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) THEN 'over_cap'
""")
_ASKER = SQL("""
    (SELECT i.campaign_id FROM surveys_invitation i
     WHERE i.organization_id = %(organization)s AND i.customer_id = r.id AND i.claimed_at = r.last_asked_at LIMIT 1)
""")
_OUTRANKER = SQL("""
    (SELECT i.campaign_id FROM surveys_invitation i
     WHERE i.organization_id = %(organization)s AND i.customer_id = s.id AND i.campaign_id + 0 = ANY(%(higher)s)
       AND i.channel = 'email' AND i.claimed_at IS NULL AND i.sent_at IS NULL AND i.due_at <= %(soon)s
       AND EXISTS (SELECT 1 FROM surveys_delivery d WHERE d.invitation_id = i.id AND d.kind = 'ask' AND d.state = 'due')
     UNION ALL
     SELECT p.campaign_id FROM surveys_plandecision p
     WHERE p.organization_id = %(organization)s AND p.customer_id = s.id AND p.campaign_id + 0 = ANY(%(higher)s)
       AND p.reason IN ('waiting', 'resting', 'throttled') AND p.until <= %(soon)s
     LIMIT 1)
""")
# The same about many people: those whom a campaign has are gathered once. An array counts as few rows, whatever is known
# of tables that were filled a moment ago: PostgreSQL always hashes it, and looks each person up there.
_HAS = SQL("""
    s.id IN (SELECT unnest(ARRAY(
        SELECT i.customer_id FROM surveys_delivery d JOIN surveys_invitation i ON i.id = d.invitation_id
        WHERE d.campaign_id = {campaign} AND d.state = 'due' AND d.kind = 'ask' AND i.channel = 'email'
          AND i.claimed_at IS NULL AND i.sent_at IS NULL AND i.due_at <= %(soon)s AND i.customer_id IS NOT NULL
        UNION ALL
        SELECT p.customer_id FROM surveys_plandecision p
        WHERE p.campaign_id = {campaign} AND p.reason IN ('waiting', 'resting', 'throttled') AND p.until <= %(soon)s)))
""")
_ALWAYS = (
    SQL("WHEN c.suppression <> '' THEN c.suppression"),
    SQL("WHEN c.email IS NULL OR c.email = '' THEN 'no_address'"),
)
# What the person chose on the preference page: a pause, or more days between two asks than our own rules.
_RESTS_UNTIL = SQL("""
    greatest(c.resting_until, CASE WHEN c.rest_days > 0 THEN {last_asked_at} + c.rest_days * interval '1 day' END)
""")
_COMPANY = SQL("WHEN l.account_asked_at > l.looked_at - %(account_gap)s THEN 'company'")
_ACCOUNT = SQL("""
    LEFT JOIN surveys_accountask a
      ON a.organization_id = %(organization)s AND a.value = left(c.properties ->> %(account_property)s, 255)
""")


class Judge:
    """The rule of one campaign at one moment. What it gives is SQL with named placeholders, for `params`."""

    def __init__(
        self, organization: Organization, campaign: Campaign, *, at: datetime, higher: list[int] | None = None
    ) -> None:
        """`higher`: the live campaigns that go first, where they are known already."""
        self._organization = organization
        self._campaign = campaign
        self._at = at
        self._higher = outranking(campaign, at=at) if higher is None else higher
        self.params: dict[str, Any] = self._moment()

    def _moment(self) -> dict[str, Any]:
        campaign, organization, at = self._campaign, self._organization, self._at
        return {
            "organization": organization.pk,
            "campaign": campaign.pk,
            "at": at,
            "gap": gap(organization, campaign),
            "account_property": organization.account_property,
            "account_gap": timedelta(days=organization.account_gap_days),
            "higher": self._higher,
            "soon": at + SOON,
            "later": LATER,
            "sample_share": campaign.sample_share,
            "zone": organization.time_zone,
            "send_from": campaign.send_from,
            "send_until": campaign.send_until,
            "send_days": campaign.send_days,
            "delay": timedelta(minutes=campaign.delay_minutes),
            "late": timedelta(days=campaign.late_days),
        }

    # ── Conditions ───────────────────────────────────────────────────────────────────────────────────────────────────
    @cached_property
    def known(self) -> Catalogue:
        return campaigns.customer_catalogue(self._organization)

    @cached_property
    def audience(self) -> Composable:
        """Raises UnknownAudience."""
        return self._conditions(self._campaign.audience, "cond")

    @cached_property
    def _exclusions(self) -> Composable | None:
        return self._conditions(self._campaign.exclusions, "excl") if self._campaign.exclusions else None

    def _conditions(self, stored: dict[str, Any], prefix: str) -> Composable:
        found = segments.who(stored, self.known)
        if found.tree is None:
            raise UnknownAudience(" ".join(found.problems))
        where = compiler.compile_where(found.tree, self.known, "c", self._at, prefix=prefix)
        self.params |= where.params
        return SQL("({})").format(where.sql)

    # ── Times ────────────────────────────────────────────────────────────────────────────────────────────────────────
    @property
    def zone(self) -> Composable:
        """In which the customer `c` lives."""
        return SQL("surveys_zone(c.time_zone, %(zone)s)")

    def spread(self, day: Composable) -> Composable:
        """Everybody has their own moment in the sending hours of a day."""
        share = SQL("({} %% 86400 / 86400.0)::float8").format(hashed(_OF_THE_DAY))
        return SQL(
            "surveys_spread_at({}, {}, {}, %(send_from)s::time, %(send_until)s::time, %(send_days)s::integer)"
        ).format(day, share, self.zone)

    def _allowed(self, moment: Composable) -> Composable:
        if self._campaign.send_from is None and self._campaign.send_days == ALL_DAYS:
            return moment
        return SQL(
            "surveys_allowed_at({}, {}, %(send_from)s::time, %(send_until)s::time, %(send_days)s::integer)"
        ).format(moment, self.zone)

    def _due(self, wished: Composable | None) -> Composable:
        return self._allowed(SQL("greatest({}, {})").format(wished, NOW) if wished else NOW)

    # ── Steps ────────────────────────────────────────────────────────────────────────────────────────────────────────
    def decided(self, asked: Occasions, where: Composable, *, are_few: bool = False) -> Composable:
        """Columns id, row, occasion, event_id, due_at, reason, until, blocker of those people, of whom there may be
        few, or everybody. Raises UnknownAudience."""
        return self._steps(asked, where, self._of_planning(), are_few=are_few, is_capped=self._is_capped())

    def decided_again(self, asked: Occasions, where: Composable, *, are_few: bool = False) -> Composable:
        """The same of people who were deferred; those who do not belong to the audience now have left it."""
        left = SQL("WHEN {} IS NOT TRUE THEN 'left'").format(self.audience)
        tests = [left, *self._of_planning()]
        return self._steps(asked, where, tests, are_few=are_few, is_capped=self._is_capped())

    def judged_now(self, asked: Occasions) -> Composable:
        """The same at the moment of sending: what is planning's (the audience, the sample, the cap) is not asked again."""
        return self._steps(asked, TRUE, [], are_few=True, is_capped=False, of_organization=_NAMED)

    def _is_capped(self) -> bool:
        self.params["room"] = room(self._campaign)
        return self.params["room"] is not None

    def _of_planning(self) -> list[Composable]:
        tests: list[Composable] = []
        if self._exclusions:
            tests.append(SQL("WHEN {} THEN 'excluded'").format(self._exclusions))
        if self._campaign.sample_share < EVERYBODY:
            test = SQL("WHEN {} %% 10000 >= %(sample_share)s THEN 'not_sampled'").format(hashed(_OF_THE_SAMPLE))
            tests.append(test)
        return tests

    def _steps(
        self,
        asked: Occasions,
        where: Composable,
        tests: list[Composable],
        *,
        are_few: bool,
        is_capped: bool,
        of_organization: Composable = _ALL,
    ) -> Composable:
        due, account = self._due(asked.wished), self._has_company_rule
        looked_at, last_asked_at = asked.looked_at or NOW, asked.last_asked_at or SQL("c.last_asked_at")
        rests_until = _RESTS_UNTIL.format(last_asked_at=last_asked_at)
        tests = [SQL("WHEN {} > {} THEN 'resting'").format(rests_until, looked_at), *tests]
        if asked.limit:
            tests = [*tests, SQL("WHEN {} > {} THEN 'too_late'").format(due, asked.limit)]
        self.params |= asked.params
        looked = _LOOKED.format(
            row=asked.row or NO_ID,
            occasion=asked.occasion,
            event_id=asked.event_id or NO_ID,
            due=due,
            limit=asked.limit or NO_MOMENT,
            last_asked_at=last_asked_at,
            rests_until=rests_until,
            account_asked_at=(asked.account_asked_at or SQL("a.last_asked_at")) if account else NO_MOMENT,
            early=SQL(" ").join([*_ALWAYS, *tests]),
            looked_at=looked_at,
            source=asked.source,
            of_organization=of_organization,
            only=asked.only or TRUE,
            account=_ACCOUNT if account else SQL(""),
            where=where,
        )
        alone = _ALONE.format(looked=looked, company=_COMPANY if account else SQL(""))
        compared = _COMPARED.format(alone=alone, outranker=self._outranker(are_few))
        freed = _FREED.format(judged=_JUDGED.format(compared=compared))
        reasoned = _REASONED.format(freed=freed, over_cap=_OVER_CAP if is_capped else SQL(""))
        return _DECIDED.format(reasoned=reasoned, asker=_ASKER)

    @property
    def _has_company_rule(self) -> bool:
        return has_company_rule(self._organization)

    def _outranker(self, are_few: bool) -> Composable:
        """The campaign that asks the person `s` first."""
        if not self._higher:
            return NO_ID
        if are_few:
            return _OUTRANKER
        tests = [
            SQL("WHEN {} THEN {}::bigint").format(_HAS.format(campaign=sql.Literal(pk)), sql.Literal(pk))
            for pk in self._higher
        ]
        return SQL("CASE {} END").format(SQL(" ").join(tests))

"""What a rule would have done with the past: counted by its conditions in SQL, and nothing is done."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection
from psycopg2 import sql

from surveys.automation import acts, holdout
from surveys.automation.caps import Allowance
from surveys.automation.looking import Looker
from surveys.automation.models import Rule, Trigger
from surveys.automation.subjects import BEFORE, COMPARES, root
from surveys.core.conditions import compiler
from surveys.core.conditions.catalogue import Catalogue, Computed, Root
from surveys.core.conditions.compiler import Where
from surveys.responses.condition_fields import SCORE_BEFORE

SAMPLE: Final = 10


@dataclass(frozen=True)
class Met:
    """One of those whom the rule would have met: the newest are shown."""

    response: int | None
    customer: int | None
    invitation: int | None
    conversation: int | None
    score: int | None
    at: str
    is_held_out: bool


@dataclass(frozen=True)
class Missed:
    """One of those who set it off, and for whom its conditions did not hold: `why` are the parts that did not."""

    response: int | None
    customer: int | None
    score: int | None
    at: str
    why: list[dict[str, Any]]


@dataclass(frozen=True)
class Trial:
    """`looked_at`: what set it off; `met`: where its conditions held; `held_out` of these. `acts`: how often each act of
    the rule would have been done, in their order. Of its mails `over_cap` and `unmailable` would not have been written.
    The cap counts this rule alone: other rules take of it, too."""

    looked_at: int
    met: int
    people: int
    held_out: int
    over_cap: int = 0
    unmailable: int = 0
    acts: list[dict[str, Any]] = field(default_factory=list)
    sample: list[Met] = field(default_factory=list)
    missed: list[Missed] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def trial(rule: Rule, since: datetime, at: datetime) -> Trial:
    """Of a rule as it stands in memory, saved or not. Raises BadCondition."""
    looker = Looker(rule.organization)
    where = compiler.compile_where(looker.tree(rule), _catalogue(looker, rule), _ABOUT[root(rule.trigger)], at)
    allowance = Allowance.of(rule.organization)
    scope = _scope(rule, since, at)
    counts = _counts(rule, where, scope)
    mails = sum(act["kind"] == "email" for act in rule.actions)
    over = _over_cap(rule, where, scope, allowance, mails) if mails else 0
    acting = counts["met"] - counts["held_out"]
    return Trial(
        looked_at=counts["looked_at"],
        met=counts["met"],
        people=counts["people"],
        held_out=counts["held_out"],
        over_cap=over,
        unmailable=counts["unmailable"] * mails,
        acts=[{"position": n, "kind": act["kind"], "times": acting} for n, act in enumerate(rule.actions)],
        sample=_sample(rule, where, scope),
        missed=_missed(rule, where, scope, looker) if counts["looked_at"] > counts["met"] else [],
    )


def met_among(rule: Rule, about: Sequence[int], since: datetime, at: datetime) -> set[int]:
    """Which of these responses (customers, of rules about silence) the rule would have met. Raises BadCondition."""
    looker = Looker(rule.organization)
    of = root(rule.trigger)
    where = compiler.compile_where(looker.tree(rule), _catalogue(looker, rule), _ABOUT[of], at)
    statement = _AMONG.format(key="customer" if of is Root.CUSTOMER else "response", found="{found}")
    return {row[0] for row in _run(statement, rule, where, {**_scope(rule, since, at), "among": list(about)})}


def _catalogue(looker: Looker, rule: Rule) -> Catalogue:
    """Where the rule compares, "the answer before" is what it compares with."""
    known = looker.catalogue(root(rule.trigger))
    if rule.trigger not in COMPARES:
        return known
    compared = Computed("v.before", ())
    return replace(
        known, fields=tuple(replace(each, source=compared) if each.key in BEFORE else each for each in known.fields)
    )


_ABOUT: Final = {Root.RESPONSE: "r", Root.CUSTOMER: "p"}

# ── What set a rule off ──────────────────────────────────────────────────────────────────────────────────────────────
_COUNTED: Final = "r.verdict = 'confirmed' AND r.excluded_at IS NULL"
_OF_PERIOD: Final = "r.organization_id = %(organization)s AND r.responded_at >= %(since)s AND r.responded_at < %(at)s"
_RESPONSES: Final = """
    SELECT r.id AS response, r.customer_id AS customer, r.invitation_id AS invitation, NULL::bigint AS conversation,
           r.score AS score, NULL::int AS before, r.responded_at AS at, {{met}} AS met
    FROM surveys_response r WHERE r.channel <> 'import' AND {when}
"""
# Rules that compare: each change of a score in the period, and for those about categories the answer itself against the
# one before. A response once: by the first of them for which the conditions hold.
_COMPARED: Final = """
    SELECT DISTINCT ON (m.response) m.* FROM (
        SELECT r.id AS response, r.customer_id AS customer, r.invitation_id AS invitation, NULL::bigint AS conversation,
               r.score AS score, v.before::int AS before, v.at AS at, {{met}} AS met
        FROM surveys_response r JOIN LATERAL (
            SELECT s.before, s.at FROM ({steps}) s
            WHERE s.at >= %(since)s AND s.at < %(at)s AND s.before <> s.after AND {moved}
        ) v ON TRUE
        WHERE r.organization_id = %(organization)s AND r.channel <> 'import' AND {counted} AND r.id IN ({among})
    ) m ORDER BY m.response, m.met DESC, m.at
"""
_RANK: Final = "CASE WHEN {0} >= 9 THEN 2 WHEN {0} >= 7 THEN 1 ELSE 0 END"
_BEFORE: Final = SCORE_BEFORE.expression.format(*(f"r.{name}" for name in SCORE_BEFORE.columns))
_CHANGES: Final = """
    SELECT w.score AS before, lead(w.score, 1, r.score) OVER (ORDER BY w.id) AS after, w.at
    FROM surveys_responserevision w WHERE w.response_id = r.id
"""
_FIRST: Final = f"""
    SELECT ({_BEFORE}), coalesce((SELECT w.score FROM surveys_responserevision w WHERE w.response_id = r.id
                                  ORDER BY w.id LIMIT 1), r.score), r.responded_at
"""
_CHANGED: Final = """
    SELECT w.response_id FROM surveys_responserevision w
    WHERE w.organization_id = %(organization)s AND w.at >= %(since)s AND w.at < %(at)s
"""
_ANSWERED: Final = f"SELECT r.id FROM surveys_response r WHERE {_OF_PERIOD}"
_SILENT: Final = """
    SELECT NULL::bigint AS response, p.id AS customer, i.id AS invitation, NULL::bigint AS conversation,
           NULL::int AS score, NULL::int AS before, i.sent_at + d.delay AS at, {met} AS met
    FROM surveys_campaign c
    CROSS JOIN LATERAL (SELECT CASE WHEN %(days)s::int IS NULL THEN c.answer_window_days
                               ELSE c.reminders * c.reminder_days + %(days)s::int END * interval '1 day' AS delay) d
    JOIN surveys_invitation i ON i.organization_id = %(organization)s AND i.campaign_id = c.id
                             AND i.sent_at >= %(since)s - d.delay AND i.sent_at < %(at)s - d.delay
    JOIN surveys_customer p ON p.id = i.customer_id AND p.organization_id = i.organization_id + 0
    WHERE c.organization_id = %(organization)s AND i.channel = 'email' AND i.bounced_at IS NULL
      AND i.unsubscribed_at IS NULL AND (i.answered_at IS NULL OR i.answered_at >= i.sent_at + d.delay)
"""
_OVERDUE: Final = """
    SELECT r.id AS response, k.customer_id AS customer, r.invitation_id AS invitation, k.id AS conversation,
           k.score AS score, NULL::int AS before, coalesce(k.overdue_at, k.first_due_at) AS at, {met} AS met
    FROM surveys_conversation k
    LEFT JOIN surveys_response r ON r.id = k.response_id AND r.organization_id = k.organization_id + 0
    WHERE k.organization_id = %(organization)s
      AND (k.overdue_at >= %(since)s OR k.overdue_at IS NULL AND k.first_due_at >= %(since)s
           AND k.first_due_at < least(coalesce(k.first_reply_at, k.closed_at, %(at)s), %(at)s))
"""


def _responses(when: str) -> str:
    return _RESPONSES.format(when=when)


def _moved(sign: str) -> str:
    """To another category."""
    moved = f"{_RANK.format('s.after')} {sign} {_RANK.format('s.before')}"
    steps, among = f"{_CHANGES} UNION ALL {_FIRST}", f"{_ANSWERED} UNION ALL {_CHANGED}"
    return _COMPARED.format(steps=steps, moved=moved, counted=_COUNTED, among=among)


_FROM: Final[dict[str, str]] = {
    Trigger.CONFIRMED: _responses(f"{_COUNTED} AND {_OF_PERIOD}"),
    Trigger.COMMENTED: _responses(f"{_COUNTED} AND {_OF_PERIOD} AND r.comment <> ''"),
    Trigger.AMENDED: _COMPARED.format(steps=_CHANGES, moved="TRUE", counted=_COUNTED, among=_CHANGED),
    Trigger.FELL: _moved("<"),
    Trigger.ROSE: _moved(">"),
    Trigger.SILENT: _SILENT,
    Trigger.OVERDUE: _OVERDUE,
}


def _scope(rule: Rule, since: datetime, at: datetime) -> dict[str, Any]:
    return {
        "organization": rule.organization_id,
        "since": since,
        "at": at,
        "days": rule.silent_days,
        "rule": rule.pk or 0,
        "percent": rule.holdout_percent,
    }


# ── Counting ─────────────────────────────────────────────────────────────────────────────────────────────────────────
_HELD_OUT: Final = f"{holdout.PLACE.format(who='coalesce(f.customer, f.response, 0)')} * 100 < %(percent)s * 10000"
_COUNTS: Final = f"""
    WITH found AS MATERIALIZED ({{found}})
    SELECT count(*), count(*) FILTER (WHERE f.met), count(DISTINCT f.customer) FILTER (WHERE f.met),
           count(*) FILTER (WHERE f.met AND {_HELD_OUT}),
           count(*) FILTER (WHERE f.met AND NOT ({_HELD_OUT})
               AND (c.id IS NULL OR c.suppression <> '' OR coalesce(c.email, '') = '' OR c.rest_days > 0
                    OR c.resting_until > %(at)s))
    FROM found f LEFT JOIN surveys_customer c ON c.id = f.customer AND c.organization_id = %(organization)s + 0
"""
_SAMPLE: Final = f"""
    SELECT f.response, f.customer, f.invitation, f.conversation, f.score, f.at, {_HELD_OUT}
    FROM ({{found}}) f WHERE f.met ORDER BY f.at DESC, f.response DESC, f.customer DESC LIMIT {SAMPLE}
"""
_AMONG: Final = "SELECT DISTINCT f.{key} FROM ({found}) f WHERE f.met AND f.{key} = ANY(%(among)s)"
_MISSED: Final = f"""
    SELECT f.response, f.customer, f.score, f.before, f.at FROM ({{found}}) f WHERE NOT f.met
    ORDER BY f.at DESC, f.response DESC, f.customer DESC LIMIT {SAMPLE}
"""
# Of those who would have had more mails than the cap allows at all: when each of them was met.
_OFTEN: Final = f"""
    SELECT m.customer, m.at FROM (
        SELECT f.customer, f.at, count(*) OVER (PARTITION BY f.customer) AS times FROM ({{found}}) f
        JOIN surveys_customer c ON c.id = f.customer AND c.organization_id = %(organization)s + 0
        WHERE f.met AND NOT ({_HELD_OUT}) AND c.suppression = '' AND coalesce(c.email, '') <> '' AND c.rest_days = 0
    ) m WHERE m.times * %(mails)s > %(most)s ORDER BY m.customer, m.at
"""


def _counts(rule: Rule, where: Where, scope: Mapping[str, Any]) -> dict[str, int]:
    names = ("looked_at", "met", "people", "held_out", "unmailable")
    (row,) = _run(_COUNTS, rule, where, scope)
    return dict(zip(names, row, strict=True))


def _sample(rule: Rule, where: Where, scope: Mapping[str, Any]) -> list[Met]:
    found = _run(_SAMPLE, rule, where, scope)
    return [_met(*row) for row in found]


def _met(
    response: int | None,
    customer: int | None,
    invitation: int | None,
    conversation: int | None,
    score: int | None,
    at: datetime,
    is_held_out: bool,
) -> Met:
    return Met(response, customer, invitation, conversation, score, at.isoformat(), is_held_out)


def _missed(rule: Rule, where: Where, scope: Mapping[str, Any], looker: Looker) -> list[Missed]:
    """The newest, and what kept them out: looked at as they are now."""
    rows = _run(_MISSED, rule, where, scope)
    is_of_people = root(rule.trigger) is Root.CUSTOMER
    keys = [customer if is_of_people else response for response, customer, _score, _before, _at in rows]
    compared = {key: row[3] for key, row in zip(keys, rows, strict=True) if key is not None}
    why = looker.against(rule, compared, scope["at"])
    return [
        Missed(response, customer, score, at.isoformat(), why.get(key, []) if key is not None else [])
        for key, (response, customer, score, _before, at) in zip(keys, rows, strict=True)
    ]


def _over_cap(rule: Rule, where: Where, scope: Mapping[str, Any], allowance: Allowance, mails: int) -> int:
    """The mails that the cap would have kept back, one customer after the other, in the order of time."""
    often = _run(_OFTEN, rule, where, {**scope, "mails": mails, "most": allowance.most})
    sent: dict[int, list[datetime]] = {}
    over: Counter[int] = Counter()
    for customer, moment in often:
        for later in _mails(rule, moment):
            recent = [each for each in sent.get(customer, ()) if each > allowance.since(later)]
            if len(recent) >= allowance.most:
                over[customer] += 1
                continue
            sent[customer] = [*recent, later]
    return over.total()


def _mails(rule: Rule, moment: datetime) -> list[datetime]:
    return [moment + timedelta(minutes=step.minutes) for step in acts.steps(rule.actions) if step.kind == "email"]


def _run(statement: str, rule: Rule, where: Where, scope: Mapping[str, Any]) -> list[Any]:
    """The names of the condition's parameters begin with its own prefix, so they meet none of ours."""
    met = sql.SQL("coalesce(({}), FALSE)").format(where.sql)
    with connection.cursor() as cursor:
        found = sql.SQL(_FROM[rule.trigger]).format(met=met)
        cursor.execute(sql.SQL(statement).format(found=found), {**scope, **where.params})
        return cursor.fetchall()

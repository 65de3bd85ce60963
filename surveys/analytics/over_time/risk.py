"""Who is listed as likely to leave: by a rule that is written on the page, and for each person why.

It is a rule and no prediction. `reasons` says of one customer which parts of it apply, for their record.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.accounts.models import Organization
from surveys.analytics.models import RiskRule
from surveys.analytics.over_time import risk_parts, risk_sql
from surveys.analytics.over_time.answered import MOST_COUNTED, PAGE
from surveys.analytics.over_time.risk_parts import USUAL, Kind, Part, Rule
from surveys.analytics.over_time.risk_sql import Asked
from surveys.core.conditions.catalogue import Catalogue
from surveys.core.filters import NO_FILTERS, Filters
from surveys.core.periods import local_day
from surveys.customers.models import Customer, CustomerQuerySet
from surveys.customers.queries import paging
from surveys.customers.queries.segments import customer_catalogue
from surveys.responses.models import Response

ORDER = "answer"  # the latest answers first; who never answered at the end


@dataclass(frozen=True)
class Reason:
    """A part of the rule that applies: what it asks, and the facts. `response` is the answer that they are about."""

    part: Part
    asks: str
    fact: str
    response: Response | None = None

    @property
    def title(self) -> str:
        return str(risk_parts.TITLES[self.part.kind])


@dataclass(frozen=True)
class Person:
    customer: Customer
    reasons: list[Reason]
    latest: Response | None


@dataclass(frozen=True)
class People:
    """`after` is the cursor of the next page, "" on the last. `count` stops at MOST_COUNTED; then `is_more`."""

    people: list[Person]
    after: str = ""
    count: int = 0
    is_more: bool = False


def rule_of(organization: Organization) -> Rule:
    """One statement."""
    stored = RiskRule.objects.filter(organization=organization).first()
    return risk_parts.read(stored.parts, stored.least, stored.version) if stored else USUAL


def catalogue_for(rule: Rule, organization: Organization) -> Catalogue | None:
    """What the rule's conditions are read with; no statement where it has none."""
    return customer_catalogue(organization) if rule.needs_catalogue else None


def asked(organization: Organization, at: datetime, filters: Filters = NO_FILTERS, rule: Rule | None = None) -> Asked:
    wanted = rule or rule_of(organization)
    return Asked(organization, wanted, catalogue_for(wanted, organization), at, filters)


# ── Many people ──────────────────────────────────────────────────────────────────────────────────────────────────────


def listed(asked: Asked) -> CustomerQuerySet:
    return Customer.objects.meeting(risk_sql.where(asked))


def piece(asked: Asked, after: str = "", *, sees_hidden: bool, limit: int) -> People:
    """Those behind the cursor; three statements."""
    place = paging.decoded(after, ORDER) if after else None
    rows = paging.behind(listed(asked).select_related("owner", "organization"), ORDER, place, limit + 1)
    shown = rows[:limit]
    return People(
        people=explained(asked, shown, sees_hidden=sees_hidden),
        after=paging.place_of(shown[-1], ORDER).encoded() if len(rows) > limit else "",
    )


def page(asked: Asked, after: str = "", *, sees_hidden: bool) -> People:
    """With how many there are; a statement more, except where all of them stand on the page."""
    found = piece(asked, after, sees_hidden=sees_hidden, limit=PAGE)
    is_all = not after and not found.after
    count = len(found.people) if is_all else listed(asked).order_by()[: MOST_COUNTED + 1].count()
    return replace(found, count=min(count, MOST_COUNTED), is_more=count > MOST_COUNTED)


def count(asked: Asked) -> int:
    """All of them; one statement over the organization's customers."""
    return listed(asked).count()


# ── Why ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def reasons(customer: Customer, at: datetime, *, sees_hidden: bool) -> list[Reason]:
    """Of one customer, whether or not there are enough of them to be listed."""
    return explained(asked(customer.organization, at), [customer], sees_hidden=sees_hidden)[0].reasons


def is_listed(found: Sequence[Reason], rule: Rule) -> bool:
    return len(found) >= rule.least


@dataclass(frozen=True)
class _Facts:
    applies: list[bool]
    latest: Response | None
    before: Response | None
    comment: Response | None
    asks: int
    last_ask: datetime | None


def explained(asked: Asked, people: Sequence[Customer], *, sees_hidden: bool) -> list[Person]:
    """In the same order; two statements."""
    if not people:
        return []
    facts = _facts(asked, [customer.pk for customer in people])
    said = [risk_parts.sentence(part, asked.known, sees_hidden=sees_hidden) for part in asked.rule.parts]
    found = []
    for customer in people:
        known = facts[customer.pk]
        pairs = zip(asked.rule.parts, said, known.applies, strict=True)
        why = [_reason(asked, part, asks, customer, known, sees_hidden) for part, asks, applies in pairs if applies]
        found.append(Person(customer, why, known.latest))
    return found


def _facts(asked: Asked, people: Sequence[int]) -> dict[int, _Facts]:
    statement, params = risk_sql.facts(asked, people)
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        rows = cursor.fetchall()
    wanted = {pk for row in rows for pk in row[2:5] if pk is not None}
    with_pages = Response.objects.filter(organization=asked.organization, pk__in=wanted).select_related("organization")
    answers: Mapping[int | None, Response] = with_pages.in_bulk()
    return {
        row[0]: _Facts(row[1], answers.get(row[2]), answers.get(row[3]), answers.get(row[4]), row[5], row[6])
        for row in rows
    }


def _reason(asked: Asked, part: Part, asks: str, customer: Customer, known: _Facts, sees_hidden: bool) -> Reason:
    if part.kind is Kind.COMMENT and known.comment:
        return Reason(part, asks, _comment_said(known.comment), known.comment)
    if part.kind is Kind.FELL and known.before and known.latest:
        return Reason(part, asks, _fell_said(known.before, known.latest), known.latest)
    if part.kind is Kind.SILENT and known.last_ask:
        return Reason(part, asks, _silence_said(asked, known))
    if part.kind is Kind.WORTH and asked.known:
        worth = _worth_said(asked.known, part, customer, sees_hidden=sees_hidden)
        return Reason(part, asks, " ".join(filter(None, [worth, _score_said(known.latest)])), known.latest)
    if part.kind is Kind.WHO:
        return Reason(part, asks, "")
    gone = f"{customer.get_suppression_display()}. " if part.kind is Kind.GONE else ""
    return Reason(part, asks, gone + _score_said(known.latest), known.latest)


def _worth_said(known: Catalogue, part: Part, customer: Customer, *, sees_hidden: bool) -> str:
    found = known.get(risk_parts.PROPERTY_PREFIX + part["key"])
    if found is None or not (sees_hidden or found.is_open):
        return ""
    return risk_parts.worth_said(part, known, customer.properties.get(part["key"], "")) + "."


def _score_said(answer: Response | None) -> str:
    return _("Score %(score)s on %(day)s.") % {"score": answer.score, "day": _day(answer)} if answer else ""


def _fell_said(before: Response, latest: Response) -> str:
    return _("From %(before)s on %(day_before)s to %(score)s on %(day)s.") % {
        "before": before.score,
        "day_before": _day(before),
        "score": latest.score,
        "day": _day(latest),
    }


def _silence_said(asked: Asked, known: _Facts) -> str:
    assert known.last_ask
    text = ngettext(
        "%(asks)s ask without an answer since the score of %(day)s; on %(last)s.",
        "%(asks)s asks without an answer since the score of %(day)s; the last on %(last)s.",
        known.asks,
    )
    last = local_day(known.last_ask, ZoneInfo(asked.organization.time_zone))
    day = _day(known.latest) if known.latest else ""
    return text % {"asks": known.asks, "day": day, "last": date_format(last, "j M Y", use_l10n=False)}


def _comment_said(answer: Response) -> str:
    text = " ".join(answer.comment.split())
    short = text if len(text) <= 120 else f"{text[:119]}…"
    return _("“%(comment)s” (score %(score)s, %(day)s)") % {
        "comment": short,
        "score": answer.score,
        "day": _day(answer),
    }


def _day(answer: Response) -> str:
    return date_format(answer.day, "j M Y", use_l10n=False)

"""The tables of "Customers over time" as plain values; those of people name them."""

from collections.abc import Iterator
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from surveys.analytics.over_time import answered, change_lists, movers, risk, watching
from surveys.analytics.over_time import change_words as said
from surveys.analytics.over_time.answered import MOST_COUNTED, Pair, Statement
from surveys.analytics.over_time.change_page import scores_of
from surveys.analytics.over_time.changes import Changes, changes
from surveys.analytics.over_time.movers import Move
from surveys.analytics.over_time.watching import Watched
from surveys.analytics.tables import Asked, Column, Kind, Row, Table
from surveys.core.choices import Category
from surveys.core.migration import Migration
from surveys.core.nps import Interval, Split, plural
from surveys.core.periods import local_day
from surveys.core.proportions import Rate
from surveys.core.turnover import steps
from surveys.customers.models import Customer, Property

PIECE: Final = 1000  # people read at once for a file


def tables(asked: Asked) -> list[Table]:
    found = changes(asked.organization, asked.look)
    return [_migration(found.migration), _scores(found.migration), _rates(found.migration), _steps(found)]


def _migration(found: Migration) -> Table:
    columns = [
        Column(_("Before")),
        Column(_("Now")),
        Column(_("People"), Kind.COUNT),
        Column(_("Share of those before"), Kind.SHARE),
    ]
    rows: list[Row] = []
    for before in Category:
        everybody = sum(found.count(before, now) for now in Category)
        for now in Category:
            people = found.count(before, now)
            rows.append([plural(before), plural(now), people, people / everybody if everybody else None])
    return Table("migration", _("The same people, then and now"), columns, rows)


def _scores(found: Migration) -> Table:
    columns = [
        Column(_("Score before"), Kind.COUNT),
        Column(_("Score now"), Kind.COUNT),
        Column(_("People"), Kind.COUNT),
    ]
    counts = enumerate(found.counts)
    rows = [[before, now, people] for before, row in counts for now, people in enumerate(row)]
    return Table("scores", _("Score by score"), columns, rows)


def _rates(found: Migration) -> Table:
    columns = [
        Column(_("Direction")),
        Column(_("People"), Kind.COUNT),
        Column(_("Share"), Kind.SHARE),
        Column(_("95 % from"), Kind.SHARE_LOW),
        Column(_("95 % to"), Kind.SHARE_HIGH),
    ]
    named = {
        _("Category up"): found.up,
        _("Category unchanged"): found.unchanged,
        _("Category down"): found.down,
        _("Score up"): found.score_up,
        _("Score unchanged"): found.score_unchanged,
        _("Score down"): found.score_down,
    }
    return Table("rates", _("Up and down"), columns, [[label, *_rate(rate)] for label, rate in named.items()])


def _rate(rate: Rate) -> list[object]:
    found = rate.range
    return [rate.count, rate.value, found.low if found else None, found.high if found else None]


def _steps(found: Changes) -> Table:
    columns = [
        Column(_("Step")),
        Column(_("NPS"), Kind.SCORE),
        Column(_("Points"), Kind.POINTS),
        Column(_("95 % from"), Kind.LOW),
        Column(_("95 % to"), Kind.HIGH),
        Column(_("Answers"), Kind.COUNT),
    ]
    change = found.turnover.change
    if change.points is None or found.look.filters.is_on_the_score:
        return Table("steps", _("What the change is made of"), columns, [])
    inner: list[Row] = [
        [said.STEPS[name], None, step.points, *_ends(step.interval), step.people]
        for name, step in steps(found.turnover)
    ]
    rows = [_end(_("Score before"), change.before), *inner, _end(_("Score now"), change.now)]
    return Table("steps", _("What the change is made of"), columns, rows)


def _end(label: str, split: Split) -> Row:
    return [label, split.score, None, *_ends(split.interval), split.responses]


def _ends(interval: Interval | None) -> list[float | None]:
    return [interval.low, interval.high] if interval else [None, None]


# ── People: read only where that table is asked for ──────────────────────────────────────────────────────────────────


def people_tables(asked: Asked) -> list[Table]:
    """At most as many as a list counts; without `was` and `is` nobody moved from anywhere."""
    was, now = scores_of(asked.query.get("was", "")), scores_of(asked.query.get("is", ""))
    worth = change_lists.worth_property(asked.organization, sees_hidden=True)

    def moved(move: Move) -> Statement:
        return movers.moved(asked.organization, asked.look, move)

    return [
        _people(asked, "people", _("People who moved"), movers.went(asked.organization, asked.look, was, now), worth),
        _people(asked, "recoveries", _("Recoveries"), moved(Move.RECOVERED), worth),
        _people(asked, "falls", _("Falls"), moved(Move.FELL), worth),
        _watched(asked, worth),
        _at_risk(asked, worth),
    ]


def _people(asked: Asked, name: str, label: str, statement: Statement, worth: Property | None) -> Table:
    columns = [
        *_who(),
        Column(_("Score before"), Kind.COUNT),
        Column(_("Day before"), Kind.DAY),
        Column(_("Score now"), Kind.COUNT),
        Column(_("Day now"), Kind.DAY),
        Column(_("Days since"), Kind.COUNT),
        Column(_("Comment")),
        *_more(worth),
    ]
    today = _today(asked)
    rows = (_person(pair, today, worth) for pair in _pairs(asked, statement))
    return Table(name, label, columns, rows, names_people=True)


def _person(pair: Pair, today: date, worth: Property | None) -> Row:
    before, now = pair.before, pair.now
    was = [before.score, before.day] if before else [None, None]
    told = [*was, now.score, now.day, (today - now.day).days, now.comment]
    return [*_named(pair.customer), *told, *_known(pair.customer, worth)]


def _watched(asked: Asked, worth: Property | None) -> Table:
    columns = [
        *_who(),
        Column(_("Score"), Kind.COUNT),
        Column(_("Day"), Kind.DAY),
        Column(_("Watched until"), Kind.DAY),
        Column(_("Score since"), Kind.COUNT),
        Column(_("Asked again"), Kind.DAY),
        Column(_("Suppression")),
        Column(_("Comment")),
        *_more(worth),
    ]
    zone = ZoneInfo(asked.organization.time_zone)
    statement = watching.watched(asked.organization, asked.at, asked.look.filters)
    rows = (_watched_person(Watched.of(pair), zone, worth) for pair in _pairs(asked, statement))
    return Table("watch", _("Watch list"), columns, rows, names_people=True)


def _watched_person(watched: Watched, zone: ZoneInfo, worth: Property | None) -> Row:
    low, customer, asked = watched.low, watched.low.customer, watched.asked_again_at
    assert customer
    since = watched.latest.score if watched.has_answered else None
    told = [low.score, low.day, watched.until, since, local_day(asked, zone) if asked else None]
    return [*_named(customer), *told, customer.get_suppression_display(), low.comment, *_known(customer, worth)]


def _at_risk(asked: Asked, worth: Property | None) -> Table:
    columns = [
        *_who(),
        Column(_("Latest score"), Kind.COUNT),
        Column(_("Day"), Kind.DAY),
        Column(_("Parts that apply"), Kind.COUNT),
        Column(_("What applies")),
        *_more(worth),
    ]
    return Table("risk", _("At risk"), columns, _risky(asked, worth), names_people=True)


def _risky(asked: Asked, worth: Property | None) -> Iterator[Row]:
    rule = risk.asked(asked.organization, asked.at, asked.look.filters)
    after, left = "", MOST_COUNTED
    while left > 0:
        found = risk.piece(rule, after, sees_hidden=True, limit=min(left, PIECE))
        for person in found.people:
            yield _risky_person(person, worth)
        left, after = left - len(found.people), found.after
        if not after:
            return


def _risky_person(person: risk.Person, worth: Property | None) -> Row:
    score, day = (person.latest.score, person.latest.day) if person.latest else (None, None)
    why = " · ".join(f"{reason.title}: {reason.fact or reason.asks}" for reason in person.reasons)
    return [*_named(person.customer), score, day, len(person.reasons), why, *_known(person.customer, worth)]


def _pairs(asked: Asked, statement: Statement) -> Iterator[Pair]:
    ids = [(now, before) for _at, _key, now, before in statement.listed("", MOST_COUNTED)]
    for first in range(0, len(ids), PIECE):
        yield from answered.pairs(asked.organization, ids[first : first + PIECE])


def _who() -> list[Column]:
    return [Column(_("Customer")), Column(_("Email address")), Column(_("External id"))]


def _named(customer: Customer) -> list[object]:
    return [customer.name, customer.email or "", customer.external_id or ""]


def _more(worth: Property | None) -> list[Column]:
    return [Column(_("Owner")), *([Column(worth.label, Kind.NUMBER)] if worth else [])]


def _known(customer: Customer, worth: Property | None) -> list[object]:
    owner = str(customer.owner) if customer.owner else ""
    return [owner, *([customer.properties.get(worth.key)] if worth else [])]


def _today(asked: Asked) -> date:
    return local_day(asked.at, ZoneInfo(asked.organization.time_zone))

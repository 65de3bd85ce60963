"""Counted responses per score, by the cheapest exact path. Every figure about scores comes from here.

* At most one of language, channel, comment and properties is asked about: day rollups plus unfolded deltas,
  in one statement (two would count a delta twice when a fold commits between them).
* Combinations of properties: the responses themselves, through the index of property sets.
* Anything else: the responses of the period one by one, at once or as a task with progress (analytics.counting.scanning).

Which one was taken shows nowhere but in the time.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import connection

from surveys.accounts.models import Organization
from surveys.analytics.counting import scanning
from surveys.analytics.counting.scanning import Days, Wanted
from surveys.analytics.models import SCORE_COLUMNS
from surveys.analytics.upkeep import sql
from surveys.core import nps
from surveys.core.conditions.compiler import Where as Compiled
from surveys.core.conditions.days import begins
from surveys.core.conditions.orm import positional
from surveys.core.filters import PROPERTY_PREFIX, UNSET, Filters
from surveys.core.periods import ONE_DAY, Period
from surveys.responses.queries import contained

Cell = tuple[int, str]
Cells = dict[Cell, list[int]]
Values = tuple[str, ...]


SEVERAL = ("theme", "tag")  # a response may have more than one of these
SPARSE = ("sentiment", "comment_language")  # nothing is stored for responses that have none, as with properties


@dataclass(frozen=True)
class Question:
    """Which responses, cut into buckets of days that start at `starts`, and by the values of a dimension `by`."""

    organization: Organization
    period: Period
    filters: Filters
    starts: tuple[date, ...] = ()
    by: str | None = None


def scores(question: Question) -> Cells:
    """Eleven counts per (bucket from 0 on, value of `by`); the value is "" without `by` and for responses that have none.

    Cells without responses are absent. By theme or tag a response stands in the cell of each that it has.
    """
    narrowing = narrowed_dimensions(question.filters)
    if are_rolled_up(question, narrowing):
        cells = _from_rollups(question, narrowing)
    elif _is_indexed(question, narrowing):
        cells = _from_responses(question)
    else:
        cells = _scanned(question)
    return _allowed_only(cells, question.filters)


def _is_indexed(question: Question, narrowing: dict[str, Values]) -> bool:
    """By combinations of properties alone: the index of property sets has all that is asked about."""
    if question.filters.words or question.filters.meant:
        return False
    return all(is_property(name) for name in (*narrowing, *([question.by] if question.by else [])))


def _scanned(question: Question) -> Cells:
    """Raises Unfinished."""
    wanted = Wanted(question.organization, scanning.ANSWERS, question.filters, question.by)
    days = scanning.counted(wanted, question.period, lambda days: days_of(fetched(*by_day(wanted, days))))
    starts = _starts(question)
    rows = (
        (scanning.bucket_of(day, starts), value, found) for day, cells in days.items() for value, found in cells.items()
    )
    return added_up(_of_chosen(rows, question))


def _of_chosen(rows: Iterable[tuple[int, str, list[int]]], question: Question) -> Iterable[tuple[int, str, list[int]]]:
    """By themes or tags, under a filter on them: rows of those alone that were chosen."""
    allowed = narrowed_dimensions(question.filters).get(question.by or "") if question.by in SEVERAL else None
    return (row for row in rows if allowed is None or row[1] in allowed)


def are_rolled_up(question: Question, narrowing: dict[str, Values]) -> bool:
    """At most one dimension matters. Of several themes or tags together nothing is stored: a response may have both."""
    if question.filters.words or question.filters.meant:
        return False
    others = {name: values for name, values in narrowing.items() if name != question.by}
    several = any(len(values) > 1 for name, values in others.items() if name in SEVERAL)
    return len(others) + (question.by is not None) <= 1 and not several


def narrowed_dimensions(filters: Filters) -> dict[str, Values]:
    """Allowed values of each dimension that is narrowed."""
    narrowing = {PROPERTY_PREFIX + key: values for key, values in filters.properties}
    has_comment = None if filters.has_comment is None else "1" if filters.has_comment else "0"
    single = {
        "language": filters.language,
        "channel": filters.channel,
        "has_comment": has_comment,
        "sentiment": filters.sentiment,
        "comment_language": filters.comment_language,
    }
    narrowing |= {name: (value,) for name, value in single.items() if value is not None}
    several = {"theme": filters.themes, "tag": filters.tags}
    return narrowing | {name: tuple(map(str, keys)) for name, keys in several.items() if keys}


def properties_of(filters: Filters) -> dict[str, Values]:
    return {name: values for name, values in narrowed_dimensions(filters).items() if is_property(name)}


def _allowed_only(cells: Cells, filters: Filters) -> Cells:
    kept = {cell: filters.only_allowed(counts) for cell, counts in cells.items()}
    return {cell: counts for cell, counts in kept.items() if any(counts)}


@dataclass
class Where:
    """Conditions and their parameters, in the same order."""

    conditions: list[str] = field(default_factory=list)
    parameters: list[Any] = field(default_factory=list)

    def add(self, condition: str, *parameters: Any) -> None:
        self.conditions.append(condition)
        self.parameters.extend(parameters)

    def add_compiled(self, compiled: Compiled, owner: str) -> None:
        """A condition of core.conditions about the rows of `owner`; its named parameters get places."""
        text, parameters = positional(compiled, owner)
        self.add(f"({text})", *parameters)

    def __str__(self) -> str:
        return " AND ".join(self.conditions)


def _common(question: Question, owner: str) -> Where:
    where = Where()
    where.add(f"{owner}.organization_id = %s", question.organization.pk)
    where.add(f"{owner}.day BETWEEN %s AND %s", question.period.first, question.period.last)
    if question.filters.campaign is not None:
        where.add(f"{owner}.campaign_id = %s", question.filters.campaign)
    return where


def _starts(question: Question) -> list[date]:
    return list(question.starts or (question.period.first,))


# --- from rollups

SUMS = ", ".join(f"sum(s.{column})" for column in SCORE_COLUMNS)
DELTA_SUMS = ", ".join(f"coalesce(sum(x.responses) FILTER (WHERE d.score = {score}), 0)" for score in range(11))


def _from_rollups(question: Question, narrowing: dict[str, Values]) -> Cells:
    dimension = question.by or next(iter(narrowing), sql.EVERYONE)
    allowed = narrowing.get(dimension)
    is_sparse = is_property(dimension) or dimension in SPARSE
    needs_everyone = is_sparse and (allowed is None or UNSET in allowed)
    rows = _stored_and_unfolded(question, {dimension, sql.EVERYONE} if needs_everyone else {dimension}, allowed)
    if needs_everyone:
        rows = _with_those_who_have_none(rows)
    kept = (row for row in rows if allowed is None or row.value in allowed)
    return added_up((row.bucket, row.value if question.by else "", row.counts) for row in kept)


def _stored_and_unfolded(question: Question, dimensions: set[str], allowed: Values | None) -> list["_Row"]:
    stored, unfolded = _common(question, "s"), _common(question, "d")
    stored.add("s.dimension = ANY(%s)", list(dimensions))
    unfolded.add("x.dimension = ANY(%s)", list(dimensions))
    if allowed is not None and len(dimensions) == 1:
        stored.add("s.value = ANY(%s)", list(allowed))
        unfolded.add("x.value = ANY(%s)", list(allowed))
    statement = f"""
        SELECT width_bucket(s.day, %s::date[]) - 1, s.dimension, s.value, {SUMS}
        FROM surveys_scorecount s WHERE {stored} GROUP BY 1, 2, 3
        UNION ALL
        SELECT width_bucket(d.day, %s::date[]) - 1, x.dimension, x.value, {DELTA_SUMS}
        FROM surveys_scoredelta d LEFT JOIN surveys_propertyset p ON p.id = d.property_set_id
        CROSS JOIN {sql.EXPANDED_SCORE}
        WHERE {unfolded} GROUP BY 1, 2, 3
    """
    rows = fetched(statement, [_starts(question), *stored.parameters, _starts(question), *unfolded.parameters])
    return [_Row(bucket, dimension, value, tuple(map(int, counts))) for bucket, dimension, value, *counts in rows]


@dataclass(frozen=True)
class _Row:
    bucket: int
    dimension: str
    value: str
    counts: tuple[int, ...]

    def negated(self) -> "_Row":
        return _Row(self.bucket, self.dimension, UNSET, tuple(-count for count in self.counts))


def _with_those_who_have_none(rows: list[_Row]) -> list[_Row]:
    """Nothing is stored for people without a property: they are everyone minus those who have one."""
    named = [row for row in rows if row.dimension != sql.EVERYONE]
    everyone = [row for row in rows if row.dimension == sql.EVERYONE]
    return [*named, *everyone, *(row.negated() for row in named)]


def by_dimensions(question: Question, dimensions: Collection[str]) -> dict[tuple[int, str, str], list[int]]:
    """Eleven counts per (bucket, dimension, value) of several dimensions at once, without those who have no value.

    Of its filters the question may have the campaign alone. One statement.
    """
    rows = _stored_and_unfolded(question, set(dimensions), None)
    found: dict[tuple[int, str, str], list[int]] = {}
    for row in rows:
        total = found.setdefault((row.bucket, row.dimension, row.value), [0] * 11)
        for score, count in enumerate(row.counts):
            total[score] += count
    return found


def by_campaign(organization: Organization, campaigns: Sequence[int]) -> dict[int, list[int]]:
    """Eleven counts of each campaign that has responses, of all time; one statement."""
    statement = f"""
        SELECT s.campaign_id, {SUMS} FROM surveys_scorecount s
        WHERE s.organization_id = %s AND s.dimension = '' AND s.campaign_id = ANY(%s) GROUP BY 1
        UNION ALL
        SELECT d.campaign_id, {DELTA_SUMS.replace("x.", "d.")} FROM surveys_scoredelta d
        WHERE d.organization_id = %s AND d.campaign_id = ANY(%s) GROUP BY 1
    """
    rows = fetched(statement, [organization.pk, list(campaigns)] * 2)
    cells = added_up((campaign, "", tuple(map(int, counts))) for campaign, *counts in rows)
    return {campaign: counts for (campaign, _value), counts in cells.items()}


# --- from the responses


def _from_responses(question: Question) -> Cells:
    """Each combination is counted by itself, by its part of the index. PostgreSQL cannot guess how many responses pass: told to
    count them all together it sorts them on disk."""
    filters = question.filters
    sets, is_of_some = chosen_sets(question.organization, properties_of(filters))
    where = _common(question, "r")
    where.add(sql.COUNTED)
    bucket, starts = ("width_bucket(r.day, %s::date[]) - 1", [_starts(question)]) if question.starts else ("0", [])
    value, key = _value_to_split_by(question.by) if question.by else ("''", [])
    counting = f"SELECT {bucket} AS bucket, {_EACH_SCORE} FROM surveys_response r WHERE {where}"
    statement = f"""
        SELECT r.bucket, p.value, {_SUM_OF_EACH}
        FROM (SELECT p.id, {value} AS value FROM surveys_propertyset p WHERE {sets} OFFSET 0) AS p
        CROSS JOIN LATERAL ({counting} AND r.property_set_id = p.id GROUP BY 1 OFFSET 0) AS r GROUP BY 1, 2
    """
    parameters = [*key, *sets.parameters, *starts, *where.parameters]
    if not is_of_some:
        statement += (
            f"UNION ALL SELECT r.bucket, '', {_EACH} FROM ({counting} AND r.property_set_id IS NULL GROUP BY 1) AS r"
        )
        parameters += [*starts, *where.parameters]
    rows = fetched(statement, parameters)
    return added_up((bucket, value or UNSET, tuple(map(int, found))) for bucket, value, *found in rows)


_EACH_SCORE: Final = ", ".join(f"count(*) FILTER (WHERE r.score = {score}) AS s{score}" for score in nps.SCALE)
_SUM_OF_EACH: Final = ", ".join(f"sum(r.s{score})" for score in nps.SCALE)
_EACH: Final = ", ".join(f"r.s{score}" for score in nps.SCALE)


def by_day(wanted: Wanted, days: Sequence[date]) -> tuple[str, list[Any]]:
    """The statement that counts these days, and its parameters: day, value, score and how many."""
    where = conditions(wanted.organization, Period(min(days), max(days)), wanted.filters.of_any_score)
    where.add("r.day = ANY(%s)", list(days))
    value, parameters = _value_to_split_by(wanted.by)
    statement = f"""
        SELECT r.day, {value}, r.score, count(*)
        FROM surveys_response r {_join_for(wanted.by)}
        WHERE {where} GROUP BY 1, 2, 3
    """
    return statement, [*parameters, *where.parameters]


def days_of(rows: Iterable[tuple[date, str | None, int, int]]) -> Days:
    found: Days = defaultdict(lambda: defaultdict(lambda: [0] * 11))
    for day, value, score, count in rows:
        found[day][value or UNSET][score] += count
    return {day: dict(cells) for day, cells in found.items()}


def add_property_sets(
    where: Where,
    organization: Organization,
    properties: dict[str, Values],
    owner: str = "r",
    *,
    one_by_one: bool = False,
) -> None:
    """As a hashed subquery: an array of keys makes PostgreSQL three to ten times slower.

    `one_by_one`: the responses are found by something else; without IS TRUE it is looked for once for each combination.
    """
    sets, is_of_some = chosen_sets(organization, properties)
    has_set = f"{owner}.property_set_id IN (SELECT p.id FROM surveys_propertyset p WHERE {sets})"
    passes = has_set if is_of_some else f"({has_set} OR {owner}.property_set_id IS NULL)"
    where.add(f"({passes}) IS TRUE" if one_by_one else passes, *sets.parameters)


def chosen_sets(organization: Organization, properties: dict[str, Values]) -> tuple[Where, bool]:
    """Of the combinations `p` that have these values; whether everybody who passes has one."""
    sets = Where()
    sets.add("p.organization_id = %s", organization.pk)
    for name, allowed in properties.items():
        key = name.removeprefix(PROPERTY_PREFIX)
        sets.add(f"coalesce(left(p.values ->> %s, {sql.VALUE_LENGTH}), '') = ANY(%s)", key, list(allowed))
    return sets, any(UNSET not in allowed for allowed in properties.values())


def conditions(organization: Organization, period: Period, filters: Filters, owner: str = "r") -> Where:
    """Of the counted responses `owner` of a period that filters let pass."""
    where = _common(Question(organization, period, filters), owner)
    where.add(sql.COUNTED if owner == "r" else sql.COUNTED.replace("r.", f"{owner}."))
    narrowing = narrowed_dimensions(filters)
    properties = properties_of(filters)
    for name in sorted(narrowing.keys() - properties.keys()):
        _add_dimension(where, name, narrowing[name], owner)
    if properties:
        add_property_sets(where, organization, properties, owner, one_by_one=filters.has_index_of_its_own)
    if filters.words:
        where.add(f"{owner}.comment <> '' AND {owner}.comment ILIKE %s", contained(filters.words))
    if filters.meant:
        where.add_compiled(filters.meant.responses, owner)
    if filters.is_on_the_score:
        where.add(f"{owner}.score = ANY(%s)", list(filters.allowed_scores))
    return where


def around(period: Period) -> tuple[datetime, datetime]:
    """Times that hold every local day of the period in any zone: they let the index by time find it."""
    return begins(period.first - 2 * ONE_DAY, _UTC), begins(period.last + 3 * ONE_DAY, _UTC)


_UTC: Final = ZoneInfo("UTC")


def _add_dimension(where: Where, name: str, values: Values, owner: str) -> None:
    if name in SEVERAL:
        where.add(f"{owner}.{name}s <> '{{}}' AND {owner}.{name}s && %s::bigint[]", list(map(int, values)))
    else:
        where.add(f"coalesce({sql.value_of(name, owner)}, '') = ANY(%s)", list(values))


def _value_to_split_by(by: str | None) -> tuple[str, list[Any]]:
    if by is not None and is_property(by):
        return f"left(p.values ->> %s, {sql.VALUE_LENGTH})", [by.removeprefix(PROPERTY_PREFIX)]
    return sql.value_of(by or sql.EVERYONE, "r"), []


def _join_for(by: str | None) -> str:
    is_needed = by is not None and is_property(by)
    return "LEFT JOIN surveys_propertyset p ON p.id = r.property_set_id" if is_needed else sql.join_for(by or "")


def only(score: int, count: int) -> list[int]:
    return [count if score == place else 0 for place in nps.SCALE]


# --- both


def is_property(dimension: str) -> bool:
    return dimension.startswith(PROPERTY_PREFIX)


def fetched(statement: str, parameters: Sequence[Any] | dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def added_up(rows: Iterable[tuple[int, str, Sequence[int]]]) -> Cells:
    cells: Cells = defaultdict(lambda: [0] * 11)
    for bucket, value, counts in rows:
        total = cells[bucket, value]
        for score, count in enumerate(counts):
            total[score] += count
    return dict(cells)

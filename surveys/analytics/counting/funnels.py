"""What became of the invitations sent in a period, by the same two paths as analytics.counting.counts."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from surveys.accounts.models import Organization
from surveys.analytics.counting import scanning
from surveys.analytics.counting.counts import (
    Values,
    Where,
    add_property_sets,
    chosen_sets,
    fetched,
    is_property,
    narrowed_dimensions,
    properties_of,
)
from surveys.analytics.counting.scanning import Days, Wanted
from surveys.analytics.upkeep import sql
from surveys.core.choices import Channel
from surveys.core.filters import PROPERTY_PREFIX, UNSET, Filters
from surveys.core.periods import Period
from surveys.core.proportions import Rate


@dataclass(frozen=True)
class Funnel:
    """`answered`: with a response that counts, whenever it came. `delivered`: accepted and not bounced."""

    sent: int = 0
    bounced: int = 0
    answered: int = 0
    commented: int = 0
    unsubscribed: int = 0

    @property
    def delivered(self) -> int:
        return self.sent - self.bounced

    @property
    def rate(self) -> Rate:
        """Of those delivered, who answered: with its interval."""
        return Rate(self.answered, max(self.delivered, 0))

    @property
    def response_rate(self) -> float | None:
        return self.answered / self.delivered if self.delivered > 0 else None


def funnel(organization: Organization, period: Period, filters: Filters) -> Funnel | None:
    """None under a filter on the answer itself: those who did not answer cannot pass it. One statement."""
    if filters.is_on_the_answer:
        return None
    if filters.channel not in (None, Channel.EMAIL):
        return Funnel()
    narrowing = _narrowed(filters)
    if len(narrowing) <= 1 and not filters.meant:
        return _from_rollups(organization, period, filters.campaign, narrowing)
    if filters.meant or "language" in narrowing:
        return _scanned(organization, period, filters, None).get("", Funnel())
    return _from_invitations(organization, period, filters)


def _scanned(organization: Organization, period: Period, filters: Filters, by: str | None) -> dict[str, Funnel]:
    """By anything else than properties alone; raises Unfinished."""
    wanted = Wanted(organization, scanning.ASKS, filters, by)
    days = scanning.counted(wanted, period, lambda days: days_of(fetched(*by_day(wanted, days))))
    found: dict[str, list[int]] = defaultdict(lambda: [0] * len(sql.FUNNEL))
    for cells in days.values():
        for value, numbers in cells.items():
            found[value] = [total + number for total, number in zip(found[value], numbers, strict=True)]
    return {value: Funnel(*numbers) for value, numbers in found.items()}


def by_day(wanted: Wanted, days: Sequence[date]) -> tuple[str, list[Any]]:
    """The statement that counts the asks of these days, and its parameters: day, value and the five counts."""
    where = invited(wanted.organization, Period(min(days), max(days)), wanted.filters)
    where.add("i.sent_day = ANY(%s)", list(days))
    key = [wanted.by.removeprefix(PROPERTY_PREFIX)] if wanted.by and is_property(wanted.by) else []
    value = (
        f"coalesce(left(s.values ->> %s, {sql.VALUE_LENGTH}), '')" if key else "i.language::text" if wanted.by else "''"
    )
    statement = f"""
        SELECT i.sent_day, {value}, {sql.FUNNEL_SUMS} FROM surveys_invitation i
        LEFT JOIN surveys_propertyset s ON s.id = i.property_set_id
        LEFT JOIN surveys_response r ON r.invitation_id = i.id AND {sql.COUNTED}
        WHERE {where} GROUP BY 1, 2
    """
    return statement, [*key, *where.parameters]


def days_of(rows: Iterable[tuple[Any, ...]]) -> Days:
    found: Days = defaultdict(dict)
    for day, value, *numbers in rows:
        found[day][value] = list(map(int, numbers))
    return dict(found)


def _narrowed(filters: Filters) -> dict[str, Values]:
    """Everybody was asked by email."""
    return {name: values for name, values in narrowed_dimensions(filters).items() if name != "channel"}


def _from_rollups(
    organization: Organization, period: Period, campaign: int | None, narrowing: dict[str, Values]
) -> Funnel:
    stored = _common(organization, period, campaign, "c.day")
    unfolded = _common(organization, period, campaign, "c.day")
    dimension, allowed = next(iter(narrowing.items()), (sql.EVERYONE, (UNSET,)))
    condition, sign = _selected(dimension, allowed)
    for where, cell in ((stored, "c"), (unfolded, "x")):
        where.add(condition.format(cell), dimension, list(allowed))
    sums = ", ".join(f"coalesce(sum({sign.format('x')} * c.{name}), 0)" for name in sql.FUNNEL)
    statement = f"""
        SELECT {sums.replace("x.", "c.")} FROM surveys_invitationcount c WHERE {stored}
        UNION ALL
        SELECT {sums} FROM surveys_invitationdelta c LEFT JOIN surveys_propertyset p ON p.id = c.property_set_id
        CROSS JOIN {sql.EXPANDED_INVITATION.replace("d.", "c.")} WHERE {unfolded}
    """
    return _total(fetched(statement, [*stored.parameters, *unfolded.parameters]))


def by_dimension(
    organization: Organization, period: Period, filters: Filters, dimension: str
) -> dict[str, Funnel] | None:
    """The funnel of each value that somebody was asked of; "" is those who have none. One statement.

    None where there is none: under a filter on the answer, and by what only an answer has.
    """
    if filters.is_on_the_answer or not (is_property(dimension) or dimension == "language"):
        return None
    if filters.channel not in (None, Channel.EMAIL):
        return {}
    narrowing = _narrowed(filters)
    allowed = narrowing.pop(dimension, None)
    if filters.meant or "language" in narrowing or (narrowing and dimension == "language"):
        found = _scanned(organization, period, filters, dimension)
    elif narrowing:
        found = _values_of_invitations(organization, period, filters, dimension)
    else:
        found = _values_of_rollups(organization, period, filters.campaign, dimension)
    return {value: funnel for value, funnel in found.items() if allowed is None or value in allowed}


def _values_of_rollups(
    organization: Organization, period: Period, campaign: int | None, dimension: str
) -> dict[str, Funnel]:
    """Nothing is stored for people without a property: they are everyone minus those who have one."""
    where = _common(organization, period, campaign, "c.day")
    sums = ", ".join(f"sum(c.{name})" for name in sql.FUNNEL)
    dimensions = [dimension, sql.EVERYONE] if is_property(dimension) else [dimension]
    statement = f"""
        SELECT c.dimension, c.value, {sums} FROM surveys_invitationcount c
        WHERE {where} AND c.dimension = ANY(%s) GROUP BY 1, 2
        UNION ALL
        SELECT x.dimension, x.value, {sums}
        FROM surveys_invitationdelta c LEFT JOIN surveys_propertyset p ON p.id = c.property_set_id
        CROSS JOIN {sql.EXPANDED_INVITATION.replace("d.", "c.")} WHERE {where} AND x.dimension = ANY(%s) GROUP BY 1, 2
    """
    rows = fetched(statement, [*where.parameters, dimensions] * 2)
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for name, value, *numbers in rows:
        counted = dict(zip(sql.FUNNEL, map(int, numbers), strict=True))
        found[value if name == dimension else UNSET].update(counted)
        if name == dimension and is_property(dimension):
            found[UNSET].subtract(counted)
    return {value: Funnel(**counted) for value, counted in found.items() if any(counted.values())}


def _values_of_invitations(
    organization: Organization, period: Period, filters: Filters, dimension: str
) -> dict[str, Funnel]:
    """Counted by combination first: what a combination says is then looked up once for each, not for each ask."""
    key = dimension.removeprefix(PROPERTY_PREFIX)
    statement, parameters = _by_combination(organization, period, filters)
    statement = f"""
        SELECT coalesce(left(s.values ->> %s, {sql.VALUE_LENGTH}), ''), {_SUMMED} FROM ({statement}) AS a
        LEFT JOIN surveys_propertyset s ON s.id = a.combination WHERE a.sent > 0 GROUP BY 1
    """
    return {value: Funnel(*map(int, numbers)) for value, *numbers in fetched(statement, [key, *parameters])}


_SUMMED: Final = ", ".join(f"sum(a.{name})" for name in sql.FUNNEL)


# Gathered once and hashed: see how conditions look into other tables. Asking the index for each ask took twice as long.
_COMMENTED: Final = f"""
    (i.id IN (SELECT unnest(ARRAY(
        SELECT r.invitation_id FROM surveys_response r
        WHERE r.organization_id = %s AND {sql.COUNTED} AND r.comment <> '' AND r.invitation_id IS NOT NULL
    )))) IS TRUE
"""


def _by_combination(organization: Organization, period: Period, filters: Filters) -> tuple[str, list[Any]]:
    """Asks of each combination of properties, by a statement that indexes answer alone: which asks have a counted answer
    stands on them, and the few that brought a comment have an index of their own. Each is counted by itself, see counts.
    """
    sets, is_of_some = chosen_sets(organization, properties_of(filters))
    where = _common(organization, period, filters.campaign, "i.sent_day", owner="i")
    counting = f"""
        SELECT count(*) AS sent, count(i.bounced_at) AS bounced, count(i.answered_at) AS answered,
               count(*) FILTER (WHERE i.answered_at IS NOT NULL AND {_COMMENTED}) AS commented,
               count(i.unsubscribed_at) AS unsubscribed
        FROM surveys_invitation i WHERE {where}
    """
    counted = [organization.pk, *where.parameters]
    statement = f"""
        SELECT p.id AS combination, a.* FROM (SELECT p.id FROM surveys_propertyset p WHERE {sets} OFFSET 0) AS p
        CROSS JOIN LATERAL ({counting} AND i.property_set_id = p.id OFFSET 0) AS a
    """
    if is_of_some:
        return statement, [*sets.parameters, *counted]
    statement += f"UNION ALL SELECT NULL, a.* FROM ({counting} AND i.property_set_id IS NULL) AS a"
    return statement, [*sets.parameters, *counted, *counted]


def conditions(organization: Organization, period: Period, filters: Filters) -> Where | None:
    """The asks `i` of a period that filters let pass; None under filters that those who did not answer cannot pass."""
    if filters.is_on_the_answer:
        return None
    where = invited(organization, period, filters)
    if filters.channel not in (None, Channel.EMAIL):
        where.add("FALSE")
    return where


def by_campaign(organization: Organization, campaigns: Sequence[int]) -> dict[int, Funnel]:
    """The funnel of each campaign that sent invitations, of all time; one statement."""
    sums = ", ".join(f"sum({name})" for name in sql.FUNNEL)
    statement = f"""
        SELECT campaign_id, {sums} FROM (
            SELECT campaign_id, {", ".join(sql.FUNNEL)} FROM surveys_invitationcount
            WHERE organization_id = %s AND dimension = '' AND campaign_id = ANY(%s)
            UNION ALL
            SELECT campaign_id, {", ".join(sql.FUNNEL)} FROM surveys_invitationdelta
            WHERE organization_id = %s AND campaign_id = ANY(%s)
        ) AS rows GROUP BY 1
    """
    rows = fetched(statement, [organization.pk, list(campaigns)] * 2)
    return {campaign: Funnel(*map(int, counts)) for campaign, *counts in rows}


def _selected(dimension: str, allowed: Values) -> tuple[str, str]:
    """Condition and sign of the cells to add up. Those without a property: everyone minus who has another value."""
    if is_property(dimension) and UNSET in allowed:
        return (
            "({0}.dimension = '' OR {0}.dimension = %s AND NOT {0}.value = ANY(%s))",
            "CASE WHEN {0}.dimension = '' THEN 1 ELSE -1 END",
        )
    return "{0}.dimension = %s AND {0}.value = ANY(%s)", "1"


def _from_invitations(organization: Organization, period: Period, filters: Filters) -> Funnel:
    statement, parameters = _by_combination(organization, period, filters)
    sums = ", ".join(f"coalesce(sum(a.{name}), 0)" for name in sql.FUNNEL)
    return _total(fetched(f"SELECT {sums} FROM ({statement}) AS a", parameters))


def invited(organization: Organization, period: Period, filters: Filters) -> Where:
    """Of the asks `i` that were sent in a period to people whom filters let pass."""
    where = _common(organization, period, filters.campaign, "i.sent_day", owner="i")
    narrowing = _narrowed(filters)
    properties = {name: values for name, values in narrowing.items() if is_property(name)}
    if "language" in narrowing:
        where.add("i.language = ANY(%s)", list(narrowing["language"]))
    if properties:
        add_property_sets(where, organization, properties, owner="i")
    if filters.meant and filters.meant.asks:
        where.add_compiled(filters.meant.asks, "i")
    return where


def _common(organization: Organization, period: Period, campaign: int | None, day: str, owner: str = "c") -> Where:
    where = Where()
    where.add(f"{owner}.organization_id = %s", organization.pk)
    where.add(f"{day} BETWEEN %s AND %s", period.first, period.last)
    if campaign is not None:
        where.add(f"{owner}.campaign_id = %s", campaign)
    return where


def _total(rows: list[tuple[int, ...]]) -> Funnel:
    return Funnel(*(int(sum(column)) for column in zip(*rows, strict=True)))

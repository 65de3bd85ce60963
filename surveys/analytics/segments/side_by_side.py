"""Any two parts of the responses beside each other: their figures, whatever filters make them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.http import QueryDict

from surveys.accounts.models import Organization
from surveys.analytics.choices import Choices
from surveys.analytics.counting import counts, funnels, scanning
from surveys.analytics.counting.counts import Question, fetched
from surveys.analytics.counting.funnels import Funnel
from surveys.analytics.look import Look
from surveys.analytics.segments.segmenting import unit
from surveys.core.filters import PROPERTY_PREFIX, UNSET, Filters
from surveys.core.nps import Split
from surveys.core.overlapping import Comparison
from surveys.core.periods import Bucket, Period
from surveys.responses import filtering

MOST_VALUES = 50  # of one dimension, in a list to choose from


@dataclass(frozen=True)
class Side:
    """`themes` are eleven counts of each theme's responses."""

    filters: Filters
    by_bucket: list[list[int]]
    funnel: Funnel | None
    themes: dict[str, Split]

    @property
    def counts(self) -> list[int]:
        return [sum(column) for column in zip(*self.by_bucket, strict=True)]

    @property
    def split(self) -> Split:
        return Split.of_scores(self.counts)


@dataclass(frozen=True)
class SideBySide:
    buckets: list[Bucket]
    one: Side
    other: Side
    both: Split

    @property
    def comparison(self) -> Comparison:
        return Comparison(self.one.split, self.other.split, self.both)


def meant(base: Filters, chosen: Iterable[str]) -> Filters:
    """The page's filters, and over them what was chosen for one side: each a query string of filters."""
    own = QueryDict("&".join(text for text in chosen if text))
    names = {name for name in own if name != "unset"} | set(own.getlist("unset"))
    kept = [(name, value) for name, value in base.to_pairs() if (value if name == "unset" else name) not in names]
    wanted = [(name, value) for name, values in own.lists() for value in values]
    found = Filters.from_query(QueryDict(urlencode([*kept, *wanted])))
    return found.of_any_score.during(None, None)


def understood(
    organization: Organization, choices: Choices, filters: Filters, *, sees_hidden: bool, at: datetime
) -> Filters:
    return filtering.understood(organization, filters, choices.known, sees_hidden=sees_hidden, at=at)


def side_by_side(organization: Organization, look: Look, one: Filters, other: Filters) -> SideBySide:
    """Six statements, and one for what both have where that cannot be excluded."""
    buckets = look.period.buckets(unit(look), organization.week_start)
    mine, theirs = scanning.together(
        lambda: _side(organization, look.period, buckets, one),
        lambda: _side(organization, look.period, buckets, other),
    )
    return SideBySide(
        buckets,
        mine,
        theirs,
        Split() if are_apart(one, other) else _both(organization, look.period, one, other),
    )


def _side(organization: Organization, period: Period, buckets: list[Bucket], filters: Filters) -> Side:
    starts = tuple(bucket.first for bucket in buckets)
    cells = counts.scores(Question(organization, period, filters, starts))
    themes = counts.scores(Question(organization, period, filters, by="theme"))
    return Side(
        filters=filters,
        by_bucket=[cells.get((at, ""), [0] * 11) for at in range(len(buckets))],
        funnel=funnels.funnel(organization, period, filters),
        themes={value: Split.of_scores(found) for (_bucket, value), found in themes.items() if value},
    )


def are_apart(one: Filters, other: Filters) -> bool:
    """No response can pass both."""
    mine, theirs = counts.narrowed_dimensions(one), counts.narrowed_dimensions(other)
    single = [name for name in mine.keys() & theirs.keys() if name not in counts.SEVERAL]
    if any(not set(mine[name]) & set(theirs[name]) for name in single):
        return True
    return None not in (one.campaign, other.campaign) and one.campaign != other.campaign


def _both(organization: Organization, period: Period, one: Filters, other: Filters) -> Split:
    mine, theirs = counts.conditions(organization, period, one), counts.conditions(organization, period, other)
    statement = f"SELECT r.score, count(*) FROM surveys_response r WHERE {mine} AND {theirs} GROUP BY 1"
    found = dict(fetched(statement, [*mine.parameters, *theirs.parameters]))
    return Split.of_scores([int(found.get(score, 0)) for score in range(11)])


def values(organization: Organization, period: Period, names: Sequence[str]) -> dict[str, list[str]]:
    """Of each dimension the values that responses of the period have, the most frequent first; one statement."""
    total = " + ".join(f"s{score}" for score in range(11))
    statement = f"""
        SELECT dimension, value FROM surveys_scorecount
        WHERE organization_id = %s AND day BETWEEN %s AND %s AND dimension = ANY(%s)
        GROUP BY 1, 2 HAVING sum({total}) > 0 ORDER BY 1, sum({total}) DESC, 2
    """
    found: dict[str, list[str]] = {name: [] for name in names}
    for name, value in fetched(statement, [organization.pk, period.first, period.last, list(names)]):
        if len(found[name]) < MOST_VALUES:
            found[name].append(value)
    return {name: [*given, UNSET] if name.startswith(PROPERTY_PREFIX) else given for name, given in found.items()}

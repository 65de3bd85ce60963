"""What goes with the score: properties, language, channel, campaign and themes, each adjusted for the others.

Four statements at most, whatever the number of responses; of very many the newest are used, and `Drivers.of` says of how
many.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from surveys.accounts.models import Organization
from surveys.analytics.choices import Choices
from surveys.analytics.counting import counts
from surveys.analytics.counting.counts import Question
from surveys.analytics.counting.dimensions import Dimension
from surveys.analytics.look import Look
from surveys.analytics.reasons.driver_factors import OTHER, WITH, Factor, Level, Model, Row, band_label, model
from surveys.comments.models import Theme, ThemeState
from surveys.core import regression
from surveys.core.filters import PROPERTY_PREFIX, UNSET
from surveys.core.nps import TOO_FEW, Difference, Split, Verdict, holm
from surveys.core.regression import Effect
from surveys.customers.models import PropertySet

MOST_RESPONSES: Final = 50_000  # cells of these take about a second
LEAST_RESPONSES: Final = 100
MUCH_INFLATED: Final = 10.0  # the usual mark for a variance that others have blown up
COMMENT: Final = "has_comment"
THEME: Final = "theme"


@dataclass(frozen=True)
class Driver:
    """One level beside the one it is compared with. `twin` is what it can hardly be told apart from."""

    level: Level
    raw: Difference
    effect: Effect
    verdict: Verdict
    twin: Level | None


@dataclass(frozen=True)
class Merged:
    """A level that goes together so closely with `others` (none: with everyone) that it has no figure of its own."""

    level: Level
    others: list[Level]


@dataclass(frozen=True)
class Drivers:
    """`responses` were used, the newest of `of`. `explained` is a share, 0…1. Without enough responses nothing is listed."""

    responses: int
    of: int
    drivers: list[Driver]
    merged: list[Merged]
    model: Model
    explained: float

    @property
    def is_enough(self) -> bool:
        return self.responses >= LEAST_RESPONSES

    @property
    def is_limited(self) -> bool:
        return self.responses < self.of


_CELLS: Final = """
    SELECT r.property_set_id, r.language, r.channel, r.campaign_id, r.commented, r.themes,
           count(*) FILTER (WHERE r.score >= 9), count(*) FILTER (WHERE r.score IN (7, 8)), count(*) FILTER (WHERE r.score <= 6)
    FROM (
        SELECT r.property_set_id, r.language, r.channel, r.campaign_id, r.comment <> '' AS commented, r.themes, r.score
        FROM surveys_response r WHERE {where} ORDER BY r.responded_at DESC, r.id DESC LIMIT %s
    ) AS r
    GROUP BY 1, 2, 3, 4, 5, 6
"""


def drivers(organization: Organization, look: Look, choices: Choices) -> Drivers:
    """Of the counted responses that the look shows."""
    properties = [dimension for dimension in choices.dimensions if dimension.is_property]
    where = counts.conditions(organization, look.period, look.filters)
    found = counts.fetched(_CELLS.format(where=where), [*where.parameters, MOST_RESPONSES])
    values = _values(organization, {row[0] for row in found})
    rows = [_row(row, properties, values) for row in found]
    made = model(rows, _factors(choices), _themes(organization), comments=-1)
    used = sum(row.split.responses for row in rows)
    return _fitted(made, used, _all(organization, look) if used == MOST_RESPONSES else used)


def _all(organization: Organization, look: Look) -> int:
    return sum(map(sum, counts.scores(Question(organization, look.period, look.filters)).values()))


def _values(organization: Organization, sets: Collection[int | None]) -> dict[int | None, dict[str, str]]:
    found = PropertySet.objects.filter(organization=organization, pk__in=[pk for pk in sets if pk is not None])
    return {None: {}, **dict(found.values_list("pk", "values"))}


def _row(found: tuple[Any, ...], dimensions: Sequence[Dimension], values: Mapping[int | None, dict[str, str]]) -> Row:
    property_set, language, channel, campaign, has_comment, themes, *split = found
    own = values[property_set]
    properties = (own.get(dimension.name.removeprefix(PROPERTY_PREFIX), UNSET) for dimension in dimensions)
    comment = WITH if has_comment else "0"
    return Row((*properties, language, channel, str(campaign), comment), tuple(themes), Split(*split))


def _factors(choices: Choices) -> list[Factor]:
    """In the order of `Row.values`: properties, language, channel, campaign, comment."""
    campaigns = {str(pk): name for pk, name in choices.campaigns}
    comment = {WITH: _("with a comment"), "0": _("without a comment")}
    return [
        *(_of_dimension(dimension) for dimension in choices.dimensions if dimension.is_property),
        _of_dimension(choices.dimension("language")),
        _of_dimension(choices.dimension("channel")),
        Factor("campaign", _("Campaign"), "text", lambda value: campaigns.get(value, value)),
        Factor(COMMENT, _("Comment"), "text", lambda value: comment[value]),
    ]


def _of_dimension(dimension: Dimension) -> Factor:
    return Factor(
        dimension.name,
        dimension.label,
        dimension.kind,
        lambda value: band_label(value, dimension.kind, dimension.value),
    )


def _themes(organization: Organization) -> dict[int, Factor]:
    found = Theme.objects.filter(organization=organization, state=ThemeState.ON)
    return {pk: _of_theme(name) for pk, name in found.values_list("pk", "name")}


def _of_theme(name: str) -> Factor:
    return Factor(THEME, name, "text", lambda _value: name)


def _fitted(made: Model, used: int, of: int) -> Drivers:
    if used < LEAST_RESPONSES:
        return Drivers(used, of, [], [], made, 0.0)
    fit = regression.fit(made.cells, len(made.columns))
    shown = {column: effect for column, effect in fit.effects.items() if _is_shown(made.columns[column])}
    significant = holm(effect.p_value for effect in shown.values())
    found = [
        _driver(made, column, effect, is_significant)
        for (column, effect), is_significant in zip(shown.items(), significant, strict=True)
    ]
    merged = [
        Merged(made.columns[column], [made.columns[other] for other in others])
        for column, others in fit.merged.items()
        if _is_shown(made.columns[column])
    ]
    return Drivers(used, of, sorted(found, key=_by_evidence), merged, made, fit.explained)


def _is_shown(level: Level) -> bool:
    """Those put together adjust the others; of a few responses nothing can be said."""
    return level.value != OTHER and level.split.responses >= TOO_FEW


def _driver(made: Model, column: int, effect: Effect, is_significant: bool) -> Driver:
    level = made.columns[column]
    raw = Difference(level.split, level.against)
    is_entangled = effect.inflation > MUCH_INFLATED and effect.twin is not None
    twin = made.columns[effect.twin] if is_entangled and effect.twin is not None else None
    return Driver(level, raw, effect, Verdict.CHANGED if is_significant else Verdict.NO_EVIDENCE, twin)


def _by_evidence(driver: Driver) -> tuple[bool, float]:
    return (driver.verdict is not Verdict.CHANGED, -abs(driver.effect.points))

"""What goes with the score when several things are looked at together: least squares with robust errors. Pure.

Each response is worth −100, 0 or 100 points, so that a mean is a Net Promoter Score and an effect is in points of it. A
model is a constant and columns that are 0 or 1; responses with the same columns are one cell, weighted by how many they
are, which gives exactly what ordinary least squares over single responses gives. Plain Python: cells have few ones among
many columns, and all work goes over these alone.

The variance of an answer differs from group to group, so errors are those of HC3, which hold all the same: H. White, "A
Heteroskedasticity-Consistent Covariance Matrix Estimator and a Direct Test for Heteroskedasticity", Econometrica 48:4,
1980; J. G. MacKinnon and H. White, "Some Heteroskedasticity-Consistent Covariance Matrix Estimators with Improved Finite
Sample Properties", Journal of Econometrics 29:3, 1985. The equations are solved by sweeping, which meets a column that
others make up and says which: J. H. Goodnight, "A Tutorial on the SWEEP Operator", The American Statistician 33:3, 1979.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import erfc, sqrt
from typing import Final

from surveys.core.nps import Z_95, Interval, Split

POINTS: Final = (100.0, 0.0, -100.0)  # of a promoter, a passive, a detractor
# A column that so few responses tell apart from the others is left out: its effect would be a guess about these few.
LEAST_APART: Final = 5.0
_CONSTANT: Final = 0
_PART_OF_IT: Final = 1e-6

Columns = tuple[int, ...]
Matrix = list[list[float]]


@dataclass(frozen=True)
class Effect:
    """Points by which the score differs where a column is 1, everything else being equal; `error` is its standard error.

    `inflation` is how many times its variance is what it would be if the column had nothing to do with the others, and
    `twin` the column that it goes together with most (None: with none).
    """

    points: float
    error: float
    inflation: float
    twin: int | None

    @property
    def interval(self) -> Interval:
        margin = Z_95 * self.error
        return Interval(self.points - margin, self.points + margin)

    @property
    def p_value(self) -> float:
        """Two-sided, normal."""
        return erfc(abs(self.points) / (self.error * sqrt(2))) if self.error else 1.0


@dataclass(frozen=True)
class Fit:
    """`merged` has the columns that could not be told apart, each with those that make it up (none: with everyone).

    `explained` is the share of the variance of answers that the model accounts for, less what as many columns without
    any meaning would have (adjusted R², never below 0).
    """

    responses: int
    constant: float
    effects: dict[int, Effect]
    merged: dict[int, Columns]
    explained: float


def fit(cells: Mapping[Columns, Split], columns: int) -> Fit:
    """Cells by the columns (numbered 0 … `columns` − 1) that are 1 in them."""
    rows = [((_CONSTANT, *(column + 1 for column in ones)), split) for ones, split in cells.items() if split.responses]
    products = _products(rows, columns + 1)
    swept = _sweep([line[:] for line in products])
    beta = _times(swept, _moments(rows, columns + 1))
    weights, unexplained = _residuals(rows, swept, beta)
    errors = _errors(swept, _products_of(zip((ones for ones, _split in rows), weights, strict=True), columns + 1))
    responses = sum(split.responses for _ones, split in rows)
    found = [column for column in swept.used if column != _CONSTANT]
    return Fit(
        responses=responses,
        constant=beta[_CONSTANT],
        effects={
            column - 1: Effect(beta[column], errors[column], *_entangled(products, swept, column)) for column in found
        },
        merged={column - 1: parts for column, parts in swept.merged.items()},
        explained=_explained(rows, unexplained, len(swept.used)),
    )


_Rows = Sequence[tuple[Columns, Split]]


def _products(rows: _Rows, size: int) -> Matrix:
    return _products_of(((ones, float(split.responses)) for ones, split in rows), size)


def _products_of(weighted: Iterable[tuple[Columns, float]], size: int) -> Matrix:
    """Σ weight · x xᵀ."""
    total = [[0.0] * size for _ in range(size)]
    for ones, weight in weighted:
        for one in ones:
            line = total[one]
            for other in ones:
                line[other] += weight
    return total


def _moments(rows: _Rows, size: int) -> list[float]:
    total = [0.0] * size
    for ones, split in rows:
        points = 100.0 * (split.promoters - split.detractors)
        for one in ones:
            total[one] += points
    return total


@dataclass(frozen=True)
class _Swept:
    """The inverse over the columns in `used`."""

    inverse: Matrix
    used: list[int]
    merged: dict[int, Columns]


def _sweep(matrix: Matrix) -> _Swept:
    """Columns in their order; one that is left with fewer than LEAST_APART responses of its own is not used."""
    used: list[int] = []
    for pivot in range(len(matrix)):
        if matrix[pivot][pivot] >= (LEAST_APART if pivot else 1.0):
            _sweep_one(matrix, pivot)
            used.append(pivot)
    left = [column for column in range(len(matrix)) if column not in set(used)]
    merged = {column: _makes_up(matrix, used, column) for column in left}
    return _Swept(matrix, used, merged)


def _sweep_one(matrix: Matrix, pivot: int) -> None:
    size, row = matrix[pivot][pivot], matrix[pivot]
    row[:] = [value / size for value in row]
    for index, line in enumerate(matrix):
        factor = line[pivot]
        if index == pivot or not factor:
            continue
        line[:] = [value - factor * other for value, other in zip(line, row, strict=True)]
        line[pivot] = -factor / size
    row[pivot] = 1.0 / size


def _makes_up(matrix: Matrix, used: Sequence[int], column: int) -> Columns:
    """Which used columns say most of what an unused one says."""
    shares = [(abs(matrix[other][column]), other) for other in used if other != _CONSTANT]
    return tuple(other - 1 for share, other in shares if share > 0.5)


def _times(swept: _Swept, vector: Sequence[float]) -> list[float]:
    beta = [0.0] * len(vector)
    for column in swept.used:
        line = swept.inverse[column]
        beta[column] = sum(line[other] * vector[other] for other in swept.used)
    return beta


def _residuals(rows: _Rows, swept: _Swept, beta: Sequence[float]) -> tuple[list[float], float]:
    """Of each cell the sum of squared residuals as HC3 weighs them; of all together the plain sum."""
    used, weights, plain = set(swept.used), [], 0.0
    for ones, split in rows:
        mine = [one for one in ones if one in used]
        expected = sum(beta[one] for one in mine)
        squares = sum(
            count * (points - expected) ** 2
            for count, points in zip((split.promoters, split.passives, split.detractors), POINTS, strict=True)
        )
        leverage = sum(swept.inverse[one][other] for one in mine for other in mine)
        weights.append(squares / max(1.0 - leverage, _PART_OF_IT) ** 2)
        plain += squares
    return weights, plain


def _errors(swept: _Swept, meat: Matrix) -> list[float]:
    """√ of the diagonal of (XᵀX)⁻¹ M (XᵀX)⁻¹."""
    errors = [0.0] * len(meat)
    for column in swept.used:
        line = [swept.inverse[column][other] for other in swept.used]
        folded = (
            sum(mine * meat[one][other] for mine, one in zip(line, swept.used, strict=True)) for other in swept.used
        )
        errors[column] = sqrt(max(sum(part * mine for part, mine in zip(folded, line, strict=True)), 0.0))
    return errors


def _entangled(products: Matrix, swept: _Swept, column: int) -> tuple[float, int | None]:
    """The variance inflation of a column, and which other it shares most with (by partial correlation)."""
    alone = products[column][column] - products[column][_CONSTANT] ** 2 / products[_CONSTANT][_CONSTANT]
    inflation = swept.inverse[column][column] * alone
    others = [other for other in swept.used if other not in (_CONSTANT, column)]
    if not others:
        return inflation, None
    shared = {other: abs(swept.inverse[column][other]) / sqrt(swept.inverse[other][other]) for other in others}
    return inflation, max(shared, key=shared.__getitem__) - 1


def _explained(rows: _Rows, unexplained: float, used: int) -> float:
    whole = sum((split for _ones, split in rows), Split())
    free = whole.responses - used
    if free <= 0:
        return 0.0
    mean = 100.0 * (whole.promoters - whole.detractors) / whole.responses
    total = sum(
        count * (points - mean) ** 2
        for count, points in zip((whole.promoters, whole.passives, whole.detractors), POINTS, strict=True)
    )
    return max(0.0, 1.0 - (unexplained / free) / (total / (whole.responses - 1))) if total else 0.0

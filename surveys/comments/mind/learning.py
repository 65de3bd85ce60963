"""Learning how comments are meant from what stands beside them: the score that the same person gave, and rulings.

Ridge regression (Hoerl and Kennard, 1970) towards −1, 0 and 1, the classes of equal weight. The same examples give the same weights.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import Ridge
from sklearn.metrics import f1_score

from surveys.comments.mind import embedding, sentiment
from surveys.comments.mind.sentiment import BUCKETS, Comment, Weights

FEWEST: Final = 40  # examples; with fewer the shipped start stays
FEWEST_OF_A_KIND: Final = 5
_HELD_BACK: Final = 5  # one in so many
_TRUST_IN_START: Final = 3.0  # how much cheaper it is to believe the start than to learn anew
_POINT: Final = 1.0
_RIDGE: Final = 16.0
_RULED: Final = 8.0  # what a ruling of a person weighs against a score
_MOST_STRETCH: Final = 4.0
_GRID: Final = np.arange(-0.5, 0.55, 0.05)

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Example:
    """`wanted` is −1, 0 or 1: by the category of the score, or as a person ruled. `key` says whether it is held back."""

    key: int
    comment: Comment
    wanted: int
    is_ruled: bool = False

    @property
    def is_held_back(self) -> bool:
        """What a person ruled is learned from in any case."""
        return not self.is_ruled and zlib.crc32(b"%d" % self.key) % _HELD_BACK == 0


@dataclass(frozen=True)
class Learned:
    """`quality` and `before` are macro-averaged F1 on comments that were held back, after and before learning."""

    weights: Weights
    learned_from: int
    held_back: int
    quality: float
    before: float

    @property
    def is_worse(self) -> bool:
        return self.quality < self.before


def learn(examples: Sequence[Example], known: Weights = sentiment.SHIPPED) -> Learned | None:
    """None while there are too few of them. What is held back is always the same and never learned from, so that every
    lesson is measured by what it has not seen."""
    seen = [example for example in examples if not example.is_held_back]
    held_back = [example for example in examples if example.is_held_back]
    if not _enough(seen) or not held_back:
        return None
    tried = fit(seen)
    return Learned(
        weights=tried,
        learned_from=len(seen),
        held_back=len(held_back),
        quality=quality(tried, held_back),
        before=quality(known, held_back),
    )


def _enough(examples: Sequence[Example]) -> bool:
    kinds = [sum(example.wanted == kind for example in examples) for kind in (-1, 1)]
    return len(examples) >= FEWEST and min(kinds) >= FEWEST_OF_A_KIND


def quality(weights: Weights, examples: Sequence[Example]) -> float:
    said = [weights.sentiment(weights.feeling(example.comment)) for example in examples]
    return f1([example.wanted for example in examples], said)


def f1(wanted: Sequence[int], said: Sequence[int]) -> float:
    return float(f1_score(wanted, said, average="macro", labels=sorted(set(wanted)), zero_division=0.0))


def fit(examples: Sequence[Example], over: Weights = sentiment.SHIPPED) -> Weights:
    """On top of what is known. Its edges stay: a passive's score does not say that the comment is neither good nor bad."""
    problem = _problem(examples, over)
    model = _ridge(problem.rows, problem.wanted, problem.weigh)
    return _weights(model, over.edges, over, _stretch(problem))


def fit_start(examples: Sequence[Example]) -> Weights:
    """On top of the lists of words, from examples that say how they are meant. Edges are set on what each fold says of
    the others' examples: on what was learned by heart everything looks clear."""
    problem = _problem(examples, sentiment.LISTS)
    model = _ridge(problem.rows, problem.wanted, problem.weigh)
    return _weights(model, _edges(_unseen(problem), problem.wanted), None, 1.0)


@dataclass(frozen=True)
class _Problem:
    rows: Any
    wanted: Numbers
    weigh: Numbers
    folds: NDArray[np.int64]


def _problem(examples: Sequence[Example], over: Weights) -> _Problem:
    folds = [zlib.crc32(b"fold %d" % example.key) % _HELD_BACK for example in examples]
    rows = matrix([each.comment for each in examples], over)
    return _Problem(rows, _wanted(examples), _weigh(examples), np.asarray(folds))


def _unseen(problem: _Problem) -> Numbers:
    """What each fifth is read as by what the others teach."""
    unseen = np.zeros(len(problem.wanted))
    for fold in range(_HELD_BACK):
        out = problem.folds == fold
        if out.any() and not out.all():
            model = _ridge(problem.rows[~out], problem.wanted[~out], problem.weigh[~out])
            unseen[out] = model.predict(problem.rows[out])
    return unseen


def _stretch(problem: _Problem) -> float:
    """Ridge draws everything to the middle, the more the fewer examples there are: by how much is seen on what it has not
    learned from, and undone."""
    unseen = _unseen(problem)
    spread = float(np.average(unseen * unseen, weights=problem.weigh))
    if not spread:
        return 1.0
    slope = float(np.average(unseen * problem.wanted, weights=problem.weigh)) / spread
    return min(_MOST_STRETCH, max(1.0, slope))


def matrix(comments: Sequence[Comment], over: Weights) -> Any:
    """A row per comment: the start, the point, the grams."""
    starts = np.asarray([[over.feeling(comment) * _TRUST_IN_START] for comment in comments])
    points = np.stack([comment.point.vector for comment in comments]) * _POINT
    places = np.concatenate([np.full(len(each.buckets), row) for row, each in enumerate(comments)])
    buckets = np.concatenate([comment.buckets for comment in comments])
    shares = np.concatenate([np.full(len(each.buckets), each.share) for each in comments])
    grams = sparse.csr_matrix((shares, (places, buckets)), shape=(len(comments), BUCKETS))
    return sparse.hstack([sparse.csr_matrix(starts), sparse.csr_matrix(points), grams], format="csr")


def _wanted(examples: Sequence[Example]) -> Numbers:
    return np.asarray([float(example.wanted) for example in examples])


def _weigh(examples: Sequence[Example]) -> Numbers:
    """Each class counts the same together, whatever the scores of the organization are."""
    count = {kind: sum(example.wanted == kind for example in examples) for kind in (-1, 0, 1)}
    kinds = sum(1 for each in count.values() if each)
    fair = [len(examples) / kinds / count[example.wanted] for example in examples]
    ruled = [_RULED if example.is_ruled else 1.0 for example in examples]
    return np.asarray(fair) * np.asarray(ruled)


def _ridge(rows: Any, wanted: Numbers, weigh: Numbers) -> Ridge:
    return Ridge(alpha=_RIDGE, solver="sparse_cg", tol=1e-5, max_iter=500).fit(rows, wanted, sample_weight=weigh)


def _edges(unseen: Numbers, wanted: Numbers) -> tuple[float, float]:
    """Those that read most of the unseen rightly, all kinds the same; of equals the ones next to the middle."""
    pairs = [(float(low), float(high)) for low in _GRID for high in _GRID if low <= high]
    by_middle = sorted(pairs, key=lambda edges: (abs(edges[0] + 0.2) + abs(edges[1] - 0.2), edges))
    return max(by_middle, key=lambda edges: _balanced(unseen, wanted, edges))


def _balanced(unseen: Numbers, wanted: Numbers, edges: tuple[float, float]) -> float:
    said = (unseen > edges[1]).astype(int) - (unseen < edges[0]).astype(int)
    kinds = np.unique(wanted)
    return float(np.mean([np.mean(said[wanted == kind] == kind) for kind in kinds]))


def _weights(model: Ridge, edges: tuple[float, float], over: Weights | None, stretch: float) -> Weights:
    found = (model.coef_ * stretch).astype(np.float32)
    return Weights(
        bias=float(model.intercept_) * stretch,
        start=float(found[0]) * _TRUST_IN_START,
        edges=edges,
        point=found[1 : 1 + embedding.SIZE] * np.float32(_POINT),
        grams=found[1 + embedding.SIZE :],
        over=over,
    )

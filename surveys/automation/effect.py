"""Whether closing the loop works: from what was counted to figures with how sure they are. Pure. See docs/closing-the-loop.md.

Nothing here says why two groups differ. Those who were contacted were chosen by somebody; only those whom a rule held out
were left to chance.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Final, Self

from surveys.core import means, nps, proportions
from surveys.core.choices import Category
from surveys.core.means import Mean
from surveys.core.nps import TOO_FEW
from surveys.core.proportions import Range, Rate

NOBODY: Final = Rate(0, 0)
CHANGE: Final = 0.10  # the difference of shares that "how many are needed" asks about


# ── Answering ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Promptness:
    """Seconds until the first reply; `median` and `ninetieth` are None where not so many have one yet. A conversation that was
    closed without a reply took no time to reply: it is counted by itself."""

    conversations: int = 0
    replied: int = 0
    waiting: int = 0
    closed_silently: int = 0
    median: float | None = None
    ninetieth: float | None = None
    in_time: Rate = NOBODY

    @property
    def is_too_few(self) -> bool:
        return self.conversations < TOO_FEW


class Beside(StrEnum):
    """How a group stands beside all others, in answering in time."""

    MORE = "more"
    LESS = "less"
    NO_DIFFERENCE = "no_difference"
    TOO_FEW = "too_few"


@dataclass(frozen=True)
class Part:
    """Of one colleague or team; `key` is None for what is nobody's."""

    key: int | None
    promptness: Promptness
    beside: Beside


def parts(found: Mapping[int | None, Promptness]) -> list[Part]:
    """In no order that would be a ranking. All are compared with the others together, so they are corrected for (Holm)."""
    everybody = _added([each.in_time for each in found.values()])
    others = {
        whose: Rate(everybody.count - each.in_time.count, everybody.of - each.in_time.of)
        for whose, each in found.items()
    }
    able = [key for key, each in found.items() if min(each.in_time.of, others[key].of) >= TOO_FEW]
    significant = dict(
        zip(able, nps.holm(proportions.p_value(found[key].in_time, others[key]) for key in able), strict=True)
    )
    return [Part(key, each, _beside(each.in_time, others[key], significant.get(key))) for key, each in found.items()]


def _added(rates: Iterable[Rate]) -> Rate:
    together = list(rates)
    return Rate(sum(rate.count for rate in together), sum(rate.of for rate in together))


def _beside(one: Rate, other: Rate, is_significant: bool | None) -> Beside:
    if is_significant is None:
        return Beside.TOO_FEW
    if not is_significant:
        return Beside.NO_DIFFERENCE
    return Beside.MORE if (one.value or 0) > (other.value or 0) else Beside.LESS


# ── Closing the loop ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Loop:
    """Of the counted responses of one category: how many got a conversation, a reply in it, and an end after that."""

    category: Category
    responses: int
    conversations: int = 0
    replied: int = 0
    closed: int = 0

    @property
    def rate(self) -> Rate:
        return Rate(self.closed, self.responses)


# ── Coming back ──────────────────────────────────────────────────────────────────────────────────────────────────────

Answers = Mapping[tuple[int | None, int | None], int]  # how many people had this score, and this one next (None: none)


@dataclass(frozen=True)
class Group:
    """People, by the score that began it and the next one that they gave."""

    answers: Answers = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[tuple[int | None, int | None, int]]) -> Self:
        found: Counter[tuple[int | None, int | None]] = Counter()
        for score, following, count in rows:
            found[score, following] += count
        return cls(found)

    @property
    def people(self) -> int:
        return sum(self.answers.values())

    @property
    def detractors(self) -> "Group":
        return Group({pair: count for pair, count in self.answers.items() if pair[0] is not None and pair[0] <= 6})

    @property
    def again(self) -> Rate:
        """Who answered once more."""
        return Rate(sum(count for (_score, next_), count in self.answers.items() if next_ is not None), self.people)

    @property
    def recovered(self) -> Rate:
        """Promoters by their next answer, of all: who gave none did not come back."""
        return Rate(self._next(9), self.people)

    @property
    def recovered_of_again(self) -> Rate:
        """Of those who answered once more."""
        return Rate(self._next(9), self.again.count)

    @property
    def no_detractors_of_again(self) -> Rate:
        return Rate(self._next(7), self.again.count)

    def _next(self, least: int) -> int:
        return sum(count for (_score, next_), count in self.answers.items() if next_ is not None and next_ >= least)

    @property
    def next_score(self) -> Mean:
        found: Counter[int] = Counter()
        for (_score, next_), count in self.answers.items():
            if next_ is not None:
                found[next_] += count
        return Mean.of(found)


@dataclass(frozen=True)
class Comparison:
    """`one` against `other`: shares and means with the interval of their difference; None where nobody can say."""

    one: Group
    other: Group

    @property
    def recovered(self) -> Range | None:
        return proportions.difference(self.one.recovered, self.other.recovered)

    @property
    def recovered_of_again(self) -> Range | None:
        return proportions.difference(self.one.recovered_of_again, self.other.recovered_of_again)

    @property
    def next_score(self) -> Range | None:
        return means.difference(self.one.next_score, self.other.next_score)

    @property
    def is_too_few(self) -> bool:
        return min(self.one.people, self.other.people) < TOO_FEW

    @property
    def needed(self) -> int | None:
        """People in the smaller group for a difference of CHANGE to be seen, four times of five; None of nobody."""
        small, large = sorted((self.one, self.other), key=lambda group: group.people)
        if small.recovered.value is None or not small.people:
            return None
        together = _added([small.recovered, large.recovered]).value or 0.0
        return proportions.needed(together, CHANGE, large.people / small.people)


# ── Worth ────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Became(StrEnum):
    """What somebody's next answer made of them."""

    PROMOTER = "promoter"
    PASSIVE = "passive"
    DETRACTOR = "detractor"
    SILENT = "silent"  # none yet


def became(following: int | None) -> Became:
    return Became.SILENT if following is None else Became(nps.classify(following).value)


@dataclass(frozen=True)
class Stake:
    """What detractors are worth, by whether somebody wrote to them, and what became of them: {(is_contacted, became): …}."""

    worth: Mapping[tuple[bool, Became], Fraction] = field(default_factory=dict)
    people: Mapping[tuple[bool, Became], int] = field(default_factory=dict)
    unknown: int = 0  # people without a number, or with one below 0

    def total(self, *, contacted: bool | None = None, became: Became | None = None) -> Fraction:
        return sum((worth for pair, worth in self.worth.items() if _is(pair, contacted, became)), Fraction(0))

    def count(self, *, contacted: bool | None = None, became: Became | None = None) -> int:
        return sum(count for pair, count in self.people.items() if _is(pair, contacted, became))


def _is(pair: tuple[bool, Became], contacted: bool | None, became: Became | None) -> bool:
    return (contacted is None or pair[0] == contacted) and (became is None or pair[1] == became)

"""A year of asks and answers that look like a real company's: segments differ, and a dip has its cause. Pure."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from surveys.core import nps
from surveys.core.choices import Category
from surveys.samples.comments import comment
from surveys.samples.people import Person

# The billing system was moved this many days ago; invoices were wrong for about a month.
DIP_BEGAN_DAYS_AGO: Final = 150
DIP_DAYS: Final = 34

_MEAN_SCORE: Final = {"Free": 7.4, "Starter": 8.1, "Team": 8.8, "Enterprise": 9.2}
_RESPONSE_RATE: Final = {"Free": 0.19, "Starter": 0.27, "Team": 0.34, "Enterprise": 0.41}
_MOOD_OF_COUNTRY: Final = {"DE": -0.5, "JP": -0.6, "US": 0.3, "IN": 0.3}
_MOOD_OF_INDUSTRY: Final = {"Software": 0.25, "Healthcare": -0.2}
_HURT_BY_BILLING: Final = {"Free": 0.0, "Starter": 2.4, "Team": 2.8, "Enterprise": 1.2}


@dataclass(frozen=True)
class Answer:
    score: int
    comment: str
    at: datetime


@dataclass(frozen=True)
class Ask:
    """One historic ask of one person (an index into the list of people), answered or not."""

    person: int
    sent_at: datetime
    answer: Answer | None


def year(people: Sequence[Person], *, until: datetime, gap_days: int, seed: int) -> Iterator[Ask]:
    """Asks of the 362 days before `until`, oldest first. Nobody is asked twice within `gap_days`.

    Each person is asked every four to seven months from the day after signing up.
    """
    dice = random.Random(seed)
    asks = [ask for number, person in enumerate(people) for ask in _asks_of(number, person, until, gap_days, dice)]
    yield from sorted(asks, key=lambda ask: ask.sent_at)


def _asks_of(number: int, person: Person, until: datetime, gap_days: int, dice: random.Random) -> Iterator[Ask]:
    character = dice.gauss(0, 1.3)
    day = dice.randint(140, 362)
    while day > 1:
        sent_at = _office_hour(until - timedelta(days=day), dice)
        if sent_at.date() > person.signed_up:
            yield Ask(number, sent_at, _answer(person, character, sent_at, until, dice))
        day -= gap_days + dice.randint(30, 120)


def _office_hour(day: datetime, dice: random.Random) -> datetime:
    return day.replace(hour=dice.randint(7, 16), minute=dice.randint(0, 59), second=dice.randint(0, 59), microsecond=0)


def _answer(person: Person, character: float, sent_at: datetime, until: datetime, dice: random.Random) -> Answer | None:
    answered_at = sent_at + timedelta(hours=dice.expovariate(1 / 14), minutes=3)
    if dice.random() > _RESPONSE_RATE[person.plan] or answered_at >= until - timedelta(hours=1):
        return None
    trouble = in_dip(answered_at, until)
    score = _score(person, character, trouble=trouble, progress=_progress(answered_at, until), dice=dice)
    category = nps.classify(score)
    says = dice.random() < (0.62 if category is Category.DETRACTOR else 0.38)
    words = comment(person.language, category, billing_trouble=trouble, dice=dice) if says else ""
    return Answer(score, words, answered_at)


def in_dip(at: datetime, until: datetime) -> bool:
    began = until - timedelta(days=DIP_BEGAN_DAYS_AGO)
    return began <= at < began + timedelta(days=DIP_DAYS)


def _progress(at: datetime, until: datetime) -> float:
    """0 a year ago, 1 today: the product gets slowly better."""
    return 1 - (until - at) / timedelta(days=365)


def _score(person: Person, character: float, *, trouble: bool, progress: float, dice: random.Random) -> int:
    mean = (
        _MEAN_SCORE[person.plan] + _MOOD_OF_COUNTRY.get(person.country, 0) + _MOOD_OF_INDUSTRY.get(person.industry, 0)
    )
    hurt = _HURT_BY_BILLING[person.plan] if trouble else 0
    return min(10, max(0, round(mean + 0.5 * progress + character - hurt + dice.gauss(0, 1.1))))

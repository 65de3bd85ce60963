"""Two years of asks and answers that look like a real company's: segments differ, a dip has its cause, people change. Pure."""

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from surveys.core import nps
from surveys.core.choices import Category
from surveys.samples.aftermath import Answer, Ask, lived
from surveys.samples.comments import Trouble, comment
from surveys.samples.people import Person

DAYS: Final = 750

# The billing system was moved this many days ago; invoices were wrong for about a month.
DIP_BEGAN_DAYS_AGO: Final = 150
DIP_DAYS: Final = 34
# Since then Starter costs more.
PRICES_ROSE_DAYS_AGO: Final = 29
APP_CAME_DAYS_AGO: Final = 265

_MEAN_SCORE: Final = {"Free": 7.4, "Starter": 8.1, "Team": 8.8, "Enterprise": 8.8}
_RESPONSE_RATE: Final = {"Free": 0.26, "Starter": 0.38, "Team": 0.45, "Enterprise": 0.5}
_FEW: Final = 0.3
_KEENNESS_OF_FEW: Final = 2.1
_KEENNESS_OF_MOST: Final = 0.35
_MOOD_OF_COUNTRY: Final = {"DE": -0.5, "JP": -0.6, "US": 0.3, "IN": 0.3}
_MOOD_OF_INDUSTRY: Final = {"Software": 0.25, "Healthcare": -0.2}
_HURT_BY_BILLING: Final = {"Free": 0.0, "Starter": 2.4, "Team": 2.8, "Enterprise": 1.2}
_HURT_BY_PRICES: Final = {"Starter": 2.2}
_HELPED_BY_APP: Final = 0.4
_WON_BACK: Final = 0.35  # of the detractors: somebody called them, and their next score shows it
_RELIEF: Final = 3.0


def history(
    people: Sequence[Person], *, until: datetime, gap_days: int, seed: int, alone: Mapping[int, datetime]
) -> Iterator[Ask]:
    """Asks of the DAYS before `until`, oldest first. Nobody is asked twice within `gap_days`, but for who was called.
    `alone` are those (by their place) whom a rule holds out, and since when.

    Each person is asked every three to five months from the day after signing up; who answered once is likelier to again.
    """
    dice = random.Random(seed)
    asks: list[Ask] = []
    for number, person in enumerate(people):
        asked = list(_asks_of(number, person, until, gap_days, dice))
        asks += lived(asked, person, until, random.Random(f"{seed}:{number}"), alone.get(number))
    yield from sorted(asks, key=lambda ask: ask.sent_at)


def _asks_of(number: int, person: Person, until: datetime, gap_days: int, dice: random.Random) -> Iterator[Ask]:
    character, relief = dice.gauss(0, 1.3), 0.0
    keen = _KEENNESS_OF_FEW if dice.random() < _FEW else _KEENNESS_OF_MOST
    day = dice.randint(DAYS - 135, DAYS)
    while day > 1:
        sent_at = _office_hour(until - timedelta(days=day), dice)
        if sent_at.date() > person.signed_up:
            answer = _answer(person, character + relief, keen, sent_at, until, dice)
            if answer and nps.classify(answer.score) is Category.DETRACTOR:
                relief = _RELIEF if dice.random() < _WON_BACK else 0.0
            yield Ask(number, sent_at, answer)
        day -= gap_days + dice.randint(5, 45)


def _office_hour(day: datetime, dice: random.Random) -> datetime:
    return day.replace(hour=dice.randint(7, 16), minute=dice.randint(0, 59), second=dice.randint(0, 59), microsecond=0)


def _answer(
    person: Person, mood: float, keen: float, sent_at: datetime, until: datetime, dice: random.Random
) -> Answer | None:
    answered_at = sent_at + timedelta(hours=dice.expovariate(1 / 14), minutes=3)
    if dice.random() > keen * _RESPONSE_RATE[person.plan] or answered_at >= until - timedelta(hours=1):
        return None
    trouble = trouble_of(person, answered_at, until)
    score = _score(person, mood + _circumstances(person, answered_at, until, trouble), dice)
    category = nps.classify(score)
    says = dice.random() < (0.75 if category is Category.DETRACTOR else 0.5)
    words = comment(person.language, category, person.plan, trouble=trouble, dice=dice) if says else ""
    return Answer(score, words, answered_at)


def trouble_of(person: Person, at: datetime, until: datetime) -> Trouble:
    began = until - timedelta(days=DIP_BEGAN_DAYS_AGO)
    if began <= at < began + timedelta(days=DIP_DAYS):
        return Trouble.BILLING
    rose = at >= until - timedelta(days=PRICES_ROSE_DAYS_AGO)
    return Trouble.PRICES if rose and person.plan in _HURT_BY_PRICES else Trouble.NONE


def _circumstances(person: Person, at: datetime, until: datetime, trouble: Trouble) -> float:
    """What moves everybody: trouble, the new app, and a product that gets slowly better."""
    hurt = {Trouble.BILLING: _HURT_BY_BILLING, Trouble.PRICES: _HURT_BY_PRICES}.get(trouble, {})
    has_app = at >= until - timedelta(days=APP_CAME_DAYS_AGO)
    progress = 1 - (until - at) / timedelta(days=DAYS)
    return 0.5 * progress + _HELPED_BY_APP * has_app - hurt.get(person.plan, 0.0)


def _score(person: Person, mood: float, dice: random.Random) -> int:
    mean = (
        _MEAN_SCORE[person.plan] + _MOOD_OF_COUNTRY.get(person.country, 0) + _MOOD_OF_INDUSTRY.get(person.industry, 0)
    )
    return min(10, max(0, round(mean + mood + dice.gauss(0, 1.1))))

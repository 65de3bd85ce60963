"""The invented world of a load, as arrays: who there is, who answered what and when, who was asked in vain.

Everything follows from the seed. Customers answer again and again, and each has a mood of their own that lasts, so that
changes over time mean something; plans differ, themes pull scores, and one spring was bad.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np

from surveys.samples.loading import words

DAYS: Final = 3 * 365
ASKED_DAYS: Final = 365  # for so long asks were kept; answers before that are from another product
ANSWERS_EACH: Final = 12  # of a customer, on average
IN_VAIN: Final = 1.0  # asks that nobody answered, for each that was, of the time of asks
COMMENTED: Final = 0.25
DAY: Final = 24 * 3600
MORNING, EVENING = 6 * 3600, 22 * 3600  # nobody answers at hours at which a clock may be changed
NONE: Final = 255

Array = Any  # numpy's, of one number per row


@dataclass(frozen=True)
class People:
    """`values` has a column of indexes per property, in the order of words.PROPERTIES; `lift` is what they add to a score."""

    values: Array
    lift: Array
    language: Array
    arr: Array
    seats: Array
    since: Array  # days before the first day of the load


@dataclass(frozen=True)
class Answers:
    """In the order of time; `theme` and `sentiment` are NONE and 0 without a comment, `tag` NONE without one."""

    customer: Array
    day: Array
    second: Array
    score: Array
    campaign: Array
    theme: Array
    sentiment: Array
    tag: Array
    is_counted: Array
    is_junk: Array
    ask: Array  # the place of the ask in the order of asks, or −1


@dataclass(frozen=True)
class Asks:
    """In the order of sending; `answer` is the place of the answer, or −1."""

    customer: Array
    day: Array
    second: Array
    campaign: Array
    answer: Array
    bounced: Array
    unsubscribed: Array


@dataclass(frozen=True)
class World:
    first: date
    people: People
    answers: Answers
    asks: Asks

    @property
    def last(self) -> date:
        return self.first + timedelta(days=DAYS - 1)


def invent(responses: int, *, last: date, seed: int) -> World:
    dice = np.random.default_rng(seed)
    people = _people(dice, max(50, responses // ANSWERS_EACH))
    answers = _answers(dice, people, responses)
    asks, places = _asks(dice, people, answers)
    answers.ask[:] = places
    return World(last - timedelta(days=DAYS - 1), people, answers, asks)


def _people(dice: Any, count: int) -> People:
    columns, lift = [], dice.normal(0, 1.3, count).astype("f4")  # the mood of each
    for values in words.PROPERTIES.values():
        shares = np.array([share for share, _lift in values.values()])
        column = dice.choice(len(values), count, p=shares / shares.sum()).astype("u1")
        lift += np.array([adds for _share, adds in values.values()], "f4")[column]
        columns.append(column)
    medians = np.array([words.ARR[plan] for plan in words.PROPERTIES["plan"]])
    languages = np.array(list(words.LANGUAGES.values()))
    return People(
        values=np.stack(columns, axis=1),
        lift=lift,
        language=dice.choice(len(languages), count, p=languages / languages.sum()).astype("u1"),
        arr=(medians[columns[0]] * dice.lognormal(0, 0.6, count)).astype("i8"),
        seats=(1 + dice.lognormal(1.6, 1.1, count)).astype("i4"),
        since=dice.integers(0, 1500, count).astype("i4"),
    )


def _answers(dice: Any, people: People, count: int) -> Answers:
    weight = np.linspace(0.6, 1.4, DAYS) * np.where(np.arange(DAYS) % 7 < 5, 1.25, 0.4)
    day = dice.choice(DAYS, count, p=weight / weight.sum())
    at = np.sort(day * DAY + dice.integers(MORNING, EVENING, count))
    day, second = (at // DAY).astype("i4"), (at % DAY).astype("i4")
    customer = (len(people.lift) * dice.random(count, "f4") ** 1.4).astype("i4")  # some answer more often than others
    theme = np.where(dice.random(count, "f4") < COMMENTED, dice.integers(0, len(words.THEMES), count), NONE).astype(
        "u1"
    )
    score = _scores(dice, people, customer, day, theme)
    happy = score + dice.normal(0, 1.2, count) > 7
    doubt = dice.random(count, "f4")
    return Answers(
        customer=customer,
        day=day,
        second=second,
        score=score,
        campaign=_chosen(dice, words.CAMPAIGNS, count),
        theme=theme,
        sentiment=np.where(theme == NONE, 0, np.where(happy, 1, -1)).astype("i1"),
        tag=np.where(dice.random(count, "f4") < 0.02, dice.integers(0, len(words.TAGS), count), NONE).astype("u1"),
        is_counted=(doubt > 0.008) & (doubt < 0.997),
        is_junk=doubt >= 0.997,
        ask=np.empty(count, "i4"),
    )


def _scores(dice: Any, people: People, customer: Array, day: Array, theme: Array) -> Array:
    themes = np.array([lift for _words, lift in words.THEMES.values()], "f4")
    pull = np.where(theme == NONE, 0, themes[np.minimum(theme, len(themes) - 1)])
    bad_spring = np.where((day > 800) & (day < 845), -1.1, 0)
    better = 0.5 * day / DAYS
    raw = 8.4 + people.lift[customer] + pull + bad_spring + better + dice.normal(0, 1.1, len(customer))
    return np.clip(np.rint(raw), 0, 10).astype("u1")


def _chosen(dice: Any, shares: dict[str, float], count: int) -> Array:
    weights = np.array(list(shares.values()))
    return dice.choice(len(weights), count, p=weights / weights.sum()).astype("u1")


def _asks(dice: Any, people: People, answers: Answers) -> tuple[Asks, Array]:
    """The asks, and for each answer the place of its ask."""
    answered = np.flatnonzero(answers.day >= DAYS - ASKED_DAYS)
    vain = int(len(answered) * IN_VAIN)
    waited = dice.choice([0, 1, 2, 4], len(answered), p=[0.55, 0.25, 0.12, 0.08])
    day = np.concatenate([answers.day[answered] - waited, DAYS - ASKED_DAYS + dice.integers(0, ASKED_DAYS, vain)])
    second = np.concatenate([answers.second[answered] - 240, dice.integers(MORNING, EVENING, vain)])
    order = np.argsort(day * DAY + second, kind="stable")
    answer = np.concatenate([answered, np.full(vain, -1)])[order].astype("i4")
    fate = dice.random(len(order), "f4")
    asks = Asks(
        customer=np.concatenate([answers.customer[answered], dice.integers(0, len(people.lift), vain)])[order],
        day=day[order].astype("i4"),
        second=second[order],
        campaign=np.concatenate([answers.campaign[answered], _chosen(dice, words.CAMPAIGNS, vain)])[order],
        answer=answer,
        bounced=(answer < 0) & (fate < 0.03),
        unsubscribed=fate > 0.996,
    )
    places = np.full(len(answers.day), -1, "i4")
    has_answer = np.flatnonzero(answer >= 0)
    places[answer[has_answer]] = has_answer
    return asks, places


@dataclass(frozen=True)
class Facts:
    """What stands on each customer: places of the last two counted answers (−1: none), and how many there are."""

    last: Array
    before: Array
    answered: Array
    asked: Array
    last_ask: Array


def facts(world: World) -> Facts:
    people = len(world.people.lift)
    counted = np.flatnonzero(world.answers.is_counted)
    last, before = _last_two(world.answers.customer[counted], people)
    last_ask, _ = _last_two(world.asks.customer, people)
    return Facts(
        last=np.where(last >= 0, counted[last], -1),
        before=np.where(before >= 0, counted[before], -1),
        answered=np.bincount(world.answers.customer[counted], minlength=people),
        asked=np.bincount(world.asks.customer, minlength=people),
        last_ask=last_ask,
    )


def _last_two(customer: Array, people: int) -> tuple[Array, Array]:
    """Of rows in the order of time: the places of each customer's last row and of the one before; −1 where none is."""
    order = np.argsort(customer, kind="stable")
    ends = np.searchsorted(customer[order], np.arange(people), side="right")
    count = np.bincount(customer, minlength=people)
    padded = np.concatenate([order, [-1]])
    return np.where(count > 0, padded[ends - 1], -1), np.where(count > 1, padded[ends - 2], -1)

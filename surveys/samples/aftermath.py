"""What becomes of a person besides answering: a mailbox that is gone, enough of mails, a call after a bad score. Pure."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from surveys.core import nps
from surveys.core.choices import Category
from surveys.samples.comments import Trouble, comment
from surveys.samples.people import Person

# Of those who did not answer: how it ended with them. Nobody is asked after that.
_GONE: Final = 0.014
_TIRED: Final = 0.008
_ANGRY: Final = 0.0008
_CALLED: Final = 0.45  # of the detractors
_CALL_DAYS: Final = (12, 38)  # after the answer they are asked how it went
_ANSWER_AFTER_CALL: Final = 0.6
_HELPED: Final = 0.55
# Of those left alone whose next answer would be much better: how many stay as unhappy as they were. This is the effect of
# writing to people in the sample; it is invented (docs/decisions/0002-sample-company.md).
_NOT_WON_BACK: Final = 0.45
_MUCH: Final = 3


class End(StrEnum):
    """Reasons of suppressions, as a list of them says it."""

    BOUNCED = "bounced"
    UNSUBSCRIBED = "unsubscribed"
    COMPLAINED = "complained"


@dataclass(frozen=True)
class Answer:
    score: int
    comment: str
    at: datetime


@dataclass(frozen=True)
class Ask:
    """One historic ask of one person (an index into the list of people), answered or not; `end`, and when, if it was the last."""

    person: int
    sent_at: datetime
    answer: Answer | None
    is_after_call: bool = False
    end: End | None = None
    ended_at: datetime | None = None


def lived(
    asks: Iterable[Ask], person: Person, until: datetime, luck: random.Random, alone_since: datetime | None = None
) -> Iterator[Ask]:
    """The asks of one person in their order, with what came of them: up to one that was the last, and those after calls.

    Whom a rule holds out since then is called about no complaint of theirs, and is won back less often.
    """
    unheard: Answer | None = None
    for ask in asks:
        if unheard and ask.answer:
            ask = replace(ask, answer=_unmoved(unheard, ask.answer, person, luck))
        end = None if ask.answer else _end(luck)
        if end is not None:
            yield Ask(ask.person, ask.sent_at, None, end=end, ended_at=_ended_at(ask.sent_at, end, until, luck))
            return
        yield ask
        if ask.answer:
            is_low = nps.classify(ask.answer.score) is Category.DETRACTOR
            is_alone = alone_since is not None and ask.answer.at >= alone_since
            unheard = ask.answer if is_low and is_alone and ask.answer.comment else None
            if is_low and luck.random() < _CALLED and unheard is None:
                yield from _after_call(ask, ask.answer, person, until, luck)


def _unmoved(before: Answer, now: Answer, person: Person, luck: random.Random) -> Answer:
    if now.score < before.score + _MUCH or luck.random() >= _NOT_WON_BACK:
        return now
    return _said(max(0, before.score + luck.choice((-1, 0, 1))), now.at, person, luck)


def _end(luck: random.Random) -> End | None:
    chance = luck.random()
    if chance < _GONE:
        return End.BOUNCED
    if chance < _GONE + _TIRED:
        return End.UNSUBSCRIBED
    return End.COMPLAINED if chance < _GONE + _TIRED + _ANGRY else None


def _ended_at(sent_at: datetime, end: End, until: datetime, luck: random.Random) -> datetime:
    """A mail server says it at once, a person when they read the mail."""
    later = timedelta(minutes=1) if end is End.BOUNCED else timedelta(minutes=luck.randint(5, 900))
    return min(sent_at + later, until)


def _after_call(ask: Ask, answer: Answer, person: Person, until: datetime, luck: random.Random) -> Iterator[Ask]:
    day = answer.at + timedelta(days=luck.randint(*_CALL_DAYS))
    sent_at = day.replace(hour=luck.randint(7, 16), minute=luck.randint(0, 59))
    said_at = sent_at + timedelta(hours=luck.expovariate(1 / 10), minutes=5)
    score = round(luck.gauss(8.4, 1.3) if luck.random() < _HELPED else luck.gauss(answer.score + 0.5, 1))
    is_answered = luck.random() < _ANSWER_AFTER_CALL and said_at < until - timedelta(hours=1)
    if sent_at < until - timedelta(days=1):
        said = _said(min(10, max(0, score)), said_at, person, luck) if is_answered else None
        yield Ask(ask.person, sent_at, said, is_after_call=True)


def _said(score: int, at: datetime, person: Person, luck: random.Random) -> Answer:
    category = nps.classify(score)
    words = comment(person.language, category, person.plan, trouble=Trouble.NONE, dice=luck)
    return Answer(score, words if luck.random() < 0.6 else "", at)

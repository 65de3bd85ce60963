"""What happens in a conversation of the sample, from its opening until now. The same dice give the same story. Pure."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final
from zoneinfo import ZoneInfo

from surveys.core.choices import Category
from surveys.inbox.hours import Hours
from surveys.inbox.models import CloseReason
from surveys.samples.loop import words
from surveys.samples.loop.talk import Talk
from surveys.samples.loop.voices import Voice

_NOTED: Final = 0.35
_ANSWERS: Final = 0.78  # of those whom we wrote to
_AWAY: Final = 0.08
_AGAIN: Final = 0.07  # of what was closed
_REASONS: Final = (CloseReason.SOLVED,) * 11 + (CloseReason.EXPLAINED,) * 4 + (CloseReason.PASSED_ON,) * 5
_AWAKE: Final = (8, 20)
_MORNING: Final = 9
_LONG_AGO: Final = timedelta(minutes=15)
_ENDS_MINUTES: Final = 5 * 480  # of business time without an answer


class Fate(Enum):
    """How a conversation of the last weeks stands now."""

    CLOSED = auto()
    WAITING = auto()
    HEARD = auto()
    OVERDUE = auto()
    HANDED_UP = auto()
    SNOOZED = auto()


# Business minutes ago that the customer wrote, where we owe an answer.
_HEARD_AGO: Final = {Fate.HEARD: 70, Fate.OVERDUE: 330, Fate.HANDED_UP: 900}

_MINE: Final = frozenset({Fate.HEARD, Fate.SNOOZED})


@dataclass(frozen=True)
class Cast:
    """Who answers. `names` are theirs by key; `me` is whoever looks at the sample."""

    me: int
    names: Mapping[int, str]
    rule: int
    letter: str  # the text of the rule's mail

    @property
    def others(self) -> Sequence[int]:
        return [key for key in self.names if key != self.me]


@dataclass
class Unfolding:
    talk: Talk
    voice: Voice
    cast: Cast
    dice: random.Random
    now: datetime

    # ── Beginnings ──

    def by_rule(self, fate: Fate = Fate.CLOSED) -> None:
        """A detractor who said why: the rule opens it, a colleague answers."""
        opened, owner = self.voice.at + timedelta(minutes=2), self.voice.owner
        self.talk.open(opened, rule=self.cast.rule)
        if owner is not None or self.talk.conversation.team_id is not None:
            self.talk.give(owner, self.talk.conversation.team_id, opened, rule=self.cast.rule)
        self._mail(opened + timedelta(minutes=30))
        self._answer(self.cast.me if fate in _MINE else owner or self._somebody(), words.FIRST, fate)

    def by_hand(self, who: int, opened: datetime, fate: Fate = Fate.CLOSED) -> None:
        """A colleague reads an answer and thinks that somebody should write."""
        self.talk.open(opened, by=who)
        if self.voice.category is Category.DETRACTOR:
            self.talk.note(words.CALLED, opened + timedelta(minutes=20), by=who)
        self._answer(who, words.FIRST, fate)

    def for_anybody(self, who: int, opened: datetime) -> None:
        """A moment ago; nobody has taken it."""
        self.talk.open(opened, by=who)

    # ── The middle ──

    def _answer(self, who: int, by_topic: Mapping[str, words.ByTopic], fate: Fate) -> None:
        opened = self.talk.conversation.opened_at
        promised = self.talk.promises.first[self.talk.conversation.priority] or 480
        minutes = round(promised * self.dice.triangular(0.06, 1.55, 0.3))
        replied = self._hours.after(opened, minutes)
        if replied >= self.now - _LONG_AGO:
            return
        taken = self._hours.after(opened, minutes // 2)
        if self.talk.conversation.assignee_id != who:
            self.talk.give(who, self.talk.conversation.team_id, taken, by=who)
        if self.dice.random() < _NOTED:
            self._note(who, self._hours.after(opened, minutes * 3 // 4))
        self._reply(self._first_words(by_topic), replied, who)
        self._hear_from_them(who, replied, fate)

    def _hear_from_them(self, who: int, replied: datetime, fate: Fate) -> None:
        if self.dice.random() < _AWAY:
            text = words.AWAY[self._language]
            self.talk.hear_a_machine(text, replied + timedelta(minutes=1), from_address=self.voice.address)
        if fate is not Fate.CLOSED:
            self._end_as(fate, who, replied)
            return
        if self.dice.random() > _ANSWERS:
            self._close(CloseReason.NO_ANSWER, self._hours.after(replied, _ENDS_MINUTES), who)
            return
        heard = _awake(replied + timedelta(hours=0.4 + self.dice.expovariate(1 / 15)), self.voice.zone)
        if heard < self.now - _LONG_AGO:
            self.talk.hear(self._answer_words(), heard, from_address=self.voice.address)
            self._finish(who, heard)

    def _finish(self, who: int, heard: datetime) -> None:
        promised = self.talk.promises.following[self.talk.conversation.priority] or 480
        replied = self._hours.after(heard, round(promised * self.dice.triangular(0.05, 1.3, 0.25)))
        if replied >= self.now - _LONG_AGO:
            return
        reason = self.dice.choice(_REASONS)
        self._reply(words.SECOND[reason][self._language], replied, who)
        closed = replied + timedelta(minutes=self.dice.randint(1, 9))
        self._close(reason, closed, who)
        again = self._hours.after(closed, 3 * 480)
        if self.dice.random() < _AGAIN and again < self.now - timedelta(days=4):
            self.talk.hear(words.AGAIN[self._language], again, from_address=self.voice.address)
            answered = self._hours.after(again, promised // 3)
            self._reply(words.SECOND[CloseReason.PASSED_ON][self._language], answered, who)
            self._close(CloseReason.PASSED_ON, answered + timedelta(minutes=3), who)

    def _end_as(self, fate: Fate, who: int, replied: datetime) -> None:
        """What we owe is owed by business time, so what is late is late at any hour of the week."""
        if fate is Fate.SNOOZED:
            at = ago(self._hours, self.now, 100)
            if at > replied:
                self.talk.snooze(_next_monday(self.now, self._hours.zone), at, by=who)
        elif fate in _HEARD_AGO:
            heard = ago(self._hours, self.now, _HEARD_AGO[fate]) - timedelta(minutes=self.dice.randint(0, 29))
            if heard <= replied:
                return
            if fate is Fate.HANDED_UP:
                self.talk.give(None, self.talk.conversation.team_id, replied + timedelta(minutes=4), by=who)
            text = self._answer_words() if fate is Fate.HEARD else words.AGAIN[self._language]
            self.talk.hear(text, heard, from_address=self.voice.address)
            self._let_slip(self.now)

    def _let_slip(self, until: datetime) -> None:
        """What is due before then is overdue, and handed up if nobody acts."""
        found = self.talk.conversation
        if found.due_at is not None and found.overdue_at is None and found.due_at < until:
            self.talk.go_overdue()
            if found.escalate_at is not None and found.escalate_at < until:
                self.talk.hand_up(self.cast.me)

    # ── Pieces ──

    def _mail(self, at: datetime) -> None:
        at = mail_time(at, self.voice.zone)
        if at >= self.now:
            return
        who = self.voice.owner
        text = self.cast.letter.replace("{{ first_name|there }}", self.voice.first_name)
        text = text.replace("{{ score }}", str(self.voice.score))
        self.talk.mail(text.replace("{{ sender }}", self.cast.names[who or self.cast.me]), at, author=who)

    def _reply(self, text: str, at: datetime, who: int) -> None:
        self._let_slip(at)
        language = self._language
        body = text[:1].upper() + text[1:] if language != "de" else text
        hello = words.HELLO[language].format(name=self.voice.first_name)
        bye = words.BYE[language].format(sender=self.cast.names[who])
        self.talk.reply(f"{hello}\n\n{body}\n\n{bye}", at, by=who)

    def _close(self, reason: CloseReason, at: datetime, who: int) -> None:
        if at < self.now - _LONG_AGO:
            self.talk.close(reason, at, by=who)

    def _note(self, who: int, at: datetime) -> None:
        other = self.dice.choice([key for key in self.cast.names if key != who])
        text = self.dice.choice(words.NOTES)
        mentions = [other] if "{to}" in text else []
        self.talk.note(text.format(to=self.cast.names[other].split()[0]), at, by=who, mentions=mentions)

    def _first_words(self, by_topic: Mapping[str, words.ByTopic]) -> str:
        if self.voice.category is Category.PASSIVE:
            return words.PASSIVE[self._language]
        if self.voice.category is Category.PROMOTER:
            return words.PROMOTER[self._language]
        return self._of_topic(by_topic)

    def _answer_words(self) -> str:
        if self.voice.category is not Category.PROMOTER:
            return self._of_topic(words.ANSWERS)
        company = self.voice.address.partition("@")[2].partition(".")[0].capitalize()
        return self.dice.choice(words.AGREED[self._language]).format(company=company)

    def _of_topic(self, by_topic: Mapping[str, words.ByTopic]) -> str:
        said = by_topic[self._language]
        return self.dice.choice(said.get(self.voice.topic, said[""]))

    def _somebody(self) -> int:
        return self.dice.choice([self.cast.me, *self.cast.names])

    @property
    def _language(self) -> str:
        return self.voice.language if self.voice.language in words.HELLO else "en"

    @property
    def _hours(self) -> Hours:
        return self.talk.promises.hours


def ago(hours: Hours, now: datetime, minutes: int) -> datetime:
    """A moment since which so many minutes of business time have passed, or up to half an hour more."""
    moment = now
    while hours.between(moment, now) < timedelta(minutes=minutes):
        moment -= timedelta(minutes=30)
    return moment


def mail_time(at: datetime, zone: ZoneInfo) -> datetime:
    """When a rule's mail leaves that is due then: what is due at night leaves in the morning."""
    morning = _awake(at, zone)
    if morning == at:
        return at
    return morning.astimezone(zone).replace(minute=0, second=0, microsecond=0).astimezone(at.tzinfo)


def _awake(at: datetime, zone: ZoneInfo) -> datetime:
    """Nobody reads mail at night."""
    local = at.astimezone(zone)
    if _AWAKE[0] <= local.hour < _AWAKE[1]:
        return at
    day = local if local.hour < _AWAKE[0] else local + timedelta(days=1)
    return day.replace(hour=_AWAKE[0], minute=local.minute).astimezone(at.tzinfo)


def _next_monday(now: datetime, zone: ZoneInfo) -> datetime:
    local = now.astimezone(zone)
    monday = local + timedelta(days=8 - local.isoweekday())
    return monday.replace(hour=_MORNING, minute=0, second=0, microsecond=0).astimezone(now.tzinfo)

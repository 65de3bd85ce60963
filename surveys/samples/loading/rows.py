"""The rows of an invented world as lines of COPY, in pieces."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from surveys.samples.loading import words
from surveys.samples.loading.world import DAYS, NONE, Array, World, facts

PIECE = 100_000

CUSTOMERS = (
    *(
        "id",
        "organization_id",
        "email",
        "external_id",
        "name",
        "language",
        "time_zone",
        "properties",
        "property_set_id",
    ),
    *("suppression", "created_at", "updated_at", "last_asked_at", "last_answered_at", "last_score", "previous_score"),
    *("asked_count", "answered_count"),
)
ASKS = (
    *("id", "organization_id", "campaign_id", "customer_id", "occasion", "version", "language", "property_set_id"),
    *("properties", "created_at", "claimed_at", "sent_at", "sent_day", "opened_at", "answered_at"),
    *("bounced_at", "unsubscribed_at"),
)
ANSWERS = (
    *("id", "organization_id", "campaign_id", "customer_id", "invitation_id", "property_set_id", "channel", "language"),
    *("score", "comment", "verdict", "verdict_reasons", "confirmed_at", "excluded_at", "excluded_reason"),
    *("tags", "themes", "sentiment", "comment_language", "read_at", "day", "responded_at", "updated_at"),
)


@dataclass(frozen=True)
class Keys:
    """Those of what is there before the rows, and the first of each kind of row."""

    organization: int
    campaigns: list[int]
    themes: list[int]
    tags: list[int]
    sets: dict[tuple[int, ...], int]
    first_customer: int
    first_ask: int
    first_answer: int


def combinations(world: World) -> list[tuple[int, ...]]:
    """Each that occurs, once."""
    return [tuple(row) for row in np.unique(world.people.values, axis=0).tolist()]


def as_values(combination: tuple[int, ...]) -> dict[str, str]:
    return {
        key: list(values)[place] for (key, values), place in zip(words.PROPERTIES.items(), combination, strict=True)
    }


@dataclass
class Lines:
    """`zone` is the organization's: days are local."""

    world: World
    keys: Keys
    zone: ZoneInfo
    languages: list[str] = field(default_factory=lambda: list(words.LANGUAGES))

    @cached_property
    def days(self) -> list[str]:
        """Of the load, and a week before it, at the end of the list: a day of −1 is the last."""
        places = [*range(DAYS), *range(-7, 0)]
        return [(self.world.first + timedelta(days=place)).isoformat() for place in places]

    @cached_property
    def offsets(self) -> list[str]:
        noon = [datetime.combine(datetime.fromisoformat(day), time(12), tzinfo=self.zone) for day in self.days]
        return [f"{at:%z}"[:3] + ":" + f"{at:%z}"[3:5] for at in noon]

    @cached_property
    def clock(self) -> list[str]:
        return [f" {second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}" for second in range(24 * 3600)]

    def at(self, day: int, second: int) -> str:
        return self.days[day] + self.clock[second] + self.offsets[day]

    @cached_property
    def sets(self) -> list[int]:
        """The combination of each customer, by key."""
        return [self.keys.sets[tuple(row)] for row in self.world.people.values.tolist()]

    @cached_property
    def properties(self) -> list[str]:
        """All of each customer's, as JSON."""
        people = self.world.people
        texts = {
            combination: json.dumps(
                {key: value == "true" if key == "vip" else value for key, value in as_values(combination).items()},
                ensure_ascii=False,
            )[:-1]
            for combination in self.keys.sets
        }
        return [
            f'{texts[tuple(values)]}, "arr": {arr}, "seats": {seats}}}'
            for values, arr, seats in zip(
                people.values.tolist(), people.arr.tolist(), people.seats.tolist(), strict=True
            )
        ]

    @cached_property
    def spoken(self) -> list[str]:
        return [self.languages[place] for place in self.world.people.language.tolist()]

    # --- customers

    def customers(self) -> Iterator[str]:
        found, answers, asks = facts(self.world), self.world.answers, self.world.asks
        first = self.world.first
        for start in range(0, len(self.sets), PIECE):
            end = min(start + PIECE, len(self.sets))
            columns = (
                range(start, end),
                *(column[start:end].tolist() for column in (found.last, found.before, found.last_ask)),
                *(column[start:end].tolist() for column in (found.asked, found.answered, self.world.people.since)),
            )
            lines = []
            for who, last, before, last_ask, asked, answered, since in zip(*columns, strict=True):
                pk = self.keys.first_customer + who
                made = (first - timedelta(days=since)).isoformat()
                told = self.at(int(answers.day[last]), int(answers.second[last])) if last >= 0 else "\\N"
                was_asked = self.at(int(asks.day[last_ask]), int(asks.second[last_ask])) if last_ask >= 0 else told
                name = (
                    f"{words.FIRST_NAMES[who % len(words.FIRST_NAMES)]} {words.LAST_NAMES[who % len(words.LAST_NAMES)]}"
                )
                lines.append(
                    f"{pk}\t{self.keys.organization}\tc{pk}@load.example.com\tload-{pk}\t{name}\t{self.spoken[who]}\t\t"
                    f"{self.properties[who]}\t{self.sets[who]}\t\t{made}\t{made}\t{was_asked}\t{told}\t"
                    f"{int(answers.score[last]) if last >= 0 else NULL}\t"
                    f"{int(answers.score[before]) if before >= 0 else NULL}\t{max(asked, answered)}\t{answered}\n"
                )
            yield "".join(lines)

    # --- asks

    def asks(self) -> Iterator[str]:
        asks, answers = self.world.asks, self.world.answers
        counted, answered_day, answered_second = answers.is_counted, answers.day, answers.second
        for start in range(0, len(asks.day), PIECE):
            columns = _piece(
                start, asks.customer, asks.day, asks.second, asks.campaign, asks.answer, asks.bounced, asks.unsubscribed
            )
            lines = []
            for place, (who, day, second, campaign, answer, bounced, unsubscribed) in enumerate(columns, start):
                sent = self.at(day, second)
                opened = self.at(int(answered_day[answer]), int(answered_second[answer])) if answer >= 0 else NULL
                lines.append(
                    f"{self.keys.first_ask + place}\t{self.keys.organization}\t{self.keys.campaigns[campaign]}\t"
                    f"{self.keys.first_customer + who}\tcycle:{place + 1}\t1\t{self.spoken[who]}\t{self.sets[who]}\t"
                    f"{self.properties[who]}\t{sent}\t{sent}\t{sent}\t{self.days[day]}\t{opened}\t"
                    f"{opened if answer >= 0 and counted[answer] else NULL}\t{sent if bounced else NULL}\t"
                    f"{sent if unsubscribed else NULL}\n"
                )
            yield "".join(lines)

    # --- answers

    def answers(self) -> Iterator[str]:
        found = self.world.answers
        for start in range(0, len(found.day), PIECE):
            columns = _piece(
                *(start, found.customer, found.day, found.second, found.score, found.campaign, found.theme),
                *(found.sentiment, found.tag, found.is_counted, found.is_junk, found.ask),
            )
            yield "".join(self._answer(place, row) for place, row in enumerate(columns, start))

    def _answer(self, place: int, row: tuple[Any, ...]) -> str:
        who, day, second, score, campaign, theme, sentiment, tag, is_counted, is_junk, ask = row
        keys, at, language = self.keys, self.days[day] + self.clock[second] + self.offsets[day], self.spoken[who]
        read = f"{{}}\t\\N\t\t{NULL}"
        if theme != NONE:
            read = f"{{{keys.themes[theme]}}}\t{sentiment}\t{language}\t{at}"
        verdict = f"confirmed\t[]\t{at}" if is_counted or is_junk else "quarantined\t[]\t\\N"
        return (
            f"{keys.first_answer + place}\t{keys.organization}\t{keys.campaigns[campaign]}\t{keys.first_customer + who}\t"
            f"{keys.first_ask + ask if ask >= 0 else NULL}\t{self.sets[who]}\t{'email' if ask >= 0 else 'import'}\t"
            f"{language}\t{score}\t{self._comment(place, language, theme, sentiment) if theme != NONE else ''}\t{verdict}\t"
            f"{at if is_junk else NULL}\t{'test' if is_junk else ''}\t{{{keys.tags[tag] if tag != NONE else ''}}}\t{read}\t"
            f"{self.days[day]}\t{at}\t{at}\n"
        )

    def _comment(self, place: int, language: str, theme: int, sentiment: int) -> str:
        since = words.SINCE[language]
        said = self.sentences[language][theme][sentiment > 0]
        return f"{said} {since[place % len(since)].format(n=place % 480 + 2)}".rstrip()

    @cached_property
    def sentences(self) -> dict[str, list[tuple[str, str]]]:
        return {language: list(of.values()) for language, of in words.SENTENCES.items()}


NULL = "\\N"


def _piece(start: int, *columns: Array) -> Iterator[tuple[Any, ...]]:
    return zip(*(column[start : start + PIECE].tolist() for column in columns), strict=True)

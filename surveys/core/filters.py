"""What a person chose to look at, as parameters of an address: one grammar for dashboards and the feed.

from=2025-03-01&to=2025-03-31        days of the organization, both included
campaign=7                           one campaign
score=9&score=10                     any of these scores
category=promoter                    promoter, passive or detractor
language=de · channel=email          where the answer came from
has_comment=1                        with a comment (0: without)
p.plan=Pro&p.plan=Team               any of these values of a segmentable property
unset=p.plan · unset=language        no value at all
q=slow delivery                      these words in the comment, in any case
theme=3&theme=5 · tag=5              with any of these themes; with any of these tags
sentiment=-1 · comment_language=de   how the comment was read: -1, 0 or 1; its language
segment=4                            people who are members of a saved segment now
where={"all": […]}                   any condition about responses, see core.conditions
state=provisional                    what is not (yet) counted; without it: counted responses
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Self, TypeVar
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from surveys.core import filter_values, nps
from surveys.core.choices import Category
from surveys.core.conditions.compiler import Where

PROPERTY_PREFIX = "p."
UNSET = ""
LONGEST_SEARCH = 200
MOST_MARKS = 50  # themes or tags at once

T = TypeVar("T")
Pairs = tuple[tuple[str, tuple[str, ...]], ...]


class NotUnderstood(ValueError):
    """Filters with a segment or a condition that nobody compiled: see `Filters.meaning`."""


@dataclass(frozen=True)
class Known:
    """What an organization has that filters can name: keys of properties; names of the others by their keys."""

    properties: Collection[str] = ()
    campaigns: Mapping[int, str] = field(default_factory=dict)
    segments: Mapping[int, str] = field(default_factory=dict)
    themes: Mapping[int, str] = field(default_factory=dict)
    tags: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Meaning:
    """What `segment` and `where` of filters mean now, compiled for responses and for asks.

    `asks` is None where the condition is about the answer, which those who were only asked do not have. `sentence` says
    `where` for people. `identity` differs where the meaning does; `is_of_people` where it can change without a response
    having changed: who is asked about changes, or days pass.
    """

    responses: Where
    asks: Where | None
    sentence: str
    identity: str
    is_of_people: bool
    at: datetime


@dataclass(frozen=True)
class Filters:
    """`properties` maps a property key to its allowed values; `UNSET` among them means "has none".

    `language`, `channel`, `sentiment` and `comment_language` are None without a filter and `UNSET` for responses that
    have none. `words` are looked for in comments, in any case. `where` is JSON in its canonical form.
    `problems` says, for people, which parameters were not understood and therefore left out.
    `meaning` is set by `responses.filtering.understood`: without it, nothing can be counted by `segment` and `where`.
    """

    since: date | None = None
    until: date | None = None
    campaign: int | None = None
    scores: tuple[int, ...] = ()
    category: Category | None = None
    language: str | None = None
    channel: str | None = None
    has_comment: bool | None = None
    properties: Pairs = ()
    words: str = ""
    themes: tuple[int, ...] = ()
    tags: tuple[int, ...] = ()
    sentiment: str | None = None
    comment_language: str | None = None
    segment: int | None = None
    where: str = ""
    state: str | None = None
    problems: tuple[str, ...] = ()
    meaning: Meaning | None = field(default=None, compare=False, repr=False)

    @classmethod
    def from_query(cls, query: QueryDict) -> Self:
        return cls(**_Reader(query).read())

    @property
    def allowed_scores(self) -> tuple[int, ...]:
        """The scores that pass, from `scores` and `category` together; all eleven without a filter."""
        chosen = self.scores or nps.SCALE
        if self.category is None:
            return tuple(chosen)
        return tuple(score for score in chosen if nps.classify(score) is self.category)

    def only_allowed(self, counts: Sequence[int]) -> list[int]:
        """Eleven counts, one per score, with 0 for scores that do not pass."""
        allowed = set(self.allowed_scores)
        return [count if score in allowed else 0 for score, count in enumerate(counts)]

    @property
    def of_any_score(self) -> Self:
        """The same responses and those with other scores: what a share is a share of."""
        return replace(self, scores=(), category=None)

    @property
    def is_on_the_score(self) -> bool:
        """Among these responses a Net Promoter Score means nothing: who passes decides what it is."""
        return bool(self.scores or self.category)

    @property
    def is_on_the_answer(self) -> bool:
        """A filter that only someone who answered can pass: there is no response rate under it."""
        marks = (self.has_comment, self.sentiment, self.comment_language)
        of_comment = self.words or self.themes or self.tags or any(mark is not None for mark in marks)
        return bool(self.scores or self.category or of_comment) or (self.meant is not None and not self.meant.asks)

    @property
    def has_index_of_its_own(self) -> bool:
        """Something that responses are found by, whatever else is asked."""
        return bool(self.words or self.themes or self.tags)

    @property
    def meant(self) -> Meaning | None:
        """Of segment and condition; None without them. Raises NotUnderstood."""
        if self.has_conditions and self.meaning is None:
            raise NotUnderstood(self.to_query())
        return self.meaning if self.has_conditions else None

    @property
    def has_conditions(self) -> bool:
        """Something that has to be compiled: see `meaning`."""
        return self.segment is not None or bool(self.where)

    @property
    def is_narrowed(self) -> bool:
        """Something besides the period was chosen."""
        return bool(dict(self._pairs_without_days()))

    def during(self, since: date | None, until: date | None) -> Self:
        return replace(self, since=since, until=until)

    def narrowed(self, **changes: Any) -> Self:
        """A copy with some fields changed, for the link behind a figure."""
        return replace(self, **changes)

    def knowing(self, keys: Collection[str]) -> Self:
        """Without properties that are none of `keys`; each is named in `problems`."""
        unknown = [key for key, _values in self.properties if key not in keys]
        if not unknown:
            return self
        return replace(
            self,
            properties=tuple(pair for pair in self.properties if pair[0] in keys),
            problems=(*self.problems, *(_unknown_property(key) for key in unknown)),
        )

    def having(self, known: Known) -> Self:
        """Without what the organization does not have; each is named in `problems`."""
        found = self.knowing(known.properties)
        unknown = [*found._unknown("campaign", known.campaigns), *found._unknown("segment", known.segments)]
        problems = [_not_there(name, key) for name, key in unknown]
        changes: dict[str, Any] = {name: None for name, _key in unknown}
        for name, field_name, names in (("theme", "themes", known.themes), ("tag", "tags", known.tags)):
            chosen = getattr(found, field_name)
            problems += [_not_there(name, key) for key in chosen if key not in names]
            changes[field_name] = tuple(key for key in chosen if key in names)
        return replace(found, problems=(*found.problems, *problems), **changes)

    def _unknown(self, name: str, names: Mapping[int, str]) -> Iterator[tuple[str, int]]:
        chosen = getattr(self, name)
        if chosen is not None and chosen not in names:
            yield name, chosen

    def by_dimension(self, dimension: str, value: str) -> Self:
        """Narrowed to one row of a segment table; `dimension` is that of a rollup."""
        if dimension in ("theme", "tag"):
            return self.narrowed(**{dimension + "s": (int(value),)})
        if not dimension.startswith(PROPERTY_PREFIX):
            return self.narrowed(**{dimension: value})
        key = dimension.removeprefix(PROPERTY_PREFIX)
        others = tuple(pair for pair in self.properties if pair[0] != key)
        return replace(self, properties=tuple(sorted([*others, (key, (value,))])))

    def to_query(self) -> str:
        """The same filters as a query string without "?"; parsing it gives an equal object."""
        return urlencode([*self._days(), *self._pairs_without_days()])

    def to_pairs(self) -> list[tuple[str, str]]:
        """Name and value of each parameter, for the hidden fields of a form."""
        return [*self._days(), *self._pairs_without_days()]

    def _days(self) -> Iterator[tuple[str, str]]:
        if self.since:
            yield "from", self.since.isoformat()
        if self.until:
            yield "to", self.until.isoformat()

    def _pairs_without_days(self) -> Iterator[tuple[str, str]]:
        if self.campaign is not None:
            yield "campaign", str(self.campaign)
        for score in self.scores:
            yield "score", str(score)
        if self.category is not None:
            yield "category", self.category.value
        yield from _pairs("language", () if self.language is None else (self.language,))
        yield from _pairs("channel", () if self.channel is None else (self.channel,))
        if self.has_comment is not None:
            yield "has_comment", "1" if self.has_comment else "0"
        for key, values in self.properties:
            yield from _pairs(PROPERTY_PREFIX + key, values)
        yield from self._pairs_of_comments()
        if self.segment is not None:
            yield "segment", str(self.segment)
        if self.where:
            yield "where", self.where
        if self.state is not None:
            yield "state", self.state

    def _pairs_of_comments(self) -> Iterator[tuple[str, str]]:
        if self.words:
            yield "q", self.words
        for name, keys in (("theme", self.themes), ("tag", self.tags)):
            yield from ((name, str(key)) for key in keys)
        for name, value in (("sentiment", self.sentiment), ("comment_language", self.comment_language)):
            yield from _pairs(name, () if value is None else (value,))


NO_FILTERS = Filters()


def _pairs(name: str, values: Iterable[str]) -> Iterator[tuple[str, str]]:
    for value in values:
        yield ("unset", name) if value == UNSET else (name, value)


def left_out(name: str, text: str, expected: str) -> str:
    """What people read about a parameter that was not understood."""
    return _("“%(name)s=%(value)s” was left out: expected %(expected)s.") % {
        "name": name,
        "value": text[:60],
        "expected": expected,
    }


def _unknown_property(key: str) -> str:
    return _("“%(name)s” was left out: there is no property of this name to compare by.") % {
        "name": PROPERTY_PREFIX + key[:60]
    }


def _not_there(name: str, key: int) -> str:
    return _("“%(name)s=%(value)s” was left out: there is none of this number (any more).") % {
        "name": name,
        "value": key,
    }


class _Reader:
    """Reads one query; what it cannot understand it leaves out and names in `problems`."""

    def __init__(self, query: QueryDict) -> None:
        self.query = query
        self.problems: list[str] = []

    def read(self) -> dict[str, Any]:
        since, until = self._days()
        return {
            "since": since,
            "until": until,
            "campaign": self._one("campaign", filter_values.identity, _("a campaign's number")),
            "scores": self._scores(),
            "category": self._one("category", Category, "promoter, passive, detractor"),
            "language": self._text_or_unset("language"),
            "channel": self._text_or_unset("channel"),
            "has_comment": self._one("has_comment", filter_values.yes_or_no, "1, 0"),
            "properties": self._properties(),
            "words": filter_values.storable(self.query.get("q", ""))[:LONGEST_SEARCH].strip(),
            "themes": self._keys("theme"),
            "tags": self._keys("tag"),
            "sentiment": self._sentiment(),
            "comment_language": self._text_or_unset("comment_language"),
            "segment": self._one("segment", filter_values.identity, _("a segment's number")),
            "where": self._one("where", filter_values.condition, _("a condition as JSON")) or "",
            "state": self._one("state", filter_values.text, _("a short text")),
            "problems": tuple(self.problems),
        }

    def _one(self, name: str, parse: Callable[[str], T], expected: str) -> T | None:
        text = self.query.get(name, "").strip()
        return self._parsed(name, text, parse, expected) if text else None

    def _parsed(self, name: str, text: str, parse: Callable[[str], T], expected: str) -> T | None:
        try:
            return parse(text)
        except ValueError:
            self.problems.append(left_out(name, text, expected))
            return None

    def _days(self) -> tuple[date | None, date | None]:
        expected = _("a day like 2025-03-31, from %(first)s to %(last)s") % {
            "first": filter_values.YEARS[0],
            "last": filter_values.YEARS[-1],
        }
        since = self._one("from", filter_values.day, expected)
        until = self._one("to", filter_values.day, expected)
        if since and until and since > until:
            self.problems.append(_("The period was left out: its first day is after its last."))
            return None, None
        return since, until

    def _scores(self) -> tuple[int, ...]:
        texts = [text for text in self.query.getlist("score") if text.strip()]
        parsed = (self._parsed("score", text, filter_values.score, "0–10") for text in texts)
        return tuple(sorted({score for score in parsed if score is not None}))

    def _keys(self, name: str) -> tuple[int, ...]:
        texts = [text.strip() for text in self.query.getlist(name) if text.strip()]
        parsed = (self._parsed(name, text, filter_values.identity, _("a number")) for text in texts[:MOST_MARKS])
        return tuple(sorted({key for key in parsed if key is not None}))

    def _sentiment(self) -> str | None:
        if "sentiment" in self.query.getlist("unset"):
            return UNSET
        return self._one("sentiment", filter_values.sentiment, "-1, 0, 1")

    def _text_or_unset(self, name: str) -> str | None:
        if name in self.query.getlist("unset"):
            return UNSET
        return self._one(name, filter_values.text, _("a short text"))

    def _properties(self) -> Pairs:
        names = [name for name in self.query if name.startswith(PROPERTY_PREFIX)]
        names += [name for name in self.query.getlist("unset") if name.startswith(PROPERTY_PREFIX)]
        names = [name for name in names if self._parsed("unset", name, filter_values.text, _("a short text"))]
        found = ((name, self._values(name)) for name in dict.fromkeys(names))
        return tuple(sorted((name.removeprefix(PROPERTY_PREFIX), values) for name, values in found if values))

    def _values(self, name: str) -> tuple[str, ...]:
        texts = [text for text in self.query.getlist(name) if text]
        parsed = (self._parsed(name, text, filter_values.text, _("a short text")) for text in texts)
        values = {value for value in parsed if value is not None}
        if name in self.query.getlist("unset"):
            values.add(UNSET)
        return tuple(sorted(values))

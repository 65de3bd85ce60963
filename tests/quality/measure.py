"""The figures: how often what is read is what a person would say. Intervals are Wilson's, of 95 %."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

from surveys.comments import starters, wording
from surveys.comments.mind import feelings, finding, language, learning, sentiment
from surveys.comments.mind.learning import Example
from surveys.comments.mind.sentiment import Weights
from surveys.comments.rules import Rules
from tests.quality import corpus
from tests.quality.corpus import Labelled

Z: Final = 1.96
FOLDS: Final = 5


@dataclass(frozen=True)
class Share:
    right: int
    of: int

    @property
    def value(self) -> float:
        return self.right / self.of if self.of else 0.0

    def __str__(self) -> str:
        """Wilson's interval (1927)."""
        n, p = self.of, self.value
        middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
        half = Z * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
        return f"{p:4.0%} ({middle - half:3.0%} to {middle + half:3.0%}), n = {n}"


# ── Sentiment ────────────────────────────────────────────────────────────────────────────────────────────────────────


def keywords(rows: Sequence[Labelled]) -> list[int]:
    """The plain baseline: more good words than bad ones, and nothing about "not", "very", "but"."""
    said = []
    for row in rows:
        known = feelings.of(row.language)
        hits = wording.longest(known.carriers.find(wording.plain(row.text)))
        signs = sum((hit.payload > 0) - (hit.payload < 0) for hit in hits)
        said.append((signs > 0) - (signs < 0))
    return said


def by(weights: Weights, rows: Sequence[Labelled]) -> list[int]:
    return [weights.sentiment(weights.feeling(comment)) for comment in corpus.as_read(list(rows))]


def learned_from_sample() -> Weights:
    rows = corpus.of_the_sample()
    comments = sentiment.comments([text for _meant, _language, text in rows], [spoken for _m, spoken, _t in rows])
    return learning.fit(
        [Example(number, comment, row[0]) for number, (row, comment) in enumerate(zip(rows, comments, strict=True))]
    )


def learned_from_other_folds(rows: Sequence[Labelled]) -> list[int]:
    """Each comment is read by what was learned from the scores – not the labels – of the other four fifths."""
    comments = corpus.as_read(list(rows))
    scored = [_category(row.score) for row in rows]
    examples = [Example(place, *pair) for place, pair in enumerate(zip(comments, scored, strict=True))]
    order = list(range(len(rows)))
    random.Random(1).shuffle(order)
    said = [0] * len(rows)
    for fold in range(FOLDS):
        out = set(order[fold::FOLDS])
        weights = learning.fit([example for example in examples if example.key not in out])
        for place in out:
            said[place] = weights.sentiment(weights.feeling(comments[place]))
    return said


def _category(score: int) -> int:
    return (score >= 9) - (score <= 6)


def right(rows: Sequence[Labelled], said: Sequence[int]) -> Share:
    return Share(sum(row.sentiment == each for row, each in zip(rows, said, strict=True)), len(rows))


def f1(rows: Sequence[Labelled], said: Sequence[int]) -> float:
    return learning.f1([row.sentiment for row in rows], said)


def upside_down(rows: Sequence[Labelled], said: Sequence[int]) -> Share:
    """What is bad and read as good, or good and read as bad."""
    return Share(sum(row.sentiment * each == -1 for row, each in zip(rows, said, strict=True)), len(rows))


def sentiments() -> dict[str, list[int]]:
    rows = corpus.everything()
    return {
        "plain keywords": keywords(rows),
        "shipped start": by(sentiment.SHIPPED, rows),
        "learned from the sample's scores": by(learned_from_sample(), rows),
        "learned from these customers' own scores": learned_from_other_folds(rows),
    }


# ── Language and themes ──────────────────────────────────────────────────────────────────────────────────────────────


def languages(asked_in: Callable[[str], str]) -> dict[str, Share]:
    found: dict[str, list[bool]] = {}
    for spoken, text in corpus.by_language():
        code, _certainty = language.detect(text, asked_in(spoken))
        found.setdefault(spoken, []).append(language.of_words(code) == spoken)
    return {spoken: Share(sum(each), len(each)) for spoken, each in found.items()}


@dataclass(frozen=True)
class Found:
    """Of the themes that were given how many are right, and of those that there are how many were given."""

    precise: Share
    complete: Share


def themes(rows: Sequence[Labelled]) -> Found:
    shipped = starters.all_of_them()
    rules = Rules(dict(enumerate(starter.words for starter in shipped)))
    right = given = there = 0
    for row in rows:
        said = {shipped[number].key for number in rules.read(row.text)[0]}
        right, given, there = right + len(said & row.themes), given + len(said), there + len(row.themes)
    return Found(Share(right, given), Share(right, there))


def groups() -> Iterator[tuple[str, Share]]:
    """Found groups in the sample's English comments: how many of each are about what most of it is about."""
    rows = [row for row in corpus.of_the_sample() if row[1] == "en"]
    texts = [text for _meant, _language, text in rows]
    shipped = starters.all_of_them()
    rules = Rules(dict(enumerate(starter.words for starter in shipped)))
    about = [{shipped[number].key for number in rules.read(text)[0]} for text in texts]
    for group in finding.groups(texts, (), ["en"] * len(texts)):
        keys = [key for place in group.comments for key in about[place]]
        most = max(sorted(set(keys)), key=keys.count) if keys else ""
        yield group.name, Share(sum(most in about[place] for place in group.comments), len(group.comments))


# ── The report ───────────────────────────────────────────────────────────────────────────────────────────────────────


def report(say: Callable[[str], None]) -> None:
    _report_sentiment(say)
    for name, asked in (
        ("nothing known", lambda _code: ""),
        ("asked in it", str),
        ("asked in English", lambda _c: "en"),
    ):
        found = languages(asked)
        total = Share(sum(each.right for each in found.values()), sum(each.of for each in found.values()))
        misses = ", ".join(f"{code} {each.right}/{each.of}" for code, each in found.items() if each.right < each.of)
        say(f"language, {name}: {total}; {misses or 'all right'}")
    for code in corpus.LANGUAGES:
        rules = themes(corpus.labelled(code))
        say(
            f"themes by shipped words, {code}: of those given right {rules.precise}; of those there given {rules.complete}"
        )
    for name, share in groups():
        say(f"found group “{name}”: of one theme {share}")


def _report_sentiment(say: Callable[[str], None]) -> None:
    rows = corpus.everything()
    for name, said in sentiments().items():
        say(
            f"sentiment, {name}: {right(rows, said)}; macro F1 {f1(rows, said):.2f}; upside down {upside_down(rows, said)}"
        )
        for code in corpus.LANGUAGES:
            places = [place for place, row in enumerate(rows) if row.language == code]
            mine, theirs = [rows[place] for place in places], [said[place] for place in places]
            say(f"    {code}: {right(mine, theirs)}; macro F1 {f1(mine, theirs):.2f}")

"""Reading: what one organization knows about comments, and what it makes of some of them. Writes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np

from surveys.comments.mind import embedding, language, sentiment
from surveys.comments.mind.embedding import Floats
from surveys.comments.mind.sentiment import Comment, Weights
from surveys.comments.rules import Rules

ALIKE: Final = 0.8  # so like a comment that a person ruled that the ruling holds for it too
_PULL: Final = 0.5  # of a ruling on the middle of a found theme, beside that of all its comments together


@dataclass(frozen=True)
class Text:
    """A comment to read. `asked_in` is the language that the customer was asked in, "" when that is not known."""

    key: int
    text: str
    asked_in: str


@dataclass(frozen=True)
class KnownTheme:
    """`center` and `reach` are those of a found one: what is at least so like the middle belongs to it."""

    key: int
    words: Sequence[str]
    center: Floats | None = None
    reach: float = 1.0


@dataclass(frozen=True)
class KnownRuling:
    """What a person said about a comment: `ruling` is the key of that, `text` the comment."""

    ruling: int
    theme: int
    text: str
    belongs: bool


@dataclass(frozen=True)
class Read:
    """What was made of one comment. `why` and `problem` are as in CommentNote."""

    key: int
    language: str
    certainty: float
    sentiment: int | None
    feeling: float
    themes: list[int]
    why: dict[str, Any]
    problem: str = ""


@dataclass(frozen=True)
class Said:
    """What persons ruled about the very comments that are read, by their keys: of each theme whether it belongs."""

    themes: Mapping[int, Mapping[int, bool]] = field(default_factory=dict)
    sentiments: Mapping[int, int] = field(default_factory=dict)


NOTHING_SAID: Final = Said()


@dataclass(frozen=True)
class Mind:
    """`rulings` are learned from: what is like a ruled comment is read as that one was ruled."""

    themes: Sequence[KnownTheme] = ()
    rulings: Sequence[KnownRuling] = ()
    weights: Weights = sentiment.SHIPPED

    def read(self, texts: Sequence[Text], said: Said = NOTHING_SAID) -> list[Read]:
        spoken = [language.detect(text.text, text.asked_in) for text in texts]
        asked = [language.of_words(code or text.asked_in) for (code, _sure), text in zip(spoken, texts, strict=True)]
        comments = sentiment.comments([text.text for text in texts], asked)
        return [
            self._read(text, comment, (code, certainty), said)
            for text, comment, (code, certainty) in zip(texts, comments, spoken, strict=True)
        ]

    def _read(self, text: Text, comment: Comment, spoken: tuple[str, float], said: Said) -> Read:
        feeling = self.weights.feeling(comment)
        themes = self._themes(text, comment.point.vector)
        ruled = said.themes.get(text.key, {})
        themes = {key: why for key, why in themes.items() if key not in ruled}
        themes |= {key: [] for key, belongs in ruled.items() if belongs}
        return Read(
            key=text.key,
            language=spoken[0],
            certainty=round(spoken[1], 3),
            sentiment=said.sentiments.get(text.key, self.weights.sentiment(feeling)),
            feeling=round(feeling, 3),
            themes=sorted(themes),
            why={
                "words": self.weights.reasons(comment),
                "themes": {str(key): why for key, why in themes.items() if why},
            },
        )

    # ── Themes ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def _themes(self, text: Text, vector: Floats) -> dict[int, list[Any]]:
        """Words bring it there, or it is like what belongs; what a person said of a comment like it beats both."""
        by_word, kept_out = self._rules.read(text.text)
        found: dict[int, list[Any]] = {theme: ["word", hit.start, hit.end] for theme, hit in by_word.items()}
        for theme, likeness in self._near(vector):
            if theme not in found and theme not in kept_out:
                found[theme] = ["likeness", round(likeness, 3)]
        for ruling, likeness in self._alike(vector):
            found.pop(ruling.theme, None)
            if ruling.belongs:
                found[ruling.theme] = ["alike", ruling.ruling, round(likeness, 3)]
        return found

    @cached_property
    def _rules(self) -> Rules:
        return Rules({theme.key: theme.words for theme in self.themes})

    def _near(self, vector: Floats) -> list[tuple[int, float]]:
        themes, centers = self._centers
        if not themes:
            return []
        near = zip(themes, (centers @ vector).tolist(), strict=True)
        return [(theme.key, likeness) for theme, likeness in near if likeness >= theme.reach]

    @cached_property
    def _centers(self) -> tuple[list[KnownTheme], Floats]:
        """Of the found ones, drawn to what belongs and away from what does not (Rocchio, 1971)."""
        themes = [theme for theme in self.themes if theme.center is not None]
        return themes, _stacked([self._drawn(theme) for theme in themes])

    def _drawn(self, theme: KnownTheme) -> Floats:
        center = np.zeros(embedding.SIZE, np.float32) if theme.center is None else theme.center.copy()
        for belongs, sign in ((True, _PULL), (False, -_PULL)):
            ruled = [
                vector
                for ruling, vector in zip(self.rulings, self._ruled_vectors, strict=True)
                if ruling.theme == theme.key and ruling.belongs is belongs
            ]
            if ruled:
                center += np.float32(sign) * np.mean(ruled, axis=0)
        length = float(np.linalg.norm(center))
        return center / length if length else center

    def _alike(self, vector: Floats) -> list[tuple[KnownRuling, float]]:
        """The ruling nearest to the comment, of each theme that has one near enough."""
        if not self.rulings:
            return []
        likeness = self._ruled_vectors @ vector
        near = sorted(np.flatnonzero(likeness >= ALIKE).tolist(), key=lambda row: (likeness[row], row))
        by_theme = {self.rulings[row].theme: (self.rulings[row], float(likeness[row])) for row in near}
        return list(by_theme.values())

    @cached_property
    def _ruled_vectors(self) -> Floats:
        return embedding.vectors([ruling.text for ruling in self.rulings])


def _stacked(rows: Sequence[Floats]) -> Floats:
    return np.stack(rows) if rows else np.zeros((0, embedding.SIZE), np.float32)

"""Comments as a list: what was looked for marked in them, what each is about, and who corrected that."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from surveys.accounts import access
from surveys.accounts.models import Organization
from surveys.analytics.counting import counts
from surveys.analytics.counting.counts import Question
from surveys.analytics.pages import AnalyticsPage
from surveys.comments.models import SentimentRuling, ThemeRuling
from surveys.core.readable import language as language_name
from surveys.responses.filter_words import SENTIMENTS
from surveys.responses.models import Response
from surveys.responses.queries import Page


@dataclass(frozen=True)
class Piece:
    text: str
    is_found: bool = False


def pieces(comment: str, words: str) -> list[Piece]:
    """The comment in pieces, those that were looked for marked."""
    return [piece for piece in _pieces(comment, words) if piece.text]


def _pieces(comment: str, words: str) -> Iterator[Piece]:
    at = 0
    for hit in re.finditer(re.escape(words), comment, re.IGNORECASE) if words else ():
        yield Piece(comment[at : hit.start()])
        yield Piece(hit.group(), is_found=True)
        at = hit.end()
    yield Piece(comment[at:])


@dataclass(frozen=True)
class CommentRow:
    """`themes` are names with the address of the theme's page; `corrected_by` names who changed what was read."""

    response: Response
    pieces: list[Piece]
    themes: list[tuple[str, str]]
    sentiment: str
    language: str
    corrected_by: str
    url: str


@dataclass(frozen=True)
class CommentsPage:
    page: AnalyticsPage
    found: Page
    corrected: dict[int, set[str]]
    languages: list[tuple[str, str]]

    @cached_property
    def rows(self) -> list[CommentRow]:
        return [self._row(response) for response in self.found.responses]

    def _row(self, response: Response) -> CommentRow:
        names = self.page.choices.known.themes
        return CommentRow(
            response=response,
            pieces=pieces(response.comment, self.page.look.filters.words),
            themes=[(names[key], self._theme_url(key)) for key in response.themes if key in names],
            sentiment="" if response.sentiment is None else str(SENTIMENTS[str(response.sentiment)]),
            language=language_name(response.comment_language) if response.comment_language else "",
            corrected_by=", ".join(sorted(self.corrected.get(response.pk, ()))),
            url=access.url(self.page.organization, "analytics:comment", pk=response.pk),
        )

    def _theme_url(self, key: int) -> str:
        return access.url(self.page.organization, "analytics:theme", pk=key) + self.page.query

    @property
    def next_url(self) -> str:
        return self.page.url(self.page.look, after=self.found.after) if self.found.after else ""

    @property
    def themes(self) -> list[tuple[int, str]]:
        return list(self.page.choices.known.themes.items())

    @property
    def sentiments(self) -> list[tuple[str, str]]:
        return [(value, str(label)) for value, label in SENTIMENTS.items() if value]

    @property
    def is_of_several_themes(self) -> bool:
        return len(self.page.look.filters.themes) > 1

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What the form of the search carries along."""
        own = {"q", "sentiment", "comment_language"} | (set() if self.is_of_several_themes else {"theme"})
        return [pair for pair in self.page.look.to_pairs() if pair[0] not in own]


def corrected(organization: Organization, responses: Sequence[Response]) -> dict[int, set[str]]:
    """Names of those who corrected what was read, by response; two statements."""
    found: dict[int, set[str]] = {}
    for model in (ThemeRuling, SentimentRuling):
        rulings = model._default_manager.filter(organization=organization, response__in=[each.pk for each in responses])
        for ruling in rulings.select_related("by").order_by("pk"):
            found.setdefault(ruling.response_id, set()).add(str(ruling.by or ""))
    return found


def languages(page: AnalyticsPage) -> list[tuple[str, str]]:
    """Those that comments of the period are written in, the most frequent first; one statement."""
    filters = page.look.filters.narrowed(comment_language=None)
    cells = counts.scores(Question(page.organization, page.look.period, filters, by="comment_language"))
    found = sorted(((sum(cell), value) for (_bucket, value), cell in cells.items() if value), reverse=True)
    return [(value, language_name(value)) for _count, value in found]

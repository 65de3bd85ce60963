"""Reads about comments. Nothing heavy: pages use all of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q
from django.db.models.functions import Lower

from surveys.accounts.models import Organization
from surveys.comments.models import (
    CommentNote,
    Lesson,
    Reading,
    SentimentRuling,
    Theme,
    ThemeRuling,
    ThemeState,
)
from surveys.comments.rules import Rules
from surveys.comments.starters import Starter, all_of_them
from surveys.core import languages
from surveys.responses.models import UNREAD, Response

_EXAMPLES: Final = 10


# ── Themes ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def themes(organization: Organization) -> list[Theme]:
    """All of them, those that are on first, by name."""
    found = Theme.objects.filter(organization=organization)
    return sorted(found, key=lambda theme: (theme.state != ThemeState.ON, theme.name.casefold(), theme.pk))


def theme_names(organization: Organization) -> dict[int, str]:
    """Name by key, in the order of names, those that are switched off too; one statement."""
    return dict(Theme.objects.filter(organization=organization).order_by(Lower("name")).values_list("pk", "name"))


def starters(organization: Organization) -> list[Starter]:
    """Of the shipped start what was not adopted, and whose name is free."""
    there = list(Theme.objects.filter(organization=organization).values_list("starter", "name"))
    adopted, names = {starter for starter, _name in there}, {name.casefold() for _starter, name in there}
    return [each for each in all_of_them() if each.key not in adopted and each.name.casefold() not in names]


@dataclass(frozen=True)
class Preview:
    """Of the `looked_at` newest comments the rules bring `matched`; `examples` are the newest of those."""

    matched: int
    looked_at: int
    examples: list[Response]


def preview(organization: Organization, words: Sequence[str], *, most: int = 2000) -> Preview:
    """What rules would bring, before they are kept."""
    rules = Rules({0: words})
    commented = Response.objects.filter(organization=organization).exclude(comment="")
    newest = list(commented.order_by("-responded_at", "-pk")[:most])
    matched = [response for response in newest if rules.read(response.comment)[0]]
    return Preview(len(matched), len(newest), matched[:_EXAMPLES])


# ── The work ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def progress(organization: Organization) -> Reading | None:
    """The newest wish to have everything read anew, in work or over."""
    return Reading.objects.filter(organization=organization).order_by("-pk").first()


def unread(organization: Organization, *, most: int = 1000) -> int:
    """How many comments are still to be read; counting ends at `most`."""
    return Response.objects.filter(UNREAD, organization=organization)[:most].count()


def unreadable(organization: Organization, *, most: int = 5) -> list[CommentNote]:
    """Of the comments that cannot be read the newest, at most so many."""
    notes = CommentNote.objects.unreadable().filter(organization=organization)
    return list(notes.order_by("-response")[:most])


def lesson(organization: Organization) -> Lesson | None:
    """What was learned about sentiment, with its quality. Without the weights."""
    learned = Lesson.objects.filter(organization=organization, kind="sentiment")
    return learned.defer("weights").first()


# ── One comment explained ────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Weighed:
    """A part of the comment and how much it says: below 0 that it is meant badly."""

    start: int
    end: int
    text: str
    weight: float


@dataclass(frozen=True)
class Why:
    """Why a comment is about a theme: `kind` is "word" (`text` is the part that brought it), "likeness" to the middle of
    the theme's comments, "alike" one that was ruled, or "ruling"."""

    theme: Theme
    kind: str
    text: str = ""
    likeness: float | None = None
    ruling: ThemeRuling | None = None


@dataclass(frozen=True)
class Explanation:
    is_read: bool
    language: str
    certainty: float | None
    sentiment: int | None
    sentiment_ruling: SentimentRuling | None
    words: tuple[Weighed, ...]
    themes: tuple[Why, ...]
    kept_out: tuple[ThemeRuling, ...]
    problem: str  # of one that cannot be read

    @property
    def language_name(self) -> str:
        """In the reader's language."""
        return languages.name(self.language) if self.language else ""


def explain(response: Response) -> Explanation:
    """All that led to what is said of the comment."""
    note = CommentNote.objects.filter(organization=response.organization_id, response=response).first()
    by_theme = {ruling.theme_id: ruling for ruling in _rulings(response)}
    sentiments = SentimentRuling.objects.filter(organization=response.organization_id, response=response)
    is_read = response.read_at is not None and note is not None
    why: Mapping[str, Any] = note.why if note and is_read else {}
    return Explanation(
        is_read=is_read,
        language=response.comment_language,
        certainty=note.certainty if note and is_read else None,
        sentiment=response.sentiment,
        sentiment_ruling=sentiments.select_related("by").first(),
        words=tuple(_weighed(response.comment, why.get("words", ()))),
        themes=tuple(_whys(response, why.get("themes", {}), by_theme)),
        kept_out=tuple(ruling for ruling in by_theme.values() if not ruling.belongs),
        problem=note.problem if note and is_read else "",
    )


def _rulings(response: Response) -> list[ThemeRuling]:
    found = ThemeRuling.objects.filter(organization=response.organization_id, response=response)
    return list(found.select_related("theme", "by").order_by("pk"))


def _weighed(comment: str, words: Sequence[Sequence[Any]]) -> Iterator[Weighed]:
    for start, end, weight in words:
        yield Weighed(start, end, comment[start:end], weight)


def _whys(response: Response, kept: Mapping[str, Sequence[Any]], ruled: Mapping[int, ThemeRuling]) -> Iterator[Why]:
    theirs = Theme.objects.filter(organization=response.organization_id, pk__in=response.themes)
    for theme in theirs.order_by("name", "pk"):
        ruling = ruled.get(theme.pk)
        if ruling is not None and ruling.belongs:
            yield Why(theme, "ruling", ruling=ruling)
        else:
            yield _why(theme, kept.get(str(theme.pk), ()), response.comment)


def _why(theme: Theme, kept: Sequence[Any], comment: str) -> Why:
    match list(kept):
        case ["word", start, end]:
            return Why(theme, "word", text=comment[start:end])
        case ["likeness", likeness]:
            return Why(theme, "likeness", likeness=likeness)
        case ["alike", ruling, likeness]:
            like = Q(organization=theme.organization_id, pk=ruling)
            return Why(theme, "alike", likeness=likeness, ruling=ThemeRuling.objects.filter(like).first())
    return Why(theme, "ruling")


@dataclass(frozen=True)
class Piece:
    """A piece of a comment in the order of its text; `weight` is 0 where nothing speaks."""

    text: str
    weight: float = 0.0


def marked_up(response: Response, words: Sequence[Weighed]) -> list[Piece]:
    """The whole comment in pieces, for showing which parts of it weighed."""
    pieces, at = [], 0
    for word in words:
        if word.start >= at:
            pieces += [Piece(response.comment[at : word.start]), Piece(word.text, word.weight)]
            at = word.end
    return [piece for piece in [*pieces, Piece(response.comment[at:])] if piece.text]

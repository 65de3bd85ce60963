"""Filters in plain words: one for each that is in force, with the filters that are left without it."""

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from surveys.core import readable
from surveys.core.filters import Filters, Known
from surveys.responses.queries import KnownProperty

Chip = tuple[str, Filters]

SENTIMENTS = {
    "-1": gettext_lazy("Negative"),
    "0": gettext_lazy("Neutral"),
    "1": gettext_lazy("Positive"),
    "": gettext_lazy("(none)"),
}
NAMES = {
    "language": gettext_lazy("Language"),
    "channel": gettext_lazy("Channel"),
    "sentiment": gettext_lazy("Sentiment"),
    "comment_language": gettext_lazy("Language of the comment"),
    "theme": gettext_lazy("Theme"),
    "tag": gettext_lazy("Tag"),
}


def chips(filters: Filters, known: Known, properties: dict[str, KnownProperty]) -> list[Chip]:
    """All but days, campaign, category, comment and state, which have a field wherever there are filters."""
    return [
        *_of_answers(filters),
        *_of_properties(filters, properties),
        *_of_comments(filters, known),
        *_of_people(filters, known),
    ]


def scores(chosen: Sequence[int]) -> str:
    given = ", ".join(map(str, chosen)) or "—"
    return ngettext("Score %(scores)s", "Scores %(scores)s", len(chosen)) % {"scores": given}


def value(dimension: str, text: str, kind: str = "text") -> str:
    """A value of a dimension, but for names of themes and tags."""
    if dimension == "sentiment":
        return str(SENTIMENTS.get(text, text))
    return readable.dimension_value("language" if dimension == "comment_language" else dimension, text, kind)


def _of_answers(filters: Filters) -> Iterator[Chip]:
    if filters.scores:
        yield scores(filters.scores), filters.narrowed(scores=())
    for name in ("language", "channel"):
        chosen = getattr(filters, name)
        if chosen is not None:
            yield _said(str(NAMES[name]), value(name, chosen)), filters.narrowed(**{name: None})


def _of_properties(filters: Filters, properties: dict[str, KnownProperty]) -> Iterator[Chip]:
    for key, values in filters.properties:
        found = properties[key]
        others = tuple(pair for pair in filters.properties if pair[0] != key)
        said = (readable.dimension_value(key, each, found.kind) for each in values)
        yield _said(found.label, *said), filters.narrowed(properties=others)


def _of_comments(filters: Filters, known: Known) -> Iterator[Chip]:
    if filters.words:
        yield _("Comment contains “%(words)s”") % {"words": filters.words}, filters.narrowed(words="")
    for name, chosen, names in (("theme", filters.themes, known.themes), ("tag", filters.tags, known.tags)):
        if chosen:
            yield _said(str(NAMES[name]), *(names[key] for key in chosen)), filters.narrowed(**{name + "s": ()})
    for name in ("sentiment", "comment_language"):
        text = getattr(filters, name)
        if text is not None:
            yield _said(str(NAMES[name]), value(name, text)), filters.narrowed(**{name: None})


def _of_people(filters: Filters, known: Known) -> Iterator[Chip]:
    if filters.segment is not None:
        name = known.segments[filters.segment]
        yield _("In segment %(name)s (members now)") % {"name": name}, filters.narrowed(segment=None)
    if filters.where and filters.meaning:
        yield filters.meaning.sentence, filters.narrowed(where="")


def _said(name: str, *values: str) -> str:
    return f"{name}: {', '.join(values)}"

"""What an organization knows about comments, as the mind needs it, and whether that is still so. Heavy: for tasks."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from surveys.comments.mind import embedding, sentiment
from surveys.comments.mind.reader import KnownRuling, KnownTheme, Mind, Said
from surveys.comments.mind.sentiment import Weights
from surveys.comments.models import Lesson, SentimentRuling, Theme, ThemeRuling, ThemeState

MOST_RULINGS: Final = 1000  # the newest are learned from: each is compared with every comment
KIND: Final = "sentiment"

State = tuple[Any, ...]


@dataclass(frozen=True)
class Knowledge:
    """`state` tells whether anything changed since."""

    organization: int
    mind: Mind
    state: State


def of(organization: int) -> Knowledge:
    state = _state(organization, lock=False)
    themes = _themes(organization)
    mind = Mind(
        themes=themes,
        rulings=_rulings(organization, [theme.key for theme in themes]),
        weights=weights(organization),
    )
    return Knowledge(organization, mind, state)


def said_of(organization: int, responses: Sequence[int]) -> Said:
    """What persons ruled about these, all of it."""
    themes: dict[int, dict[int, bool]] = defaultdict(dict)
    ruled = ThemeRuling.objects.filter(
        organization=organization, response__in=responses, theme__state=ThemeState.ON
    ).order_by("pk")
    for response, theme, belongs in ruled.values_list("response_id", "theme_id", "belongs"):
        themes[response][theme] = belongs
    sentiments = SentimentRuling.objects.filter(organization=organization, response__in=responses)
    return Said(themes, dict(sentiments.values_list("response_id", "sentiment")))


def is_current(known: Knowledge) -> bool:
    """Whether nothing changed. Themes stay as they are until the caller's transaction ends; whoever rules on a comment
    holds its row first, as the caller does."""
    return _state(known.organization, lock=True) == known.state


def _state(organization: int, *, lock: bool) -> State:
    themes = Theme.objects.filter(organization=organization).order_by("pk")
    if lock:
        themes = themes.select_for_update(no_key=True)
    rulings = [
        model.objects.filter(organization=organization).order_by("-at", "-pk").values_list("at", "pk").first()
        for model in (ThemeRuling, SentimentRuling)
    ]
    counts = [model.objects.filter(organization=organization).count() for model in (ThemeRuling, SentimentRuling)]
    return (*themes.values_list("pk", "version", "state"), *rulings, *counts)


def _themes(organization: int) -> list[KnownTheme]:
    on = Theme.objects.filter(organization=organization, state=ThemeState.ON).order_by("pk")
    return [
        KnownTheme(
            key=theme.pk,
            words=theme.words,
            center=embedding.restored(theme.center) if theme.center and theme.reach is not None else None,
            reach=theme.reach if theme.reach is not None else 1.0,
        )
        for theme in on
    ]


def _rulings(organization: int, themes: Sequence[int]) -> list[KnownRuling]:
    newest = ThemeRuling.objects.filter(organization=organization, theme__in=themes).order_by("-at", "-pk")
    return [
        KnownRuling(ruling.pk, ruling.theme_id, ruling.response.comment, ruling.belongs)
        for ruling in newest.select_related("response")[:MOST_RULINGS]
    ]


def weights(organization: int) -> Weights:
    """What was learned, or the shipped start; also when what was learned is of another shape, as after an upgrade."""
    learned = Lesson.objects.filter(organization=organization, kind=KIND).first()
    if learned is None or len(learned.weights) != sentiment.SIZE * 4:
        return sentiment.SHIPPED
    return Weights.restored(learned.weights, sentiment.SHIPPED)

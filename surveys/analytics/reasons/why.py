"""What comments are about: each theme with its score, its share of the comments, and how both have changed.

Four statements of counts, whatever the number of responses, and one for the names. A comment may be about several
themes, so they do not add up to all comments.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

from django.db import models
from django.utils.translation import gettext_lazy as _

from surveys.accounts.models import Organization
from surveys.analytics.counting import counts, scanning
from surveys.analytics.counting.counts import Question
from surveys.analytics.look import Look
from surveys.comments.models import Theme, ThemeState
from surveys.core import proportions
from surveys.core.filters import Filters
from surveys.core.nps import TOO_FEW, Difference, Split, Verdict, holm
from surveys.core.periods import Bucket, Period
from surveys.core.proportions import Range, Rate

THEME = "theme"


class Order(models.TextChoices):
    """Of the table of themes."""

    COUNT = "n", _("most said")
    SCORE = "score", _("lowest score")
    MOVES = "moves", _("moves the score most")


@dataclass(frozen=True)
class ThemeFigures:
    """A theme among the comments of a period; `before` and `comments_before` are of the period compared with.

    `verdict` is about the difference from comments without it, `share_verdict` about the change of its share; both are
    Holm-corrected over all themes.
    """

    theme: Theme
    split: Split
    comments: Split
    by_bucket: list[Split]
    before: Split
    comments_before: Split
    verdict: Verdict = Verdict.TOO_FEW
    share_verdict: Verdict = Verdict.TOO_FEW

    @property
    def share(self) -> Rate:
        return Rate(self.split.responses, self.comments.responses)

    @property
    def share_before(self) -> Rate:
        return Rate(self.before.responses, self.comments_before.responses)

    @property
    def from_the_rest(self) -> Difference:
        """Of comments with it and comments without it."""
        return Difference(self.split, self.comments - self.split)

    @property
    def change(self) -> Difference:
        """Of its score since the period before."""
        return Difference(self.split, self.before)

    @property
    def share_change(self) -> Range | None:
        """A 95 % interval, −1…1."""
        return proportions.difference(self.share, self.share_before)

    @property
    def moves(self) -> Fraction | None:
        """Points by which the score of all comments differs from that of comments without the theme."""
        rest = (self.comments - self.split).score
        return None if rest is None or self.comments.score is None else self.comments.score - rest

    @property
    def is_new(self) -> bool:
        return not self.before.responses

    @property
    def is_growing(self) -> bool:
        grew = (self.share.value or 0) > (self.share_before.value or 0)
        return grew and self.share_verdict is Verdict.CHANGED

    @property
    def stands_out(self) -> bool:
        return self.is_growing or self.verdict is Verdict.CHANGED


@dataclass(frozen=True)
class Why:
    """`themes` have at least one comment in the period or in the one before; those of the period, most said first."""

    buckets: list[Bucket]
    comments: Split
    comments_before: Split
    themes: list[ThemeFigures]
    has_themes: bool

    @cached_property
    def growing(self) -> list[ThemeFigures]:
        """New ones and those that are said more than before; the greatest change first."""
        found = [theme for theme in self.themes if theme.is_growing]
        return sorted(found, key=lambda theme: (theme.share_before.value or 0) - (theme.share.value or 0))

    def ordered(self, order: Order) -> list[ThemeFigures]:
        return sorted(self.themes, key=_ORDERS[order])

    def of_theme(self, pk: int) -> ThemeFigures | None:
        return next((found for found in self.themes if found.theme.pk == pk), None)


_Key = Callable[[ThemeFigures], tuple[Fraction | int, str]]
_ORDERS: dict[Order, _Key] = {
    Order.COUNT: lambda found: (-found.split.responses, found.theme.name),
    Order.SCORE: lambda found: (1000 if found.split.score is None else found.split.score, found.theme.name),
    Order.MOVES: lambda found: (-abs(found.moves or Fraction(0)), found.theme.name),
}


def why(organization: Organization, look: Look) -> Why:
    """Of the themes that are on."""
    buckets = look.period.buckets(look.unit, organization.week_start)
    starts = tuple(bucket.first for bucket in buckets)
    now, before, comments, comments_before = scanning.together(
        lambda: _by_theme(organization, look.period, look.filters, starts),
        lambda: _by_theme(organization, look.compared, look.filters, ()),
        lambda: _comments(organization, look.period, look),
        lambda: _comments(organization, look.compared, look),
    )
    themes = list(Theme.objects.filter(organization=organization, state=ThemeState.ON).order_by("name", "id"))
    found = [
        _figures(theme, [now.get((index, str(theme.pk)), Split()) for index in range(len(buckets))], comments)
        for theme in themes
    ]
    compared = [
        replace(figures, before=before.get((0, str(figures.theme.pk)), Split()), comments_before=comments_before)
        for figures in found
    ]
    said = [figures for figures in compared if figures.split.responses or figures.before.responses]
    return Why(
        buckets=buckets,
        comments=comments,
        comments_before=comments_before,
        themes=sorted(_judged(said), key=_ORDERS[Order.COUNT]),
        has_themes=bool(themes),
    )


_Splits = dict[tuple[int, str], Split]


def _by_theme(organization: Organization, period: Period, filters: Filters, starts: tuple) -> _Splits:
    cells = counts.scores(Question(organization, period, filters, starts, by=THEME))
    return {cell: Split.of_scores(found) for cell, found in cells.items()}


def _comments(organization: Organization, period: Period, look: Look) -> Split:
    if look.filters.has_comment is False:
        return Split()
    cells = counts.scores(Question(organization, period, look.filters.narrowed(has_comment=True)))
    return Split.of_scores(cells.get((0, ""), [0] * 11))


def _figures(theme: Theme, by_bucket: list[Split], comments: Split) -> ThemeFigures:
    return ThemeFigures(theme, sum(by_bucket, Split()), comments, by_bucket, Split(), Split())


def _judged(themes: list[ThemeFigures]) -> list[ThemeFigures]:
    differs = holm(found.from_the_rest.p_value for found in themes)
    moved = holm(proportions.p_value(found.share, found.share_before) for found in themes)
    return [
        replace(found, verdict=found.from_the_rest.verdict_when(one), share_verdict=_share_verdict(found, other))
        for found, one, other in zip(themes, differs, moved, strict=True)
    ]


def _share_verdict(found: ThemeFigures, is_significant: bool) -> Verdict:
    if min(found.share.of, found.share_before.of) < TOO_FEW:
        return Verdict.TOO_FEW
    return Verdict.CHANGED if is_significant else Verdict.NO_EVIDENCE

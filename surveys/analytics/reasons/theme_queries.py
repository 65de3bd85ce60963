"""What the pages about themes show: how often each was said, what words would bring, which theme was deleted last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from surveys.accounts.models import AuditEntry, Organization
from surveys.analytics.counting import counts
from surveys.analytics.counting.counts import Question
from surveys.analytics.reasons.why import THEME
from surveys.comments import queries as comments
from surveys.comments import rules
from surveys.comments.models import Theme
from surveys.core.filters import NO_FILTERS
from surveys.core.nps import Split
from surveys.core.periods import Period, Preset
from surveys.responses.models import Response

DELETED: Final = "theme.deleted"


@dataclass(frozen=True)
class Listed:
    """A theme with the counted comments about it in the last twelve months."""

    theme: Theme
    split: Split

    @property
    def words(self) -> str:
        return ", ".join(self.theme.words)


def listed(organization: Organization, today: date) -> list[Listed]:
    """Two statements."""
    year = Period.ending(today, Preset.YEAR)
    cells = counts.scores(Question(organization, year, NO_FILTERS, by=THEME))
    themes = comments.themes(organization)
    return [Listed(theme, Split.of_scores(cells.get((0, str(theme.pk)), [0] * 11))) for theme in themes]


@dataclass(frozen=True)
class Example:
    """The comment before the words that matched, those words, and the rest."""

    response: Response
    before: str
    word: str
    after: str


@dataclass(frozen=True)
class Previewed:
    problems: list[str]
    matched: int = 0
    looked_at: int = 0
    examples: tuple[Example, ...] = ()


def previewed(organization: Organization, words: Sequence[str]) -> Previewed:
    """Which comments these words would bring; one statement, none when they cannot be kept like that."""
    tidied = rules.tidy(words)
    problems = rules.problems(tidied)
    if problems:
        return Previewed(problems)
    found = comments.preview(organization, tidied)
    known = rules.Rules({0: tidied})
    examples = tuple(_example(response, known) for response in found.examples)
    return Previewed([], found.matched, found.looked_at, examples)


def _example(response: Response, known: rules.Rules) -> Example:
    hit = known.read(response.comment)[0][0]
    text = response.comment
    return Example(response, text[: hit.start], text[hit.start : hit.end], text[hit.end :])


def deletion(organization: Organization, key: int) -> AuditEntry | None:
    """Of a theme that is not there any more; two statements."""
    if Theme.objects.filter(organization=organization, pk=key).exists():
        return None
    entries = AuditEntry.objects.filter(organization=organization, action=DELETED, target_id=key)
    return entries.order_by("-pk").first()

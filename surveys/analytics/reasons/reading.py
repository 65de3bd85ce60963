"""One comment as it was read, in words: language, sentiment, themes, each with its reason."""

from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from surveys.accounts.models import Organization
from surveys.comments import queries
from surveys.comments.models import SentimentRuling, Theme, ThemeRuling, ThemeState
from surveys.comments.queries import Explanation, Piece, Why
from surveys.core import charts
from surveys.responses.filter_words import SENTIMENTS
from surveys.responses.models import Response


@dataclass(frozen=True)
class Reason:
    """`ruled`: a colleague said so, and it can be taken back."""

    theme: Theme
    said: str
    ruled: bool


@dataclass(frozen=True)
class ReadingShown:
    organization: Organization
    response: Response
    explanation: Explanation
    others: list[Theme]

    @property
    def pieces(self) -> list[Piece]:
        return queries.marked_up(self.response, self.explanation.words)

    @property
    def certainty(self) -> str:
        found = self.explanation.certainty
        return "" if found is None else charts.share_text(found)

    @cached_property
    def sentiment(self) -> str:
        found = self.explanation.sentiment
        return "" if found is None else str(SENTIMENTS[str(found)])

    @property
    def sentiments(self) -> list[tuple[str, str, bool]]:
        """Value, name, and whether it is this one."""
        return [
            (value, str(label), value == str(self.explanation.sentiment))
            for value, label in SENTIMENTS.items()
            if value
        ]

    @property
    def sentiment_corrected(self) -> str:
        ruling = self.explanation.sentiment_ruling
        return self._corrected(ruling) if ruling else ""

    @property
    def reasons(self) -> list[Reason]:
        return [Reason(why.theme, self._said(why), _is_ruled(why)) for why in self.explanation.themes]

    def _said(self, why: Why) -> str:
        if why.kind == "word":
            return _("because of “%(text)s”") % {"text": why.text}
        if why.kind == "likeness":
            return _("because it is like other comments about it")
        if why.kind == "alike":
            return _("because it is like one that a colleague put there")
        return self._corrected(why.ruling) if why.ruling else _("as it was read")

    @property
    def kept_out(self) -> list[Reason]:
        return [Reason(ruling.theme, self._corrected(ruling), True) for ruling in self.explanation.kept_out]

    def _corrected(self, ruling: ThemeRuling | SentimentRuling) -> str:
        when = date_format(localtime(ruling.at, ZoneInfo(self.organization.time_zone)), "j M Y", use_l10n=False)
        return _("corrected by %(who)s on %(when)s") % {"who": ruling.by or _("a former colleague"), "when": when}


def _is_ruled(why: Why) -> bool:
    return why.kind == "ruling" and why.ruling is not None


def reading(organization: Organization, response: Response) -> ReadingShown:
    """Six statements at most."""
    explanation = queries.explain(response)
    themes = [theme for theme in queries.themes(organization) if theme.state == ThemeState.ON]
    settled = {why.theme.pk for why in explanation.themes} | {ruling.theme_id for ruling in explanation.kept_out}
    return ReadingShown(organization, response, explanation, [theme for theme in themes if theme.pk not in settled])

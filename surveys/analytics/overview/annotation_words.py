"""Annotations as the trend shows them: a number on the chart, what happened, the score before and after."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.accounts import access
from surveys.accounts.models import Organization
from surveys.analytics import words
from surveys.analytics.overview.annotations import Annotated
from surveys.analytics.segments import segment_words
from surveys.analytics.segments.segment_words import Cell
from surveys.core import charts
from surveys.core.nps import Difference
from surveys.core.periods import Bucket, Period


@dataclass(frozen=True)
class AnnotationRow:
    number: int
    text: str
    days: str
    campaign: str
    edit_url: str
    sentence: str
    change: Cell


def rows(organization: Organization, found: Sequence[Annotated], *, is_scored: bool) -> list[AnnotationRow]:
    """In the order of days, as they are numbered on the chart."""
    return [_row(organization, number, each, is_scored) for number, each in enumerate(found, start=1)]


def _row(organization: Organization, number: int, each: Annotated, is_scored: bool) -> AnnotationRow:
    about = each.annotation
    return AnnotationRow(
        number=number,
        text=about.text,
        days=str(Period(about.day, each.last)),
        campaign=about.campaign.name if about.campaign else "",
        edit_url=access.url(organization, "analytics:annotation", pk=about.pk),
        sentence=_sentence(each) if is_scored else "",
        change=_change(each.difference) if is_scored and each.before_days else Cell(""),
    )


def _sentence(each: Annotated) -> str:
    if each.before_days is None or each.after_days is None:
        return _("Too soon to compare: the days after it are still to come.")
    if each.difference.points is None:
        return _nobody(each) % {"days": each.before_days.days}
    said = ngettext(
        "NPS %(before)s (%(few)s) on the day before, %(after)s (%(many)s) on the day after.",
        "NPS %(before)s (%(few)s) in the %(days)d days before, %(after)s (%(many)s) in those after.",
        each.before_days.days,
    )
    return said % {
        "before": words.score(each.before),
        "after": words.score(each.after),
        "few": charts.responses_text(each.before.responses),
        "many": charts.responses_text(each.after.responses),
        "days": each.before_days.days,
    }


def _nobody(each: Annotated) -> str:
    if each.before.responses or each.before_days is None:
        return ngettext(
            "Nobody has answered on the day after.",
            "Nobody has answered in the %(days)d days after.",
            each.before_days.days if each.before_days else 1,
        )
    return ngettext(
        "Nobody answered on the day before.", "Nobody answered in the %(days)d days before.", each.before_days.days
    )


def _change(difference: Difference) -> Cell:
    if difference.points is None:
        return Cell("")
    return segment_words.change(difference, difference.verdict)


def flags(buckets: Sequence[Bucket], found: Sequence[Annotated]) -> list[charts.Flag]:
    return charts.flags(buckets, [(each.annotation.text, each.annotation.day, each.last) for each in found])

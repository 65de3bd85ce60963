"""What the overview lists besides figures, as plain values: what needs attention, and what happened."""

from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.analytics.overview import annotations, attention_words
from surveys.analytics.overview.annotations import Annotated
from surveys.analytics.overview.attention import attention
from surveys.analytics.pages import AnalyticsPage
from surveys.analytics.tables import Asked, Column, Kind, Table
from surveys.core.nps import Split, Verdict
from surveys.core.periods import local_day


def attention_table(asked: Asked) -> list[Table]:
    """Of the campaign that is asked for, or of the whole organization, whatever else is chosen."""
    today = local_day(asked.at, ZoneInfo(asked.organization.time_zone))
    page = AnalyticsPage(asked.organization, "analytics:overview", "", asked.look, today, asked.choices)
    campaign = asked.look.filters.campaign
    found = attention(asked.organization, asked.choices.dimensions, campaign, today, asked.at)
    rows = [
        [item.figure, item.title, item.why, settings.PUBLIC_URL + item.url]
        for item in attention_words.items(page, found, campaign)
    ]
    columns = [Column(_("Figure")), Column(_("What")), Column(_("Why")), Column(_("Address"))]
    return [Table("attention", _("What needs attention"), columns, rows)]


def annotation_tables(asked: Asked) -> list[Table]:
    """All there are, and those of the period with the score before and after each."""
    today = local_day(asked.at, ZoneInfo(asked.organization.time_zone))
    return [_all(asked), _happened(annotations.annotated(asked.organization, asked.look, today))]


_WHAT = (
    Column(gettext_lazy("What happened")),
    Column(gettext_lazy("Day"), Kind.DAY),
    Column(gettext_lazy("Until"), Kind.DAY),
    Column(gettext_lazy("Campaign")),
)


def _what(each: annotations.Annotation) -> list[object]:
    return [each.text, each.day, each.last_day, each.campaign.name if each.campaign else _("All")]


def _all(asked: Asked) -> Table:
    found = annotations.all_of(asked.organization)
    rows = [[*_what(each), str(each.created_by) if each.created_by else None] for each in found]
    return Table("annotations", _("Annotations"), [*_WHAT, Column(_("By"))], rows)


def _happened(found: list[Annotated]) -> Table:
    columns = [
        *_WHAT,
        Column(_("Responses before"), Kind.COUNT),
        Column(_("NPS before"), Kind.SCORE),
        Column(_("Responses after"), Kind.COUNT),
        Column(_("NPS after"), Kind.SCORE),
        Column(_("Change"), Kind.POINTS),
        Column(_("95 % from"), Kind.LOW),
        Column(_("95 % to"), Kind.HIGH),
        Column(_("Verdict")),
    ]
    return Table("happened", _("What happened"), columns, [[*_what(each.annotation), *_moved(each)] for each in found])


def _moved(each: Annotated) -> list[object]:
    """Nothing where it is too soon; only the verdict where there are too few to compare."""
    if each.before_days is None:
        return [None] * 8
    difference, verdict = each.difference, each.difference.verdict
    interval = None if verdict is Verdict.TOO_FEW else difference.interval
    said = [difference.points, interval.low, interval.high] if interval else [None, None, None]
    return [*_scored(each.before), *_scored(each.after), *said, verdict.label]


def _scored(split: Split) -> list[object]:
    return [split.responses, split.score]

"""The overview's tables as plain values."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.analytics import queries
from surveys.analytics.counting.funnels import Funnel
from surveys.analytics.look import Look
from surveys.analytics.queries import Figures, Segment
from surveys.analytics.tables import SCORE_COLUMNS, Asked, Column, Kind, Table, score_cells
from surveys.core import nps
from surveys.core.choices import Category
from surveys.core.nps import Split, Verdict
from surveys.core.periods import Period


def tables(asked: Asked) -> list[Table]:
    look, figures = asked.look, queries.figures(asked.organization, asked.look, asked.choices.dimensions)
    return [
        _score(look, figures),
        _split(figures),
        _histogram(figures),
        _trend(look, figures),
        _segments(look, figures),
        _funnel(figures),
        _rate(look, figures),
    ]


def _score(look: Look, figures: Figures) -> Table:
    """This period beside the one that it is compared with."""
    columns = [Column(_("Period")), Column(_("First day"), Kind.DAY), Column(_("Last day"), Kind.DAY)]
    pairs = [(look.period, figures.result.split), (look.compared, figures.before)]
    rows = [[str(period), period.first, period.last, *_said(look, split)] for period, split in pairs]
    return Table("score", _("Score"), [*columns, *_columns(look)], rows)


def _columns(look: Look) -> Sequence[Column]:
    """Among responses that were chosen by their scores a Net Promoter Score means nothing: they are only counted."""
    return SCORE_COLUMNS[:1] if look.filters.is_on_the_score else SCORE_COLUMNS


def _said(look: Look, split: Split) -> list[object]:
    return score_cells(split)[: len(_columns(look))]


def _split(figures: Figures) -> Table:
    split = figures.result.split
    columns = [Column(_("Category")), Column(_("Responses"), Kind.COUNT), Column(_("Share"), Kind.SHARE)]
    rows = [[nps.plural(each), split.count(each), split.share(each)] for each in Category]
    return Table("split", _("Promoters, passives, detractors"), columns, rows)


def _histogram(figures: Figures) -> Table:
    counts = figures.result.counts
    total = sum(counts) or 1
    columns = [
        Column(_("Score"), Kind.COUNT),
        Column(_("Category")),
        Column(_("Responses"), Kind.COUNT),
        Column(_("Share"), Kind.SHARE),
    ]
    rows = [[score, nps.classify(score).label, counts[score], counts[score] / total] for score in nps.SCALE]
    return Table("histogram", _("How often each score was given"), columns, rows)


def _trend(look: Look, figures: Figures) -> Table:
    columns = [Column(look.unit.label), Column(_("First day"), Kind.DAY), Column(_("Last day"), Kind.DAY)]
    pieces = zip(figures.result.buckets, figures.result.by_bucket, strict=True)
    rows = [[each.title, each.first, each.last, *_said(look, Split.of_scores(counts))] for each, counts in pieces]
    return Table("trend", _("Trend"), [*columns, *_columns(look)], rows)


def _segments(look: Look, figures: Figures) -> Table:
    dimension = figures.segmented_by
    columns = [Column(dimension.label), *_columns(look), Column(_("Share of responses"), Kind.SHARE)]
    rows = [[dimension.value(each.value), *_said(look, each.split), each.share] for each in figures.segments]
    if look.filters.is_on_the_score:
        return Table("segments", _("Segments"), columns, rows)
    changed = [_changed(each) for each in figures.segments]
    return Table(
        "segments", _("Segments"), [*columns, *_CHANGE], [row + more for row, more in zip(rows, changed, strict=True)]
    )


_CHANGE = [
    Column(gettext_lazy("Responses before"), Kind.COUNT),
    Column(gettext_lazy("Change"), Kind.POINTS),
    Column(gettext_lazy("Change from"), Kind.LOW),
    Column(gettext_lazy("Change to"), Kind.HIGH),
    Column(gettext_lazy("Verdict")),
]


def _changed(each: Segment) -> list[object]:
    """Since the period that it is compared with; the verdict is corrected for there being several segments."""
    interval = None if each.verdict is Verdict.TOO_FEW else each.change.interval
    said = [each.change.points, interval.low, interval.high] if interval else [None, None, None]
    return [each.before.responses, *said, each.verdict.label]


def _rate(look: Look, figures: Figures) -> Table:
    """This period's response rate beside that of the one it is compared with."""
    columns = [
        Column(_("Period")),
        Column(_("Delivered"), Kind.COUNT),
        Column(_("Answered"), Kind.COUNT),
        Column(_("Response rate"), Kind.SHARE),
        Column(_("From"), Kind.SHARE_LOW),
        Column(_("To"), Kind.SHARE_HIGH),
    ]
    pairs = [(look.period, figures.funnel), (look.compared, figures.funnel_before)]
    return Table("rate", _("Response rate"), columns, [_rate_row(period, found) for period, found in pairs if found])


def _rate_row(period: Period, found: Funnel) -> list[object]:
    rate = found.rate
    ends = [rate.range.low, rate.range.high] if rate.range else [None, None]
    return [str(period), rate.of, rate.count, rate.value, *ends]


def _funnel(figures: Figures) -> Table:
    """Without rows under a filter on the answer: those who did not answer cannot pass it."""
    found = figures.funnel
    columns = [Column(_("Step")), Column(_("Invitations"), Kind.COUNT), Column(_("Of those invited"), Kind.SHARE)]
    if found is None:
        return Table("funnel", _("Invited and answered"), columns, [])
    steps = [
        (_("Invited"), found.sent),
        (_("Delivered"), found.delivered),
        (_("Answered"), found.answered),
        (_("Commented"), found.commented),
        (_("Bounced"), found.bounced),
        (_("Unsubscribed"), found.unsubscribed),
    ]
    rows = [[label, count, count / found.sent if found.sent > 0 else None] for label, count in steps]
    return Table("funnel", _("Invited and answered"), columns, rows)

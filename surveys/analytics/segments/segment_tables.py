"""The tables of the pages that tell people apart, as plain values."""

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from django.utils.translation import gettext as _

from surveys.analytics.counting import parting
from surveys.analytics.counting.parting import Parted
from surveys.analytics.segments import revenue as worth
from surveys.analytics.segments import side_by_side as sides
from surveys.analytics.segments.mix import ENOUGH
from surveys.analytics.segments.representation import Answered, answered
from surveys.analytics.segments.representation_page import verdict_of
from surveys.analytics.segments.revenue import MISSING, NEGATIVE, SILENT, UNREACHED, VALUED
from surveys.analytics.segments.revenue_page import chosen, numbers
from surveys.analytics.segments.segment_page import Wish, order
from surveys.analytics.segments.segmenting import Segmented, SegmentFigures, segmented
from surveys.analytics.segments.side_by_side_page import label_of, understood_sides
from surveys.analytics.tables import SCORE_COLUMNS, Asked, Column, Kind, Table, score_cells
from surveys.core.choices import Category
from surveys.core.decomposing import decomposition
from surveys.core.nps import Difference, Interval, Split, Verdict, plural
from surveys.core.overlapping import Comparison
from surveys.core.standardizing import Stratum, standardized
from surveys.customers import queries as customers

_INTERVAL = (Kind.LOW, Kind.HIGH)


def _ends(interval: Interval | None) -> list[object]:
    return [interval.low, interval.high] if interval else [None, None]


def _compared(difference: Difference | Comparison, verdict: Verdict) -> list[object]:
    """Nothing but the verdict where there are too few to compare."""
    if verdict is Verdict.TOO_FEW:
        return [None, None, None, verdict.label]
    return [difference.points, *_ends(difference.interval), verdict.label]


def _columns_of(label: str) -> list[Column]:
    return [
        Column(label, Kind.POINTS),
        Column(_("95 % from"), Kind.LOW),
        Column(_("95 % to"), Kind.HIGH),
        Column(_("Verdict")),
    ]


# ── Segments ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def segments(asked: Asked) -> list[Table]:
    look = asked.look.narrowed_to(asked.look.filters.of_any_score)
    wish = Wish.of(asked.query, look, parting.dimensions(asked.choices))
    parted = parting.parted(asked.organization, wish.per, asked.at)
    found = segmented(asked.organization, look, parted)
    rows = sorted(found.rows, key=lambda row: (*order(row, wish.sort), row.label.casefold()))
    tables = [_segments(parted, rows), _over_time(found, rows)]
    return tables if parted.overlaps else [*tables, _change(found), _same_mix(found)]


def _segments(parted: Parted, rows: Iterable[SegmentFigures]) -> Table:
    columns = [
        Column(parted.label),
        *SCORE_COLUMNS,
        Column(_("Share of responses"), Kind.SHARE),
        Column(_("Invited"), Kind.COUNT),
        Column(_("Delivered"), Kind.COUNT),
        Column(_("Answered"), Kind.COUNT),
        Column(_("Response rate"), Kind.SHARE),
        *_columns_of(_("Change")),
        *_columns_of(_("Against the others")),
        Column(_("Contribution"), Kind.POINTS),
        Column(_("Would move the overall score by"), Kind.POINTS),
    ]
    return Table("segments", _("Segments"), columns, [_segment(row) for row in rows])


def _segment(row: SegmentFigures) -> list[object]:
    funnel, contribution = row.funnel, row.contribution
    asked = [funnel.sent, funnel.delivered, funnel.answered, funnel.response_rate] if funnel else [None] * 4
    return [
        row.label,
        *score_cells(row.split),
        contribution.share,
        *asked,
        *_compared(row.change, row.change_verdict),
        *_compared(row.against_others, row.others_verdict),
        contribution.points,
        contribution.move,
    ]


def _over_time(found: Segmented, rows: Iterable[SegmentFigures]) -> Table:
    columns = [Column(found.parted.label), Column(_("First day"), Kind.DAY), Column(_("Last day"), Kind.DAY)]
    cells = [
        [row.label, bucket.first, bucket.last, *score_cells(split)]
        for row in rows
        for bucket, split in zip(found.buckets, row.by_bucket, strict=True)
    ]
    return Table("over-time", _("Segments over time"), [*columns, *SCORE_COLUMNS], cells)


def _change(found: Segmented) -> Table:
    columns = [
        Column(found.parted.label),
        Column(_("Share before"), Kind.SHARE),
        Column(_("Share now"), Kind.SHARE),
        Column(_("NPS before"), Kind.SCORE),
        Column(_("NPS now"), Kind.SCORE),
        Column(_("By scoring differently"), Kind.POINTS),
        Column(_("By the mix"), Kind.POINTS),
        Column(_("Both"), Kind.POINTS),
    ]
    apart = decomposition(found.before_by_value, found.now_by_value)
    rows = [
        [
            found.parted.value(part.name),
            part.share_before,
            part.share_now,
            part.before.score,
            part.now.score,
            part.of_score,
            part.of_mix,
            part.both,
        ]
        for part in (apart.parts if apart else ())
    ]
    return Table("change", _("The change by segment"), columns, rows)


def _same_mix(found: Segmented) -> Table:
    columns = [
        Column(_("First day"), Kind.DAY),
        Column(_("Last day"), Kind.DAY),
        *SCORE_COLUMNS,
        Column(_("NPS, same mix"), Kind.SCORE),
        Column(_("95 % from"), Kind.LOW),
        Column(_("95 % to"), Kind.HIGH),
        Column(_("Of the mix"), Kind.SHARE),
    ]
    return Table("same-mix", _("With the mix of the whole period"), columns, [*_moments(found)])


def _moments(found: Segmented) -> Iterable[list[object]]:
    for at, bucket in enumerate(found.buckets):
        strata = {row.value: Stratum(row.split.responses, row.by_bucket[at]) for row in found.rows}
        adjusted = standardized(strata)
        said = [adjusted.score, *_ends(adjusted.interval)] if adjusted.covered >= ENOUGH else [None] * 3
        yield [bucket.first, bucket.last, *score_cells(found.everyone[at]), *said, adjusted.covered]


# ── Two segments ─────────────────────────────────────────────────────────────────────────────────────────────────────


def compare(asked: Asked) -> list[Table]:
    look = asked.look.narrowed_to(asked.look.filters.of_any_score)
    one, other = understood_sides(replace(asked, look=look))
    found = sides.side_by_side(asked.organization, look, one, other)
    names = [label_of(asked.choices, filters) for filters in (one, other)]
    return [_sides(found, names), _sides_trend(found, names), _sides_themes(asked, found, names)]


def _sides(found: sides.SideBySide, names: list[str]) -> Table:
    columns = [Column(_("Side")), *SCORE_COLUMNS, Column(_("Response rate"), Kind.SHARE), *_columns_of(_("Difference"))]
    comparison = found.comparison
    rows = [
        [name, *score_cells(side.split), side.funnel.response_rate if side.funnel else None, *said]
        for name, side, said in (
            (names[0], found.one, _compared(comparison, comparison.verdict)),
            (names[1], found.other, [None] * 4),
        )
    ]
    return Table("scores", _("Two segments"), columns, rows)


def _sides_trend(found: sides.SideBySide, names: list[str]) -> Table:
    columns = [Column(_("Side")), Column(_("First day"), Kind.DAY), Column(_("Last day"), Kind.DAY), *SCORE_COLUMNS]
    rows = [
        [name, bucket.first, bucket.last, *score_cells(Split.of_scores(counts))]
        for name, side in zip(names, (found.one, found.other), strict=True)
        for bucket, counts in zip(found.buckets, side.by_bucket, strict=True)
    ]
    return Table("trend", _("Two segments over time"), columns, rows)


def _sides_themes(asked: Asked, found: sides.SideBySide, names: list[str]) -> Table:
    name = asked.choices.dimension("theme").value
    columns = [Column(_("Side")), Column(_("Theme")), *SCORE_COLUMNS, Column(_("Share of responses"), Kind.SHARE)]
    rows = [
        [label, name(value), *score_cells(split), Fraction(split.responses, side.split.responses or 1)]
        for label, side in zip(names, (found.one, found.other), strict=True)
        for value, split in sorted(side.themes.items(), key=lambda pair: -pair[1].responses)
    ]
    return Table("themes", _("Themes of two segments"), columns, rows)


# ── Who answered ─────────────────────────────────────────────────────────────────────────────────────────────────────


def who_answered(asked: Asked) -> list[Table]:
    look = asked.look.narrowed_to(asked.look.filters.of_any_score)
    wish = Wish.of(asked.query, look, parting.of_asks(asked.choices))
    found = answered(asked.organization, look, parting.parted(asked.organization, wish.per, asked.at))
    return [_weighed(found), _represented(found)]


def _weighed(found: Answered) -> Table:
    columns = [
        Column(_("Score")),
        Column(_("NPS"), Kind.SCORE),
        Column(_("95 % from"), Kind.LOW),
        Column(_("95 % to"), Kind.HIGH),
        Column(_("Responses"), Kind.COUNT),
        Column(_("As sure as so many drawn evenly"), Kind.NUMBER),
        Column(_("Of those invited"), Kind.SHARE),
    ]
    raw, weighed = found.split, found.weighed
    rows = [
        [_("As it is"), raw.score, *_ends(raw.interval), raw.responses, raw.responses, None],
        [
            _("Weighed to those invited"),
            weighed.score,
            *_ends(weighed.interval),
            weighed.responses,
            round(weighed.effective, 1),
            weighed.covered,
        ],
    ]
    return Table("scores", _("The score, and weighed to those invited"), columns, rows)


def _represented(found: Answered) -> Table:
    columns = [
        Column(found.parted.label),
        Column(_("Invited"), Kind.COUNT),
        Column(_("Delivered"), Kind.COUNT),
        Column(_("Answered"), Kind.COUNT),
        Column(_("Share of those invited"), Kind.SHARE),
        Column(_("Share of the answers"), Kind.SHARE),
        Column(_("Response rate"), Kind.SHARE),
        Column(_("95 % from"), Kind.SHARE_LOW),
        Column(_("95 % to"), Kind.SHARE_HIGH),
        Column(_("Against the others from"), Kind.SHARE_LOW),
        Column(_("Against the others to"), Kind.SHARE_HIGH),
        Column(_("Verdict")),
        *SCORE_COLUMNS,
    ]
    rows = []
    for row in found.rows or ():
        rate, difference = row.response_rate, row.difference
        rows.append(
            [
                row.label,
                row.funnel.sent,
                row.funnel.delivered,
                row.funnel.answered,
                row.share_of_asked,
                row.share_of_answers,
                rate.value,
                *([rate.range.low, rate.range.high] if rate.range else [None, None]),
                *([difference.low, difference.high] if difference else [None, None]),
                verdict_of(row),
                *score_cells(row.split),
            ]
        )
    return Table("segments", _("Invited and answered"), columns, rows)


# ── Revenue ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def revenue(asked: Asked) -> list[Table]:
    """By a property that every role may see: files go further than pages."""
    wanted = asked.query.get("worth", "")
    known = [one for one in numbers(customers.open_properties(asked.organization)) if not wanted or one.key == wanted]
    by = chosen(known, wanted)
    if by is None:
        return []
    look = asked.look.narrowed_to(asked.look.filters.of_any_score)
    scope = (asked.organization, look.period, look.filters, by.key)
    found, stakes = worth.found(*scope, at=asked.at, limit=worth.MOST_KEPT)
    return [_worth_scores(found), _worth(found, by.label), _at_stake(stakes, by.label)]


def _worth_scores(found: worth.Revenue) -> Table:
    columns = [
        Column(_("Score")),
        Column(_("NPS"), Kind.SCORE),
        Column(_("95 % from"), Kind.LOW),
        Column(_("95 % to"), Kind.HIGH),
        Column(_("People"), Kind.COUNT),
        Column(_("As sure as so many who weigh the same"), Kind.NUMBER),
    ]
    weighted, same = found.weighted, found.same_people
    effective = round(float(weighted.effective), 1)
    rows = [
        [_("By worth"), weighted.score, *_ends(weighted.interval), weighted.all.count, effective],
        [_("Each the same"), same.score, *_ends(same.interval), same.responses, same.responses],
    ]
    return Table("scores", _("The score by worth"), columns, rows)


def _worth(found: worth.Revenue, label: str) -> Table:
    columns = [Column(_("Who")), Column(_("State")), Column(label, Kind.NUMBER), Column(_("People"), Kind.COUNT)]
    kinds = {category.value: plural(category) for category in Category}
    kinds |= {SILENT: _("Invited, no answer"), UNREACHED: _("Invited, not reached")}
    states = {VALUED: _("counted"), NEGATIVE: _("below 0, left out"), MISSING: _("no number, left out")}
    rows = [
        [kinds[kind], states[state], weights.total, weights.count]
        for (kind, state), weights in sorted(found.groups.items())
    ]
    return Table("worth", _("Whose worth it is"), columns, rows)


def _at_stake(stakes: list[worth.AtStake], label: str) -> Table:
    columns = [
        Column(_("Customer")),
        Column(_("Email")),
        Column(label, Kind.NUMBER),
        Column(_("Score"), Kind.COUNT),
        Column(_("Comment")),
        Column(_("Day"), Kind.DAY),
        Column(_("Owner")),
    ]
    rows = [
        [
            str(one.response.customer),
            one.response.customer.email if one.response.customer else None,
            Fraction(one.worth),
            one.response.score,
            one.response.comment,
            one.response.day,
            str(one.response.customer.owner or "") if one.response.customer else "",
        ]
        for one in stakes
    ]
    return Table("at-stake", _("Detractors with the most at stake"), columns, rows, names_people=True)

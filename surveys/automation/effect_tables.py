"""The tables of the page "Does it work?" as files. Shares are there as people read them, and exactly."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.analytics.tables import Column, Kind, Row, Table
from surveys.automation.effect import Became, Group, Promptness
from surveys.automation.effect_page import EffectPage, Line
from surveys.core.nps import plural
from surveys.core.proportions import Rate

_PROMPT: Final = (
    Column(gettext_lazy("Conversations"), Kind.COUNT),
    Column(gettext_lazy("With a reply"), Kind.COUNT),
    Column(gettext_lazy("Waiting for one"), Kind.COUNT),
    Column(gettext_lazy("Closed without one"), Kind.COUNT),
    Column(gettext_lazy("Median, minutes"), Kind.NUMBER),
    Column(gettext_lazy("9 of 10 within, minutes"), Kind.NUMBER),
    Column(gettext_lazy("Judged"), Kind.COUNT),
    Column(gettext_lazy("In time"), Kind.SHARE),
    Column(gettext_lazy("95 % from"), Kind.SHARE_LOW),
    Column(gettext_lazy("95 % to"), Kind.SHARE_HIGH),
)
_GROUP: Final = (
    Column(gettext_lazy("People"), Kind.COUNT),
    Column(gettext_lazy("Answered again"), Kind.COUNT),
    Column(gettext_lazy("Promoters then"), Kind.COUNT),
    Column(gettext_lazy("Of those who answered again"), Kind.SHARE),
    Column(gettext_lazy("95 % from"), Kind.SHARE_LOW),
    Column(gettext_lazy("95 % to"), Kind.SHARE_HIGH),
    Column(gettext_lazy("Of all"), Kind.SHARE),
    Column(gettext_lazy("Average next score"), Kind.NUMBER),
)


def _prompt(found: Promptness) -> list[object]:
    counts = [found.conversations, found.replied, found.waiting, found.closed_silently]
    times = [None if each is None else round(each / 60, 1) for each in (found.median, found.ninetieth)]
    return [*counts, *times, found.in_time.of, *_share(found.in_time)]


def _share(rate: Rate) -> list[object]:
    return [rate.value, *((rate.range.low, rate.range.high) if rate.range else (None, None))]


def _group(group: Group) -> list[object]:
    again = group.recovered_of_again
    return [group.people, group.again.count, again.count, *_share(again), group.recovered.value, group.next_score.value]


def _lines(name: str, label: str, lines: Sequence[Line], found: EffectPage) -> Table:
    everybody: Row = [_("Everybody"), *_prompt(found.everybody)]
    rows = [everybody, *([line.label, *_prompt(line.part.promptness)] for line in lines)]
    return Table(name, label, [Column(gettext_lazy("Who")), *_PROMPT], rows)


def _colleagues(found: EffectPage) -> Table:
    return _lines("colleagues", _("First replies by colleague"), found.colleagues, found)


def _teams(found: EffectPage) -> Table:
    return _lines("teams", _("First replies by team"), found.teams, found)


def _loops(found: EffectPage) -> Table:
    columns = [
        Column(gettext_lazy("Category")),
        *(Column(label, Kind.COUNT) for label in (_("Responses"), _("Conversations"), _("With a reply"), _("Closed"))),
        Column(gettext_lazy("Loop closed"), Kind.SHARE),
        Column(gettext_lazy("95 % from"), Kind.SHARE_LOW),
        Column(gettext_lazy("95 % to"), Kind.SHARE_HIGH),
    ]
    rows = [
        [plural(loop.category), loop.responses, loop.conversations, loop.replied, loop.closed, *_share(loop.rate)]
        for loop in found.loops
    ]
    return Table("loops", _("Loop closed"), columns, rows)


def _returned(found: EffectPage) -> Table:
    rows = [[arm.label, *_group(arm.group)] for arm in found.returned.arms]
    return Table("returned", _("Detractors who came back"), [Column(gettext_lazy("Who")), *_GROUP], rows)


def _held_out(found: EffectPage) -> Table:
    columns = [Column(gettext_lazy("Rule")), Column(gettext_lazy("Side")), Column(gettext_lazy("Who")), *_GROUP]
    return Table("held-out", _("Held out against treated"), columns, list(_arms(found)))


def _arms(found: EffectPage) -> Iterator[Row]:
    for line in found.rule_lines:
        for everybody, low in line.arms:
            yield [line.held_out.rule.name, everybody.label, _("Everybody"), *_group(everybody.group)]
            yield [line.held_out.rule.name, low.label, _("Detractors"), *_group(low.group)]


def _worth(found: EffectPage) -> Table | None:
    """Files go further than the page: only what every role may see."""
    if not found.worth.is_for_files:
        return None
    stake = found.worth.stake
    columns = [
        Column(gettext_lazy("What became of them")),
        Column(gettext_lazy("People"), Kind.COUNT),
        Column(gettext_lazy("Worth"), Kind.NUMBER),
        Column(gettext_lazy("Of those whom somebody wrote to"), Kind.NUMBER),
    ]
    rows = [
        [label, stake.count(became=which), stake.total(became=which), stake.total(became=which, contacted=True)]
        for which, (label, *_rest) in zip(Became, found.worth.lines, strict=True)
    ]
    return Table("worth", _("What is at stake"), columns, rows)


_TABLES: Final[dict[str, Callable[[EffectPage], Table | None]]] = {
    "colleagues": _colleagues,
    "teams": _teams,
    "loops": _loops,
    "returned": _returned,
    "held-out": _held_out,
    "worth": _worth,
}


def table(name: str, found: EffectPage) -> Table | None:
    return _TABLES[name](found) if name in _TABLES else None

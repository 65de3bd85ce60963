"""How figures and filters are said."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.utils.translation import get_language_info, ngettext
from django.utils.translation import gettext as _

from surveys.core.choices import Channel
from surveys.core.filters import PROPERTY_PREFIX, UNSET, Filters
from surveys.core.nps import Difference, Split, Verdict, rounded, signed
from surveys.core.periods import Comparison, Period

NOTHING = "—"


def score(split: Split) -> str:
    return NOTHING if split.score is None else signed(split.score)


def interval(split: Split) -> str:
    if split.interval is None:
        return NOTHING
    return _("%(low)s to %(high)s") % {"low": signed(split.interval.low), "high": signed(split.interval.high)}


@dataclass(frozen=True)
class Change:
    """`direction` colours the figure, and only a change that there is evidence for has one."""

    figure: str
    direction: str
    verdict: str
    compared: str
    interval: str


def change(difference: Difference, comparison: Comparison, compared: Period) -> Change:
    against = _("against %(comparison)s, %(days)s") % {"comparison": comparison.label, "days": compared}
    if difference.points is None or difference.interval is None:
        nothing = _("no responses to compare with") if not difference.before.responses else ""
        return Change("", "", nothing, against, "")
    is_change = difference.verdict is Verdict.CHANGED
    return Change(
        figure=_with_sign(rounded(difference.points)),
        direction=("up" if difference.points > 0 else "down") if is_change else "",
        verdict=str(difference.verdict.label),
        compared=against,
        interval=f"{_with_sign(rounded(difference.interval.low))} … {_with_sign(rounded(difference.interval.high))}",
    )


def _with_sign(points: int) -> str:
    return f"+{points}" if points > 0 else signed(points)


def value(dimension: str, text: str) -> str:
    """A value of a dimension as people read it."""
    if text == UNSET:
        return _("(none)")
    if dimension == "channel" and text in Channel.values:
        return str(Channel(text).label)
    return _language(text) if dimension == "language" else text


def _language(code: str) -> str:
    try:
        return str(get_language_info(code)["name_translated"])
    except KeyError:
        return code


def chips(filters: Filters, label: Callable[[str], str]) -> list[tuple[str, Filters]]:
    """What is narrowed besides days, campaign, category and comment, each with the filters that are left without it."""
    return list(_chips(filters, label))


def _chips(filters: Filters, label: Callable[[str], str]) -> Iterator[tuple[str, Filters]]:
    if filters.scores:
        given = ", ".join(map(str, filters.scores))
        text = ngettext("Score %(scores)s", "Scores %(scores)s", len(filters.scores)) % {"scores": given}
        yield text, filters.narrowed(scores=())
    for name, chosen in (("language", filters.language), ("channel", filters.channel)):
        if chosen is not None:
            yield f"{label(name)}: {value(name, chosen)}", filters.narrowed(**{name: None})
    for key, values in filters.properties:
        name = PROPERTY_PREFIX + key
        others = tuple(pair for pair in filters.properties if pair[0] != key)
        yield f"{label(name)}: {', '.join(value(name, one) for one in values)}", filters.narrowed(properties=others)

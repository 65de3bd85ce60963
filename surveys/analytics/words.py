"""How figures and filters are said."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.utils.translation import get_language_info, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from surveys.core.charts import responses_text
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
    """`figure` and `direction` are there only where there is evidence for a change; `sentence` goes on from `verdict`."""

    verdict: str
    sentence: str
    figure: str = ""
    direction: str = ""


def change(difference: Difference, comparison: Comparison, compared: Period) -> Change:
    before, interval = difference.before, difference.interval
    values = {"days": compared, "score": score(before), "responses": responses_text(before.responses)}
    if before.score is None:
        return Change("", _NOBODY[comparison] % values)
    if difference.points is None or interval is None:
        return Change("", _BEFORE[comparison] % values)
    if difference.verdict is Verdict.TOO_FEW:
        return Change(_("Too few to be sure of a change."), _BEFORE[comparison] % values)
    values |= {"low": _with_sign(rounded(interval.low)), "high": _with_sign(rounded(interval.high))}
    sentence = _SINCE[comparison] % values
    if difference.verdict is Verdict.NO_EVIDENCE:
        return Change(_("No evidence of change"), sentence)
    direction = "up" if difference.points > 0 else "down"
    return Change(_("Changed"), sentence, _with_sign(rounded(difference.points)), direction)


_NOBODY = {
    Comparison.PREVIOUS: gettext_lazy("Nobody answered in the period before (%(days)s)."),
    Comparison.YEAR: gettext_lazy("Nobody answered a year earlier (%(days)s)."),
}
_BEFORE = {
    Comparison.PREVIOUS: gettext_lazy("The period before (%(days)s) had a score of %(score)s from %(responses)s."),
    Comparison.YEAR: gettext_lazy("A year earlier (%(days)s) the score was %(score)s from %(responses)s."),
}
_SINCE = {
    Comparison.PREVIOUS: gettext_lazy(
        "since the period before (%(days)s): the difference is between %(low)s and %(high)s points."
    ),
    Comparison.YEAR: gettext_lazy(
        "since a year earlier (%(days)s): the difference is between %(low)s and %(high)s points."
    ),
}


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

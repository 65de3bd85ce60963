"""The sample planner in sentences and rows."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.accounts.models import Organization
from surveys.analytics import words
from surveys.analytics.campaigns.planner import ASSUMED_DAYS, Asks, Plan, Scenario, past, plan
from surveys.core import charts
from surveys.core.nps import TOO_FEW, rounded


@dataclass(frozen=True)
class Row:
    label: str
    asks: str
    answers: str
    margin: str
    least: str
    likely: str
    is_expected: bool


@dataclass(frozen=True)
class Card:
    sentences: list[str]
    assumptions: list[str]
    rows: list[Row]
    is_by_weeks: bool
    rate: str  # in percent, as the form has it


def planner(organization: Organization, asks: Asks, rate: float | None, *, at: datetime) -> Card:
    """`rate` (0…1) is an own assumption instead of the organization's past."""
    return card(plan(past(organization, at=at), asks, rate))


def card(found: Plan) -> Card:
    return Card(
        _sentences(found),
        _assumptions(found),
        [_row(scenario, found) for scenario in found.scenarios],
        found.asks.a_week is not None and found.expected is not None,
        f"{100 * found.assumed_rate:g}" if found.assumed_rate is not None else "",
    )


def _row(found: Scenario, plan: Plan) -> Row:
    by_weeks = plan.asks.a_week is not None and plan.expected is not None
    weeks = ngettext("%(n)d week", "%(n)d weeks", found.weeks or 0) % {"n": found.weeks or 0}
    return Row(
        weeks if by_weeks else charts.share_text(found.rate),
        _number(found.asks),
        _number(found.answers),
        f"± {rounded(found.margin)}" if found.answers else words.NOTHING,
        words.NOTHING if found.least is None else str(rounded(found.least)),
        words.NOTHING if found.likely is None else str(rounded(found.likely)),
        not by_weeks and plan.expected is not None and found.rate == plan.expected.rate,
    )


def _sentences(plan: Plan) -> list[str]:
    if not plan.asks.people and not plan.asks.a_week:
        return [_("Nobody would be asked, so nothing can be expected.")]
    if plan.expected is None:
        return [
            _(
                "Nothing is known of your response rate yet: too little was sent in the last year. The table shows what "
                "different rates would give; write your own below."
            )
        ]
    return [_answers(plan, plan.expected), _what_it_shows(plan, plan.expected)]


def _answers(plan: Plan, expected: Scenario) -> str:
    text = ngettext("%(n)s answer", "%(n)s answers", expected.answers) % {"n": _number(expected.answers)}
    values = {"answers": text, "asks": _number(expected.asks)}
    if plan.asks.a_week is not None:
        return _("In four weeks about %(asks)s people are asked, and about %(answers)s are to be expected.") % values
    if plan.four_fifths is None:
        return _("Of %(asks)s people who are asked, about %(answers)s are to be expected.") % values
    values["day"] = date_format(plan.four_fifths, "j F Y", use_l10n=False)
    return (
        _("Of %(asks)s people who are asked, about %(answers)s are to be expected, four of five of them by %(day)s.")
        % values
    )


def _what_it_shows(plan: Plan, expected: Scenario) -> str:
    before = plan.past.before
    values = {"margin": rounded(expected.margin), "score": words.score(before), "n": _number(before.responses)}
    if expected.answers < TOO_FEW:
        return _("That is too few to be sure of anything: the score would be known to ± %(margin)s points.") % values
    if expected.least is None:
        return (
            _("The score will be known to ± %(margin)s points. There is no score of before to tell a change from.")
            % values
        )
    values |= {"least": rounded(expected.least), "likely": rounded(expected.likely or 0)}
    return (
        _(
            "The score will be known to ± %(margin)s points. Against your last score (%(score)s, from %(n)s answers) the "
            "smallest difference that could be called a change is %(least)s points; a true change of %(likely)s points "
            "would be seen in four of five such waves."
        )
        % values
    )


def _assumptions(plan: Plan) -> list[str]:
    known, told = plan.past, []
    if plan.assumed_rate is not None:
        told.append(
            _("The response rate of %(rate)s is your own assumption.") % {"rate": charts.share_text(plan.assumed_rate)}
        )
    elif plan.expected is not None:
        values = {"rate": charts.share_text(plan.expected.rate), "n": _number(known.rate.of)}
        told.append(_("Response rate: %(rate)s, of %(n)s invitations delivered in the last 12 months.") % values)
    if plan.asks.a_week is None:
        told.append(_speed(known.days))
    if not known.before.responses:
        told.append(
            _(
                "Nobody answered so far: the margin is the widest that there can be, with half promoters and half detractors."
            )
        )
    else:
        values = {"since": _day(known.since), "until": _day(known.until)}
        told.append(_("People are assumed to answer as they did from %(since)s to %(until)s.") % values)
    return told


def _speed(days: int | None) -> str:
    if days is None:
        text = ngettext(
            "Four of five answers are assumed to come within %(n)d day: too few came so far to know it.",
            "Four of five answers are assumed to come within %(n)d days: too few came so far to know it.",
            ASSUMED_DAYS,
        )
        return text % {"n": ASSUMED_DAYS}
    text = ngettext(
        "Four of five of your answers came within %(n)d day.",
        "Four of five of your answers came within %(n)d days.",
        days,
    )
    return text % {"n": days}


def _day(day: date) -> str:
    return str(date_format(day, "j F Y", use_l10n=False))


def _number(number: int) -> str:
    return str(number_format(number, force_grouping=True))

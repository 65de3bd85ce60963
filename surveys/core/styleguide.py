"""What the style guide shows: every component with contents like real ones, none of them real."""

from dataclasses import dataclass
from fractions import Fraction
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from surveys.core import brand, charts, nps
from surveys.core.conditions.builder import Builder
from surveys.core.conditions.catalogue import Catalogue, Column, Field, Type


class ExampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label=_("Name"), help_text=_("Only your colleagues see it."), max_length=80)
    email = forms.EmailField(label=_("Email"))
    note = forms.CharField(label=_("Comment"), widget=forms.Textarea(attrs={"rows": 3}), required=False)
    plan = forms.ChoiceField(label=_("Plan"), choices=[("free", "Free"), ("pro", "Pro"), ("team", "Team")])
    colour = forms.CharField(
        label=_("Colour"), initial="#0b6e66", required=False, widget=forms.TextInput(attrs={"type": "color"})
    )
    channel = forms.ChoiceField(
        label=_("Channel"), choices=[("email", "Email"), ("link", "Link")], initial="email", widget=forms.RadioSelect
    )
    agreed = forms.BooleanField(
        label=_("Remind once after 5 days"), help_text=_("Only those who have not answered."), required=False
    )


@dataclass(frozen=True)
class Choice:
    label: str
    url: str = "#choices"
    is_current: bool = False
    state: str = ""


@dataclass(frozen=True)
class Row:
    score: int
    name: str
    email: str
    comment: str
    plan: str
    when: str


ROWS = (
    Row(
        10, "Ada Okafor", "ada@example.com", "Onboarding was quick and support replied in minutes.", "Enterprise", "1 d"
    ),
    Row(6, "Jonas Weber", "jonas@example.com", "Billing page keeps logging me out.", "Starter", "2 d"),
    Row(8, "Mei Tanaka", "mei@example.com", "", "Team", "3 d"),
)
PERIODS = (Choice("7 days"), Choice("30 days"), Choice("90 days", is_current=True), Choice("12 months"))
TABS = (Choice("Progress", is_current=True), Choice("Email"), Choice("Audience"), Choice("Why not asked"))
STEPS = (
    Choice("Upload", state="done"),
    Choice("Columns", state="current"),
    Choice("Check"),
    Choice("Run"),
)
BADGES = (
    ("draft", "Draft"),
    ("live", "Live"),
    ("paused", "Paused"),
    ("ended", "Ended"),
    ("due", "Due"),
    ("claimed", "Claimed"),
    ("sending", "Sending"),
    ("sent", "Sent"),
    ("delivered", "Delivered"),
    ("bounced", "Bounced"),
    ("uncertain", "Uncertain"),
    ("failed", "Failed"),
    ("provisional", "Settling"),
    ("confirmed", "Counted"),
    ("quarantined", "Quarantined"),
    ("junk", "Junk"),
)
SCORE_COUNTS = (12, 5, 6, 8, 11, 24, 29, 61, 113, 135, 176)

WEEKS = ("5 Jan", "26 Jan", "16 Feb", "9 Mar", "30 Mar", "20 Apr", "11 May", "1 Jun", "22 Jun")
WEEKLY = (
    (21, 16, 13),
    (30, 15, 12),
    (33, 14, 10),
    (44, 15, 8),
    (39, 15, 11),
    (41, 13, 9),
    (10, 6, 4),
    (29, 16, 13),
    (35, 16, 11),
)
ONE_PERSON = (("2 Mar 2025", 3), ("4 Jun 2025", 7), ("9 Sep 2025", 7), ("1 Dec 2025", 9))
STEPS_OF_A_CAMPAIGN = (("Invited", 4812, ""), ("Delivered", 4767, ""), ("Answered", 1340, ""), ("Commented", 611, ""))


def _slot(moment: charts.Moment) -> charts.Slot:
    split, turned = moment.split, nps.Split(moment.split.detractors, moment.split.passives, moment.split.promoters)
    readings = [charts.Reading(one.score or Fraction(0), one.interval or nps.Interval(0, 0)) for one in (split, turned)]
    return charts.Slot(moment.label, moment.title, readings, "#charts")


_MOVED = tuple(enumerate(((30, 12, 4), (6, 25, 18), (0, 5, 61))))  # the worst first
_WENT = [[(7 * was + 3 * now) % 23 if abs(was - now) < 4 else 0 for now in nps.SCALE] for was in nps.SCALE]


def _charts() -> dict[str, object]:
    split = nps.Split.of_scores(SCORE_COUNTS)
    moments = [
        charts.Moment(label=week, title=f"Week of {week}", split=nps.Split(*counts), href="#charts")
        for week, counts in zip(WEEKS, WEEKLY, strict=True)
    ]
    return {
        "gauge": charts.gauge(split),
        "score_line": charts.score_line(moments),
        "difference": charts.difference_gauge(-24, nps.Interval(-34, -15), 50),
        "moved": [
            [charts.square(people, sum(row), now - was) for now, people in enumerate(row)] for was, row in _MOVED
        ],
        "matrix": charts.matrix(
            _WENT, lambda was, now: f"From {was} to {now}", lambda _was, _now: "#charts", "Made up."
        ),
        "waterfall": charts.waterfall(Fraction(22), [Fraction(40), Fraction(-18)]),
        "stacked": charts.stacked_split(split, lambda category: f"#{category.value}"),
        "histogram": charts.histogram(SCORE_COUNTS, lambda score: f"#score-{score}"),
        "trend": charts.trend(moments),
        "pair": charts.pair([_slot(moment) for moment in moments], "The second line is the first, turned around."),
        "heat": [
            ("heat-1", "−41", 62),
            ("heat-2", "−12", 40),
            ("heat-3", "8", 55),
            ("heat-4", "37", 81),
            ("heat-5", "66", 93),
            ("unsure", "50", 12),
        ],
        "days": charts.days(
            [
                charts.Day(
                    week, f"{week}: {passives} came back", [("series-passive", passives), ("series-detractor", 1)]
                )
                for week, (_promoters, passives, _detractors) in zip(WEEKS, WEEKLY, strict=True)
            ],
            "Mails came back each week, and one was reported as spam.",
        ),
        "sparkline": charts.sparkline(ONE_PERSON),
        "funnel": charts.funnel(STEPS_OF_A_CAMPAIGN),
    }


_FIELDS = (
    Field("plan", "Plan", Type.TEXT, Column("plan"), suggestions=("Free", "Pro", "Team"), group="Properties"),
    Field("seats", "Seats", Type.NUMBER, Column("seats"), group="Properties"),
    Field("asked", "Last asked", Type.MOMENT, Column("asked"), group="Asks"),
)
_CONDITIONS = {
    "all": [
        {"field": "plan", "op": "one_of", "value": ["Pro"]},
        {
            "any": [
                {"field": "seats", "op": "greater", "value": "many"},
                {"field": "asked", "op": "in_last", "value": 90},
                {"field": "seats", "op": "between", "value": [5, 50]},
            ]
        },
    ]
}


def _conditions() -> Builder:
    builder = Builder.of_json(_CONDITIONS, Catalogue(_FIELDS, ZoneInfo("UTC")))
    assert builder.tree is None, "one of its rows shows an error"
    return builder


def examples(is_bad: bool) -> dict[str, object]:
    """Context of the page; `is_bad` shows the form as it looks after a refused submission."""
    form = ExampleForm({"name": "", "email": "ada@", "plan": "x", "channel": "email"}) if is_bad else ExampleForm()
    if is_bad:
        form.add_error(None, _("Nothing was saved: two fields need another look."))
    return {
        "form": form,
        "rows": ROWS,
        "periods": PERIODS,
        "tabs": TABS,
        "steps": STEPS,
        "badges": BADGES,
        "readings": [brand.Reading(ground, "#e8590c") for ground in (brand.LIGHT_GROUND, brand.DARK_GROUND)],
        "conditions": _conditions(),
        **_charts(),
    }

"""When a campaign asks, whom first and how many, as a form: what it offers depends on the kind of the campaign."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.campaigns.models import ALL_DAYS, MOST_REMINDERS, Campaign, Kind, Priority, Trigger
from surveys.campaigns.rules import FIXED, Rules
from surveys.customers import events

DAY: Final = 24 * 60  # minutes
_UNITS: Final = {"days": DAY, "hours": 60, "minutes": 1}
_SHORTEST_WINDOW: Final = 15  # minutes
_LONGEST_DELAY: Final = 366 * DAY

# Another kind of event has other fields to ask about.
_ASKS_AGAIN: Final = {
    "hx-post": "",
    "hx-trigger": "change",
    "hx-target": "#conditions-e",
    "hx-select": "#conditions-e",
    "hx-select-oob": "#conditions-result",
    "hx-swap": "outerHTML",
}
# Besides what all kinds have.
_ONLY_OF: Final = {
    Kind.RECURRING: ("every_days",),
    Kind.TRIGGERED: (
        *("trigger", "event_kind", "delay_amount", "delay_unit"),
        *("date_property", "offset_days", "offset_side", "late_days"),
    ),
}
_FIXED_TOO: Final = ("delay_amount", "delay_unit", "offset_days", "offset_side")


class MomentField(forms.DateTimeField):
    """A day and a time of the organization; `zone` is set by the form."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    zone: ZoneInfo = ZoneInfo("UTC")

    def to_python(self, value: Any) -> datetime | None:
        with timezone.override(self.zone):
            return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        with timezone.override(self.zone):
            return super().prepare_value(value)


def _count(label: Any, help_text: Any = "", *, least: int = 1, most: int = 10_000_000) -> forms.IntegerField:
    return forms.IntegerField(label=label, help_text=help_text, min_value=least, max_value=most, required=False)


def _time(label: Any) -> forms.TimeField:
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    return forms.TimeField(label=label, required=False, widget=widget)


class RulesForm(forms.Form):
    """Of a campaign that was launched, what its occasions come from is shown and stays."""

    every_days = forms.IntegerField(
        label=gettext_lazy("Days between two asks"),
        min_value=1,
        max_value=3650,
        help_text=gettext_lazy("Everyone in the audience has a day of their own: about as many are asked every day."),
    )
    trigger = forms.ChoiceField(label=gettext_lazy("What sets it off"), widget=forms.RadioSelect)
    event_kind = forms.CharField(
        label=gettext_lazy("Kind of event"),
        required=False,
        max_length=events.MOST_KIND,
        error_messages={"required": gettext_lazy("Say which events it asks about, such as order.delivered.")},
        help_text=gettext_lazy("As your other systems call it, such as order.delivered."),
        widget=forms.TextInput(
            attrs={"list": "event-kinds", "autocapitalize": "none", "spellcheck": "false"} | _ASKS_AGAIN
        ),
    )
    delay_amount = forms.IntegerField(label=gettext_lazy("How long after it"), required=False, min_value=0)
    delay_unit = forms.ChoiceField(
        label=gettext_lazy("Unit"),
        choices=[
            ("minutes", gettext_lazy("minutes")),
            ("hours", gettext_lazy("hours")),
            ("days", gettext_lazy("days")),
        ],
    )
    date_property = forms.ChoiceField(
        label=gettext_lazy("Date property"),
        required=False,
        error_messages={"required": gettext_lazy("Choose the property whose date it asks about.")},
    )
    offset_days = forms.IntegerField(label=gettext_lazy("Days"), required=False, min_value=0, max_value=365)
    offset_side = forms.ChoiceField(
        label=gettext_lazy("Before or after"),
        choices=[
            ("before", gettext_lazy("before the date")),
            ("after", gettext_lazy("after the date (0 days: on it)")),
        ],
    )
    late_days = forms.IntegerField(
        label=gettext_lazy("Let go after"),
        min_value=0,
        max_value=365,
        help_text=gettext_lazy("Days. Who could not be asked by then is not asked about it any more."),
    )
    begins_at = MomentField(
        label=gettext_lazy("Begins"), required=False, help_text=gettext_lazy("Empty: when it is launched.")
    )
    ends_at = MomentField(
        label=gettext_lazy("Ends"), required=False, help_text=gettext_lazy("Nothing is sent from then on.")
    )
    send_from = _time(gettext_lazy("From"))
    send_until = _time(gettext_lazy("Until"))
    send_days = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Days of the week"),
        coerce=int,
        choices=list(WEEKDAYS.items()),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one day: otherwise nothing could ever be sent.")},
    )
    priority = forms.TypedChoiceField(
        label=gettext_lazy("Priority"),
        coerce=int,
        choices=Priority.choices,
        help_text=gettext_lazy("When several campaigns want the same person, the higher one asks."),
    )
    throttle_days = _count(gettext_lazy("Days between two asks of a person"), least=0, most=3650)
    sample_percent = forms.DecimalField(
        label=gettext_lazy("Share of the audience, in percent"),
        min_value=Decimal("0.01"),
        max_value=100,
        max_digits=5,
        decimal_places=2,
        help_text=gettext_lazy("Chosen by chance, and always the same people of this campaign."),
    )
    daily_cap = _count(gettext_lazy("At most a day"), gettext_lazy("The others wait for the next day."))
    total_cap = _count(
        gettext_lazy("At most in all"),
        gettext_lazy("Who has been a customer longest comes first; for a cross-section choose a share instead."),
    )
    response_target = _count(
        gettext_lazy("Ends with so many answers"), gettext_lazy("What is due then is not sent any more.")
    )
    reminders = forms.TypedChoiceField(
        label=gettext_lazy("Reminders"),
        coerce=int,
        help_text=gettext_lazy("Only to those who have not answered. Their words are written in the step “Message”."),
    )
    reminder_days = forms.IntegerField(label=gettext_lazy("Days between two mails"), min_value=1, max_value=60)
    answer_window_days = forms.IntegerField(
        label=gettext_lazy("Days in which the mail can be answered"), min_value=1, max_value=365
    )

    def __init__(self, data: Any = None, *, campaign: Campaign, dates: Iterable[tuple[str, str]], at: datetime) -> None:
        """`dates` are the keys and labels of the date properties."""
        self.campaign, self.at, self.was = campaign, at, Rules.of(campaign)
        super().__init__(data, initial=_typed_from(self.was))
        self._offer(list(dates))
        zone = ZoneInfo(campaign.organization.time_zone)
        for name in ("begins_at", "ends_at"):
            self.fields[name].zone = zone  # type: ignore[attr-defined]
        others = {name for kind, names in _ONLY_OF.items() if kind != campaign.kind for name in names}
        for name in others:
            del self.fields[name]
        for field in self.fields.values():
            _say_limits(field)
        self._ask_for_what_its_trigger_needs()
        if not campaign.is_draft:
            for name in (*FIXED, *_FIXED_TOO):
                if name in self.fields:
                    self.fields[name].disabled = True

    def _ask_for_what_its_trigger_needs(self) -> None:
        if self.campaign.kind != Kind.TRIGGERED:
            return
        is_event = self["trigger"].value() == Trigger.EVENT
        for name in ("event_kind", "delay_amount"):
            self.fields[name].required = is_event
        for name in ("date_property", "offset_days"):
            self.fields[name].required = not is_event

    def _offer(self, dates: list[tuple[str, str]]) -> None:
        chosen = self.was.date_property
        if chosen and chosen not in dict(dates):
            dates = [*dates, (chosen, _("%(key)s (there is no such date property)") % {"key": chosen})]
        self.fields["date_property"].choices = [("", _("Choose …")), *dates]  # type: ignore[attr-defined]
        self.fields["trigger"].choices = [  # type: ignore[attr-defined]
            (Trigger.EVENT, _("An event, such as an order that was delivered")),
            (Trigger.DATE, _("A date of the customer, such as the end of a trial")),
        ]
        numbers = [(0, _("None")), *((n, str(n)) for n in range(1, MOST_REMINDERS + 1))]
        self.fields["reminders"].choices = numbers  # type: ignore[attr-defined]
        gap = self.campaign.organization.throttle_days
        self.fields["throttle_days"].help_text = (
            _("Empty: the rule of your organization, %(days)d days. More is stricter; less changes nothing.")
        ) % {"days": gap}

    # ── What it means ──

    def rules(self) -> Rules:
        """Of a valid form; event conditions are not part of it."""
        typed = self.cleaned_data
        values = {name: typed[name] for name in typed if name in self.was.as_dict()}
        values["send_days"] = sum(1 << day for day in typed["send_days"])
        values["sample_share"] = int(typed["sample_percent"] * 100)
        if self.campaign.kind == Kind.TRIGGERED and self.campaign.is_draft:
            values |= self._occasion()
        return replace(self.was, **values)

    def _occasion(self) -> dict[str, Any]:
        typed = self.cleaned_data
        if typed["trigger"] == Trigger.EVENT:
            return {"date_property": "", "delay_minutes": self._delay()}
        side = -1 if typed["offset_side"] == "before" else 1
        minutes = side * (typed["offset_days"] or 0) * DAY
        return {"event_kind": "", "event_conditions": {}, "delay_minutes": minutes}

    def _delay(self) -> int:
        return (self.cleaned_data["delay_amount"] or 0) * _UNITS[self.cleaned_data["delay_unit"]]

    # ── What goes together ──

    def clean_event_kind(self) -> str:
        kind = self.cleaned_data["event_kind"]
        if not kind:
            return ""
        try:
            return events.read_kind(kind)
        except events.Unfit as error:
            raise ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        typed = self.cleaned_data
        self._check_hours(typed.get("send_from"), typed.get("send_until"))
        self._check_moments(typed.get("begins_at"), typed.get("ends_at"))
        self._check_caps(typed.get("daily_cap"), typed.get("total_cap"))
        self._check_reminders()
        if self.campaign.kind == Kind.TRIGGERED and typed.get("trigger") == Trigger.EVENT:
            self._check_delay()
        return typed

    def _check_hours(self, since: time | None, until: time | None) -> None:
        if {"send_from", "send_until"} & self.errors.keys() or (since is None and until is None):
            return
        if since is None or until is None:
            missing = "send_from" if since is None else "send_until"
            self.add_error(missing, _("Say both, or neither for the whole day."))
        elif _minutes(until) <= _minutes(since):
            self.add_error("send_until", _("The hours end before they begin. They cannot go over midnight."))
        elif _minutes(until) - _minutes(since) < _SHORTEST_WINDOW:
            said = _("Leave at least %(n)d minutes: in less hardly anything can be sent.")
            self.add_error("send_until", said % {"n": _SHORTEST_WINDOW})

    def _check_moments(self, begins_at: datetime | None, ends_at: datetime | None) -> None:
        if ends_at and begins_at and ends_at <= begins_at:
            self.add_error("ends_at", _("It would end before it begins."))
        elif ends_at and ends_at <= self.at and ends_at != self.was.ends_at:
            self.add_error("ends_at", _("This is over already. To end it now, use “End it …” on its page."))
        if begins_at and self.campaign.is_draft and begins_at <= self.at and begins_at != self.was.begins_at:
            self.add_error("begins_at", _("This is over already. Leave it empty to begin when it is launched."))

    def _check_caps(self, daily: int | None, total: int | None) -> None:
        if daily and total and daily > total:
            self.add_error("daily_cap", _("This is more than may be asked in all, %(n)d.") % {"n": total})

    def _check_reminders(self) -> None:
        typed = self.cleaned_data
        if not typed.get("reminders") or {"reminder_days", "answer_window_days"} & self.errors.keys():
            return
        last = typed["reminders"] * typed["reminder_days"]
        if last >= typed["answer_window_days"]:
            said = _("The last reminder goes out after %(days)d days: it could not be answered any more.")
            self.add_error("answer_window_days", said % {"days": last})

    def _check_delay(self) -> None:
        if not {"delay_amount", "delay_unit"} & self.errors.keys() and self._delay() > _LONGEST_DELAY:
            self.add_error("delay_amount", _("This is more than a year."))


def _say_limits(field: forms.Field) -> None:
    """In words of our own what is too little and too much."""
    if not isinstance(field, forms.IntegerField):  # decimal fields are integer fields, too
        return
    may_be_empty = not field.required and field.min_value == 1
    least = _("At least %(limit)s. Leave it empty for no limit.") if may_be_empty else _("At least %(limit)s.")
    limits = (("min_value", field.min_value, least), ("max_value", field.max_value, _("At most %(limit)s.")))
    for name, limit, said in limits:
        if limit is not None and not callable(limit):
            shown = number_format(limit, use_l10n=True, force_grouping=True)
            field.error_messages[name] = said % {"limit": shown}


def _minutes(moment: time) -> int:
    return moment.hour * 60 + moment.minute


def _typed_from(rules: Rules) -> dict[str, Any]:
    """What the form shows of rules."""
    amount, unit = _delay_of(max(rules.delay_minutes, 0))
    days = timedelta(minutes=abs(rules.delay_minutes)).days
    return rules.as_dict() | {
        "delay_amount": amount,
        "delay_unit": unit,
        "offset_days": days,
        "offset_side": "before" if rules.delay_minutes < 0 else "after",
        "trigger": rules.trigger or Trigger.EVENT,
        "send_days": [day for day in range(ALL_DAYS.bit_length()) if rules.send_days >> day & 1],
        "sample_percent": f"{(Decimal(rules.sample_share) / 100).normalize():f}",
    }


def _delay_of(minutes: int) -> tuple[int, str]:
    """In the largest unit that says it in whole numbers."""
    name, size = next((name, size) for name, size in _UNITS.items() if minutes % size == 0)
    return minutes // size, name

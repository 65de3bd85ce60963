"""Forms of a list of events: what its columns are, and what holds for lines that do not say it themselves."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.accounts.forms import time_zone_choices
from surveys.customers import events
from surveys.customers.actions.event_lists import EventChoice
from surveys.customers.events import Unfit
from surveys.customers.importing.event_columns import ONCE, EventColumn, EventTarget
from surveys.customers.models import EventList
from surveys.customers.values import Kind

_DATES = (Kind.DATE, Kind.DATE_DMY, Kind.DATE_MDY)


class EventColumnsForm(forms.Form):
    """Two choices for each column of the file, and two for the whole list."""

    kind = forms.CharField(
        label=gettext_lazy("Kind of event"),
        max_length=events.MOST_KIND,
        required=False,
        help_text=gettext_lazy("Of all lines, or of those whose own column is empty: a name like order.delivered."),
    )
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=time_zone_choices,
        help_text=gettext_lazy("Of times that do not say theirs, such as 2026-05-31 14:30."),
    )

    def __init__(self, event_list: EventList, data: Any = None) -> None:
        super().__init__(data, initial={"kind": event_list.kind, "time_zone": event_list.time_zone})
        self.file_columns = [EventColumn.restored(stored) for stored in event_list.columns]
        for number, column in enumerate(self.file_columns):
            self.fields[f"target_{number}"] = forms.ChoiceField(
                label=_("%(name)s becomes") % {"name": column.name}, choices=EventTarget.choices, initial=column.target
            )
            self.fields[f"kind_{number}"] = forms.ChoiceField(
                label=_("Type of %(name)s") % {"name": column.name}, choices=Kind.choices, initial=column.kind
            )

    def rows(self) -> list[tuple[EventColumn, forms.BoundField, forms.BoundField]]:
        """For the template."""
        return [(column, self[f"target_{i}"], self[f"kind_{i}"]) for i, column in enumerate(self.file_columns)]

    def choice(self) -> EventChoice:
        return EventChoice(self._columns(), self.cleaned_data["kind"], self.cleaned_data["time_zone"])

    def clean_kind(self) -> str:
        typed: str = self.cleaned_data["kind"]
        try:
            return events.read_kind(typed) if typed.strip() else ""
        except Unfit as unfit:
            raise forms.ValidationError(str(unfit.flaw.label)) from unfit

    def _columns(self) -> list[EventColumn]:
        return [
            EventColumn(
                column.name,
                column.samples,
                EventTarget(self.cleaned_data[f"target_{number}"]),
                Kind(self.cleaned_data[f"kind_{number}"]),
            )
            for number, column in enumerate(self.file_columns)
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        columns = self._columns()
        targets = [column.target for column in columns]
        if EventTarget.TIME not in targets:
            self.add_error(None, _("No column says when it happened. Choose the one that does."))
        if EventTarget.EMAIL not in targets and EventTarget.EXTERNAL_ID not in targets:
            self.add_error(
                None, _("No column says who it was: choose the one with the email address or the external ID.")
            )
        if EventTarget.KIND not in targets and not cleaned.get("kind"):
            self.add_error("kind", _("No column says what happened. Choose the one that does, or write the kind here."))
        for target in ONCE:
            self._only_one([column for column in columns if column.target == target], target)
        self._times_are_times(columns)
        return cleaned

    def _only_one(self, columns: list[EventColumn], target: EventTarget) -> None:
        if len(columns) > 1:
            names = ", ".join(f"“{column.name}”" for column in columns)
            text = _("Several columns become %(what)s: %(names)s. Leave out all but one.")
            self.add_error(None, text % {"what": target.label, "names": names})

    def _times_are_times(self, columns: list[EventColumn]) -> None:
        for column in columns:
            if column.target is EventTarget.TIME and column.kind not in _DATES:
                text = _("“%(name)s” is the time: choose how its days are written, such as 31.12.2024.")
                self.add_error(None, text % {"name": column.name})

"""How much automatic mail one customer gets, and at which hours."""

from datetime import time
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from surveys.inbox.settings_forms import SeenForm

_COLUMNS = ("automatic_most", "automatic_days", "automatic_from", "automatic_until")
_SHORTEST = 60  # minutes


def _clock(label: Any) -> forms.TimeField:
    return forms.TimeField(label=label, required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))


class LimitsForm(SeenForm):
    automatic_most = forms.IntegerField(
        label=_("At most so many automatic mails"),
        min_value=0,
        max_value=50,
        help_text=_("For one customer, of all rules together. 0: rules write to nobody."),
    )
    automatic_days = forms.IntegerField(label=_("in so many days"), min_value=1, max_value=365)
    automatic_from = _clock(_("Not before"))
    automatic_until = _clock(_("Not after"))

    def now(self) -> dict[str, Any]:
        return {name: getattr(self.stored, name) for name in _COLUMNS}

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if not {"automatic_from", "automatic_until"} & self.errors.keys():
            self._check_hours(self.cleaned_data["automatic_from"], self.cleaned_data["automatic_until"])
        return cleaned

    def _check_hours(self, opens: time | None, closes: time | None) -> None:
        if opens is None and closes is None:
            return
        if opens is None or closes is None:
            missing = "automatic_from" if opens is None else "automatic_until"
            self.add_error(missing, gettext("Say both, or neither for the whole day."))
        elif _minutes(closes) - _minutes(opens) < _SHORTEST:
            said = gettext("Leave at least an hour between the two, on one day: they cannot go over midnight.")
            self.add_error("automatic_until", said)

    def changes(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in _COLUMNS}


def _minutes(moment: time) -> int:
    return moment.hour * 60 + moment.minute

"""The form in which somebody chooses how they are told."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from surveys.alerts.models import How, Matter
from surveys.alerts.quiet import WEEK, Quiet
from surveys.alerts.wishes import Wish
from surveys.core.choices import Category

HOW = "how_"  # and the matter


def _time(label: Any, help_text: Any = "") -> forms.TimeField:
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    return forms.TimeField(label=label, required=False, widget=widget, help_text=help_text)


class ChoicesForm(forms.Form):
    """A field for each matter, and about which answers and when. `segments` are names by key."""

    categories = forms.MultipleChoiceField(
        label=_("Categories"),
        choices=Category.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None: all of them."),
    )
    segments = forms.TypedMultipleChoiceField(
        label=_("Segments"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Customers who are in any of them now. None: all customers."),
    )
    only_owned = forms.BooleanField(label=_("Only of customers that I own"), required=False)
    quiet_from = _time(_("No mail from"))
    quiet_until = _time(_("No mail until"))
    quiet_days = forms.TypedMultipleChoiceField(
        label=_("No mail on"),
        coerce=int,
        choices=[(day + 1, name) for day, name in WEEKDAYS.items()],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    digest_at = _time(_("The mail of the day comes at"))

    def __init__(self, wish: Wish, segments: Mapping[int, str], data: Any = None) -> None:
        super().__init__(data, initial=_initial(wish))
        self._wish = wish
        field = self.fields["segments"]
        assert isinstance(field, forms.TypedMultipleChoiceField)
        field.choices = list(segments.items())
        if not segments:
            del self.fields["segments"]
        for matter in Matter:
            self.fields[HOW + matter] = forms.ChoiceField(label=matter.label, choices=How.choices)

    @property
    def matters(self) -> list[forms.BoundField]:
        return [self[HOW + matter] for matter in Matter]

    def clean_quiet_days(self) -> list[int]:
        days: list[int] = self.cleaned_data["quiet_days"]
        if set(days) == WEEK:
            raise forms.ValidationError(
                _("Leave one day on which mails may come; or choose “Only in the application” for all.")
            )
        return days

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        begins, ends = cleaned.get("quiet_from"), cleaned.get("quiet_until")
        if (begins is None) != (ends is None) and not {"quiet_from", "quiet_until"} & set(self.errors):
            self.add_error(
                "quiet_until" if ends is None else "quiet_from", _("Quiet hours need a beginning and an end.")
            )
        elif begins is not None and begins == ends:
            self.add_error(
                "quiet_until", _("These hours end when they begin: leave both empty, or choose another end.")
            )
        return cleaned

    def wish(self) -> Wish:
        said = self.cleaned_data
        return Wish(
            how={str(matter): How(said[HOW + matter]) for matter in Matter},
            categories=frozenset(said["categories"]),
            segments=frozenset(said.get("segments", ())),
            only_owned=said["only_owned"],
            quiet=Quiet(said["quiet_from"], said["quiet_until"], frozenset(said["quiet_days"])),
            digest_at=said["digest_at"] or self._wish.digest_at,
        )


def _initial(wish: Wish) -> dict[str, Any]:
    columns = wish.columns()
    return columns | {HOW + matter: how for matter, how in columns["how"].items()}

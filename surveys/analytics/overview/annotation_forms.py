"""What people type when they write down what happened."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.accounts.models import Organization
from surveys.analytics.actions.annotations import Told
from surveys.analytics.models import Annotation
from surveys.campaigns.models import Campaign
from surveys.core.filter_values import YEARS
from surveys.core.periods import Period


class AnnotationForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("What happened"), max_length=Annotation._meta.get_field("text").max_length
    )
    day = forms.DateField(label=gettext_lazy("Day"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))
    last_day = forms.DateField(
        label=gettext_lazy("Until"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("When it took more than one day."),
    )
    campaign = forms.ModelChoiceField(
        label=gettext_lazy("Campaign"),
        queryset=Campaign.objects.none(),
        required=False,
        empty_label=gettext_lazy("All campaigns"),
    )

    def __init__(self, organization: Organization, today: date, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.today = today
        campaigns = Campaign.objects.filter(organization=organization).order_by("-pk")
        self.fields["campaign"].queryset = campaigns  # type: ignore[attr-defined]
        self.fields["day"].widget.attrs["max"] = today.isoformat()

    def clean_text(self) -> str:
        return " ".join(self.cleaned_data["text"].split())

    def clean_day(self) -> date:
        return self._past(self.cleaned_data["day"])

    def clean_last_day(self) -> date | None:
        day: date | None = self.cleaned_data["last_day"]
        return self._past(day) if day else None

    def _past(self, day: date) -> date:
        if day > self.today:
            raise forms.ValidationError(
                _("%(day)s is still to come: an annotation says what has happened."), params={"day": Period(day, day)}
            )
        if day.year not in YEARS:
            raise forms.ValidationError(_("There were no answers in %(year)d."), params={"year": day.year})
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        day, last = cleaned.get("day"), cleaned.get("last_day")
        if day and last and last < day:
            self.add_error("last_day", _("It ends before it begins: %(day)s.") % {"day": Period(last, last)})
        if last == day:
            cleaned["last_day"] = None
        return cleaned

    @property
    def told(self) -> Told:
        return Told(**{name: self.cleaned_data[name] for name in ("day", "text", "last_day", "campaign")})


def filled(annotation: Annotation) -> dict[str, Any]:
    """The initial values of a form that changes this one."""
    return {name: getattr(annotation, name) for name in ("day", "text", "last_day", "campaign")}

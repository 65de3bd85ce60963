"""The form of the settings page "Asking"."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from surveys.accounts.models import Organization
from surveys.accounts.settings_forms import SettingsForm
from surveys.customers.models import Property, PropertyType

MOST_DAYS = 3650


class AskingForm(SettingsForm):
    throttle_days = forms.IntegerField(
        label=_("Days between two asks of a person"),
        min_value=0,
        max_value=MOST_DAYS,
        help_text=_(
            "Nobody is asked again before this many days have passed, whatever the campaign; a campaign may wait "
            "longer. With 0 only campaigns decide."
        ),
    )
    account_property = forms.ChoiceField(
        label=_("Property that names the company"),
        required=False,
        help_text=_("Customers with the same text in it belong together. Those without one are asked as they are."),
    )
    account_gap_days = forms.IntegerField(
        label=_("Days between two asks of a company"),
        min_value=0,
        max_value=MOST_DAYS,
        help_text=_("With 0 the rule is off."),
    )

    def __init__(self, data: Any = None, *, organization: Organization) -> None:
        super().__init__(data, organization=organization)
        texts = Property.objects.filter(organization=organization, type=PropertyType.TEXT)
        names = list(texts.order_by("position", "pk").values_list("key", "label"))
        self.fields["account_property"].choices = [("", _("No company rule")), *names]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        days, key = said.get("account_gap_days"), said.get("account_property")
        if days and key == "":
            self.add_error("account_property", _("Choose the property, or write 0 days."))
        if key and days == 0:
            self.add_error("account_gap_days", _("Write for how many days, or choose no property."))
        return said

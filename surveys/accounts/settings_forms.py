"""Forms of the settings: one for each page."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from surveys.accounts.forms import OneLineField, time_zone_choices
from surveys.accounts.models import Organization

_WEEKDAYS = [(1, _("Monday")), (6, _("Saturday")), (7, _("Sunday"))]


class SettingsForm(forms.ModelForm[Organization]):
    """Some of an organization's fields."""

    def changes(self) -> dict[str, Any]:
        """What the action is to store, by field."""
        return dict(self.cleaned_data)


class GeneralForm(SettingsForm):
    name = OneLineField(label=_("Name"), max_length=100)
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=time_zone_choices,
        help_text=_("Days, weeks and months on dashboards begin by this clock."),
    )
    week_start = forms.TypedChoiceField(label=_("Week begins on"), choices=_WEEKDAYS, coerce=int)

    class Meta:
        model = Organization
        fields = ["name", "time_zone", "week_start", "throttle_days"]
        help_texts = {
            "throttle_days": _("Nobody is asked again before this many days have passed, whatever the campaign."),
        }


class BrandingForm(SettingsForm):
    brand_color = forms.CharField(
        label=_("Brand colour"),
        validators=[
            RegexValidator(
                r"^#[0-9a-fA-F]{6}$", _("Write the colour as # and six hexadecimal digits, such as #0b6e66.")
            )
        ],
        widget=forms.TextInput(attrs={"type": "color"}),
    )

    class Meta:
        model = Organization
        fields = ["brand_color"]


class SenderForm(SettingsForm):
    sender_name = OneLineField(
        label=_("Sender name"),
        max_length=100,
        required=False,
        help_text=_("Shown as the sender of surveys. Empty: the company's name."),
    )
    postal_address = OneLineField(
        label=_("Postal address"),
        max_length=300,
        required=False,
        help_text=_("Stands at the foot of every survey email; many countries require it."),
    )

    class Meta:
        model = Organization
        fields = ["sender_name", "sender_email", "reply_to", "postal_address"]
        help_texts = {
            "sender_email": _("Empty: the address that the operator of this server has set."),
            "reply_to": _("Where a customer's reply to the email goes."),
        }

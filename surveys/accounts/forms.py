"""Forms about people and organizations."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.validators import RegexValidator
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from surveys.accounts import actions
from surveys.accounts.models import Organization, User
from surveys.core import placeholders

_WEEKDAYS = [(1, _("Monday")), (6, _("Saturday")), (7, _("Sunday"))]


def time_zone_choices() -> list[tuple[str, str]]:
    return [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones()) if "/" in zone or zone == "UTC"]


class OneLineField(forms.CharField):
    """Text that will reach a mail header: a control character in it is refused, not removed."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if placeholders.single_line(text) != text.strip():
            raise forms.ValidationError(
                _("Keep this on one line: line breaks and other control characters are not allowed here.")
            )
        return text


class SignupForm(forms.Form):
    """What sign-up asks beside address and password; allauth makes its own form a subclass of this one."""

    name = OneLineField(label=_("Your name"), max_length=150)
    organization_name = OneLineField(label=_("Company"), max_length=100)

    field_order = ["name", "organization_name", "email", "password1"]

    def signup(self, request: HttpRequest, user: User) -> None:
        actions.rename_user(user=user, name=self.cleaned_data["name"])
        actions.create_organization(name=self.cleaned_data["organization_name"], owner=user, at=timezone.now())


class OrganizationForm(forms.Form):
    """A new organization for somebody who is signed in."""

    name = OneLineField(label=_("Company"), max_length=100)


class SettingsForm(forms.ModelForm[Organization]):
    name = OneLineField(label=_("Name"), max_length=100)
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
    brand_color = forms.CharField(
        label=_("Brand colour"),
        validators=[
            RegexValidator(
                r"^#[0-9a-fA-F]{6}$", _("Write the colour as # and six hexadecimal digits, such as #0b6e66.")
            )
        ],
        widget=forms.TextInput(attrs={"type": "color"}),
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=time_zone_choices,
        help_text=_("Days, weeks and months on dashboards begin by this clock."),
    )
    week_start = forms.TypedChoiceField(label=_("Week begins on"), choices=_WEEKDAYS, coerce=int)

    class Meta:
        model = Organization
        fields = [
            "name",
            "time_zone",
            "week_start",
            "brand_color",
            "sender_name",
            "sender_email",
            "reply_to",
            "postal_address",
            "throttle_days",
        ]
        help_texts = {
            "sender_email": _("Empty: the address that the operator of this server has set."),
            "reply_to": _("Where a customer's reply to the email goes."),
            "throttle_days": _("Nobody is asked again before this many days have passed, whatever the campaign."),
        }

    def settings(self) -> actions.OrganizationSettings:
        return actions.OrganizationSettings(default_language=self.instance.default_language, **self.cleaned_data)

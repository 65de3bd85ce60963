"""Forms of the settings: one for each page."""

import json
from collections.abc import Iterable
from typing import Any, Final

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from surveys.accounts.actions import settings as actions
from surveys.accounts.forms import OneLineField, language_choices, time_zone_choices
from surveys.accounts.models import Organization
from surveys.accounts.queries import settings as queries
from surveys.core import pictures
from surveys.core.pictures import Picture

SEEN: Final = "seen"
_WEEKDAYS = [(1, _("Monday")), (6, _("Saturday")), (7, _("Sunday"))]


class SettingsForm(forms.Form):
    """Some of an organization's fields. The form carries what they were when it was opened: so it is noticed when
    somebody else changed the same ones meanwhile.
    """

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, organization: Organization) -> None:
        self.organization = organization
        now = self._now()
        super().__init__(data, initial=now | {SEEN: json.dumps({name: str(value) for name, value in now.items()})})

    def _now(self) -> dict[str, Any]:
        names = [name for name in self.base_fields if name != SEEN]
        return {name: actions.shown(self.organization, name) for name in names}

    def clean_seen(self) -> dict[str, str]:
        """A form that does not say what it saw is compared with what is stored now."""
        try:
            seen = json.loads(self.cleaned_data[SEEN])
        except ValueError:
            return {}
        return {str(name): str(value) for name, value in seen.items()} if isinstance(seen, dict) else {}

    def changes(self) -> dict[str, Any]:
        """What the action is to store, by field."""
        return {name: value for name, value in self.cleaned_data.items() if name != SEEN}

    def tell_of_clash(self, clashing: Iterable[str]) -> None:
        """Keeps what was typed, says what others stored meanwhile, and counts that as seen from here on."""
        self.organization.refresh_from_db()
        now, seen, typed = self._now(), self.cleaned_data[SEEN], dict(self.data.items())
        for name in clashing:
            self.add_error(name, self._told(name, now[name]))
        for name, value in now.items():
            if str(typed.get(name, "")) == seen.get(name):
                typed[name] = str(value)
        typed[SEEN] = json.dumps({name: str(value) for name, value in now.items()})
        self.data = typed

    def _told(self, name: str, value: Any) -> str:
        who = queries.last_changed_by(self.organization, name) or gettext("Somebody else")
        words = {"who": who, "value": dict(getattr(self.fields[name], "choices", ())).get(value, value) or "—"}
        return (
            gettext("%(who)s changed this meanwhile: it is “%(value)s” now. Save again to put yours in its place.")
            % words
        )


class GeneralForm(SettingsForm):
    name = OneLineField(label=_("Name"), max_length=100)
    slug = forms.CharField(
        label=_("Address"),
        max_length=60,
        validators=[
            RegexValidator(
                r"^[a-z0-9]+(-[a-z0-9]+)*\Z", _("Use small letters a to z, digits and single hyphens, such as acme-2.")
            )
        ],
        help_text=_("The part after /o/ in the addresses of your pages. Old addresses go on leading here."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=time_zone_choices,
        help_text=_(
            "Days, weeks and months begin by this clock. A change computes the day of every past answer and "
            "email anew: figures of single days may shift a little."
        ),
    )
    week_start = forms.TypedChoiceField(label=_("Week begins on"), choices=_WEEKDAYS, coerce=int)
    default_language = forms.ChoiceField(
        label=_("Language"),
        help_text=_("New campaigns begin in it. Each campaign can speak more languages."),
    )

    def __init__(self, data: Any = None, *, organization: Organization) -> None:
        super().__init__(data, organization=organization)
        language = self.fields["default_language"]
        assert isinstance(language, forms.ChoiceField)
        language.choices = language_choices(organization.default_language)


class BrandingForm(SettingsForm):
    brand_color = forms.CharField(
        label=_("Brand colour"),
        validators=[
            RegexValidator(
                r"^#[0-9a-fA-F]{6}\Z", _("Write the colour as # and six hexadecimal digits, such as #0b6e66.")
            )
        ],
        widget=forms.TextInput(attrs={"type": "color"}),
    )

    def clean_brand_color(self) -> str:
        return str(self.cleaned_data["brand_color"]).lower()


class LogoForm(forms.Form):
    logo = forms.FileField(
        label=_("Logo"),
        help_text=_("PNG, JPEG, WebP or GIF, up to 2 MB. Shown up to 200 × 60 pixels large."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp,image/gif"}),
        error_messages={"required": _("Choose a file.")},
    )

    def clean_logo(self) -> Picture:
        try:
            return pictures.read(self.cleaned_data["logo"])
        except pictures.Unfit as error:
            raise forms.ValidationError(str(error)) from error


class SenderForm(SettingsForm):
    sender_name = OneLineField(
        label=_("Sender name"),
        max_length=100,
        required=False,
        help_text=_("Shown as the sender of surveys. Empty: the organization's name."),
    )
    sender_email = forms.EmailField(
        label=_("Sender address"),
        max_length=254,
        required=False,
        help_text=_("Empty: the address that the operator of this server has set."),
    )
    reply_to = forms.EmailField(
        label=_("Reply-to address"),
        max_length=254,
        required=False,
        help_text=_("Where a customer's reply to the email goes. Empty: to the sender address."),
    )
    postal_address = OneLineField(
        label=_("Postal address"),
        max_length=300,
        required=False,
        help_text=_("Stands at the foot of every survey email; many countries require it."),
    )

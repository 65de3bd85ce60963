"""What a rating row is made of, and who gets links in a file."""

from typing import Any, Final

from django import forms
from django.conf.locale import LANG_INFO
from django.utils.translation import gettext_lazy as _

from surveys.accounts.models import Organization
from surveys.campaigns.models import Campaign, Wording
from surveys.customers.models import Segment
from surveys.delivery import links
from surveys.delivery.link_queries import Group
from surveys.delivery.links import Row, System

AUDIENCE: Final = "audience"


class RowForm(forms.Form):
    """Says by itself what was not said, so that the page always has a row to show."""

    system = forms.ChoiceField(label=_("Where it goes"), required=False)
    lang = forms.ChoiceField(label=_("Language"), required=False)
    parameter = forms.ChoiceField(
        label=_("The customer is told by"),
        choices=[("email", _("Email address")), ("id", _("External ID"))],
        required=False,
    )
    placeholder = forms.CharField(
        label=_("What stands there for it in that system"),
        required=False,
        max_length=links.LONGEST_PLACEHOLDER,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}),
    )

    def __init__(self, data: Any, *, campaign: Campaign, wordings: list[Wording]) -> None:
        self._campaign, self._wordings = campaign, wordings
        super().__init__(data or {"system": links.SYSTEMS[0].key, "lang": wordings[0].language})
        self.fields["system"].choices = [(system.key, system.label) for system in links.SYSTEMS]  # type: ignore[attr-defined]
        self.fields["lang"].choices = [(each.language, language_name(each.language)) for each in wordings]  # type: ignore[attr-defined]

    def clean_placeholder(self) -> str:
        try:
            return links.clean_placeholder(self.cleaned_data["placeholder"])
        except ValueError as error:
            raise forms.ValidationError(
                _("Quotation marks, angle brackets, & and # cannot stand in the address of a link.")
            ) from error

    @property
    def system_chosen(self) -> System:
        return links.BY_KEY.get(self.cleaned_data.get("system") or "", links.SYSTEMS[0])

    @property
    def wants_placeholder(self) -> bool:
        return self.system_chosen.key == "other"

    @property
    def row(self) -> Row:
        system = self.system_chosen
        parameter, placeholder = system.parameter, system.placeholder
        if self.wants_placeholder:
            parameter = self.cleaned_data.get("parameter") or "email"
            placeholder = self.cleaned_data.get("placeholder") or ""
        return Row.of(self._campaign, self._wording, parameter=parameter, placeholder=placeholder)

    @property
    def _wording(self) -> Wording:
        wanted = self.cleaned_data.get("lang")
        return next((each for each in self._wordings if each.language == wanted), self._wordings[0])


def language_name(code: str) -> str:
    """In itself, as whoever chooses it reads it."""
    return str(LANG_INFO.get(code, {}).get("name_local", code))


class GroupForm(forms.Form):
    """Whose links the file has."""

    group = forms.ChoiceField(label=_("Customers"))

    def __init__(self, data: Any = None, *, organization: Organization) -> None:
        super().__init__(data)
        self._segments = {
            str(each.pk): each for each in Segment.objects.filter(organization=organization).order_by("name")
        }
        names = [(key, each.name) for key, each in self._segments.items()]
        choices: list[Any] = [(AUDIENCE, _("The campaign's audience"))]
        self.fields["group"].choices = choices + ([(_("Segments"), names)] if names else [])  # type: ignore[attr-defined]

    @property
    def wanted(self) -> Group:
        return Group(self._segments.get(self.cleaned_data["group"]))


class CampaignForm(forms.Form):
    """Which campaign a customer gets a link of; `wish` where they are not mailed."""

    campaign = forms.IntegerField(
        error_messages={"required": _("Choose a campaign."), "invalid": _("Choose a campaign.")}
    )
    wish = forms.BooleanField(required=False)

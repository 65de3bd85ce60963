"""The forms of connections to other systems."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from surveys.accounts.forms import OneLineField
from surveys.integrations import addresses
from surveys.integrations.actions.hooks import Wish
from surveys.integrations.models import Hook, HookKind

_TYPED = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}


class HookForm(forms.Form):
    """To change one. What is stored as its address is never shown again."""

    name = OneLineField(label=_("Name"), max_length=80, help_text=_("As rules name it: “Support channel”."))
    address = OneLineField(
        label=_("Address"),
        max_length=addresses.LONGEST,
        required=False,
        help_text=_("Stored. Leave it empty to keep it."),
        widget=forms.PasswordInput(attrs=_TYPED | {"autocomplete": "new-password"}),
    )
    tells_words = forms.BooleanField(
        label=_("With the customer’s name and comment"),
        required=False,
        help_text=_(
            "Else posts carry ids, scores and your note. What was posted stays there, also when the customer is erased here."
        ),
    )

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"]
        if address and (why := addresses.problem(address)):
            raise forms.ValidationError(why)
        return address

    def wish(self) -> Wish:
        said = self.cleaned_data
        return Wish(said["name"], said["address"], said["tells_words"])

    @classmethod
    def of(cls, hook: Hook, data: Any = None) -> "HookForm":
        return cls(data, initial={"name": hook.name, "tells_words": hook.tells_words})


class NewHookForm(HookForm):
    kind = forms.ChoiceField(
        label=_("What it is"), choices=HookKind.choices, initial=HookKind.SLACK, widget=forms.RadioSelect
    )
    address = OneLineField(
        label=_("Address"),
        max_length=addresses.LONGEST,
        help_text=_(
            "Slack, Mattermost, Rocket.Chat and others call it “incoming webhook”. Whoever has it can "
            "post there: it is kept sealed, and not shown again."
        ),
        widget=forms.URLInput(attrs=_TYPED | {"placeholder": "https://"}),
    )
    field_order = ["name", "kind", "address", "tells_words"]

"""The form of a key for score cards."""

from typing import Final

from django import forms
from django.utils.translation import gettext_lazy as _

from surveys.inbox.cards import By, is_origin

MOST_ORIGINS: Final = 10


class CardKeyForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("Of the help desk, for you and your colleagues.")
    )
    origins = forms.CharField(
        label=_("Pages that may show the card"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false", "placeholder": "https://acme.zendesk.com"}),
        help_text=_("One address a line, without a path. Elsewhere browsers refuse to show it in a frame."),
    )

    def clean_origins(self) -> list[str]:
        found = list(dict.fromkeys(line.rstrip("/").lower() for line in self.cleaned_data["origins"].split()))
        for each in found:
            if not is_origin(each):
                text = _("“%(value)s” is no address of a site. Write it like https://help.example.com, without a path.")
                raise forms.ValidationError(text, params={"value": each})
        if len(found) > MOST_ORIGINS:
            raise forms.ValidationError(_("At most %(most)s sites for one key."), params={"most": MOST_ORIGINS})
        return found


class TryForm(forms.Form):
    by = forms.ChoiceField(
        label=_("Customer by"), choices=[(By.EMAIL.value, _("Email")), (By.EXTERNAL_ID.value, _("External ID"))]
    )
    value = forms.CharField(label=_("Which"), max_length=254)

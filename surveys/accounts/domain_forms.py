"""What people know about their sender domain and name servers do not tell."""

import re
from typing import Final

from django import forms
from django.utils.translation import gettext_lazy as _

MOST_SELECTORS: Final = 5
_SELECTOR: Final = re.compile(
    r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?){0,3}"
)


class SelectorsForm(forms.Form):
    selectors = forms.CharField(
        label=_("DKIM selectors"),
        required=False,
        max_length=300,
        help_text=_(
            "As your mail provider names them, separated by commas, such as s1, google. Empty: those of this server."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}),
    )

    def clean_selectors(self) -> list[str]:
        found = list(dict.fromkeys(re.split(r"[\s,;]+", self.cleaned_data["selectors"].lower().strip())))
        found = [each for each in found if each]
        for each in found:
            if _SELECTOR.fullmatch(each) is None:
                raise forms.ValidationError(
                    _("“%(selector)s” is no selector: letters, digits and hyphens, without ._domainkey."),
                    params={"selector": each},
                )
        if len(found) > MOST_SELECTORS:
            raise forms.ValidationError(_("Up to %(most)s selectors are looked at."), params={"most": MOST_SELECTORS})
        return found

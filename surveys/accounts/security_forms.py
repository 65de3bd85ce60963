"""Forms about one's own account."""

from django import forms
from django.utils.translation import gettext_lazy as _

from surveys.accounts.forms import OneLineField


class NameForm(forms.Form):
    name = OneLineField(
        label=_("Name"),
        max_length=150,
        help_text=_("Colleagues see it beside what you do."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

"""Forms about whole organizations."""

from django import forms
from django.utils.translation import gettext_lazy as _


class DeletionForm(forms.Form):
    """Asks for the name, because a button alone is pressed too easily."""

    name = forms.CharField(label=_("Its name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))


_LARGEST = 2_000_000_000


class LimitsForm(forms.Form):
    customers_limit = forms.IntegerField(
        label=_("Most customers"),
        min_value=0,
        max_value=_LARGEST,
        required=False,
        help_text=_("Empty: no limit. Who is there already stays; adding and importing more is refused."),
    )
    mails_a_day_limit = forms.IntegerField(
        label=_("Most survey mails a day"),
        min_value=0,
        max_value=_LARGEST,
        required=False,
        help_text=_("Empty: no limit. What does not fit into a day of the organization goes out on the next."),
    )
    mails_a_minute_limit = forms.IntegerField(
        label=_("Most survey mails a minute"),
        min_value=1,
        max_value=_LARGEST,
        required=False,
        help_text=_(
            "Empty: no limit. They leave evenly, at most one second’s worth at once; nothing is lost, it takes longer."
        ),
    )


class SuspensionForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Everybody in the organization reads it."),
    )

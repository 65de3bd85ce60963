"""The words of a segment as a form; its conditions are the builder's."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from surveys.customers.models import Segment


class SegmentForm(forms.ModelForm[Segment]):
    """`version` is the one that is edited: who edits an older one is told."""

    version = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)

    class Meta:
        model = Segment
        fields = ("name", "description")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["description"].help_text = _("What it is for. Only your colleagues see it.")

"""The words of a campaign as a form."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.campaigns.models import Campaign, Wording
from surveys.campaigns.starts import BLANK, STARTS
from surveys.core import placeholders

_HELP = {
    "subject": gettext_lazy("Short subjects get opened. Up to about 50 characters show on a phone."),
    "intro": gettext_lazy("Two or three lines above the scale."),
}


def single_line(text: str) -> None:
    """Raises ValidationError."""
    if placeholders.single_line(text) != text.strip():
        raise ValidationError(_("This has to be one line, without line breaks or control characters."))


def known_placeholders(text: str) -> None:
    """Raises ValidationError."""
    if found := placeholders.problems(text):
        raise ValidationError(found)


def refuse_rather_than_cut(field: forms.Field) -> None:
    """A browser cuts what is pasted to `maxlength` without a word; the field says it instead."""
    field.widget.attrs.pop("maxlength", None)


class NameForm(forms.ModelForm[Campaign]):
    class Meta:
        model = Campaign
        fields = ("name",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name = self.fields["name"]
        name.help_text = _("Only your colleagues see it.")
        name.validators.append(single_line)


class StartForm(NameForm):
    """A name, and what it begins with."""

    start = forms.ChoiceField(
        label=gettext_lazy("What it begins with"),
        choices=[(start.key, start.name) for start in STARTS.values()],
        initial=BLANK,
        required=False,
        widget=forms.RadioSelect,
    )

    def clean_start(self) -> str:
        return self.cleaned_data["start"] or BLANK


class TextsForm(forms.ModelForm[Wording]):
    """What the mail says. What was typed can be previewed before it is valid: `draft_texts`."""

    class Meta:
        model = Wording
        fields = ("subject", "intro", "question", "low_label", "high_label")
        help_texts = _HELP

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.validators.append(known_placeholders)
            refuse_rather_than_cut(field)
            if isinstance(field.widget, forms.Textarea):
                field.widget.attrs["rows"] = 3
            else:
                field.validators.append(single_line)

    def draft_texts(self) -> dict[str, str]:
        """The texts as far as they were typed, whatever is still wrong with them; single lines are made single."""
        return {name: self._typed(name) for name in self.fields}

    def _typed(self, name: str) -> str:
        typed = str(self[name].value() or "")
        is_long = isinstance(self.fields[name].widget, forms.Textarea)
        return typed.replace("\x00", "") if is_long else placeholders.single_line(typed)

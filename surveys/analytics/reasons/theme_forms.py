"""Forms about themes. What may stand in them is judged where they are stored; what was typed stays."""

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from surveys.comments.actions import BadTheme
from surveys.comments.models import Theme


class ThemeForm(forms.Form):
    name = forms.CharField(label=_("Name"), error_messages={"required": _("Give the theme a name.")})
    words = forms.CharField(
        label=_("Words"),
        error_messages={"required": _("Write at least one word that brings comments to the theme.")},
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}),
        help_text=_(
            "One per line, or between commas; any of them brings a comment here. “too expensive” is found as these words "
            "in a row, “bill*” with any ending, and “-hotel” keeps a comment out."
        ),
    )

    @classmethod
    def of(cls, theme: Theme) -> "ThemeForm":
        return cls(initial={"name": theme.name, "words": "\n".join(theme.words)})

    def as_typed(self) -> "ThemeForm":
        """The same, not judged yet."""
        return ThemeForm(initial={name: self.data.get(name, "") for name in self.fields})

    @property
    def typed_words(self) -> list[str]:
        text = self.data.get("words", "") if self.is_bound else self.initial.get("words", "")
        return [word.strip() for word in re.split(r"[\n,、،]", text) if word.strip()]

    def refuse(self, bad: BadTheme) -> None:
        for field, problems in bad.problems.items():
            for problem in problems:
                self.add_error(field or None, problem)


class MergeThemesForm(forms.Form):
    into = forms.TypedChoiceField(label=_("Merge into"), coerce=int)

    def __init__(self, others: Sequence[Theme], data: Any = None) -> None:
        super().__init__(data)
        choices = [("", _("Choose …")), *((theme.pk, theme.name) for theme in others)]
        self.fields["into"].choices = choices  # type: ignore[attr-defined]

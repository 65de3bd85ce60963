"""The form of the rule about risk."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from surveys.analytics.risk_parts import NUMBERS, TITLES, Kind, Part, Rule
from surveys.customers.models import Property

LABELS: Final = {
    "low_most": _("The latest score is at most"),
    "fell_points": _("Lower than the score before by at least"),
    "silent_asks": _("Asks in a row without an answer"),
    "comment_days": _("Comments of the last days"),
    "gone_most": _("The latest score is at most"),
    "worth_most": _("The latest score is at most"),
}
FURTHER: Final = {Kind.FELL: ("fell_category",), Kind.WORTH: ("worth_key", "worth_least")}


@dataclass(frozen=True)
class Fields:
    """One part: whether it belongs to the rule, and its numbers."""

    kind: Kind
    title: str
    switch: BoundField
    further: list[BoundField]

    @property
    def is_condition(self) -> bool:
        return self.kind is Kind.WHO


class RiskRuleForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    least = forms.IntegerField(
        label=_("So many of the parts must apply"), min_value=1, max_value=len(Kind), help_text=_("At least.")
    )
    fell_category = forms.BooleanField(label=_("… or by a category"), required=False)
    worth_key = forms.ChoiceField(label=_("Property"), required=False)
    worth_least = forms.FloatField(label=_("At least"), required=False)

    def __init__(self, data: QueryDict | None = None, *, numbers: list[Property], rule: Rule) -> None:
        super().__init__(data, initial=_initial(rule))
        for kind in Kind:
            self.fields[kind.value] = forms.BooleanField(label=_("Belongs to the rule"), required=False)
            for number in NUMBERS[kind]:
                name = f"{kind.value}_{number.name}"
                self.fields[name] = forms.IntegerField(
                    label=LABELS[name], min_value=number.least, max_value=number.most, required=False
                )
        key = self.fields["worth_key"]
        assert isinstance(key, forms.ChoiceField)
        key.choices = [("", _("Choose one")), *((found.key, found.label) for found in numbers)]

    def parts(self) -> Iterator[Fields]:
        for kind in Kind:
            names = [*FURTHER.get(kind, ()), *(f"{kind.value}_{number.name}" for number in NUMBERS[kind])]
            yield Fields(kind, str(TITLES[kind]), self[kind.value], [self[name] for name in names])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        chosen = [kind for kind in Kind if cleaned.get(kind.value)]
        for kind in chosen:
            for number in NUMBERS[kind]:
                self._require(f"{kind.value}_{number.name}")
        if cleaned.get(Kind.WORTH):
            self._require("worth_key")
            self._require("worth_least")
        if not chosen:
            self.add_error(None, _("Choose at least one part: a rule without parts lists nobody."))
        elif (cleaned.get("least") or 0) > len(chosen):
            self.add_error(
                "least", _("The rule has only %(parts)s parts: it would list nobody.") % {"parts": len(chosen)}
            )
        return cleaned

    def _require(self, name: str) -> None:
        if self.cleaned_data.get(name) in (None, "") and name not in self.errors:
            self.add_error(name, _("This part needs a value here."))

    def rule(self, where: dict[str, Any]) -> Rule:
        """`where` is the own condition, which a builder reads."""
        parts = tuple(self._part(kind, where) for kind in Kind if self.cleaned_data[kind.value])
        return Rule(parts, self.cleaned_data["least"], self.cleaned_data["version"])

    def _part(self, kind: Kind, where: dict[str, Any]) -> Part:
        if kind is Kind.WHO:
            return Part(kind, {"where": where})
        names = [number.name for number in NUMBERS[kind]]
        names += [name.partition("_")[2] for name in FURTHER.get(kind, ())]
        return Part(kind, {name: self.cleaned_data[f"{kind.value}_{name}"] for name in names})


def _initial(rule: Rule) -> dict[str, Any]:
    found: dict[str, Any] = {"least": rule.least, "version": rule.version, "fell_category": True}
    for kind in Kind:
        part = rule.part(kind) or Part.usual(kind)
        found[kind.value] = rule.part(kind) is not None
        found |= {f"{kind.value}_{name}": value for name, value in part.values.items()}
    return found

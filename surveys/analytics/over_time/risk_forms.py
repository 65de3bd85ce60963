"""The form of the rule about risk."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from surveys.analytics.over_time.risk_parts import NUMBERS, TITLES, Kind, Part, Rule
from surveys.customers.models import Property

LABELS: Final = {
    "low_most": _("The latest score is at most"),
    "fell_points": _("Lower than the score before by at least"),
    "silent_asks": _("Asks in a row without an answer"),
    "comment_days": _("Comments of the last days"),
    "gone_most": _("The latest score is at most"),
    "worth_most": _("The latest score is at most"),
}
NEEDED: Final = {"required": _("This part needs a value here.")}
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
    least = forms.IntegerField(label=_("At least so many of the parts must apply"), min_value=1, max_value=len(Kind))
    fell_category = forms.BooleanField(label=_("… or by a category"), required=False)
    worth_key = forms.ChoiceField(label=_("Property"), error_messages=NEEDED)
    worth_least = forms.FloatField(label=_("At least"), error_messages=NEEDED)

    def __init__(self, data: QueryDict | None = None, *, numbers: list[Property], rule: Rule) -> None:
        super().__init__(data, initial=_initial(rule))
        for kind in Kind:
            self.fields[kind.value] = forms.BooleanField(label=_("Belongs to the rule"), required=False)
            for number in NUMBERS[kind]:
                name = f"{kind.value}_{number.name}"
                self.fields[name] = forms.IntegerField(
                    label=LABELS[name], min_value=number.least, max_value=number.most, error_messages=NEEDED
                )
            self._require_what_is_chosen(kind)
        key = self.fields["worth_key"]
        assert isinstance(key, forms.ChoiceField)
        key.choices = [("", _("Choose one")), *((found.key, found.label) for found in numbers)]

    def _require_what_is_chosen(self, kind: Kind) -> None:
        """What a part that is left out would need is not asked for."""
        if self.is_bound and not self.data.get(kind.value):
            for name in _names(kind):
                self.fields[name].required = False

    def parts(self) -> Iterator[Fields]:
        for kind in Kind:
            yield Fields(kind, str(TITLES[kind]), self[kind.value], [self[name] for name in _names(kind)])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        chosen = [kind for kind in Kind if cleaned.get(kind.value)]
        if not chosen:
            self.add_error(None, _("Choose at least one part: a rule without parts lists nobody."))
        elif (cleaned.get("least") or 0) > len(chosen):
            self.add_error(
                "least", _("The rule has only %(parts)s parts: it would list nobody.") % {"parts": len(chosen)}
            )
        return cleaned

    def rule(self, where: dict[str, Any]) -> Rule:
        """`where` is the own condition, which a builder reads."""
        parts = tuple(self._part(kind, where) for kind in Kind if self.cleaned_data[kind.value])
        return Rule(parts, self.cleaned_data["least"], self.cleaned_data["version"])

    def _part(self, kind: Kind, where: dict[str, Any]) -> Part:
        if kind is Kind.WHO:
            return Part(kind, {"where": where})
        return Part(kind, {name.partition("_")[2]: self.cleaned_data[name] for name in _names(kind)})


def _names(kind: Kind) -> list[str]:
    """Of the fields of a part."""
    return [*(f"{kind.value}_{number.name}" for number in NUMBERS[kind]), *FURTHER.get(kind, ())]


def _initial(rule: Rule) -> dict[str, Any]:
    found: dict[str, Any] = {"least": rule.least, "version": rule.version, "fell_category": True}
    for kind in Kind:
        part = rule.part(kind) or Part.usual(kind)
        found[kind.value] = rule.part(kind) is not None
        found |= {f"{kind.value}_{name}": value for name, value in part.values.items()}
    return found

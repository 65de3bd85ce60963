"""A rule as somebody writes it: name, trigger and shares as a form, its conditions as a builder, its acts in order."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from surveys.accounts.forms import OneLineField
from surveys.accounts.models import Organization
from surveys.automation.checking import LONGEST_NAME, LONGEST_SILENCE, MOST_HELD_OUT, Draft
from surveys.automation.known import Known
from surveys.automation.models import Trigger
from surveys.automation.plays import PLAYS
from surveys.automation.subjects import root
from surveys.automation.typed_acts import TypedActs
from surveys.core.conditions import catalogue
from surveys.core.conditions.builder import Builder
from surveys.core.conditions.catalogue import Catalogue

# Another trigger has other conditions to ask about.
_ASKS_AGAIN: Final = {
    "hx-post": "",
    "hx-trigger": "change",
    "hx-target": "#what-when",
    "hx-select": "#what-when",
    "hx-select-oob": "#acts,#conditions-result",
    "hx-swap": "outerHTML",
}


class RuleForm(forms.Form):
    name = OneLineField(label=_("Name"), max_length=LONGEST_NAME)
    trigger = forms.ChoiceField(
        label=_("When"), choices=Trigger.choices, initial=Trigger.CONFIRMED, widget=forms.Select(attrs=_ASKS_AGAIN)
    )
    silent_days = forms.IntegerField(
        label=_("Days after the last mail"),
        required=False,
        min_value=1,
        max_value=LONGEST_SILENCE,
        help_text=_("Empty: when the survey takes no answers any more."),
    )
    holdout_percent = forms.IntegerField(
        label=_("Hold out, in percent"),
        min_value=0,
        max_value=MOST_HELD_OUT,
        initial=0,
        help_text=_(
            "So many of a hundred are left alone, by chance, to compare with: only that says whether the rule helps."
            " 0 holds out nobody; 10 is a good beginning where hundreds are met."
        ),
    )
    seen = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)
    play = forms.CharField(required=False, max_length=30, widget=forms.HiddenInput)

    def clean_play(self) -> str:
        return self.cleaned_data["play"] if self.cleaned_data["play"] in PLAYS else ""


@dataclass
class TypedRule:
    """All of the page. `form` is what is shown: while somebody is still writing, what is missing is no mistake; `typed` is
    what is in it."""

    form: RuleForm
    typed: RuleForm | None
    builder: Builder
    acts: TypedActs

    @classmethod
    def of(cls, draft: Draft, organization: Organization, version: int | None = None) -> Self:
        """As the page begins."""
        form = RuleForm(initial={**_plain(draft), "seen": version})
        builder = Builder.of_json(dict(draft.conditions), _catalogue(draft.trigger, organization))
        return cls(form, None, builder, TypedActs.of(draft.actions, Known.of(organization)))

    @classmethod
    def read(cls, data: QueryDict, organization: Organization) -> Self:
        """As posted."""
        typed, is_strict = RuleForm(data), "save" in data
        form = typed if is_strict else RuleForm(initial=data.dict())
        builder = Builder.typed(data, _catalogue(data.get("trigger", ""), organization), is_strict=is_strict)
        return cls(form, typed, builder, TypedActs.read(data, Known.of(organization)))

    @property
    def trigger(self) -> str:
        return str(self.form["trigger"].value() or "")

    @property
    def is_about_silence(self) -> bool:
        return self.trigger == Trigger.SILENT

    def judge(self) -> None:
        """What is wrong with the acts is said at their places."""
        self.acts = self.acts.judged(self.trigger)

    @property
    def draft(self) -> Draft | None:
        """What may be stored; None while something is not what it should be (acts may be)."""
        return self.plan if self.typed is None or self.typed.is_valid() else None

    @property
    def plan(self) -> Draft | None:
        """What it means so far; None while its conditions are not whole."""
        tree = self.builder.tree
        if tree is None:
            return None
        return Draft(**self._values(), conditions=tree.to_json(), actions=self.acts.stored)

    def _values(self) -> dict[str, Any]:
        if self.typed is None:
            return _kept(self.form.initial)
        self.typed.is_valid()
        return _kept(self.typed.cleaned_data)


def _catalogue(trigger: str, organization: Organization) -> Catalogue:
    return catalogue.of(root(trigger), organization)


def _plain(draft: Draft) -> dict[str, Any]:
    return {
        "name": draft.name,
        "trigger": draft.trigger,
        "silent_days": draft.silent_days,
        "holdout_percent": draft.holdout_percent,
        "play": draft.play,
    }


def _kept(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is not the rule's own; days are those of silence alone."""
    trigger = values.get("trigger", Trigger.CONFIRMED)
    return {
        "name": values.get("name", ""),
        "trigger": trigger,
        "holdout_percent": values.get("holdout_percent", 0),
        "play": values.get("play", ""),
        "silent_days": values.get("silent_days") if trigger == Trigger.SILENT else None,
    }


def beginning(play: str) -> Draft:
    """An empty page, or a play's."""
    return PLAYS[play].draft() if play in PLAYS else Draft(name="", trigger=Trigger.CONFIRMED)


def copy_of(draft: Draft, name: str) -> Draft:
    return replace(draft, name=name[:LONGEST_NAME])

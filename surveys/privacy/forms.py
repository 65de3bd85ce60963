"""Forms about what is kept for how long."""

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from surveys.privacy.actions import Rule
from surveys.privacy.models import Act, RetentionRule, Subject

KEEP: Final = ""
_ACTS: Final[dict[Subject, tuple[tuple[str, Any], ...]]] = {
    Subject.RESPONSES: ((KEEP, _("Keep")), (Act.ANONYMIZE, _("Anonymize")), (Act.DELETE, _("Delete"))),
    Subject.COMMENTS: (
        (KEEP, _("Keep")),
        (Act.ANONYMIZE, _("Black out names and addresses")),
        (Act.DELETE, _("Delete")),
    ),
    Subject.PEOPLE: (
        (KEEP, _("Keep")),
        (Act.ANONYMIZE, _("Erase, and keep their scores")),
        (Act.DELETE, _("Erase, and their answers too")),
    ),
}
_HELP: Final = {
    Subject.RESPONSES: _(
        "Since the answer was given. Anonymized responses keep score and comment, and nobody knows whose they were;"
        " all numbers stay. Deleted ones count no more."
    ),
    Subject.COMMENTS: _(
        "Since the answer was given. Blacked out are email addresses, links, long numbers and the customer's own name."
        " Scores stay either way."
    ),
    Subject.PEOPLE: _("Since a customer was last added, changed, asked or heard of."),
}


def act_words(subject: str, act: str) -> str:
    """What is done, as it is called where it is chosen."""
    return str(dict(_ACTS[Subject(subject)])[Act(act)])


class SelfServiceForm(forms.Form):
    """What customers may do themselves. `contact` is where the others are sent to."""

    customers_may_correct = forms.BooleanField(label=_("Customers may correct their name and language"), required=False)
    customers_may_take_data = forms.BooleanField(
        label=_("Customers may download everything that is known about them, and erase it"),
        required=False,
        help_text=_(
            "By a link to their address that works for 48 hours. Otherwise the page asks them to write to you."
        ),
    )


class RetentionForm(forms.Form):
    """Two fields for each subject: what is done, and after how many months."""

    keeps_counts = forms.TypedChoiceField(
        label=_("When a customer is deleted or erased"),
        choices=[
            ("1", _("Their scores go on counting, without a name")),
            ("0", _("Their answers go, and count no more")),
        ],
        coerce=lambda value: value == "1",
        widget=forms.RadioSelect,
    )

    def __init__(self, rules: dict[str, RetentionRule], keeps_counts: bool, data: Any = None) -> None:
        super().__init__(data, initial=_initial(rules, keeps_counts))
        for subject in Subject:
            self.fields[f"{subject}_act"] = forms.ChoiceField(
                label=subject.label, choices=_ACTS[subject], required=False, help_text=_HELP[subject]
            )
            self.fields[f"{subject}_months"] = forms.IntegerField(
                label=_("%(subject)s: after months") % {"subject": subject.label},
                min_value=1,
                max_value=240,
                required=False,
            )

    def pairs(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[f"{subject}_act"], self[f"{subject}_months"]) for subject in Subject]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        for subject in Subject:
            if given.get(f"{subject}_act") and not given.get(f"{subject}_months"):
                field = f"{subject}_months"
                if field not in self.errors:
                    self.add_error(field, _("Say after how many months, from 1 to 240."))
        return given

    def rules(self) -> dict[Subject, Rule]:
        given = self.cleaned_data
        return {
            subject: Rule(Act(given[f"{subject}_act"]), given[f"{subject}_months"])
            for subject in Subject
            if given[f"{subject}_act"]
        }


def _initial(rules: dict[str, RetentionRule], keeps_counts: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"keeps_counts": "1" if keeps_counts else "0"}
    for subject, rule in rules.items():
        found |= {f"{subject}_act": rule.act, f"{subject}_months": rule.months}
    return found

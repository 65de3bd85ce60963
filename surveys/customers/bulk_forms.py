"""What can be done with many customers at once, each act with the one thing that it needs to know."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from surveys.accounts.forms import time_zone_choices
from surveys.accounts.models import User
from surveys.customers.actions.bulk import Change
from surveys.customers.forms import language_choices, property_field, typed
from surveys.customers.models import BulkKind, Property
from surveys.customers.values import Refused


class ActForm(forms.Form):
    """`change()` after it was found valid. Without a field, for acts that need to know nothing."""

    kind: BulkKind

    def change(self) -> Change:
        return Change(self.kind)


class OwnerForm(ActForm):
    kind = BulkKind.SET_OWNER
    owner = forms.ChoiceField(label=_("Owner"), required=False)

    def __init__(self, members: list[User], data: Any = None) -> None:
        super().__init__(data)
        self.fields["owner"].choices = [("", _("Nobody")), *((str(user.pk), str(user)) for user in members)]  # type: ignore[attr-defined]

    def change(self) -> Change:
        owner = self.cleaned_data["owner"]
        return Change(self.kind, value=int(owner) if owner else None)


class LanguageForm(ActForm):
    kind = BulkKind.SET_LANGUAGE
    language = forms.ChoiceField(label=_("Language"), required=False, choices=lambda: language_choices(""))

    def change(self) -> Change:
        return Change(self.kind, value=self.cleaned_data["language"] or None)


class TimeZoneForm(ActForm):
    kind = BulkKind.SET_TIME_ZONE
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        choices=lambda: [("", _("That of the organization")), *time_zone_choices()],
    )

    def change(self) -> Change:
        return Change(self.kind, value=self.cleaned_data["time_zone"] or None)


class PropertyForm(ActForm):
    """The value is checked by the type of the property that was chosen."""

    kind = BulkKind.SET_PROPERTY
    property = forms.ChoiceField(label=_("Property"))
    value = forms.CharField(
        label=_("New value"),
        max_length=2000,
        required=False,
        help_text=_("Yes or no, a number, a date like 2026-03-31, or text – as the property is. Empty: not known."),
    )

    def __init__(self, declared: list[Property], data: Any = None) -> None:
        super().__init__(data)
        self.declared = {known.key: known for known in declared}
        self.fields["property"].choices = [(known.key, known.label) for known in declared]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        known = self.declared.get(cleaned.get("property", ""))
        if known is not None:
            try:
                cleaned["typed"] = typed(known, property_field(known).clean(cleaned.get("value", "").strip()))
            except (forms.ValidationError, Refused) as wrong:
                self.add_error("value", wrong if isinstance(wrong, forms.ValidationError) else str(wrong))
        return cleaned

    def change(self) -> Change:
        return Change(self.kind, self.cleaned_data["property"], self.cleaned_data["typed"])


def act_form(kind: BulkKind, data: Any = None) -> ActForm:
    """For acts that need to know nothing more."""
    form = ActForm(data)
    form.kind = kind
    return form

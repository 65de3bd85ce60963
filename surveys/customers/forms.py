"""Forms about customers: one person. Those of imports are in import_forms."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.conf.locale import LANG_INFO
from django.utils.translation import gettext_lazy as _

from surveys.accounts.forms import time_zone_choices
from surveys.accounts.models import User
from surveys.core import places
from surveys.customers import addresses, phones, values
from surveys.customers.actions import Profile
from surveys.customers.models import Customer, Property, PropertyType, RefusalReason
from surveys.customers.values import Kind, Refused


def language_choices(current: str) -> list[tuple[str, Any]]:
    known = [(code, info["name"]) for code, info in LANG_INFO.items() if "name" in info]
    extra = [(current, current)] if current and current not in LANG_INFO else []
    return [("", _("Not known")), *extra, *sorted(known, key=lambda choice: str(choice[1]))]


_FIELDS: dict[str, type[forms.Field]] = {
    PropertyType.TEXT: forms.CharField,
    PropertyType.DATE: forms.DateField,
}
_YES_OR_NO = [("", _("Not known")), ("yes", _("Yes")), ("no", _("No"))]


class CustomerForm(forms.Form):
    """One person. An empty property is unset."""

    email = forms.CharField(label=_("Email"), max_length=addresses.MOST_CHARACTERS, widget=forms.EmailInput())
    name = forms.CharField(label=_("Name"), max_length=values.MOST_NAME, required=False)
    external_id = forms.CharField(
        label=_("External ID"),
        max_length=values.MOST_EXTERNAL_ID,
        required=False,
        help_text=_("How your own systems call this customer."),
    )
    language = forms.ChoiceField(label=_("Language"), required=False)
    time_zone = forms.ChoiceField(label=_("Time zone"), required=False)
    phone = forms.CharField(
        label=_("Phone"), max_length=40, required=False, widget=forms.TextInput(attrs={"type": "tel"})
    )
    owner_id = forms.TypedChoiceField(
        label=_("Owner"),
        required=False,
        coerce=int,
        empty_value=None,
        help_text=_("Your colleague who looks after this customer."),
    )
    version = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput())

    def __init__(
        self,
        declared: list[Property],
        members: Sequence[User] = (),
        customer: Customer | None = None,
        data: Any = None,
    ) -> None:
        super().__init__(data, initial=_initial(customer, declared) if customer else None)
        self.declared = declared
        self.kept = dict(customer.properties) if customer else {}
        self.typed: dict[str, Any] = {}
        current = customer.language if customer else ""
        self._choices("language", language_choices(current))
        self._choices("time_zone", [("", _("That of the organization")), *time_zone_choices()])
        self._choices("owner_id", _owner_choices(members, customer))
        if customer and customer.email is None:
            self.fields["email"].required = False
        for known in declared:
            self.fields[f"p_{known.key}"] = property_field(known)

    def _choices(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def profile_fields(self) -> list[forms.BoundField]:
        return [field for field in self if not field.name.startswith("p_") and not field.is_hidden]

    def property_fields(self) -> list[forms.BoundField]:
        return [field for field in self if field.name.startswith("p_")]

    def clean_email(self) -> str | None:
        given: str = self.cleaned_data["email"].strip()
        if not given:
            return None
        address = addresses.cleaned(given)
        if address is None:
            raise forms.ValidationError(RefusalReason.NOT_AN_ADDRESS.label)
        return address

    def clean_phone(self) -> str | None:
        given: str = self.cleaned_data["phone"]
        found = phones.digits(given)
        if given.strip() and found is None:
            raise forms.ValidationError(_("This is not a phone number. Write it like +49 30 1234567."))
        return found

    def base_version(self) -> datetime | None:
        """When the customer had last changed as they were shown; None for a form that does not say."""
        return places.moment(self.cleaned_data["version"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for known in self.declared:
            try:
                self.typed[known.key] = typed(known, cleaned.get(f"p_{known.key}"))
            except Refused as refused:
                self.add_error(f"p_{known.key}", str(refused))
        return cleaned

    def profile(self) -> Profile:
        cleaned = self.cleaned_data
        properties = {key: value for key, value in self.kept.items() if key not in {p.key for p in self.declared}}
        properties |= {key: value for key, value in self.typed.items() if value is not None}
        return Profile(
            email=cleaned["email"],
            name=cleaned["name"].strip(),
            external_id=cleaned["external_id"].strip() or None,
            language=cleaned["language"],
            time_zone=cleaned["time_zone"],
            phone=cleaned["phone"],
            owner_id=cleaned["owner_id"],
            properties=properties,
        )


def _initial(customer: Customer, declared: list[Property]) -> dict[str, Any]:
    fields = ("email", "name", "external_id", "language", "time_zone", "phone", "owner_id")
    properties = {f"p_{known.key}": _shown(known, customer.properties.get(known.key)) for known in declared}
    version = {"version": customer.updated_at.isoformat()}
    return {field: getattr(customer, field) for field in fields} | properties | version


def _owner_choices(members: Sequence[User], customer: Customer | None) -> list[tuple[Any, str]]:
    """The people of the organization, and who owns the customer although they have left."""
    left = customer.owner if customer and customer.owner_id not in {None, *(user.pk for user in members)} else None
    return [("", str(_("Nobody"))), *((user.pk, str(user)) for user in (*members, *([left] if left else ())))]


def _shown(known: Property, value: Any) -> Any:
    if known.type == PropertyType.BOOLEAN and value is not None:
        return "yes" if value else "no"
    return value


def property_field(known: Property) -> forms.Field:
    if known.type == PropertyType.BOOLEAN:
        return forms.ChoiceField(label=known.label, choices=_YES_OR_NO, required=False)
    if known.type == PropertyType.NUMBER:  # without a limit, 1e999999999 would be written out
        return forms.DecimalField(label=known.label, max_digits=values.MOST_DIGITS, required=False)
    field = _FIELDS[known.type](label=known.label, required=False)
    if isinstance(field, forms.DateField):
        field.widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return field


def typed(known: Property, value: Any) -> Any:
    """As it is stored: JSON's own types, a date as text; None when it is unset. Raises Refused."""
    if value in (None, ""):
        return None
    if known.type == PropertyType.BOOLEAN:
        return value == "yes"
    if known.type == PropertyType.NUMBER:
        return json.loads(values.as_json(Kind.NUMBER)(format(value, "f")))
    return value.isoformat() if known.type == PropertyType.DATE else json.loads(values.text(value.strip()))

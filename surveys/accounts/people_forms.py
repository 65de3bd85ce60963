"""Forms about colleagues."""

from typing import Any, Final

from allauth.account.fields import SetPasswordField
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from surveys.accounts import addresses, permissions
from surveys.accounts.addresses import Pasted
from surveys.accounts.forms import OneLineField
from surveys.accounts.models import Membership, Role, User

_AT_ONCE: Final = 50


def role_choices(by: Membership) -> list[tuple[str, str]]:
    """What `by` may make of others."""
    return [(role.value, str(role.label)) for role in Role if permissions.may_grant(by.role, role)]


class InviteForm(forms.Form):
    """Whom to invite, and as what. What is no address is left in the box, and the others are invited."""

    addresses = forms.CharField(
        label=gettext_lazy("Email addresses"),
        help_text=gettext_lazy("One or many: paste them with commas, or one on each line."),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"}),
    )
    role = forms.ChoiceField(label=gettext_lazy("Role"), initial=Role.AGENT)

    def __init__(self, data: Any = None, *, by: Membership) -> None:
        super().__init__(data)
        self.fields["role"].choices = role_choices(by)  # type: ignore[attr-defined]
        self.good: list[str] = []
        self.bad: list[Pasted] = []

    def clean_addresses(self) -> str:
        text: str = self.cleaned_data["addresses"]
        found = addresses.read(text)
        if len(found) > _AT_ONCE:
            raise forms.ValidationError(
                ngettext(
                    "This is %(count)d address; invite at most %(most)d at once.",
                    "These are %(count)d addresses; invite at most %(most)d at once.",
                    len(found),
                ),
                params={"count": len(found), "most": _AT_ONCE},
            )
        self.good = [each.text for each in found if not each.problem]
        self.bad = [each for each in found if each.problem]
        if not self.good:
            raise forms.ValidationError(
                [f"{each.text[:100]!r}: {each.problem}" for each in self.bad] or _("Write one.")
            )
        return text


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=Role.choices)


class JoinForm(forms.Form):
    """The account of somebody who was invited; the address is the invited one."""

    name = OneLineField(
        label=gettext_lazy("Your name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password = SetPasswordField(label=gettext_lazy("Password"))

    def __init__(self, data: Any = None, *, email: str) -> None:
        super().__init__(data)
        self.fields["password"].user = User(email=email)  # type: ignore[attr-defined]

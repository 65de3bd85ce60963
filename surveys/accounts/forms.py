"""Forms about people and organizations."""

from typing import Any, Final
from zoneinfo import available_timezones

from allauth.core import context
from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from surveys.accounts import actions, audit, limits
from surveys.accounts.models import User
from surveys.core import languages, placeholders

TOO_MANY_ORGANIZATIONS: Final = _(
    "As many organizations were made as one person, or one network, may make in a day. Nothing was made: try tomorrow, "
    "or ask who runs this server."
)


def time_zone_choices() -> list[tuple[str, str]]:
    return [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones()) if "/" in zone or zone == "UTC"]


def language_choices(current: str) -> list[tuple[str, str]]:
    """Those in which customers can be spoken to, and the one that was chosen when there were others."""
    choices = languages.choices()
    return choices if current in dict(choices) else [(current, languages.name(current)), *choices]


class OneLineField(forms.CharField):
    """Text that will reach a mail header: a control character in it is refused, not removed."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if placeholders.single_line(text) != text.strip():
            raise forms.ValidationError(
                _("Keep this on one line: line breaks and other control characters are not allowed here.")
            )
        return text


class SignupForm(forms.Form):
    """What sign-up asks beside address and password; allauth makes its own form a subclass of this one."""

    name = OneLineField(label=_("Your name"), max_length=150)
    organization_name = OneLineField(label=_("Organization"), max_length=100)

    field_order = ["name", "organization_name", "email", "password1"]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if not self.errors and not limits.allows(context.request, "organization_of_network"):
            raise forms.ValidationError(TOO_MANY_ORGANIZATIONS)
        return cleaned

    def signup(self, request: HttpRequest, user: User) -> None:
        actions.rename_user(user=user, name=self.cleaned_data["name"])
        name, origin = self.cleaned_data["organization_name"], audit.origin_of(request)
        actions.create_organization(name=name, owner=user, at=timezone.now(), origin=origin)


class OrganizationForm(forms.Form):
    """A new organization for somebody who is signed in."""

    name = OneLineField(label=_("Organization"), max_length=100)

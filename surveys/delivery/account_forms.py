"""What a mail provider needs to be told. Secrets go in and never come out again."""

import ipaddress
import re
from typing import Any, Final
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.core.validators import RegexValidator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from surveys.accounts.forms import OneLineField
from surveys.core import outbound
from surveys.delivery import own_roads, providers
from surveys.delivery.actions import Wanted
from surveys.delivery.models import MailAccount
from surveys.delivery.providers import As, Field

_HOST: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(\.(?!-)[a-z0-9-]{1,63})*", re.IGNORECASE)
_REGION: Final = re.compile(r"[a-z0-9-]{2,30}")
_TOPIC: Final = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_.-]{1,256}")
_TYPED: Final = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
_PLAIN: Final = RegexValidator(
    r"^[\x20-\x7e]*$", _("Only plain letters, digits and signs are possible here: look at what was pasted.")
)
FORGET: Final = "forget_"


class AccountForm(forms.Form):
    def __init__(self, provider: str, account: MailAccount | None, data: Any = None) -> None:
        self.provider = provider
        known = account if account is not None and account.provider == provider else None
        self._stored = own_roads.readable_secrets(known) if known else {}
        initial: dict[str, Any] = dict(known.options) | {"mails_a_second": known.mails_a_second} if known else {}
        super().__init__(data, initial=initial)
        for field in providers.spec(provider).fields:
            self.fields[field.name] = self._field(field)
            if field.is_secret and not field.is_required and field.name in self._stored:
                label = gettext("Forget what is stored: %(name)s") % {"name": field.label}
                self.fields[FORGET + field.name] = forms.BooleanField(label=label, required=False)
        self.fields["mails_a_second"] = forms.FloatField(
            label=_("Mails a second"),
            required=False,
            min_value=0.01,
            max_value=10_000,
            help_text=_("As agreed with the provider. Empty: as fast as it takes them."),
        )

    def _field(self, field: Field) -> forms.Field:
        if field.kind is As.CHOICE:
            return forms.ChoiceField(
                required=field.is_required, label=str(field.label), choices=field.choices, help_text=str(field.help)
            )
        if field.is_secret:
            is_stored = field.name in self._stored
            note = gettext("Stored. Leave it empty to keep it.") if is_stored else str(field.help)
            return OneLineField(
                label=str(field.label),
                required=field.is_required and not is_stored,
                max_length=2000,
                validators=[_PLAIN],
                help_text=note,
                widget=forms.PasswordInput(attrs=_TYPED | {"autocomplete": "new-password"}),
            )
        return OneLineField(
            label=str(field.label),
            required=field.is_required,
            max_length=500,
            validators=[_PLAIN],
            initial=field.default,
            help_text=str(field.help),
            widget=forms.TextInput(attrs=_TYPED),
        )

    def clean_host(self) -> str:
        return _checked(self.cleaned_data["host"], _HOST, gettext("“%(value)s” is no name of a server."))

    def clean_sender_domain(self) -> str:
        return _checked(self.cleaned_data["sender_domain"], _HOST, gettext("“%(value)s” is no domain."))

    def clean_region(self) -> str:
        return _checked(self.cleaned_data["region"], _REGION, gettext("“%(value)s” is no region."))

    def clean_port(self) -> str:
        port = self.cleaned_data["port"]
        if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
            said = _("“%(value)s” is no port: that is a number from 1 to 65535, usually 587.")
            raise forms.ValidationError(said, params={"value": port})
        try:
            outbound.check_port(int(port), outbound.SMTP_PORTS)
        except outbound.Forbidden as error:
            raise forms.ValidationError(str(error)) from error
        return str(int(port))

    def clean_api_url(self) -> str:
        url: str = self.cleaned_data["api_url"]
        try:
            parts = urlsplit(url)
            is_whole = bool(parts.hostname) and parts.port != 0 and not (parts.username or parts.query)
        except ValueError:
            is_whole = False
        if not is_whole or parts.scheme not in ("http", "https"):
            raise forms.ValidationError(_("An address looks like https://postal.example.com."))
        if parts.scheme != "https" and not settings.PRIVATE_MAIL_HOSTS:
            raise forms.ValidationError(
                _("The address must begin with https://: the API key must not travel in the open.")
            )
        return url

    def clean_sns_topics(self) -> str:
        topics = [each for each in re.split(r"[\s,]+", self.cleaned_data["sns_topics"]) if each]
        for topic in topics:
            _checked(topic, _TOPIC, gettext("“%(value)s” is no ARN of an SNS topic (arn:aws:sns:…)."))
        return ",".join(topics)

    def clean_webhook_login(self) -> str:
        login: str = self.cleaned_data["webhook_login"]
        if login and ":" not in login.strip(":"):
            raise forms.ValidationError(_("Write user and password with a colon between them."))
        return login

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        has_user = bool(cleaned.get("username"))
        if self.provider == "smtp" and has_user and not (cleaned.get("password") or "password" in self._stored):
            self.add_error("password", _("The user name needs its password."))
        return cleaned

    def wanted(self) -> Wanted:
        cleaned = self.cleaned_data
        secrets: dict[str, str | None] = {}
        for name in providers.field_names(self.provider, secret=True):
            if cleaned.get(name):
                secrets[name] = cleaned[name]
            elif cleaned.get(FORGET + name):
                secrets[name] = None
        options = {name: cleaned.get(name) or "" for name in providers.field_names(self.provider, secret=False)}
        return Wanted(self.provider, options, secrets, cleaned["mails_a_second"])


def _checked(value: str, pattern: re.Pattern[str], words: str) -> str:
    if pattern.fullmatch(value) is None and not _is_address(value):
        raise forms.ValidationError(words % {"value": value})
    return value


def _is_address(value: str) -> bool:
    """An IP address; whether we connect there is decided when we do."""
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True

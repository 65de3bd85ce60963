"""From an organization's mail account to a backend that sends through it."""

import json
import warnings
from typing import Any

from anymail.exceptions import AnymailNotSupportedWarning
from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from surveys.core import outbound, sealing
from surveys.delivery import providers, routes
from surveys.delivery.mailing import Refused
from surveys.delivery.models import MailAccount, Provider
from surveys.delivery.own_smtp import OwnEmailBackend


def account(route: str) -> MailAccount | None:
    """None for the operator's road. Raises Refused when there is no such account any more."""
    pk = routes.account_of(route)
    if pk is None:
        return None
    try:
        return MailAccount.objects.get(pk=pk)
    except MailAccount.DoesNotExist:
        raise Refused(_("The account was removed.")) from None


def secrets(account: MailAccount) -> dict[str, str]:
    """In plain text: for sending and for verifying, never for a page. Raises sealing.CannotUnseal."""
    if not account.secrets:
        return {}
    found: dict[str, str] = json.loads(sealing.unseal(sealing.Purpose.MAIL_ACCOUNT, account.secrets))
    return found


def readable_secrets(account: MailAccount) -> dict[str, str]:
    """As `secrets`, without those that cannot be read any more: they have to be entered again."""
    try:
        return secrets(account)
    except sealing.CannotUnseal:
        return {}


def hidden(account: MailAccount | None) -> list[str]:
    """What must not stand in what a provider is quoted with."""
    return list(readable_secrets(account).values()) if account else []


def sealed(secrets: dict[str, str]) -> str:
    return sealing.seal(sealing.Purpose.MAIL_ACCOUNT, json.dumps(secrets)) if secrets else ""


def backend(account: MailAccount) -> BaseEmailBackend:
    """Raises Refused when its secrets cannot be read: SECRET_KEY was changed, and those of before are not known."""
    try:
        known = account.options | secrets(account)
    except sealing.CannotUnseal:
        raise Refused(_("The account's secrets cannot be read any more: enter them again.")) from None
    if account.provider == Provider.SMTP:
        return _smtp(known, known["host"])
    if account.provider == Provider.AMAZON_SES:
        return _smtp(known | {"port": "587", "security": "starttls"}, f"email-smtp.{known['region']}.amazonaws.com")
    return _api(Provider(account.provider), known)


def _smtp(known: dict[str, str], host: str) -> BaseEmailBackend:
    return OwnEmailBackend(
        host=host,
        port=int(known["port"]),
        username=known.get("username", ""),
        password=known.get("password", ""),
        use_tls=known["security"] == "starttls",
        use_ssl=known["security"] == "tls",
        timeout=settings.OWN_MAIL_TIMEOUT,
    )


def _api(provider: Provider, known: dict[str, str]) -> BaseEmailBackend:
    """Everything is said outright: what is not would come from the operator's settings, credentials included."""
    spec = providers.spec(provider)
    told: dict[str, Any] = {
        field.name: known.get(field.name) or None for field in spec.fields if field.name not in providers.OF_WEBHOOKS
    }
    if spec.regions and not _own_api_url(provider):
        told["api_url"] = dict(spec.regions)[told.pop("region")]
    elif spec.regions:
        told.pop("region")
    told |= {"ignore_unsupported_features": False, "debug_api_requests": False, "timeout": settings.OWN_MAIL_TIMEOUT}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AnymailNotSupportedWarning)
        made = import_string(f"anymail.backends.{spec.backend}.EmailBackend")(**told)
    made.send_defaults = {}  # the operator's
    if provider is Provider.POSTAL:
        made.create_session = lambda: outbound.session(settings.OWN_MAIL_TIMEOUT)  # it stands where they say
    return made


def _own_api_url(provider: Provider) -> bool:
    """Whether the operator has said where the provider's API is: a proxy of theirs, for example."""
    return f"{provider.upper()}_API_URL" in getattr(settings, "ANYMAIL", {})

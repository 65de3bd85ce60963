"""System checks for operators' mistakes, each with an id that docs/settings.md explains."""

import os
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from nps_app import env
from surveys.operations import broker


@register()
def link_keys_are_strong(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    weak = [number for number, key in enumerate(settings.LINK_KEYS, start=1) if len(key) < 32]
    if not settings.LINK_KEYS:
        return [Error("NPS_LINK_KEYS is empty.", hint="Make one with: openssl rand -hex 32", id="nps.E001")]
    return [
        Error(
            f"Key {number} of NPS_LINK_KEYS is shorter than 32 characters.", hint="openssl rand -hex 32", id="nps.E002"
        )
        for number in weak
    ]


@register(deploy=True)
def broker_keeps_nudges(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A broker that does not answer is no mistake of the settings, and says so elsewhere."""
    found = broker.policy()
    if broker.is_safe(found):
        return []
    message = f"Redis at REDIS_URL has maxmemory-policy {found}: when it is full it throws nudges away."
    return [Warning(message, hint="Set maxmemory-policy to noeviction.", id="nps.W020")]


@register()
def metrics_are_guarded(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    if not settings.METRICS_TOKEN or len(settings.METRICS_TOKEN) >= 16:
        return []
    message = "NPS_METRICS_TOKEN is shorter than 16 characters: it can be guessed."
    return [Error(message, hint="openssl rand -hex 16", id="nps.E020")]


@register()
def no_misspelt_settings(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    return [
        Warning(f"{name} is set, but nothing reads it.", hint="See docs/settings.md for the names.", id="nps.W001")
        for name in env.unknown(os.environ)
    ]


@register()
def single_sign_on_is_whole(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    given = [settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET]
    hint = "See docs/security.md, Single sign-on."
    if any(given) and not all(given):
        message = "Of NPS_OIDC_ISSUER, NPS_OIDC_CLIENT_ID and NPS_OIDC_CLIENT_SECRET some are set and some are not."
        return [Error(message, hint=hint, id="nps.E010")]
    if settings.OIDC_ONLY and not all(given):
        return [Error("NPS_OIDC_ONLY is on without a provider: nobody could sign in.", hint=hint, id="nps.E012")]
    return _of_the_provider(hint) if all(given) else []


def _of_the_provider(hint: str) -> list[CheckMessage]:
    issuer = urlsplit(settings.OIDC_ISSUER)
    if issuer.scheme not in ("http", "https") or not issuer.hostname:
        message = f"NPS_OIDC_ISSUER={settings.OIDC_ISSUER!r} is not an address such as https://login.example.com."
        return [Error(message, hint=hint, id="nps.E011")]
    found: list[CheckMessage] = []
    if settings.OIDC_SIGNUP and not settings.OIDC_EMAIL_DOMAINS:
        message = "NPS_OIDC_SIGNUP is on without NPS_OIDC_EMAIL_DOMAINS: everybody whom the provider knows gets in."
        found.append(Warning(message, hint=hint, id="nps.W010"))
    if issuer.scheme == "http" and issuer.hostname != "localhost":
        message = f"NPS_OIDC_ISSUER={settings.OIDC_ISSUER} is not https: whoever listens can sign in as anybody."
        found.append(Warning(message, hint=hint, id="nps.W011"))
    return found


@register(deploy=True)
def public_address_is_https(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    if settings.HTTPS or settings.LOCAL:
        return []
    return [
        Warning(f"PUBLIC_URL={settings.PUBLIC_URL} is not https: cookies and links travel in the clear.", id="nps.W002")
    ]

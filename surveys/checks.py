"""System checks for operators' mistakes, each with an id that docs/settings.md explains."""

import os
from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from nps_app import env


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


@register()
def no_misspelt_settings(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    return [
        Warning(f"{name} is set, but nothing reads it.", hint="See docs/settings.md for the names.", id="nps.W001")
        for name in env.unknown(os.environ)
    ]


@register(deploy=True)
def public_address_is_https(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    if settings.HTTPS or settings.LOCAL:
        return []
    return [
        Warning(f"PUBLIC_URL={settings.PUBLIC_URL} is not https: cookies and links travel in the clear.", id="nps.W002")
    ]

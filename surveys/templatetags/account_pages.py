"""The navigation of the pages about one's own account, and whether there is single sign-on."""

from dataclasses import dataclass
from typing import Any, Final

from allauth.socialaccount import app_settings
from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

register = template.Library()


@dataclass(frozen=True)
class AccountPage:
    """The first of `views` is where the navigation leads; all that begin like one of them mark it as current."""

    label: str | Promise
    views: tuple[str, ...]


_PAGES: Final = (
    AccountPage(_("Overview"), ("accounts_home:account",)),
    AccountPage(_("Email"), ("account_email",)),
    AccountPage(_("Password"), ("account_change_password", "account_set_password")),
    AccountPage(_("Second factor"), ("mfa_index", "mfa_activate_totp", "mfa_deactivate_totp", "mfa_view", "mfa_gen")),
    AccountPage(_("Passkeys"), ("mfa_list_webauthn", "mfa_add_webauthn", "mfa_edit_webauthn", "mfa_remove_webauthn")),
    AccountPage(_("Signed in"), ("accounts_home:places",)),
)
_SINGLE_SIGN_ON: Final = AccountPage(_("Single sign-on"), ("socialaccount_connections",))


@register.simple_tag(takes_context=True)
def account_entries(context: dict[str, Any]) -> list[dict[str, Any]]:
    """As components/tabs.html wants them."""
    here = context["request"].resolver_match.view_name
    pages = [*_PAGES, *([_SINGLE_SIGN_ON] if single_sign_on() else [])]
    return [
        {"label": page.label, "url": reverse(page.views[0]), "is_current": here.startswith(page.views)}
        for page in pages
    ]


@register.simple_tag
def single_sign_on() -> str:
    """The provider's name in "Sign in with …"; empty when none is configured."""
    found = app_settings.PROVIDERS.get("openid_connect", {}).get("APPS", [])
    return str(found[0]["name"]) if found else ""


@register.simple_tag
def only_single_sign_on() -> bool:
    return settings.OIDC_ONLY


@register.simple_tag
def public_url() -> str:
    """Where passkeys work: they belong to one host."""
    return settings.PUBLIC_URL

"""Passkeys in a real browser, with the authenticator that Chromium plays: finger, face and PIN are always right."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from surveys.accounts.models import Role
from tests import factories
from tests.helpers.authenticator_app import code
from tests.helpers.looks import problems
from tests.helpers.processes import LiveApp


@pytest.fixture
def device(page: Page) -> None:
    """The page's computer can keep passkeys."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def confirm_password(page: Page) -> None:
    expect(page.get_by_role("heading", name="Is it you?")).to_be_visible()
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("button", name="Continue").click()


@pytest.mark.usefixtures("device")
def test_a_passkey_is_made_and_then_signs_in_alone_and_beside_a_password(
    page: Page, live_app: LiveApp, sign_in_browser: Callable[[Page, object], None]
) -> None:
    alice = factories.organization(factories.user("alice@example.com"), "Acme")
    sign_in_browser(page, alice.user)
    page.goto("/accounts/2fa/webauthn/add/")
    confirm_password(page)
    page.get_by_label("Name").fill("Work laptop")
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes", exact=True)).to_be_visible()
    page.goto("/accounts/2fa/webauthn/")
    expect(page.get_by_text("Work laptop", exact=True)).to_be_visible()

    page.context.clear_cookies()
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(live_app.address("/o/acme/"))

    page.context.clear_cookies()
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill("alice@example.com")
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    assert problems(page) == []
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(live_app.address("/o/acme/"))


def test_all_pages_about_ones_account_can_be_read_everywhere(
    page: Page, sign_in_browser: Callable[[Page, object], None]
) -> None:
    alice = factories.organization(factories.user("alice@example.com"), "Acme")
    factories.member(alice.organization, factories.user("bob@example.com"), Role.ANALYST)
    sign_in_browser(page, alice.user)
    page.goto("/accounts/2fa/totp/activate/")
    assert problems(page) == []
    confirm_password(page)
    assert problems(page) == []
    page.get_by_label("Authenticator code").fill(code(page.locator(".secret").input_value()))
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_role("heading", name="Recovery codes", exact=True)).to_be_visible()
    assert problems(page) == []
    addresses = ["", "email/", "password/change/", "2fa/", "2fa/webauthn/", "2fa/webauthn/add/", "2fa/totp/deactivate/"]
    addresses += ["2fa/recovery-codes/generate/", "sessions/", "3rdparty/", "logout/"]
    for address in [f"/accounts/{address}" for address in addresses] + ["/o/acme/settings/security/"]:
        page.goto(address)
        assert problems(page) == [], address

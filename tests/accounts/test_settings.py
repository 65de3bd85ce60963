"""The pages of an organization's settings: who reaches them, what they store, what they refuse."""

import pytest

from surveys.accounts import permissions
from surveys.accounts.models import AuditEntry, Organization, Role
from surveys.accounts.permissions import Permission
from tests.people import Person

GENERAL = {"name": "Acme", "time_zone": "Europe/Berlin", "week_start": 1, "throttle_days": 90}
SENDER = {"sender_name": "", "sender_email": "", "reply_to": "", "postal_address": ""}
FORMS: dict[str, dict[str, object]] = {
    "accounts:settings": GENERAL,
    "accounts:branding": {"brand_color": "#0b6e66"},
    "accounts:sender": SENDER,
}


def stored(person: Person) -> Organization:
    return Organization.objects.get(pk=person.organization.pk)


def test_changed_settings_are_stored_and_audited_with_what_was_before(alice: Person) -> None:
    alice.post(alice.url("accounts:settings"), GENERAL | {"name": "Acme Ltd", "throttle_days": 30})

    assert (stored(alice).name, stored(alice).throttle_days) == ("Acme Ltd", 30)
    entry = AuditEntry.objects.get(action="organization.changed")
    assert entry.details["changed"]["throttle_days"] == [90, 30]
    assert entry.actor_email == "alice@example.com"


@pytest.mark.parametrize(
    ("page", "field", "value"),
    [
        ("accounts:settings", "time_zone", "Mars/Olympus"),
        ("accounts:settings", "throttle_days", "-1"),
        ("accounts:settings", "name", ""),
        ("accounts:branding", "brand_color", "red;}"),
        ("accounts:sender", "sender_email", "not an address"),
        *(("accounts:sender", "sender_name", f"Acme{it}Bcc: x@example.com") for it in "\n\x0b\u2028\x85"),
    ],
)
def test_a_bad_setting_is_named_and_nothing_is_stored(alice: Person, page: str, field: str, value: str) -> None:
    before = vars(stored(alice)) | {"_state": None}
    other = "postal_address" if page == "accounts:sender" else "name"

    answer = alice.post(alice.url(page), FORMS[page] | {other: "Changed"} | {field: value})

    assert answer.status_code == 200
    assert answer.context["form"].errors.keys() == {field}
    assert vars(stored(alice)) | {"_state": None} == before


@pytest.mark.parametrize("role", Role)
def test_only_roles_that_manage_the_organization_reach_its_settings(bob: Person, role: Role) -> None:
    bob.becomes(role)

    answer = bob.post(bob.url("accounts:settings"), GENERAL | {"name": "By Bob"})

    changed = stored(bob).name == "By Bob"
    assert changed == permissions.allows(role, Permission.MANAGE_ORGANIZATION)
    assert answer.status_code == (302 if changed else 403)

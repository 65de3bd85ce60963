"""The pages of an organization's settings: who reaches them, what they store, what they refuse."""

import pytest
from django.utils import timezone

from surveys.accounts import navigation, permissions, settings_pages
from surveys.accounts.actions import create_organization
from surveys.accounts.models import AuditEntry, Organization, Role
from surveys.accounts.permissions import Permission
from surveys.core.brand import LIGHT_GROUND, readable_on
from tests import factories
from tests.people import Person
from tests.permitted_pages import PAGES

GENERAL: dict[str, object] = {
    "name": "Acme",
    "slug": "acme",
    "time_zone": "UTC",
    "week_start": 1,
    "default_language": "en",
}
SENDER: dict[str, object] = {"sender_name": "", "sender_email": "", "reply_to": "", "postal_address": ""}
FORMS: dict[str, dict[str, object]] = {
    "accounts:settings": GENERAL,
    "accounts:branding": {"brand_color": "#0b6e66"},
    "accounts:sender": SENDER,
}


def stored(person: Person) -> Organization:
    return Organization.objects.get(pk=person.organization.pk)


def test_changed_settings_are_stored_and_audited_with_what_was_before(alice: Person) -> None:
    alice.post(alice.url("accounts:settings"), GENERAL | {"name": "Acme Ltd", "week_start": 7})

    assert (stored(alice).name, stored(alice).week_start) == ("Acme Ltd", 7)
    entry = AuditEntry.objects.get(action="organization.changed")
    assert entry.details["changed"]["week_start"] == [1, 7]
    assert entry.actor_email == "alice@example.com"


@pytest.mark.parametrize(
    ("page", "field", "value"),
    [
        ("accounts:settings", "time_zone", "Mars/Olympus"),
        ("accounts:settings", "week_start", "3"),
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


# ── The address ──


def test_an_old_address_leads_to_the_same_page_at_the_new_one(alice: Person, charlie: Person) -> None:
    answer = alice.post(alice.url("accounts:settings"), GENERAL | {"slug": "acme-corp"})
    assert answer["Location"] == "/o/acme-corp/settings/"

    answer = alice.get("/o/acme/customers/?q=ada")
    assert (answer.status_code, answer["Location"]) == (302, "/o/acme-corp/customers/?q=ada")
    assert alice.post("/o/acme/settings/", GENERAL).status_code == 307
    assert charlie.get("/o/acme/customers/").status_code == 404, "others learn nothing of a former address"

    alice.post("/o/acme-corp/settings/", GENERAL | {"slug": "acme"})
    assert alice.get("/o/acme/settings/").status_code == 200
    assert alice.get("/o/acme-corp/settings/")["Location"] == "/o/acme/settings/"


@pytest.mark.parametrize("slug", ["globex", "initech", "settings", "Acme Corp", "-acme", ""])
def test_an_address_that_is_or_was_anothers_or_is_none_is_refused(alice: Person, charlie: Person, slug: str) -> None:
    """Charlie's company is globex, and was initech."""
    charlie.post(charlie.url("accounts:settings"), GENERAL | {"name": "Globex", "slug": "initech"})
    charlie.post("/o/initech/settings/", GENERAL | {"name": "Globex", "slug": "globex"})

    answer = alice.post(alice.url("accounts:settings"), GENERAL | {"slug": slug, "name": "Changed"})

    assert answer.context["form"].errors.keys() == {"slug"}
    assert (stored(alice).slug, stored(alice).name) == ("acme", "Acme")


def test_a_new_company_never_gets_an_address_that_somebody_else_once_had(alice: Person) -> None:
    alice.post(alice.url("accounts:settings"), GENERAL | {"slug": "acme-corp"})

    second = create_organization(name="Acme", owner=factories.user("dana@example.com"), at=timezone.now())

    assert second.organization.slug == "acme-2"


# ── Two at once ──


def opened(person: Person) -> dict[str, object]:
    """The form as it was when this person opened it."""
    form = person.get(person.url("accounts:settings")).context["form"]
    return {name: form[name].value() for name in form.fields}


def test_who_saves_second_is_told_and_overwrites_nothing_unknowingly(alice: Person, bob: Person) -> None:
    bob.becomes(Role.ADMIN)
    as_alice_opened, as_bob_opened = opened(alice), opened(bob)
    bob.post(bob.url("accounts:settings"), as_bob_opened | {"name": "Acme of Bob", "week_start": 7})

    answer = alice.post(alice.url("accounts:settings"), as_alice_opened | {"name": "Acme of Alice"})

    form = answer.context["form"]
    assert "Bob changed this meanwhile: it is “Acme of Bob” now" in form.errors["name"][0]
    assert (form["name"].value(), form["week_start"].value()) == ("Acme of Alice", "7")
    assert stored(alice).name == "Acme of Bob"

    alice.post(alice.url("accounts:settings"), {name: form[name].value() for name in form.fields})
    assert (stored(alice).name, stored(alice).week_start) == ("Acme of Alice", 7)


def test_changes_of_different_fields_at_once_both_stay(alice: Person, bob: Person) -> None:
    bob.becomes(Role.ADMIN)
    as_alice_opened, as_bob_opened = opened(alice), opened(bob)

    bob.post(bob.url("accounts:settings"), as_bob_opened | {"week_start": 7})
    alice.post(alice.url("accounts:settings"), as_alice_opened | {"name": "Acme of Alice"})

    assert (stored(alice).name, stored(alice).week_start) == ("Acme of Alice", 7)


# ── The navigation, and colours ──


@pytest.mark.parametrize("role", Role)
def test_the_navigation_shows_each_role_the_pages_that_open_for_it(bob: Person, role: Role) -> None:
    bob.becomes(role)
    for page in settings_pages.PAGES:
        shown = page in [entry.page for entry in settings_pages.entries(bob.membership)]
        opens = bob.get(bob.url(page.views[0])).status_code == 200
        assert shown == opens, f"{role} and {page.label}"


def test_every_page_of_an_organization_belongs_to_a_place_of_the_navigation(alice: Person) -> None:
    homeless = {name for name in PAGES if navigation.place_of(name) is None}
    assert {name.split(":")[0] for name in homeless} <= {"alerts", "samples", "views"}, homeless

    for name, place in (
        ("analytics:campaign", "Campaigns"),
        ("delivery:account", "Settings"),
        ("effect:page", "Overview"),
    ):
        found = navigation.place_of(name)
        assert found is not None
        assert found.label == place
    page = alice.get(alice.url("inbox_settings:hours")).content.decode()
    assert page.count('aria-current="page"') == 3, "the place, the group and the page; nothing else"


def test_the_contrast_of_a_colour_is_shown_before_it_is_saved(alice: Person) -> None:
    page = alice.get(alice.url("accounts:contrast") + "?brand_color=%23f2b705").content.decode()

    assert "#f2b705 has a contrast of 1.8 : 1" in page
    assert f"nearest shade that has it: {readable_on(LIGHT_GROUND, '#f2b705')}" in page
    assert "That is enough for text." in page  # on dark

"""The pages that tell people apart, in a real browser: fit for every reader and width, and chosen without a reload."""

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Page, expect

from surveys.analytics.upkeep import rollups
from surveys.customers.models import Property, PropertyType
from tests import factories
from tests.helpers.looks import problems
from tests.helpers.processes import LiveApp
from tests.people import Person

SignIn = Callable[[Page, object], None]


def test_segments_are_chosen_and_put_side_by_side(page: Page, live_app: LiveApp, sign_in_browser: SignIn) -> None:
    alice = Person(factories.organization(factories.user("alice@example.com"), "Acme"))
    asked_and_answered(alice)
    sign_in_browser(page, alice.membership.user)
    for name in ("segments", "compare", "answered", "revenue"):
        page.goto(alice.url(f"analytics:{name}"))
        assert problems(page) == [], name

    page.goto(alice.url("analytics:segments"))
    page.get_by_label("Segments by").select_option("language")
    expect(page.get_by_role("heading", name="Score by Language")).to_be_visible()
    page.go_back()
    page.get_by_role("link", name="compare Free").click()
    expect(page.get_by_role("heading", name="Plan: Free")).to_be_visible()
    expect(page.get_by_text("40 responses are on both sides")).to_be_visible()


def asked_and_answered(alice: Person) -> None:
    for key, label, kind in (("plan", "Plan", PropertyType.TEXT), ("spend", "Spend", PropertyType.NUMBER)):
        Property.objects.create(
            organization=alice.organization, key=key, label=label, type=kind, segmentable=kind == PropertyType.TEXT
        )
    campaign = factories.campaign(alice.organization)
    for plan, count, score in (("Free", 40, 3), ("Pro", 35, 10)):
        found = factories.property_set(alice.organization, plan=plan)
        for number in range(count):
            person = factories.customer(alice.organization, property_set=found, properties={"spend": 100 + number})
            invitation = factories.invitation(campaign, person, timezone.now() - timedelta(days=3))
            factories.response(invitation, score, "Too slow" if number % 5 == 0 else "")
    for piece in rollups.slices(alice.organization.pk):
        rollups.repair(piece)

"""What goes with the score: differences that are there are found, those that only seem to be are not."""

import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from surveys.analytics.choices import choices
from surveys.analytics.look import Look
from surveys.analytics.reasons.driver_factors import band_starts
from surveys.analytics.reasons.drivers import Driver, Drivers, drivers
from surveys.analytics.upkeep import rollups
from surveys.comments.models import Theme, ThemeOrigin
from surveys.core.filters import Filters
from surveys.core.nps import Verdict
from surveys.core.periods import Period, Preset
from surveys.customers.models import Property, PropertyType
from surveys.responses.models import Response
from tests import factories
from tests.analytics.test_dashboard import words
from tests.people import Person

TODAY = timezone.now().date()


def answered(alice: Person, count: int, seed: int = 3) -> Theme:
    """Of customers in the EU more are on the plan Pro, and it is the plan alone that goes with the score (and a theme).

    Seats have nothing to do with it; "tier" says what "plan" says in other words; few are on "Legacy".
    """
    organization, rng = alice.organization, random.Random(seed)
    for key, kind in (("plan", "text"), ("region", "text"), ("seats", "number"), ("tier", "text")):
        Property.objects.create(
            organization=organization, key=key, label=key, type=PropertyType(kind), segmentable=True
        )
    theme = Theme.objects.create(
        organization=organization,
        name="Slow",
        origin=ThemeOrigin.OWN,
        created_at=timezone.now(),
        updated_at=timezone.now(),
    )
    campaign = factories.campaign(organization)
    rows = []
    for number in range(count):
        is_pro = rng.random() < 0.6
        region = "EU" if rng.random() < (0.8 if is_pro else 0.2) else "US"
        plan = "Legacy" if number % 50 == 0 else "Pro" if is_pro else "Free"
        tier = {"Pro": "high", "Free": "low", "Legacy": "old"}[plan]
        values = {"plan": plan, "region": region, "seats": str(rng.choice((1, 2, 5, 10, 20, 50))), "tier": tier}
        is_slow, has_comment = rng.random() < 0.2, rng.random() < 0.7
        happy = (0.8 if is_pro else 0.4) - (0.3 if is_slow and has_comment else 0)
        rows.append(
            Response(
                organization=organization,
                campaign=campaign,
                property_set=factories.property_set(organization, **values),
                channel="email",
                language="en",
                score=10 if rng.random() < happy else 3,
                comment="It takes long." if has_comment else "",
                themes=[theme.pk] if is_slow and has_comment else [],
                verdict="confirmed",
                day=TODAY - timedelta(days=number % 25),
                responded_at=timezone.now() - timedelta(days=number % 25),
                updated_at=timezone.now(),
            )
        )
    Response.objects.bulk_create(rows)
    for piece in rollups.slices(organization.pk):
        rollups.repair(piece)
    return theme


def found(alice: Person, **filters: Any) -> Drivers:
    look = Look(Period.ending(TODAY, Preset.YEAR), Filters(**filters))
    return drivers(alice.organization, look, choices(alice.organization, sees_hidden=True))


def of(drivers: Drivers, label: str) -> Driver:
    return next(driver for driver in drivers.drivers if driver.level.label == label)


def test_only_what_goes_with_the_score_by_itself_is_a_driver(alice: Person) -> None:
    answered(alice, 900)

    result = found(alice)

    plan, region, slow = of(result, "Free"), of(result, "US"), of(result, "Slow")
    assert plan.verdict is slow.verdict is Verdict.CHANGED
    assert -80 in plan.effect.interval
    assert -60 in slow.effect.interval
    assert region.raw.points is not None
    assert region.raw.points < -30  # as it looks like by itself
    assert region.verdict is Verdict.NO_EVIDENCE
    assert 0 in region.effect.interval
    assert [driver.level.label for driver in result.drivers[:2]] == ["Free", "Slow"]
    assert {found.level.label: [other.label for other in found.others] for found in result.merged} == {"low": ["Free"]}
    assert [factor.name for factor in result.model.alike] == ["language", "channel", "campaign"]
    assert ("p.plan", 1) in [(factor.name, count) for factor, count in result.model.folded]
    assert not [
        driver for driver in result.drivers if driver.level.factor.name == "p.seats" and driver.verdict == "changed"
    ]
    assert 0.1 < result.explained < 0.3


def test_the_page_warns_says_what_it_left_out_and_leads_to_as_many_responses(alice: Person) -> None:
    answered(alice, 300)

    page = alice.get(alice.url("analytics:drivers"), {"period": "12m"})
    read = words(page.content.decode())

    assert "Not a cause" in read
    assert "From 300 responses." in read
    assert "tier: low (always together with Plan: Free)" in read.replace("Tier", "tier")
    assert "Language, Channel, Campaign" in read
    row = next(row for row in page.context["shown"].rows if row.label.endswith("US"))
    assert alice.get(row.url).context["page"].count == row.responses


def test_with_too_few_responses_nothing_is_claimed(alice: Person) -> None:
    answered(alice, 99)
    assert "Several things are told apart only with 100 responses or more; here are 99." in words(
        alice.get(alice.url("analytics:drivers"), {"period": "12m"}).content.decode()
    )


def test_responses_chosen_by_their_scores_have_no_drivers(alice: Person) -> None:
    answered(alice, 120)
    page = words(alice.get(alice.url("analytics:drivers"), {"category": "promoter"}).content.decode())
    assert "Remove the filter on score or category." in page


def test_of_very_many_the_newest_are_used_and_the_page_says_so(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    answered(alice, 260)
    monkeypatch.setattr("surveys.analytics.reasons.drivers.MOST_RESPONSES", 150)
    page = words(alice.get(alice.url("analytics:drivers"), {"period": "12m"}).content.decode())
    assert "From the newest 150 of 260 responses" in page


def test_bands_hold_about_equally_many_and_never_part_equal_numbers() -> None:
    weights = {Decimal(1): 60, Decimal(2): 10, Decimal(5): 10, Decimal(9): 10, Decimal(20): 10}
    assert band_starts(weights) == [Decimal(1), Decimal(2), Decimal(9)]
    assert band_starts({Decimal(number): 1 for number in range(8)}) == [Decimal(0), Decimal(2), Decimal(4), Decimal(6)]

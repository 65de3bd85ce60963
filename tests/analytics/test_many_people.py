"""What many people are worth is counted by a task, some customers at a time, and is what counting at once gives."""

import random
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from surveys.analytics import tasks
from surveys.analytics.actions import scans
from surveys.analytics.models import JobStatus, Scan
from surveys.analytics.segments.revenue import AtStake
from surveys.customers.models import Property, PropertyType
from tests import factories
from tests.people import Person

TODAY = timezone.now().date()
ASKED = {"from": str(TODAY - timedelta(days=6)), "to": str(TODAY), "worth": "spend"}


@pytest.fixture(autouse=True)
def people(alice: Person) -> None:
    """Asked up to three times, before the period too, and answered or not; some are worth nothing that one knows."""
    rng = random.Random(5)
    Property.objects.create(organization=alice.organization, key="spend", label="Spend", type=PropertyType.NUMBER)
    campaign = factories.campaign(alice.organization)
    for number in range(40):
        spend = rng.choice([None, -5, 10, 10, 99.5, 1000])
        person = factories.customer(alice.organization, properties={} if spend is None else {"spend": spend})
        for turn in range(rng.choice([1, 2, 3])):
            sent = timezone.now() - timedelta(days=rng.choice([2, 3, 40]), hours=turn)
            fate = {"bounced_at": sent} if rng.random() < 0.2 else {}
            invitation = factories.invitation(campaign, person, sent, occasion=f"wave:{number}-{turn}", **fate)
            if not fate and rng.random() < 0.6:
                factories.response(invitation, rng.randrange(11), at=sent + timedelta(hours=1))
    call_command("rebuild_rollups", alice.organization.slug, verbosity=0)


def test_many_people_are_worth_what_counting_them_at_once_gives(alice: Person, settings: Any) -> None:
    url = alice.url("analytics:revenue")
    at_once = alice.get(url, ASKED).context["revenue"]
    assert len(at_once.found.groups) > 5
    assert len(at_once.stakes) > 3
    settings.SCAN_INLINE = 10

    assert "These figures are being counted" in alice.get(url, ASKED).content.decode()
    scan = Scan.objects.get()
    scans.work(scan_id=scan.pk, clock=timezone.now, is_over=iter([False, True]).__next__, size=10)  # then it dies
    assert 0 < alice.get(url, ASKED).context["scanning"].counted < Scan.objects.get().total
    scans.work(scan_id=scan.pk, clock=timezone.now, is_over=lambda: False, size=10)

    page = alice.get(url, ASKED)
    found = page.context["revenue"]
    assert "counted one after the other" in page.content.decode()
    assert found.found.groups == at_once.found.groups
    assert [told(one) for one in found.stakes] == [told(one) for one in at_once.stakes]
    file = alice.get(alice.url("analytics:export", page="revenue", table="worth", form="csv"), ASKED)
    assert file.status_code == 200


def told(stake: AtStake) -> tuple[int, float]:
    return stake.response.pk, float(stake.worth)


def test_what_was_counted_is_used_for_a_while_and_then_counted_anew(alice: Person, settings: Any) -> None:
    url, settings.SCAN_INLINE = alice.url("analytics:revenue"), 10
    alice.get(url, ASKED)
    tasks.scan(Scan.objects.get().pk)
    before = alice.get(url, ASKED).context["revenue"].found
    detractor = alice.get(url, ASKED).context["revenue"].stakes[0].response.customer
    detractor.properties = {"spend": 12345}
    detractor.save()
    assert alice.get(url, ASKED).context["revenue"].found == before

    over = timezone.now() - timedelta(seconds=settings.SCAN_KEPT_SECONDS)
    Scan.objects.update(finished_at=over)
    assert "These figures are being counted" in alice.get(url, ASKED).content.decode()
    tasks.scan(Scan.objects.get(status=JobStatus.RUNNING).pk)

    after = alice.get(url, ASKED).context["revenue"].found
    assert after.everyone.count == before.everyone.count
    assert after.of("detractor").total == before.of("detractor").total + 12345 - 1000


def test_nobody_looks_and_the_count_stops(alice: Person, settings: Any) -> None:
    settings.SCAN_INLINE = 10
    alice.get(alice.url("analytics:revenue"), ASKED)
    Scan.objects.update(asked_at=timezone.now() - timedelta(seconds=settings.SCAN_PATIENCE_SECONDS + 1))
    tasks.scan(Scan.objects.get().pk)
    assert (Scan.objects.get().status, Scan.objects.get().found) == (JobStatus.CANCELLED, None)

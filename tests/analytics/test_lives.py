"""Anything may happen to an organization, in any order and at once: rollups equal a recount, done a second time in Python."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event

import pytest
from django.db import connection, transaction
from django.utils import timezone

from surveys.accounts.actions import zones
from surveys.accounts.models import Membership, Organization, ZoneChange
from surveys.analytics.models import Regrouping
from surveys.analytics.upkeep import rebuilding, regrouping, rezoning, rollups
from surveys.core.locks import again_after_deadlock
from surveys.customers.actions import properties, property_work
from surveys.customers.models import Property, PropertyWork
from surveys.responses.actions import forgetting, joining
from surveys.responses.models import Response
from tests import factories
from tests.analytics.book import Book, expected_funnels, expected_scores, gaps, stored_funnels, stored_scores

ZONES = ("UTC", "Asia/Tokyo", "America/Los_Angeles")


def soon() -> datetime:
    return timezone.now() + timedelta(hours=1)


def later() -> datetime:
    return timezone.now() + timedelta(days=1)


class Life(Book):
    """A book to which everything else happens as well that must not disturb the counts."""

    def __init__(self, by: Membership, seed: int) -> None:
        super().__init__(by.organization, seed)
        self.by = by
        Property.objects.get_or_create(
            organization=by.organization, key="tier", defaults={"label": "Tier", "type": "text"}
        )

    @again_after_deadlock
    def anything(self) -> None:
        self.something_happens()
        if self.mark.random() < 0.5:
            self.mark.choice(
                [
                    *(self.removes, self.lets_go, self.merges, self.imports_late, self.unsubscribes),
                    *(self.moves, self.compares, self.works, self.works, self.rebuilds, self.folds, self.folds),
                ]
            )()

    def some_responses(self) -> list[Response]:
        return self.mark.sample(self.responses, min(3, len(self.responses)))

    def removes(self) -> None:
        """Somebody is deleted with what they said, or its time is over."""
        gone = [response.pk for response in self.some_responses()]
        with transaction.atomic():
            held = forgetting.hold(self.organization.pk, gone)
            forgetting.remove(organization_id=self.organization.pk, responses=held, at=self.at)
        self.responses = [response for response in self.responses if response.pk not in gone]

    def lets_go(self) -> None:
        with transaction.atomic():
            held = forgetting.hold(self.organization.pk, [response.pk for response in self.some_responses()])
            forgetting.separate(organization_id=self.organization.pk, responses=held, at=self.at)

    def merges(self) -> None:
        people = [response.customer_id for response in self.some_responses() if response.customer_id]
        if len(people) > 1:
            with transaction.atomic():
                joining.join(organization_id=self.organization.pk, survivor=people[0], gone=people[1])

    def imports_late(self) -> None:
        days, self.day = self.day, lambda: datetime(2019, self.mark.randrange(1, 13), 3, tzinfo=UTC).date()  # type: ignore[method-assign]
        self.import_many(2)
        self.day = days  # type: ignore[method-assign]

    def unsubscribes(self) -> None:
        ask = self.invite()
        self.mark.choice((self.bounce, self.unsubscribe))(ask)

    def moves(self) -> None:
        """To another time zone."""
        with transaction.atomic():
            organization = Organization.objects.select_for_update().get(pk=self.organization.pk)
            before, organization.time_zone = organization.time_zone, self.mark.choice(ZONES)
            organization.save(update_fields=["time_zone"])
            zones.begin(organization, before, organization.time_zone, timezone.now())

    def compares(self) -> None:
        """By a property, or no longer."""
        found = Property.objects.get(organization=self.organization, key=self.mark.choice(("tier", "plan", "region")))
        try:
            properties.compare_by(found=found, wanted=not found.segmentable, by=self.by, at=timezone.now())
        except properties.Busy:
            return
        property_work.work(work_id=PropertyWork.objects.latest("pk").pk, clock=soon)

    def works(self) -> None:
        rezoning.work(at=later(), limit=7)
        regrouping.work(at=later(), limit=7)

    def rebuilds(self) -> None:
        """A slice, and then it is killed."""
        next(rebuilding.rebuild(organization=self.organization, from_scratch=False, clock=timezone.now), None)

    def folds(self) -> None:
        rollups.fold(limit=self.mark.choice((1, 3, 1000)))


def finish(organization: Organization) -> None:
    while rezoning.work(at=later()):
        continue
    while regrouping.work(at=later()):
        continue
    rollups.fold()
    assert not ZoneChange.objects.filter(organization=organization, state="running").exists()
    assert not Regrouping.objects.filter(organization=organization, status="running").exists()


def agree(organization: Organization) -> None:
    assert gaps(organization) == []
    assert stored_scores(organization) == expected_scores(organization)
    assert stored_funnels(organization) == expected_funnels(organization)


def live_through(seed: int, steps: int) -> None:
    by = factories.organization(factories.user("alice@example.com"), "Acme")
    life = Life(by, seed)
    for _ in range(steps):
        life.anything()
        if life.mark.random() < 0.05:
            assert gaps(by.organization) == []
    finish(by.organization)
    agree(by.organization)


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_the_counts_are_a_recount(db: None, seed: int) -> None:
    live_through(seed, steps=40)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 120))
def test_whatever_happens_for_long_the_counts_are_a_recount(db: None, seed: int) -> None:
    live_through(seed, steps=200)


def live_at_once(lives: int, steps: int) -> None:
    by = factories.organization(factories.user("alice@example.com"), "Acme")
    books = [Life(by, seed) for seed in range(lives)]
    over = Event()

    def live(life: Life) -> None:
        for _ in range(steps):
            life.anything()

    def tend() -> None:
        while not over.is_set():
            rollups.fold(limit=7)
            rezoning.work(at=later(), limit=7)
            regrouping.work(at=later(), limit=7)

    with ThreadPoolExecutor(lives + 1) as pool:
        tending = pool.submit(apart, tend)
        living = [pool.submit(apart, partial(live, book)) for book in books]
        try:
            for work in living:
                work.result(timeout=600)
        finally:
            over.set()
        tending.result(timeout=60)
    finish(by.organization)
    agree(by.organization)


def apart(work: Callable[[], None]) -> None:
    try:
        work()
    finally:
        connection.close()


def test_whatever_happens_at_once_the_counts_are_a_recount(transactional_db: None) -> None:
    live_at_once(3, steps=12)


@pytest.mark.long
def test_whatever_happens_at_once_for_long_the_counts_are_a_recount(transactional_db: None) -> None:
    live_at_once(6, steps=120)

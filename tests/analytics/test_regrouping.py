"""A changed property: what was asked and answered before follows it, and the counts agree with the rows all the way."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from surveys.analytics.models import InvitationCount, Regrouping, ScoreCount
from surveys.analytics.upkeep import regrouping, rollups
from surveys.customers.actions import property_work
from surveys.customers.models import Customer, Property, PropertyWork
from surveys.delivery.models import Invitation
from surveys.responses.models import Response
from tests import factories
from tests.analytics.book import Book, expected_funnels, expected_scores, gaps, stored_funnels, stored_scores
from tests.people import Person


def later(seconds: int = regrouping.LATE_SECONDS + 60) -> datetime:
    return timezone.now() + timedelta(seconds=seconds)


def finish(limit: int = regrouping.SLICE) -> None:
    while regrouping.work(at=later(), limit=limit):
        continue


@pytest.fixture
def book(alice: Person) -> Book:
    book = Book(alice.organization, seed=21)
    Property.objects.create(organization=alice.organization, key="tier", label="Tier", type="text")
    for _ in range(40):
        book.something_happens()
    erased = Invitation.objects.order_by("pk").values_list("pk", flat=True)[:5]
    Invitation.objects.filter(pk__in=list(erased)).update(customer=None, properties=None)
    return book


def prop(of: Person, key: str) -> Property:
    return Property.objects.get(organization=of.organization, key=key)


def order(by: Person, name: str, key: str, **data: Any) -> PropertyWork:
    by.post(by.url(f"customers:property_{name}", pk=prop(by, key).pk), data)
    work = PropertyWork.objects.latest("pk")
    property_work.work(work_id=work.pk, clock=lambda: later(60))
    return work


def counted_under(of: Person) -> dict[int, dict[str, str]]:
    """What each ask and, with a negative number, each answer is counted under."""
    asks = Invitation.objects.filter(organization=of.organization).select_related("property_set")
    answers = Response.objects.filter(organization=of.organization).select_related("property_set")
    return {ask.pk: ask.property_set.values if ask.property_set else {} for ask in asks} | {
        -answer.pk: answer.property_set.values if answer.property_set else {} for answer in answers
    }


def merged(values: dict[str, str]) -> dict[str, str]:
    kept = {key: value for key, value in values.items() if key != "tier"}
    return kept if "plan" in kept or "tier" not in values else kept | {"plan": values["tier"]}


def retyped(values: dict[str, str]) -> dict[str, str]:
    read = {"yes": "true", "no": "false"}.get(values.get("tier", ""))
    kept = {key: value for key, value in values.items() if key != "tier"}
    return kept | ({"tier": read} if read else {})


def without(key: str, values: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if name != key}


@pytest.mark.parametrize(
    ("name", "key", "data", "becomes"),
    [
        ("compare", "tier", {"wanted": "1"}, dict),
        ("compare", "plan", {"wanted": "0"}, partial(without, "plan")),
        ("delete", "region", {}, partial(without, "region")),
        ("merge", "tier", {"into": "plan"}, merged),
        ("retype", "tier", {"kind": "boolean"}, retyped),
    ],
)
def test_the_past_follows_slice_by_slice_and_the_counts_with_it(
    alice: Person, book: Book, name: str, key: str, data: dict[str, Any], becomes: Any
) -> None:
    if name == "retype":
        order(alice, "compare", "tier", wanted="1")
        finish()
    known = {ask.pk: ask.properties for ask in Invitation.objects.order_by("pk")}
    before = counted_under(alice)
    if "into" in data:
        data = {"into": prop(alice, "plan").pk}

    order(alice, name, key, **data)
    while regrouping.work(at=later(), limit=3):
        assert gaps(alice.organization) == [], "the counts lag behind the rows"

    compared = set(Property.objects.filter(segmentable=True).values_list("key", flat=True))
    asked_by = dict(Response.objects.values_list("pk", "invitation"))

    def expected(pk: int) -> dict[str, str]:
        ask = pk if pk > 0 else asked_by[-pk]
        values = becomes(known.get(ask) or before[pk])
        return {name: value for name, value in values.items() if name in compared}

    assert counted_under(alice) == {pk: expected(pk) for pk in before}
    assert [becomes(each) for each in known.values() if each] == [
        {name: {True: "true", False: "false"}.get(value, value) for name, value in ask.properties.items()}
        for ask in Invitation.objects.order_by("pk")
        if ask.properties
    ] or name == "compare"
    assert stored_scores(alice.organization) == expected_scores(alice.organization)
    assert stored_funnels(alice.organization) == expected_funnels(alice.organization)
    job = Regrouping.objects.latest("pk")
    assert (job.status, job.seen) == ("done", job.total)
    if name in ("delete", "merge") or data.get("wanted") == "0":
        for model in (ScoreCount, InvitationCount):
            assert not model.objects.filter(dimension=f"p.{key}").exists(), "cells that nobody needs are gone"


def test_what_is_no_longer_compared_by_leaves_the_choices_at_once_and_the_page_says_that_work_goes_on(
    alice: Person, bob: Person, book: Book
) -> None:
    query = "?from=2025-01-01&to=2025-03-31"
    overview = alice.url("analytics:overview") + query
    assert "p.plan" in alice.get(overview).content.decode()

    work = order(alice, "compare", "plan", wanted="0")

    page = alice.get(overview).content.decode()
    assert "p.plan" not in page
    assert "Asks and answers of the past are being counted anew" in page
    assert work.get_absolute_url() in page
    assert work.get_absolute_url() not in bob.get(bob.url("analytics:overview") + query).content.decode()
    regrouping.work(at=later(), limit=3)
    how_far = alice.get(work.get_absolute_url()).content.decode()
    job = Regrouping.objects.get()
    assert f"{job.seen} of {job.total}" in how_far
    finish()
    assert "being counted anew" not in alice.get(overview).content.decode()
    assert alice.get(work.get_absolute_url(), headers={"HX-Request": "true"}).status_code == 286


def test_two_changes_are_done_one_after_the_other(alice: Person, book: Book) -> None:
    order(alice, "compare", "tier", wanted="1")
    regrouping.work(at=later(), limit=3)
    order(alice, "delete", "tier")

    finish(limit=7)

    assert [job.status for job in Regrouping.objects.order_by("pk")] == ["done", "done"]
    assert not any("tier" in values for values in counted_under(alice).values())
    assert not Invitation.objects.filter(properties__has_key="tier").exists()
    assert gaps(alice.organization) == []


@pytest.mark.django_db(transaction=True)
def test_people_answer_while_their_past_is_counted_anew_by_two_workers() -> None:
    alice = Person(factories.organization(factories.user("alice@example.com"), "Acme"))
    books = [Book(alice.organization, seed) for seed in range(2)]
    Property.objects.create(organization=alice.organization, key="tier", label="Tier", type="text")
    asked = [[book.invite() for _ in range(30)] for book in books]
    order(alice, "compare", "tier", wanted="1")

    def live(book: Book, asks: list[Invitation]) -> None:
        for ask in asks:  # as they stood when the page was read
            book.answer(ask)
            book.something_happens()

    def work() -> None:
        while regrouping.work(at=later(), limit=4):
            continue

    def apart(work: Any) -> None:
        try:
            work()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        lives = [partial(live, book, asks) for book, asks in zip(books, asked, strict=True)]
        for job in [pool.submit(apart, each) for each in (*lives, work, work)]:
            job.result(timeout=120)
    Regrouping.objects.update(status="running", phase="people", cursor=0, is_second_turn=True)
    finish()

    assert gaps(alice.organization) == []
    rollups.fold()
    assert stored_scores(alice.organization) == expected_scores(alice.organization)
    under = counted_under(alice)
    for answer in Response.objects.filter(invitation__isnull=False).select_related("invitation"):
        assert answer.invitation
        assert answer.invitation.properties
        assert under[-answer.pk] == under[answer.invitation.pk]
        assert under[-answer.pk]["tier"] == answer.invitation.properties["tier"]
    assert Customer.objects.filter(organization=alice.organization).count() > 60

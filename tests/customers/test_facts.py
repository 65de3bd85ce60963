"""What campaigns must know about people: asking takes a person once, answers are told apart by their time."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from surveys.customers import actions
from surveys.customers.actions import AnswerFacts
from surveys.customers.models import Customer
from tests import factories
from tests.people import Person

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
GAP = timedelta(days=90)


def fresh(customer: Customer) -> Customer:
    customer.refresh_from_db()
    return customer


def test_who_was_asked_recently_or_must_not_be_mailed_is_not_taken(alice: Person) -> None:
    make = factories.customer
    never = make(alice.organization)
    long_ago = make(alice.organization, last_asked_at=NOW - GAP)
    lately = make(alice.organization, last_asked_at=NOW - GAP + timedelta(seconds=1))
    suppressed = make(alice.organization, suppression="bounced")
    no_address = make(alice.organization, None)
    ids = [person.pk for person in (no_address, suppressed, lately, long_ago, never)]

    taken = actions.take_for_asking(customer_ids=ids, asked_before=NOW - GAP, at=NOW)

    assert taken == {never.pk: None, long_ago.pk: NOW - GAP}
    assert (fresh(never).last_asked_at, never.asked_count) == (NOW, 1)
    assert fresh(lately).asked_count == 0


def test_giving_back_restores_what_stood_unless_somebody_asked_since(alice: Person) -> None:
    ada = factories.customer(alice.organization, last_asked_at=NOW - GAP, asked_count=3)
    taken = actions.take_for_asking(customer_ids=[ada.pk], asked_before=NOW - GAP, at=NOW)
    actions.give_back(taken=taken, at=NOW)
    assert (fresh(ada).last_asked_at, ada.asked_count) == (NOW - GAP, 3)

    first = actions.take_for_asking(customer_ids=[ada.pk], asked_before=NOW, at=NOW)
    later = NOW + timedelta(hours=1)
    actions.take_for_asking(customer_ids=[ada.pk], asked_before=later, at=later)
    actions.give_back(taken=first, at=NOW)
    assert (fresh(ada).last_asked_at, ada.asked_count) == (later, 4)


@pytest.mark.django_db(transaction=True)
def test_two_claims_at_once_take_each_person_once(alice: Person) -> None:
    people = [factories.customer(alice.organization).pk for _ in range(60)]
    start, results = threading.Barrier(2), []

    def claim(ids: list[int]) -> None:
        start.wait()
        try:
            results.append(actions.take_for_asking(customer_ids=ids, asked_before=NOW - GAP, at=NOW))
        finally:
            connection.close()

    threads = [threading.Thread(target=claim, args=[ids]) for ids in (people, people[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted([*results[0], *results[1]]) == people
    assert set(Customer.objects.values_list("asked_count", flat=True)) == {1}


def test_answers_shift_the_scores_and_amendments_change_the_latest_only(alice: Person) -> None:
    ada = factories.customer(alice.organization)
    first, second = NOW, NOW + timedelta(days=100)
    actions.record_answer(customer_id=ada.pk, score=3, at=first, first=True)
    actions.record_answer(customer_id=ada.pk, score=9, at=second, first=True)
    facts = ("last_score", "previous_score", "answered_count", "last_answered_at")
    assert [getattr(fresh(ada), name) for name in facts] == [9, 3, 2, second]

    actions.record_answer(customer_id=ada.pk, score=10, at=second, first=False)
    actions.record_answer(customer_id=ada.pk, score=0, at=first, first=False)
    assert [getattr(fresh(ada), name) for name in facts] == [10, 3, 2, second]

    actions.record_answer(customer_id=ada.pk, score=5, at=first - GAP, first=True)
    assert [getattr(fresh(ada), name) for name in facts] == [10, 3, 3, second]

    actions.restate_answers(facts=[AnswerFacts(ada.pk, first, 3, None, 1)])
    assert [getattr(fresh(ada), name) for name in facts] == [3, None, 1, first]

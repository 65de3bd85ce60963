"""Two rows that are one person: found, compared, merged with everything that happened to either."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from surveys.accounts.models import AuditEntry, Role
from surveys.analytics.models import InvitationCount, InvitationDelta, ScoreCount, ScoreDelta
from surveys.customers import actions
from surveys.customers.actions import bulk_work
from surveys.customers.models import (
    BulkAct,
    BulkKind,
    Customer,
    CustomerChange,
    Property,
    Suppression,
    SuppressionReason,
)
from surveys.delivery.models import Delivery, Invitation, Queue
from surveys.delivery.models import Kind as DeliveryKind
from surveys.delivery.models import State as DeliveryState
from surveys.responses.models import Response
from tests import factories
from tests.people import Person

NOW = timezone.now()


def merge(person: Person, first: Customer, second: Customer, **form: Any) -> Any:
    """Confirmed, and done as a worker does it when the time to undo is over."""
    address = f"{person.url('customers:merge')}?id={first.pk}&id={second.pk}"
    answer = person.post(address, {"merge": "1"} | form)
    for act in BulkAct.objects.open().filter(kind=BulkKind.MERGE):
        bulk_work.work(act_id=act.pk, clock=lambda: timezone.now() + timedelta(minutes=1))
    return answer


def test_likely_duplicates_are_found_and_lead_to_the_comparison(alice: Person, charlie: Person) -> None:
    for email in ("ada@acme.example", "a.lovelace@acme.example"):
        factories.customer(alice.organization, email, name="Ada Lovelace")
    factories.customer(alice.organization, "ada@else.example", name="ada lovelace")
    factories.customer(charlie.organization, "ada@acme.example", name="Ada Lovelace")
    for external_id in ("X-1", "x-1"):
        factories.customer(alice.organization, external_id=external_id)
    page = alice.get(alice.url("customers:duplicates")).content.decode()
    assert page.count("Same name, same domain") == 1
    assert page.count("External IDs differ in case only") == 1
    assert "ada@else.example" not in page
    assert "Nobody is there twice" in charlie.get(charlie.url("customers:duplicates")).content.decode()


def test_each_field_is_chosen_seen_and_then_merged(alice: Person) -> None:
    Property.objects.create(organization=alice.organization, key="plan", label="Plan", type="text", segmentable=True)
    older = factories.customer(
        alice.organization, "ada@old.example", name="Ada", properties={"plan": "Free"}, asked_count=1, language="de"
    )
    newer = factories.customer(
        alice.organization, "ada@new.example", name="Ada L.", properties={"plan": "Pro", "x": 1}, external_id="7"
    )
    address = f"{alice.url('customers:merge')}?id={older.pk}&id={newer.pk}"
    choice = {"survivor": "a", "name": "a", "email": "b", "p.plan": "b"}

    page = alice.get(address).content.decode()
    assert 'name="email" value="a" checked' in page  # who was asked more gives the values unless another is chosen
    preview = alice.post(address, choice).content.decode()
    assert "ada@new.example" in preview
    assert "ada@old.example" not in preview
    assert Customer.objects.count() == 2

    answer = merge(alice, older, newer, **choice)

    assert older.get_absolute_url() in alice.get(answer["Location"]).content.decode()
    kept = Customer.objects.select_related("property_set").get()
    assert (kept.pk, kept.name, kept.email, kept.external_id, kept.language) == (
        older.pk,
        "Ada",
        "ada@new.example",
        "7",
        "de",
    )
    assert kept.properties == {"plan": "Pro", "x": 1}
    assert kept.property_set is not None
    assert kept.property_set.values == {"plan": "Pro"}
    change = CustomerChange.objects.get(source="merge")
    assert change.changes["email"] == ["ada@old.example", "ada@new.example"]
    assert AuditEntry.objects.get(action="customer.merged").details == {"gone": newer.pk}


def test_asks_answers_and_history_of_both_stand_on_one(alice: Person) -> None:
    ada = factories.customer(alice.organization, name="Ada", asked_count=2, last_asked_at=NOW - timedelta(days=9))
    twin = factories.customer(alice.organization, name="Ada", asked_count=1, last_asked_at=NOW - timedelta(days=2))
    pulse, other = factories.campaign(alice.organization), factories.campaign(alice.organization, "Other")
    first = factories.invitation(pulse, ada, NOW - timedelta(days=9), answered_at=NOW)
    second = factories.invitation(pulse, twin, NOW - timedelta(days=2), answered_at=NOW)
    alone = factories.invitation(other, twin, NOW - timedelta(days=5))
    factories.response(first, 3, at=NOW - timedelta(days=8))
    factories.response(second, 9, at=NOW - timedelta(days=1))
    CustomerChange.objects.create(
        organization=alice.organization, customer=twin, at=NOW, source="edit", changes={"name": [None, "Ada"]}
    )
    before = [list(model.objects.values()) for model in (ScoreCount, ScoreDelta, InvitationCount, InvitationDelta)]

    merge(alice, ada, twin, survivor="a")

    kept = Customer.objects.get()
    assert {row.pk for row in Invitation.objects.filter(customer=kept)} == {first.pk, second.pk, alone.pk}
    assert Response.objects.filter(customer=kept).count() == 2
    assert (kept.last_score, kept.previous_score, kept.answered_count) == (9, 3, 2)
    assert (kept.asked_count, kept.last_asked_at) == (3, NOW - timedelta(days=2))
    assert CustomerChange.objects.filter(customer=kept).count() == 2
    assert [list(m.objects.values()) for m in (ScoreCount, ScoreDelta, InvitationCount, InvitationDelta)] == before
    page = alice.get(kept.get_absolute_url())
    assert page.status_code == 200


@pytest.mark.parametrize(("sent", "left"), [((True, False), 0), ((False, True), 0), ((False, False), 1)])
def test_nobody_is_asked_again_on_one_occasion_because_of_a_merge(
    alice: Person, sent: tuple[bool, bool], left: int
) -> None:
    pulse = factories.campaign(alice.organization)
    both = [factories.customer(alice.organization, name="Ada") for _ in sent]
    for person, is_sent in zip(both, sent, strict=True):
        asked = factories.invitation(pulse, person)
        if not is_sent:
            Invitation.objects.filter(pk=asked.pk).update(sent_at=None, sent_day=None, claimed_at=None)
            Delivery.objects.create(
                organization=alice.organization,
                campaign=pulse,
                invitation=asked,
                customer=person,
                kind=DeliveryKind.ASK,
                queue=Queue.BULK,
                due_at=NOW,
                created_at=NOW,
            )
    merge(alice, *both)
    assert Delivery.objects.filter(state=DeliveryState.DUE).count() == left
    assert Invitation.objects.filter(customer=Customer.objects.get()).count() == 2


def test_who_unsubscribed_by_one_address_is_not_mailed_at_the_other(alice: Person) -> None:
    ada = factories.customer(alice.organization, "ada@one.example", name="Ada", answered_count=1)
    twin = factories.customer(alice.organization, "ada@two.example", name="Ada")
    for address, reason in (("ada@two.example", SuppressionReason.UNSUBSCRIBED),):
        actions.suppress(organization=alice.organization, address=address, reason=reason, source="", at=NOW)
    merge(alice, ada, twin, email="a")
    kept = Customer.objects.get()
    assert (kept.email, kept.suppression) == ("ada@one.example", "unsubscribed")
    assert Suppression.objects.count() == 2


def test_merging_is_for_those_who_may_delete_and_for_two_of_ones_own(
    alice: Person, bob: Person, charlie: Person
) -> None:
    ada, twin = (factories.customer(alice.organization, name="Ada") for _ in "12")
    bob.becomes(Role.AGENT)
    assert merge(bob, ada, twin).status_code == 403
    assert merge(charlie, ada, twin).status_code == 404
    assert merge(alice, ada, factories.customer(charlie.organization)).status_code == 404
    assert "Who is the same person" in merge(alice, ada, ada).content.decode()
    assert Customer.objects.filter(organization=alice.organization).count() == 2

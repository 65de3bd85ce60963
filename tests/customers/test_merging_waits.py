"""A merge waits, can be taken back, and never lets anybody escape who is about to be erased."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from surveys.accounts.models import AuditEntry, Role
from surveys.customers.actions import bulk, bulk_work, merging
from surveys.customers.actions.merging import NotPossible
from surveys.customers.list_filters import ListFilters
from surveys.customers.models import BulkAct, BulkKind, BulkStatus, Customer, Property, Suppression
from tests import factories
from tests.customers.test_erasing_at_once import Other
from tests.helpers.waiting import wait_until
from tests.people import Person

Pair = tuple[Customer, Customer]


@pytest.fixture
def pair(alice: Person) -> Pair:
    """Ada stays, her twin becomes one with her."""
    return (
        factories.customer(alice.organization, "ada@one.example", name="Ada", answered_count=1),
        factories.customer(alice.organization, "ada@two.example", name="Ada Twin", properties={"plan": "Pro"}),
    )


def post_merge(person: Person, pair: Pair, **form: str) -> Any:
    return person.post(f"{person.url('customers:merge')}?id={pair[0].pk}&id={pair[1].pk}", {"merge": "1"} | form)


def work(act: BulkAct) -> BulkAct:
    bulk_work.work(act_id=act.pk, clock=lambda: timezone.now() + timedelta(minutes=1))
    act.refresh_from_db()
    return act


def only_act() -> BulkAct:
    return BulkAct.objects.get(kind=BulkKind.MERGE)


def farewell(person: Person, customer: Customer, kind: str = "erase") -> BulkAct:
    assert person.post(person.url("privacy:farewell", pk=customer.pk), {"kind": kind}).status_code == 302
    return BulkAct.objects.latest("pk")


def test_until_its_time_both_are_what_they_were_and_undo_leaves_them_so(alice: Person, pair: Pair) -> None:
    address = post_merge(alice, pair)["Location"]
    assert post_merge(alice, pair)["Location"] == address  # pressed twice it is one
    act = only_act()
    bulk_work.work(act_id=act.pk, clock=timezone.now)
    assert Customer.objects.count() == 2
    page = alice.get(address).content.decode()
    assert "data-undo-seconds" in page
    assert pair[1].get_absolute_url() in page
    assert AuditEntry.objects.filter(action="customer.merged").count() == 0

    alice.post(alice.url("customers:bulk_stop", pk=act.pk))

    assert work(act).status == BulkStatus.CANCELLED
    assert Customer.objects.count() == 2
    assert "Nothing was merged" in alice.get(address).content.decode()


def test_what_changed_or_went_meanwhile_is_not_merged_and_the_page_says_why(alice: Person, pair: Pair) -> None:
    preview = alice.post(f"{alice.url('customers:merge')}?id={pair[0].pk}&id={pair[1].pk}", {"survivor": "a"})
    versions = preview.context["both"].versions
    alice.post(alice.url("customers:edit", pk=pair[1].pk), {"email": "ada@two.example", "name": "Ada Else"})
    seen = {f"version_{side}": text for side, text in versions.items()}
    assert "compare them again" in alice.get(post_merge(alice, pair, **seen)["Location"]).content.decode()
    assert not BulkAct.objects.exists()

    for meanwhile, why in (
        (lambda: Customer.objects.filter(pk=pair[0].pk).update(updated_at=timezone.now()), "changed meanwhile"),
        (lambda: Customer.objects.filter(pk=pair[0].pk).delete(), "not there any more"),
    ):
        address = post_merge(alice, pair)["Location"]
        meanwhile()
        act = work(BulkAct.objects.latest("pk"))
        assert act.status == BulkStatus.FAILED
        assert why in alice.get(address).content.decode()
        assert Customer.objects.filter(pk=pair[1].pk, name="Ada Else").exists()


@pytest.mark.parametrize("how", ["picked", "matching"])
def test_who_is_about_to_be_erased_is_not_merged(alice: Person, pair: Pair, how: str) -> None:
    if how == "picked":
        erasure = farewell(alice, pair[1])
    else:
        filters = ListFilters.from_text("q=two.example")
        chosen, change = bulk.Chosen(filters), bulk.Change(BulkKind.DELETE)
        erasure = bulk.confirm(chosen=chosen, change=change, by=alice.membership, at=timezone.now())

    refused = alice.get(post_merge(alice, pair)["Location"]).content.decode()

    assert "about to be deleted or erased" in refused
    assert not BulkAct.objects.filter(kind=BulkKind.MERGE).exists()
    assert work(erasure).changed == 1
    assert list(Customer.objects.values_list("name", flat=True)) == ["Ada"]


def test_an_erasure_confirmed_while_a_merge_waits_comes_first(alice: Person, pair: Pair) -> None:
    post_merge(alice, pair)
    erasure = farewell(alice, pair[1])
    assert work(only_act()).status == BulkStatus.FAILED
    assert work(erasure).changed == 1
    assert Customer.objects.get().properties == {}
    assert Suppression.objects.get().reason == "erased"


def test_an_act_that_meant_somebody_merged_says_who_was_not_found(alice: Person, pair: Pair) -> None:
    third = factories.customer(alice.organization, name="Third")
    post_merge(alice, pair)
    assert work(only_act()).status == BulkStatus.DONE
    address = f"{alice.url('customers:bulk')}?scope=picked&id={pair[1].pk}&id={third.pk}"
    words = f"No. {pair[1].pk} was merged into"
    assert words in alice.get(address).content.decode()
    act = work(BulkAct.objects.get(pk=int(alice.post(address, {"kind": "erase"})["Location"].split("/")[-2])))
    assert (act.seen, act.changed) == (1, 1)
    assert words in alice.get(act.get_absolute_url()).content.decode()


@pytest.mark.django_db(transaction=True)
def test_an_erasure_and_a_merge_of_the_same_moment_are_one_after_the_other(alice: Person, pair: Pair) -> None:
    post_merge(alice, pair)
    chosen = bulk.Chosen(ListFilters(), (pair[1].pk,))
    at = timezone.now()

    with transaction.atomic():
        bulk.confirm(chosen=chosen, change=bulk.Change(BulkKind.ERASE), by=alice.membership, at=at)
        merge = Other(lambda: work(only_act()))
        wait_until(merge.waits)
    assert merge.finish().status == BulkStatus.FAILED
    bulk.stop(act=BulkAct.objects.latest("pk"), by=alice.membership, at=at)

    post_merge(alice, pair)
    with transaction.atomic():
        merging.perform(act=BulkAct.objects.latest("pk"), at=at)
        erasure = Other(lambda: _told(chosen, alice))
        wait_until(erasure.waits)
    assert erasure.finish() == "nobody"


def _told(chosen: bulk.Chosen, alice: Person) -> str:
    try:
        bulk.confirm(chosen=chosen, change=bulk.Change(BulkKind.ERASE), by=alice.membership, at=timezone.now())
    except bulk.Nobody:
        return "nobody"
    return "confirmed"


def test_a_merge_that_was_done_is_not_done_again(alice: Person, pair: Pair) -> None:
    post_merge(alice, pair)
    act = only_act()
    work(act)
    with pytest.raises(NotPossible):
        merging.perform(act=act, at=timezone.now())
    assert work(act).status == BulkStatus.DONE
    assert AuditEntry.objects.get(action="customer.merged").actor_id == alice.membership.user_id


@pytest.mark.django_db(transaction=True)
def test_a_form_that_is_sent_three_times_at_once_makes_one_act(alice: Person, pair: Pair) -> None:
    address = f"{alice.url('customers:bulk')}?scope=all"
    form = alice.get(address).context["form"]

    def send(value: str = "de") -> str:
        return str(alice.post(address, {"kind": "language", "language": value, "form": str(form)})["Location"])

    with transaction.atomic():
        first = send()
        others = [Other(send), Other(send)]
        wait_until(lambda: all(other.waits() for other in others))
    assert {other.finish() for other in others} == {first}
    assert AuditEntry.objects.filter(action="bulk_act.confirmed").count() == 1
    assert send("fr") != first  # the same page, something else
    alice.post(first + "stop/")
    assert send() != first  # taken back, it may be done again
    assert connection.in_atomic_block is False


def test_the_record_and_what_is_known_tell_a_merge_in_words(alice: Person, bob: Person, pair: Pair) -> None:
    ada, twin = pair
    for key, label, kind, open_to_all in (("mrr", "Revenue", "number", True), ("vip", "Important", "boolean", False)):
        Property.objects.create(
            organization=alice.organization, key=key, label=label, type=kind, visible_to_agents=open_to_all
        )
    Customer.objects.filter(pk=ada.pk).update(properties={"mrr": 5, "vip": False}, language="de")
    Customer.objects.filter(pk=twin.pk).update(properties={"mrr": 234, "vip": True}, language="fr")
    factories.invitation(factories.campaign(alice.organization), ada, occasion="history:2026-04-15")
    post_merge(alice, pair, survivor="a")
    assert work(only_act()).status == BulkStatus.DONE

    answer = alice.get(ada.get_absolute_url())
    merged = next(entry for entry in answer.context["entries"] if entry.text.startswith("Merged"))
    assert merged.text == "Merged with Ada Twin"
    left = {each.label: each.before for each in merged.not_taken}
    assert left == {
        "Name": "Ada Twin",
        "Email": "ada@two.example",
        "Language": "French",
        "Revenue": "234",
        "Important": "Yes",
    }
    assert "merged." not in answer.content.decode()
    bob.becomes(Role.AGENT)
    assert "Important" not in bob.get(ada.get_absolute_url()).content.decode()

    known = alice.get(alice.url("privacy:person", pk=ada.pk)).content.decode()
    for words in ("Merged with", "Revenue", "German", "Earlier survey of 15 Apr 2026", "Merge asked"):
        assert words in known, words
    for key in ("merged.", "history:2026", "Mrr", "p.mrr", "False", "customer.merged"):
        assert key not in known, key

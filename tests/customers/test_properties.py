"""Properties: declared, renamed, retyped, merged, deleted, compared by; nothing that conditions ask about goes silently."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from surveys.accounts.models import Role
from surveys.customers.actions import property_work
from surveys.customers.actions import segments as segment_actions
from surveys.customers.models import (
    Customer,
    CustomerChange,
    ImportJob,
    ImportStatus,
    Property,
    PropertyWork,
    PropertyWorkStatus,
)
from surveys.customers.queries import properties as queries
from tests import factories
from tests.people import Person

LATER = timedelta(minutes=1)


def declared(of: Person, key: str, type: str = "text", **fields: Any) -> Property:
    return Property.objects.create(organization=of.organization, key=key, label=key.capitalize(), type=type, **fields)


def people(of: Person, *properties: dict[str, Any]) -> list[Customer]:
    return [factories.customer(of.organization, properties=each) for each in properties]


def now(customers: list[Customer]) -> list[dict[str, Any]]:
    return [Customer.objects.get(pk=each.pk).properties for each in customers]


def work(clock: Callable[[], datetime] = lambda: timezone.now() + LATER) -> PropertyWork:
    row = PropertyWork.objects.latest("pk")
    property_work.work(work_id=row.pk, clock=clock)
    row.refresh_from_db()
    return row


def test_the_page_says_how_full_each_property_is_and_with_what(alice: Person) -> None:
    declared(alice, "plan")
    declared(alice, "seats", "number")
    people(alice, {"plan": "Pro", "seats": 5}, {"plan": "Pro"}, {"plan": "Team"}, {})

    found = queries.overview(alice.organization)

    assert [(each.property.key, each.filled, each.distinct) for each in found.properties] == [
        ("plan", 0.75, 2),
        ("seats", 0.25, 1),
    ]
    assert [(top.text, round(top.share, 2)) for top in found.properties[0].top] == [("Pro", 0.67), ("Team", 0.33)]
    shown = alice.get(alice.url("customers:properties")).content.decode()
    assert "75 %" in shown
    assert "Pro" in shown


def test_shares_never_say_all_or_nobody_where_that_is_not_so(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    declared(alice, "plan")
    declared(alice, "vip", "boolean")
    people(alice, {"plan": "Pro", "vip": True}, *({"plan": "Pro"} for _number in range(249)), {"plan": "Team"})
    plan, vip = queries.overview(alice.organization).properties
    assert (plan.said, vip.said) == ("100 %", "< 1 %")
    assert [(top.text, top.said) for top in plan.top] == [("Pro", "> 99 %")]
    assert "< 1 %" in alice.get(alice.url("customers:properties")).content.decode().replace("&lt;", "<")

    monkeypatch.setattr("surveys.customers.queries.properties.SAMPLE", 125)
    plan, vip = queries.overview(alice.organization).properties
    assert plan.said == "> 99 %"
    assert not any(top.said for top in vip.top)


def test_the_page_takes_as_many_statements_for_ten_properties_as_for_one(
    alice: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    declared(alice, "plan")
    with django_assert_num_queries(3):
        queries.overview(alice.organization)
    for number in range(9):
        declared(alice, f"more{number}")
    people(alice, *({"plan": f"P{n}"} for n in range(20)))
    with django_assert_num_queries(3):
        queries.overview(alice.organization)


def test_an_admin_declares_renames_and_orders_properties(alice: Person) -> None:
    new = alice.url("customers:property_new")
    alice.post(new, {"label": "Contract end", "type": "date", "visible_to_agents": "on"})
    alice.post(new, {"label": "Plan", "type": "text"})
    assert "already" in alice.post(new, {"label": "contract END", "type": "text"}).content.decode()

    end, plan = Property.objects.order_by("position")
    assert (end.key, end.type, plan.visible_to_agents) == ("contract_end", "date", False)
    alice.post(alice.url("customers:property_move", pk=plan.pk, direction="up"))
    assert [each.key for each in Property.objects.all()] == ["plan", "contract_end"]
    alice.post(alice.url("customers:property", pk=plan.pk), {"label": "Tariff", "visible_to_agents": "on"})
    plan.refresh_from_db()
    assert (plan.key, plan.label, plan.visible_to_agents) == ("plan", "Tariff", True)


def test_retyping_says_first_what_will_be_lost_and_keeps_it_in_the_history(alice: Person) -> None:
    found = declared(alice, "seats")
    customers = people(alice, {"seats": "1.234,5"}, {"seats": "7"}, {"seats": "many"}, {})
    address = alice.url("customers:property_retype", pk=found.pk)

    preview = alice.get(address, {"kind": "number_comma"}).content.decode()
    assert "Change it for 3 customers" in preview
    assert "many" in preview
    assert now(customers)[0] == {"seats": "1.234,5"}

    alice.post(address, {"kind": "number_comma"})
    row = work()

    assert now(customers) == [{"seats": 1234.5}, {"seats": 7}, {}, {}]
    assert (row.status, row.seen, row.lost) == (PropertyWorkStatus.DONE, 3, 1)
    assert Property.objects.get().type == "number"
    assert CustomerChange.objects.get().changes == {"p.seats": ["many", None]}


def test_numbers_become_text_with_all_their_digits(alice: Person) -> None:
    found = declared(alice, "account", "number")
    customers = people(alice, {"account": 12345678901234567890}, {"account": 0.1})
    alice.post(alice.url("customers:property_retype", pk=found.pk), {"kind": "text"})
    work()
    assert now(customers) == [{"account": "12345678901234567890"}, {"account": "0.1"}]


@pytest.mark.parametrize(("prefers", "kept", "lost"), [("", "Pro", "Team"), ("1", "Team", "Pro")])
def test_merging_keeps_one_value_and_notes_the_other(alice: Person, prefers: str, kept: str, lost: str) -> None:
    tariff, plan = declared(alice, "tariff"), declared(alice, "plan")
    customers = people(alice, {"tariff": "Team", "plan": "Pro"}, {"tariff": "Free"}, {"plan": "Pro"})
    address = alice.url("customers:property_merge", pk=tariff.pk)
    choice: dict[str, Any] = {"into": plan.pk, "prefers_merged": prefers}
    assert "one of the two values is lost" in alice.get(address, choice).content.decode()

    alice.post(address, choice)
    work()

    assert now(customers) == [{"plan": kept}, {"plan": "Free"}, {"plan": "Pro"}]
    assert [each.key for each in Property.objects.all()] == ["plan"]
    noted = CustomerChange.objects.filter(customer=customers[0]).latest("pk").changes
    assert lost in next(iter(noted.values()))


def test_deleting_forgets_the_values_in_the_history_too(alice: Person) -> None:
    found = declared(alice, "birthday", "date")
    customers = people(alice, {"birthday": "1990-01-01", "plan": "Pro"})
    CustomerChange.objects.create(
        organization=alice.organization,
        customer=customers[0],
        at=timezone.now(),
        source="edit",
        changes={"p.birthday": ["1989-01-01", "1990-01-01"]},
    )
    alice.post(alice.url("customers:property_delete", pk=found.pk))
    work()
    assert now(customers) == [{"plan": "Pro"}]
    assert not Property.objects.exists()
    assert not CustomerChange.objects.exists()


def test_a_property_that_a_segment_asks_about_keeps_its_type_and_stays(alice: Person) -> None:
    found, other = declared(alice, "plan"), declared(alice, "tariff")
    segment_actions.create(
        name="Pros",
        description="",
        conditions={"all": [{"field": "p.plan", "op": "is_set"}]},
        by=alice.membership,
        at=timezone.now(),
    )
    orders = [("retype", {"kind": "number"}), ("merge", {"into": other.pk}), ("delete", {})]
    for name, data in orders:
        address = alice.url(f"customers:property_{name}", pk=found.pk)
        assert "Pros" in alice.get(address).content.decode()
        assert "Conditions ask about this property" in alice.post(address, data, follow=True).content.decode()
    assert not PropertyWork.objects.exists()
    with pytest.raises(IntegrityError), transaction.atomic():  # the last word is the database's
        Property.objects.filter(pk=found.pk)._raw_delete(using="default")
        transaction.get_connection().check_constraints()


def test_undo_before_it_starts_changes_nothing(alice: Person) -> None:
    found = declared(alice, "seats")
    customers = people(alice, {"seats": "many"})
    page = alice.post(alice.url("customers:property_delete", pk=found.pk), follow=True).content.decode()
    assert "data-undo-seconds" in page

    undo = alice.url("customers:property_work_undo", pk=PropertyWork.objects.get().pk)
    assert "Nothing was changed" in alice.post(undo, follow=True).content.decode()

    assert work().status == PropertyWorkStatus.CANCELLED
    assert now(customers) == [{"seats": "many"}]
    assert "Too late" in alice.post(undo, follow=True).content.decode()


def test_comparing_by_a_property_groups_customers_and_takes_them_out_again(alice: Person) -> None:
    found = declared(alice, "plan")
    (customer,) = people(alice, {"plan": "Pro"})
    compare = alice.url("customers:property_compare", pk=found.pk)

    alice.post(compare, {"wanted": "1"})
    work()
    customer.refresh_from_db()
    assert customer.property_set is not None
    assert customer.property_set.values == {"plan": "Pro"}

    alice.post(compare, {"wanted": "0"})
    work()
    customer.refresh_from_db()
    assert customer.property_set is not None
    assert customer.property_set.values == {}


def test_what_has_too_many_values_is_not_compared_by_and_that_is_said(alice: Person) -> None:
    found = declared(alice, "city")
    people(alice, *({"city": f"City {n}"} for n in range(101)))
    said = alice.post(alice.url("customers:property_compare", pk=found.pk), {"wanted": "1"}, follow=True)
    assert "more than 100 different values" in said.content.decode()
    assert not PropertyWork.objects.exists()


def test_one_after_the_other_and_not_while_a_list_is_imported(alice: Person) -> None:
    first, second = declared(alice, "plan"), declared(alice, "seats")
    alice.post(alice.url("customers:property_delete", pk=first.pk))
    said = alice.post(alice.url("customers:property_delete", pk=second.pk), follow=True).content.decode()
    assert "Try again when that is done" in said
    work()

    job = ImportJob.objects.create(
        organization=alice.organization,
        created_at=timezone.now(),
        file_name="a.csv",
        size=1,
        encoding="utf-8",
        separator=",",
        status=ImportStatus.RUNNING,
    )
    alice.post(alice.url("customers:property_delete", pk=second.pk))
    assert Property.objects.filter(pk=second.pk).exists()
    assert PropertyWork.objects.count() == 1
    ImportJob.objects.filter(pk=job.pk).update(status=ImportStatus.CHECKED)
    alice.post(alice.url("customers:property_delete", pk=second.pk))
    job.refresh_from_db()
    assert job.status == ImportStatus.UPLOADED


def test_a_list_that_is_begun_before_the_work_starts_is_waited_for(alice: Person) -> None:
    found = declared(alice, "seats")
    customers = people(alice, {"seats": "7"})
    alice.post(alice.url("customers:property_retype", pk=found.pk), {"kind": "number"})
    job = ImportJob.objects.create(
        organization=alice.organization,
        created_at=timezone.now(),
        file_name="a.csv",
        size=1,
        encoding="utf-8",
        separator=",",
        status=ImportStatus.RUNNING,
    )
    assert work().status == PropertyWorkStatus.WAITING
    assert now(customers) == [{"seats": "7"}]

    ImportJob.objects.filter(pk=job.pk).update(status=ImportStatus.DONE)
    assert work(lambda: timezone.now() + 2 * LATER).status == PropertyWorkStatus.DONE
    assert now(customers) == [{"seats": 7}]


class Killed(BaseException):
    """What the process dies of in the test below; nothing in the product catches it."""


def test_a_worker_that_dies_on_the_way_is_followed_by_one_that_goes_on(
    alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(property_work, "SLICE", 2)
    found = declared(alice, "seats")
    customers = people(alice, *({"seats": str(n)} for n in range(7)))
    alice.post(alice.url("customers:property_retype", pk=found.pk), {"kind": "number"})
    calls = iter(range(1000))

    def dying() -> datetime:
        if next(calls) > 9:
            raise Killed
        return timezone.now() + LATER

    with pytest.raises(Killed):
        work(dying)
    row = PropertyWork.objects.get()
    assert 0 < row.seen < 7
    assert work().seen == row.seen  # the dead worker's lease still holds

    row = work(lambda: timezone.now() + timedelta(hours=1))

    assert (row.status, row.seen, row.changed) == (PropertyWorkStatus.DONE, 7, 7)
    assert now(customers) == [{"seats": n} for n in range(7)]


def test_only_those_who_may_manage_properties_open_these_pages(alice: Person, bob: Person) -> None:
    found = declared(alice, "plan")
    for role, status in ((Role.ANALYST, 403), (Role.AGENT, 403), (Role.ADMIN, 200)):
        bob.becomes(role)
        assert bob.get(bob.url("customers:properties")).status_code == status
        assert bob.get(bob.url("customers:property", pk=found.pk)).status_code == status

"""Acts on many: counted first, undone before they start, each customer once whatever dies, given back within a day."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.utils import timezone

from nps_app.local.process import Child
from surveys.accounts.models import AuditEntry, Role
from surveys.customers.actions import bulk, bulk_slices, bulk_work
from surveys.customers.models import BulkAct, BulkStatus, Customer, CustomerChange, Property, Suppression
from tests import factories
from tests.helpers.waiting import wait_until
from tests.people import Person


def confirm(person: Person, scope: str = "all", query: dict[str, Any] | None = None, **form: Any) -> BulkAct:
    address = person.url("customers:bulk") + "?" + urlencode({"scope": scope} | (query or {}), doseq=True)
    answer = person.post(address, form)
    assert answer.status_code == 302, answer.content.decode()
    return BulkAct.objects.latest("pk")


def work(act: BulkAct) -> BulkAct:
    """As a worker does when the time to undo is over."""
    bulk_work.work(act_id=act.pk, clock=lambda: timezone.now() + timedelta(minutes=1))
    act.refresh_from_db()
    return act


@pytest.fixture
def plans(alice: Person) -> list[Customer]:
    Property.objects.create(organization=alice.organization, key="plan", label="Plan", type="text", segmentable=True)
    Property.objects.create(organization=alice.organization, key="seats", label="Seats", type="number")
    plans = ["Free", "Free", "Pro", None, "Free"]
    return [
        factories.customer(alice.organization, name=f"Person {number}", properties={"plan": plan} if plan else {})
        for number, plan in enumerate(plans)
    ]


def plans_now() -> list[Any]:
    return [customer.properties.get("plan") for customer in Customer.objects.order_by("pk")]


def test_all_that_match_are_counted_shown_and_changed_once(alice: Person, plans: list[Customer]) -> None:
    query = {"p.plan": "Free"}
    Customer.objects.filter(pk=plans[0].pk).update(name="Ada <b>")
    sets = [
        factories.property_set(alice.organization, plan="Free"),
        factories.property_set(alice.organization, plan="Pro"),
    ]
    Customer.objects.filter(properties__plan="Free").update(property_set=sets[0])
    page = alice.get(alice.url("customers:bulk"), query | {"scope": "all"}).content.decode()
    assert "Change 3 customers" in page
    assert "Ada &lt;b&gt;" in page

    act = confirm(alice, query=query, kind="property", property="plan", value="Pro")
    assert plans_now() == ["Free", "Free", "Pro", None, "Free"]
    bulk_work.work(act_id=act.pk, clock=timezone.now)
    assert plans_now() == ["Free", "Free", "Pro", None, "Free"]  # it is not due yet
    factories.customer(alice.organization, name="Later", properties={"plan": "Free"}, property_set=sets[0])

    act = work(act)

    assert (act.status, act.total, act.seen, act.changed) == (BulkStatus.DONE, 3, 3, 3)
    assert plans_now() == ["Pro", "Pro", "Pro", None, "Pro", "Free"]
    assert set(
        Customer.objects.filter(pk__lte=plans[-1].pk, properties__plan="Pro").values_list(
            "property_set__values__plan", flat=True
        )
    ) <= {"Pro", None}
    changes = CustomerChange.objects.filter(source="bulk", source_id=act.pk)
    assert {change.customer_id: change.changes for change in changes} == {
        plans[number].pk: {"p.plan": ["Free", "Pro"]} for number in (0, 1, 4)
    }
    assert AuditEntry.objects.filter(action="bulk_act.confirmed").get().details["total"] == 3
    bulk_work.work(act_id=act.pk, clock=timezone.now)
    assert changes.count() == 3


def test_only_those_who_were_ticked(alice: Person, charlie: Person, plans: list[Customer]) -> None:
    other = factories.customer(charlie.organization, name="Zoe")
    ids = {"id": [plans[1].pk, plans[3].pk, other.pk]}
    act = work(confirm(alice, "picked", ids, kind="property", property="plan", value=""))
    assert (act.total, act.changed) == (2, 1)
    assert plans_now()[:5] == ["Free", None, "Pro", None, "Free"]
    answer = alice.get(alice.url("customers:bulk"), {"scope": "picked"}, follow=True)
    assert "Nobody is selected" in answer.content.decode()


def test_undo_before_it_starts_changes_nobody(alice: Person, plans: list[Customer]) -> None:
    act = confirm(alice, kind="language", language="de")
    assert "data-undo-seconds" in alice.get(act.get_absolute_url()).content.decode()
    alice.post(alice.url("customers:bulk_stop", pk=act.pk))
    assert work(act).status == BulkStatus.CANCELLED
    assert not Customer.objects.exclude(language="").exists()
    assert "Nothing was changed." in alice.get(act.get_absolute_url()).content.decode()


def test_undo_within_a_day_gives_back_what_nobody_changed_since(alice: Person, plans: list[Customer]) -> None:
    act = work(confirm(alice, kind="property", property="plan", value="Team"))
    Customer.objects.filter(pk=plans[1].pk).update(properties={"plan": "Own"})
    alice.post(alice.url("customers:bulk_undo", pk=act.pk))
    act = work(act)
    assert (act.status, act.restored) == (BulkStatus.UNDONE, 4)
    assert plans_now() == ["Free", "Own", "Pro", None, "Free"]
    assert "plan" not in Customer.objects.get(pk=plans[3].pk).properties


def test_an_owner_is_given_back_too_and_after_a_day_nothing_is(alice: Person, bob: Person) -> None:
    ada = factories.customer(alice.organization, owner=bob.membership.user)
    act = work(confirm(alice, kind="owner", owner=alice.membership.user_id))
    ada.refresh_from_db()
    assert ada.owner_id == alice.membership.user_id
    BulkAct.objects.update(created_at=timezone.now() - timedelta(days=1, minutes=1))
    alice.post(alice.url("customers:bulk_undo", pk=act.pk))
    assert BulkAct.objects.get().status == BulkStatus.DONE
    BulkAct.objects.update(created_at=timezone.now())
    alice.post(alice.url("customers:bulk_undo", pk=act.pk))
    work(act)
    ada.refresh_from_db()
    assert ada.owner_id == bob.membership.user_id


def test_do_not_mail_and_back_leaves_what_customers_said(alice: Person) -> None:
    left = factories.customer(alice.organization, name="Left", suppression="unsubscribed")
    ada = factories.customer(alice.organization, name="Ada")
    assert work(confirm(alice, kind="suppress")).changed == 1
    ada.refresh_from_db()
    assert (ada.suppression, Suppression.objects.count()) == ("blocked", 1)
    assert work(confirm(alice, kind="lift")).changed == 1
    ada.refresh_from_db()
    left.refresh_from_db()
    assert (ada.suppression, left.suppression, Suppression.objects.count()) == ("", "unsubscribed", 0)


@pytest.mark.parametrize("kind", ["delete", "erase"])
def test_deleting_and_erasing_many(alice: Person, bob: Person, kind: str) -> None:
    pulse = factories.campaign(alice.organization)
    ada = factories.customer(alice.organization, "ada@example.com", name="Ada")
    factories.response(factories.invitation(pulse, ada), 9)
    kept = factories.customer(alice.organization, name="Kept")
    bob.becomes(Role.AGENT)
    address = bob.url("customers:bulk") + "?scope=all"
    assert f'value="{kind}"' not in bob.get(address).content.decode()
    assert bob.post(address, {"kind": kind}).status_code == 200
    assert not BulkAct.objects.exists()
    act = work(confirm(alice, query={"q": "ada"}, kind=kind))
    assert (act.status, act.changed) == (BulkStatus.DONE, 1)
    assert list(Customer.objects.all()) == [kept]
    assert not bulk.may_undo(act, timezone.now())


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"kind": "property", "property": "seats", "value": "many"}, "Enter a number."),
        ({"kind": "property", "property": "nothing", "value": "x"}, "Select a valid choice"),
        ({"kind": "owner", "owner": "999999"}, "Select a valid choice"),
        ({"kind": "time_zone", "time_zone": "Mars"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_set_is_refused(alice: Person, plans: list[Customer], form: dict[str, str], words: str) -> None:
    answer = alice.post(alice.url("customers:bulk") + "?scope=all", form)
    assert words in answer.content.decode()
    assert not BulkAct.objects.exists()


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_killed_in_its_midst_it_goes_on_and_nobody_has_two_turns(alice: Person, celery_worker_process: Any) -> None:
    Property.objects.create(organization=alice.organization, key="plan", label="Plan", type="text", segmentable=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO surveys_customer (organization_id, email, name, language, time_zone, properties, suppression,"
            " created_at, updated_at, asked_count, answered_count) SELECT %s, n || '@example.com', 'Person ' || n, '', '',"
            " '{}', '', now(), now(), 0, 0 FROM generate_series(1, 12000) n",
            [alice.organization.pk],
        )
    act = confirm(alice, kind="property", property="plan", value="Pro")
    BulkAct.objects.update(starts_at=timezone.now())
    worker: Child = celery_worker_process(NPS_LEASE_SECONDS=1, NPS_SWEEP_SECONDS=1)
    bulk.sweep(at=timezone.now())
    wait_until(lambda: BulkAct.objects.get().seen > 0)
    worker.kill9()
    seen = BulkAct.objects.get().seen
    assert seen < 12000, "the worker was through before it could be killed"
    assert CustomerChange.objects.count() == seen  # cursor and history commit together

    celery_worker_process(NPS_LEASE_SECONDS=1)
    at = timezone.now() + timedelta(minutes=10)
    bulk.sweep(at=at)
    wait_until(lambda: _nudged(at).status == BulkStatus.DONE, seconds=60)

    act.refresh_from_db()
    assert (act.seen, act.changed) == (12000, 12000)
    assert CustomerChange.objects.values("customer").distinct().count() == CustomerChange.objects.count() == 12000
    assert bulk_slices.change(act, [Customer.objects.earliest("pk").pk], at) == 0


def _nudged(at: Any) -> BulkAct:
    act = BulkAct.objects.get()
    if act.status != BulkStatus.DONE:
        bulk.sweep(at=timezone.now())
    return act


def test_an_act_on_a_property_that_a_role_may_not_see_tells_them_nothing_and_is_not_theirs_to_undo(
    alice: Person, bob: Person, plans: list[Customer]
) -> None:
    Property.objects.create(
        organization=alice.organization, key="risk", label="Risk", type="text", visible_to_agents=False
    )
    bob.becomes(Role.AGENT)
    query = {"where": '{"all":[{"field":"p.risk","op":"not_set"}]}'}
    act = work(confirm(alice, kind="property", property="risk", value="severe", query=query))

    page = bob.get(act.get_absolute_url()).content.decode()

    assert "A property that you may not see" in page
    assert "severe" not in page
    assert "p.risk" not in page
    assert "Undo" not in page
    assert bob.post(bob.url("customers:bulk_undo", pk=act.pk)).status_code == 403
    assert bob.post(bob.url("customers:bulk_stop", pk=act.pk)).status_code == 403
    assert set(Customer.objects.values_list("properties__risk", flat=True)) == {"severe"}
    assert alice.post(alice.url("customers:bulk_undo", pk=act.pk)).status_code == 302

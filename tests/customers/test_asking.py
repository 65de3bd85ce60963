"""The settings page "Asking": how often a person, how often a company; the property of the rule is held."""

import pytest

from surveys.accounts.models import AuditEntry, Organization, Role
from surveys.customers.actions import asking
from surveys.customers.models import Property, PropertyUse, PropertyWork
from tests import factories
from tests.people import Person


@pytest.fixture
def company(alice: Person) -> Property:
    Property.objects.create(organization=alice.organization, key="seats", label="Seats", type="number")
    for name in ("Acme Ltd", "Acme Ltd", "Acme Ltd", "Initech"):
        factories.customer(alice.organization, properties={"company": name})
    factories.customer(alice.organization)
    return Property.objects.create(organization=alice.organization, key="company", label="Company", type="text")


def save(person: Person, **said: object) -> str:
    form = person.get(person.url("asking:settings")).context["form"]
    before = {name: form[name].value() for name in form.fields}
    return str(person.post(person.url("asking:settings"), before | said, follow=True).content.decode())


def stored(person: Person) -> tuple[int, str, int]:
    found = Organization.objects.get(pk=person.organization.pk)
    return found.throttle_days, found.account_property, found.account_gap_days


def test_the_rule_is_stored_audited_and_says_whom_it_concerns(alice: Person, company: Property) -> None:
    page = save(alice, throttle_days=30, account_property="company", account_gap_days=14)

    assert stored(alice) == (30, "company", 14)
    assert "is known of 4 customers, in 2 companies; 1 of them" in page
    assert "The largest is Acme Ltd, with 3." in page
    changed = AuditEntry.objects.get(action="organization.changed").details["changed"]
    assert changed == {"throttle_days": [90, 30], "account_property": ["", "company"], "account_gap_days": [0, 14]}


def test_the_property_of_the_rule_can_go_only_when_the_rule_lets_go_of_it(alice: Person, company: Property) -> None:
    save(alice, account_property="company", account_gap_days=14)
    delete = alice.url("customers:property_delete", pk=company.pk)

    page = alice.post(delete, {"label": "Company"}, follow=True).content.decode()
    assert "One ask per company" in page
    assert alice.url("asking:settings") in page
    assert not PropertyWork.objects.exists()

    save(alice, account_property="", account_gap_days=0)
    assert stored(alice) == (90, "", 0)
    assert not PropertyUse.objects.exists()


@pytest.mark.parametrize(
    "said",
    [
        {"account_property": "company", "account_gap_days": 0},
        {"account_property": "", "account_gap_days": 14},
        {"account_property": "seats", "account_gap_days": 14},  # no text
        {"account_property": "nothing", "account_gap_days": 14},
        {"account_gap_days": -1},
        {"throttle_days": 4000},
        {"throttle_days": ""},
    ],
)
def test_half_a_rule_is_refused_and_nothing_is_stored(
    alice: Person, company: Property, said: dict[str, object]
) -> None:
    form = alice.get(alice.url("asking:settings")).context["form"]
    before = {name: form[name].value() for name in form.fields}
    answer = alice.post(alice.url("asking:settings"), before | said)
    assert answer.context["form"].errors
    assert stored(alice) == (90, "", 0)
    assert not PropertyUse.objects.exists()


def test_a_property_that_goes_meanwhile_is_said_and_changes_nothing(alice: Person, company: Property) -> None:
    company.delete()
    with pytest.raises(asking.PropertyGone):
        asking.change_asking(
            organization=alice.organization,
            changes={"account_property": "company", "account_gap_days": 3},
            by=alice.membership,
            at=alice.organization.created_at,
            seen={},
        )
    assert stored(alice) == (90, "", 0)


def test_two_at_once_do_not_overwrite_each_other(alice: Person, bob: Person, company: Property) -> None:
    bob.becomes(Role.ADMIN)
    form = alice.get(alice.url("asking:settings")).context["form"]
    as_alice_opened = {name: form[name].value() for name in form.fields}
    save(bob, throttle_days=10)
    answer = alice.post(alice.url("asking:settings"), as_alice_opened | {"throttle_days": 20})
    assert "Bob changed this meanwhile" in answer.content.decode()
    assert stored(alice)[0] == 10

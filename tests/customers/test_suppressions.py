"""An address that must not be mailed is remembered, whatever happens to the customer."""

from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveys.customers import actions, addresses
from surveys.customers.models import Customer, Suppression, SuppressionReason
from surveys.outbox.models import Event
from tests.customers.world import customer, imported
from tests.people import Person

LIST = "email,external id\nada@example.com,1\njörg@exämple.org,2\n"


def unsubscribe(person: Person, address: str) -> bool:
    return actions.suppress(
        organization=person.organization,
        address=address,
        reason=SuppressionReason.UNSUBSCRIBED,
        source="link",
        at=timezone.now(),
    )


def test_a_deleted_person_who_is_imported_again_stays_suppressed(alice: Person, charlie: Person) -> None:
    imported(alice, LIST)
    for address in (" ADA@Example.com", "jörg@exämple.org"):
        assert unsubscribe(alice, address)
    assert customer(alice, "ada@example.com").suppression == "unsubscribed"
    Customer.objects.filter(organization=alice.organization).delete()

    imported(alice, LIST)
    imported(charlie, LIST)

    found = Customer.objects.filter(organization=alice.organization)
    assert set(found.values_list("suppression", flat=True)) == {"unsubscribed"}
    assert customer(charlie, "ada@example.com").suppression == "", "another organization's own business"


def test_suppressing_twice_keeps_the_first_reason_and_tells_once(alice: Person) -> None:
    imported(alice, LIST)
    assert unsubscribe(alice, "ada@example.com")
    again = actions.suppress(
        organization=alice.organization,
        address="ada@example.com",
        reason=SuppressionReason.BOUNCED,
        source="",
        at=timezone.now(),
    )

    assert not again
    assert customer(alice, "ada@example.com").suppression == "unsubscribed"
    assert Suppression.objects.get().reason == "unsubscribed"
    assert Event.objects.filter(kind="customer.suppressed").count() == 1


def test_taking_it_back(alice: Person) -> None:
    imported(alice, LIST)
    unsubscribe(alice, "ada@example.com")
    actions.unsuppress(organization=alice.organization, address="ADA@example.com", at=timezone.now())

    assert customer(alice, "ada@example.com").suppression == ""
    assert not Suppression.objects.exists()


def test_taking_it_back_does_not_revive_an_address_that_bounced(alice: Person) -> None:
    imported(alice, LIST)
    address, bounced = "ada@example.com", SuppressionReason.BOUNCED
    at = timezone.now()
    actions.suppress(organization=alice.organization, address=address, reason=bounced, source="server", at=at)

    actions.unsuppress(organization=alice.organization, address=address, at=at)

    assert customer(alice, address).suppression == bounced
    assert Suppression.objects.filter(organization=alice.organization, reason=bounced).exists()


def test_an_imported_change_of_address_meets_the_memory_of_the_new_one(alice: Person) -> None:
    imported(alice, LIST)
    unsubscribe(alice, "new@example.com")
    imported(alice, "email,external id\nnew@example.com,1\n")
    assert customer(alice, "new@example.com").suppression == "unsubscribed"

    imported(alice, "email,external id\nthird@example.com,1\n")
    assert customer(alice, "third@example.com").suppression == ""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # the database is only asked
@given(st.text(min_size=1, max_size=60).filter(lambda text: "\0" not in text), st.integers(1, 2**62))
def test_python_and_postgresql_compute_the_same_hash(db: None, address: str, organization: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {addresses.HASH_SQL.format(key='%(address)s::text')}",
            {**addresses.hash_parameters(organization), "address": address},
        )
        assert cursor.fetchone()[0] == addresses.address_hash(organization, address)

"""What one organization's mail finds out about an address spares all of them, where the operator wants it."""

import pytest
from django.utils import timezone
from pytest_django import Settings

from surveys.customers import actions as customers
from surveys.customers.models import Customer, SharedSuppression, Suppression, SuppressionReason
from surveys.delivery import actions, routes
from surveys.delivery.models import Provider, State
from tests import factories
from tests.customers.world import customer, imported
from tests.delivery.hooks.world import about, hook, operators, part, sent_to
from tests.delivery.provider_world import own_account
from tests.people import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def shared(settings: Settings) -> None:
    settings.SHARED_SUPPRESSIONS = True


def marks(person: Person) -> dict[str | None, str]:
    return dict(Customer.objects.filter(organization=person.organization).values_list("email", "suppression"))


def test_a_complaint_elsewhere_is_known_here_without_a_name(
    alice: Person, charlie: Person, settings: Settings, shared: None
) -> None:
    road = operators("postmark", settings)
    ada = sent_to(alice, "ada@example.com")
    known = factories.customer(charlie.organization, "ADA@example.com")
    other = factories.customer(charlie.organization, "bea@example.com")

    road.post(about(ada, part("postmark", "complained")))

    assert marks(charlie) == {known.email: "complained", other.email: ""}
    row = Suppression.objects.get(organization=charlie.organization)
    page = charlie.get(charlie.url("customers:suppression", pk=row.pk)).content.decode()
    assert "known on this server" in page
    assert "Acme" not in page


def test_who_is_added_later_is_spared_too_by_whichever_way(
    alice: Person, charlie: Person, settings: Settings, shared: None
) -> None:
    road = operators("postmark", settings)
    for name in ("ada", "bea", "cleo"):
        road.post(about(sent_to(alice, f"{name}@example.com"), part("postmark", "bounced")))
    assert not Suppression.objects.filter(organization=charlie.organization).exists()

    imported(charlie, "email\nADA@example.com\ndora@example.com\n")
    charlie.post(charlie.url("customers:new"), {"email": "bea@example.com", "name": "Bea"})

    assert marks(charlie) == {"ADA@example.com": "bounced", "dora@example.com": "", "bea@example.com": "bounced"}
    assert Suppression.objects.filter(organization=charlie.organization, source="known on this server").count() == 2


def test_a_refusal_at_the_mail_server_is_shared_and_a_wish_is_not(alice: Person, charlie: Person, shared: None) -> None:
    ada, bea = (
        sent_to(alice, "ada@example.com", state=State.SENDING, lease_until=timezone.now()),
        sent_to(alice, "bea@example.com"),
    )
    for email in (ada.to_address, bea.to_address):
        factories.customer(charlie.organization, email)

    actions.fail_address(ada.pk, route="", reason="No such mailbox", error="550 5.1.1", at=timezone.now())
    customers.suppress(
        organization=alice.organization,
        address=bea.to_address,
        reason=SuppressionReason.UNSUBSCRIBED,
        source="link",
        at=timezone.now(),
    )

    assert marks(charlie) == {"ada@example.com": "bounced", "bea@example.com": ""}


def test_what_an_organizations_own_account_says_is_shared_with_nobody(
    alice: Person, charlie: Person, shared: None
) -> None:
    """Who has the account has its key, and may run its mail server: it can be made to say anything of anybody."""
    account = own_account(alice.organization, Provider.POSTMARK, {"stream": ""}, server_token="secret")
    told = [sent_to(alice, f"{name}@example.com") for name in ("ada", "bea")]
    refused = sent_to(alice, "cleo@example.com", state=State.SENDING, lease_until=timezone.now())
    for mail in (*told, refused):
        factories.customer(charlie.organization, mail.to_address)

    own = hook("postmark", account.pk)
    for mail, kind in zip(told, ("bounced", "complained"), strict=True):
        assert own.post(about(mail, part("postmark", kind))).status_code == 200
    road, at = routes.of_account(account.pk), timezone.now()
    actions.fail_address(refused.pk, route=road, reason="No such mailbox", error="550 5.1.1", at=at)

    assert sorted(marks(alice).values()) == ["bounced", "bounced", "complained"]
    assert set(marks(charlie).values()) == {""}
    assert not SharedSuppression.objects.exists()


def test_an_organization_may_mail_the_address_again(
    alice: Person, charlie: Person, settings: Settings, shared: None
) -> None:
    road = operators("postmark", settings)
    factories.customer(charlie.organization, "ada@example.com")
    road.post(about(sent_to(alice, "ada@example.com"), part("postmark", "bounced")))
    row = Suppression.objects.get(organization=charlie.organization)

    charlie.post(charlie.url("customers:suppression", pk=row.pk))
    imported(charlie, "email,name\nada@example.com,Ada\n")

    assert marks(charlie) == {"ada@example.com": ""}
    assert marks(alice) == {"ada@example.com": "bounced"}


def test_without_the_setting_everything_stays_at_home(alice: Person, charlie: Person, settings: Settings) -> None:
    road = operators("postmark", settings)
    factories.customer(charlie.organization, "ada@example.com")
    road.post(about(sent_to(alice, "ada@example.com"), part("postmark", "complained")))

    assert customer(charlie, "ada@example.com").suppression == ""
    assert not SharedSuppression.objects.exists()

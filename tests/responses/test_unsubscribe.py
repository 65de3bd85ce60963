"""Unsubscribing by RFC 8058 and by hand."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from surveys.analytics.counting import funnels
from surveys.analytics.upkeep import rollups
from surveys.core import tokens
from surveys.core.filters import Filters
from surveys.core.periods import Period
from surveys.core.tokens import Purpose
from surveys.customers.models import Customer, Suppression
from surveys.delivery.models import Invitation
from surveys.outbox.models import Event
from tests import factories
from tests.people import Person
from tests.responses.mail import Mail, Shown, differences

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def suppression(mail: Mail) -> str:
    return Customer.objects.get(invitation=mail.invitation).suppression


@pytest.mark.parametrize("body", ["urlencoded", "multipart"])
def test_a_mail_client_unsubscribes_without_cookie_or_origin(mail: Mail, body: str) -> None:
    client = Client(enforce_csrf_checks=True)
    if body == "multipart":
        answer = client.post(mail.unsubscribe, ONE_CLICK)
    else:
        answer = client.post(
            mail.unsubscribe, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
        )
    assert answer.status_code == 200
    assert not answer.cookies
    assert suppression(mail) == "unsubscribed"
    assert Suppression.objects.count() == 1
    assert Invitation.objects.get().unsubscribed_at is not None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded; charset=ISO-8859-1"),
        (b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded; charset=nonsense"),
        (b"List-Unsubscribe=One-Click", ""),
        (b"id=%E4%FF&List-Unsubscribe=One-Click&x=1", "application/x-www-form-urlencoded"),
        (
            b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n--b\r\nContent-Disposition: form-data;'
            b' name="List-Unsubscribe"\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nOne-Click\r\n--b--\r\n',
            "multipart/form-data; boundary=b; charset=us-ascii",
        ),
    ],
)
def test_bodies_as_mail_providers_write_them(mail: Mail, body: bytes, said: str) -> None:
    """Whatever they say about charset and origin, without a cookie, and answered without a redirect."""
    headers = {"origin": "null", "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}
    client = Client(enforce_csrf_checks=True)
    answer = client.generic("POST", mail.unsubscribe, body, content_type=said, headers=headers)
    assert (answer.status_code, suppression(mail)) == (200, "unsubscribed")
    assert not answer.cookies


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"])
def test_other_methods_unsubscribe_nobody(mail: Mail, method: str) -> None:
    body = b"List-Unsubscribe=One-Click"
    Client().generic(method, mail.unsubscribe, body, content_type="application/x-www-form-urlencoded")
    assert suppression(mail) == ""


@pytest.mark.parametrize("body", [b"", b"List-Unsubscribe=", b"list-unsubscribe=one-click", b"List-Unsubscribe"])
def test_a_post_that_does_not_ask_for_it_unsubscribes_nobody(mail: Mail, body: bytes) -> None:
    answer = Client().generic("POST", mail.unsubscribe, body, content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, suppression(mail)) == (200, "")
    assert "Do you want to unsubscribe?" in answer.content.decode()


def test_doing_it_again_changes_nothing(mail: Mail) -> None:
    for _ in range(3):
        assert Client().post(mail.unsubscribe, ONE_CLICK).status_code == 200
    kinds = list(Event.objects.order_by("id").values_list("kind", flat=True))
    assert kinds == ["invitations.unsubscribed", "customer.suppressed"]
    assert Event.objects.get(kind="invitations.unsubscribed").payload["invitations"] == [mail.invitation.pk]


def test_a_scanner_that_opens_the_link_unsubscribes_nobody(mail: Mail) -> None:
    shown = Shown(Client().get(mail.unsubscribe))
    assert "Do you want to unsubscribe?" in shown.html
    Client().head(mail.unsubscribe)
    Client().post(mail.unsubscribe, {"something": "else"})
    assert suppression(mail) == ""


def test_a_person_unsubscribes_and_undoes_it(mail: Mail, ada: Client) -> None:
    assert mail.unsubscribe in ada.get(mail.link(3)).content.decode()
    done = Shown(ada.post(mail.unsubscribe, ONE_CLICK))
    assert "You are unsubscribed" in done.html

    forged = ada.post(mail.unsubscribe, {"undo": "x"})
    assert "You are unsubscribed" in forged.content.decode()
    undone = Shown(ada.post(mail.unsubscribe, {"undo": done.field("undo")}, headers={"origin": "http://testserver"}))
    assert "You are not unsubscribed any more" in undone.html
    assert "Do you want to unsubscribe?" not in undone.html
    assert suppression(mail) == ""
    assert not Suppression.objects.exists()


def unsubscribed_in_the_funnel(alice: Person) -> int:
    today = timezone.now().date()
    found = funnels.funnel(alice.organization, Period(today - timedelta(days=30), today), Filters())
    assert found
    return found.unsubscribed


@pytest.mark.parametrize("is_folded", [False, True])
def test_an_undone_unsubscription_counts_nowhere(mail: Mail, ada: Client, alice: Person, is_folded: bool) -> None:
    """However often each of them is pressed, and from whichever mail it is undone."""
    customer = Customer.objects.get(invitation=mail.invitation)
    later = Mail(factories.invitation(factories.campaign(alice.organization, "Later"), customer))
    for piece in rollups.slices(alice.organization.pk):
        rollups.repair(piece)
    for _ in range(2):
        done = Shown(ada.post(mail.unsubscribe, ONE_CLICK))
    ada.post(later.unsubscribe, ONE_CLICK)
    assert unsubscribed_in_the_funnel(alice) == 2
    if is_folded:
        rollups.fold()

    for _ in range(2):
        ada.post(mail.unsubscribe, {"undo": done.field("undo")}, headers={"origin": "http://testserver"})

    assert unsubscribed_in_the_funnel(alice) == 0
    assert differences(alice.organization) == []
    assert not Invitation.objects.filter(unsubscribed_at__isnull=False).exists()

    ada.post(mail.unsubscribe, ONE_CLICK)
    assert unsubscribed_in_the_funnel(alice) == 1
    assert differences(alice.organization) == []


def test_an_address_that_was_erased_stays_unsubscribed(mail: Mail, ada: Client) -> None:
    Invitation.objects.update(customer=None)
    assert "You are unsubscribed" in ada.post(mail.unsubscribe, ONE_CLICK).content.decode()


def test_the_link_of_a_test_mail_unsubscribes_nobody(mail: Mail) -> None:
    link = reverse("public:test_unsubscribe", args=[tokens.make(Purpose.TEST, mail.invitation.campaign_id)])
    assert "nothing you press here is recorded" in Client().get(link).content.decode()
    assert Client().post(link, ONE_CLICK).status_code == 200
    assert not Suppression.objects.exists()

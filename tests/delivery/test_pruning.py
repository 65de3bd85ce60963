"""What need not be kept: links to set a password must not lie in the database and its backups for years."""

from datetime import timedelta

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from surveys.delivery import actions
from surveys.delivery.models import Delivery, Kind, State
from tests.people import Person


def reset_mail(client: Client) -> Delivery:
    client.post(reverse("account_reset_password"), {"email": "alice@example.com"})
    return Delivery.objects.get(kind=Kind.SYSTEM)


def end(mail: Delivery, state: State) -> None:
    Delivery.objects.filter(pk=mail.pk).update(state=state, finished_at=timezone.now())


def test_the_text_of_a_sent_reset_mail_is_forgotten_within_hours(client: Client, alice: Person) -> None:
    mail = reset_mail(client)
    end(mail, State.SENT)

    assert actions.forget_letters(at=timezone.now()) == 0
    assert actions.forget_letters(at=timezone.now() + timedelta(hours=2)) == 1

    mail.refresh_from_db()
    assert (mail.content, mail.state) == (None, State.SENT)


def test_a_reset_mail_that_waits_for_the_server_keeps_its_text(client: Client, alice: Person) -> None:
    mail = reset_mail(client)

    assert actions.forget_letters(at=timezone.now() + timedelta(days=3)) == 0

    mail.refresh_from_db()
    assert mail.content


def test_old_system_mails_go(client: Client, alice: Person) -> None:
    end(reset_mail(client), State.SENT)

    actions.prune_system(at=timezone.now() + timedelta(days=89))
    assert Delivery.objects.exists()
    actions.prune_system(at=timezone.now() + timedelta(days=91))
    assert not Delivery.objects.exists()

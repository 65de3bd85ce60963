"""From a live campaign to mails at a real SMTP server."""

from datetime import timedelta

import pytest
from django.utils import timezone

from surveys.campaigns.models import Campaign, Status
from surveys.delivery import actions, queries, sending
from surveys.delivery.models import Queue
from tests import factories
from tests.helpers.smtp import SmtpSink
from tests.people import Person

pytestmark = pytest.mark.django_db


def live(of, name="Pulse", **fields) -> Campaign:
    return factories.campaign(of, name, Status.LIVE, wave=1, launched_at=timezone.now(), **fields)


def plan(campaign: Campaign) -> None:
    while actions.plan(campaign=campaign, at=timezone.now()).considered:
        pass


def test_everyone_who_may_be_asked_gets_one_mail(alice: Person, smtp_sink: SmtpSink) -> None:
    for number in range(3):
        factories.customer(alice.organization, f"person{number}@example.com")
    factories.customer(alice.organization, None)
    factories.customer(alice.organization, "gone@example.com", suppression="unsubscribed")
    factories.customer(alice.organization, "asked@example.com", last_asked_at=timezone.now() - timedelta(days=3))
    campaign = live(alice.organization)

    plan(campaign)
    plan(campaign)
    sending.send_due(Queue.BULK)

    assert sorted(smtp_sink.recipients()) == ["person0@example.com", "person1@example.com", "person2@example.com"]
    assert queries.campaign_progress(campaign).sent == 3

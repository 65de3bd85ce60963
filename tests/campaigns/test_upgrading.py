"""Campaigns from before there were versions, due times and cancelled ones have them after an upgrade."""

from datetime import time, timedelta
from importlib import import_module

import pytest
from django.db import connection
from django.utils import timezone

from surveys.campaigns import actions
from surveys.campaigns.models import Campaign, CampaignVersion, Status
from surveys.campaigns.rules import Rules
from surveys.delivery.models import Invitation
from tests import factories
from tests.delivery.world import crowd, live_campaign, plan
from tests.people import Person

migration = import_module("surveys.migrations.0030_campaigns_from_before_the_engine")


def upgrade() -> None:
    """Twice: what is there already stays."""
    with connection.cursor() as cursor:
        for _ in range(2):
            for operation in migration.Migration.operations:
                cursor.execute(operation.sql)


@pytest.mark.django_db
def test_what_was_launched_has_its_first_version(alice: Person) -> None:
    live = live_campaign(alice.organization, send_from=time(9), send_until=time(17, 30), ends_at=timezone.now())
    factories.campaign(alice.organization, "Draft")

    upgrade()

    first = CampaignVersion.objects.get()
    live.refresh_from_db()
    assert (first.campaign, first.number, first.design, first.created_at) == (live, 1, {}, live.launched_at)
    assert Rules.read(first.rules) == Rules.of(live)


@pytest.mark.django_db
def test_what_is_due_says_when_and_what_was_taken_stays(alice: Person) -> None:
    crowd(alice.organization, 2)
    plan(live_campaign(alice.organization))
    due, taken = Invitation.objects.order_by("pk")
    moment = due.due_at
    Invitation.objects.update(due_at=None)
    Invitation.objects.filter(pk=taken.pk).update(claimed_at=timezone.now())

    upgrade()

    due.refresh_from_db()
    taken.refresh_from_db()
    assert moment is not None
    assert (due.due_at, taken.due_at) == (moment, None)


@pytest.mark.django_db
def test_what_a_person_stopped_is_cancelled_and_what_ended_by_itself_is_not(alice: Person) -> None:
    stopped, done = live_campaign(alice.organization, "Stopped"), live_campaign(alice.organization, "Done")
    at = timezone.now() - timedelta(days=3)
    actions.cancel(campaign=stopped, by=alice.membership, at=at)
    actions.finish(campaign=done, at=at)
    Campaign.objects.update(cancelled_at=None)

    upgrade()

    ended = Campaign.objects.filter(status=Status.ENDED).order_by("name")
    assert [(row.name, row.cancelled_at) for row in ended] == [("Done", None), ("Stopped", at)]

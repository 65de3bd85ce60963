"""Campaigns end by themselves when nothing is left to do, and not a moment before."""

import threading

import pytest
from django.db import connection, transaction

from surveys.campaigns.models import Campaign, Status
from surveys.delivery import actions
from tests.delivery.engine.world import A_DAY, World
from tests.helpers.waiting import wait_until

_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.mark.django_db(transaction=True)
def test_who_extends_a_campaign_in_the_moment_of_its_end_is_heard(world: World) -> None:
    campaign, ended = world.campaign(ends_at=world.at), list[int]()

    def finish() -> None:
        try:
            ended.append(actions.finish_done(at=world.at))
        finally:
            connection.close()

    other = threading.Thread(target=finish)
    with transaction.atomic():
        Campaign.objects.filter(pk=campaign.pk).update(ends_at=world.at + A_DAY)
        other.start()
        wait_until(is_waited_for)
    other.join(timeout=20)

    assert ended == [0]
    assert world.status(campaign) == Status.LIVE


def is_waited_for() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(_WAITING)
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db
def test_a_wave_whose_last_person_was_erased_ends_when_they_would_have_been_reminded(world: World) -> None:
    ada, begin = world.person(), world.at
    campaign = world.campaign(reminders=1, reminder_days=5)
    world.run()
    world.erase(ada.pk)

    world.until(begin + 4 * A_DAY)
    assert world.status(campaign) == Status.LIVE
    world.until(begin + 5 * A_DAY)

    assert [row.kind for row in world.sent] == ["ask"]
    assert world.status(campaign) == Status.ENDED

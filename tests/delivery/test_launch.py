"""Pressing Launch, with a real worker: the campaign starts, plans, sends and ends by itself."""

from collections.abc import Callable

import pytest
from django.db.models import Sum
from pytest_django import Settings

from nps_app.local.process import Child
from surveys.analytics.models import InvitationDelta
from surveys.campaigns.models import Status
from surveys.outbox.nudges import nudge
from tests import factories
from tests.helpers.smtp import SmtpSink
from tests.helpers.waiting import wait_until
from tests.people import Person


@pytest.mark.django_db(transaction=True)
def test_launching_is_all_there_is_to_do(
    alice: Person, smtp_sink: SmtpSink, celery_worker_process: Callable[..., Child], settings: Settings
) -> None:
    settings.UNDO_SECONDS = 0
    celery_worker_process()
    for name in ("ada", "grace"):
        factories.customer(alice.organization, f"{name}@example.com")
    campaign = factories.campaign(alice.organization, "Pulse")

    alice.post(alice.url("campaigns:launch", pk=campaign.pk))

    smtp_sink.wait_for(2)
    wait_until(lambda: _counted() == 2, what="the count of what was sent")
    nudge("surveys.delivery.tasks.plan_due")  # as beat does
    wait_until(lambda: type(campaign).objects.get(pk=campaign.pk).status == Status.ENDED, what="the end")
    assert sorted(smtp_sink.recipients()) == ["ada@example.com", "grace@example.com"]


def _counted() -> int | None:
    return InvitationDelta.objects.aggregate(sent=Sum("sent"))["sent"]

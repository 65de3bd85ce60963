"""Workers are killed while 2,000 invitations go out. Nobody is left out, and nobody is mailed twice unannounced."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db.models import Sum

from nps_app.local.process import Child
from surveys.analytics.models import InvitationDelta
from surveys.campaigns.models import Campaign, Status
from surveys.delivery import queries
from surveys.delivery.models import Delivery
from surveys.outbox.nudges import nudge
from tests.delivery.world import crowd, live_campaign
from tests.helpers.smtp import Received, SmtpSink
from tests.helpers.waiting import wait_until
from tests.people import Person

PEOPLE = 2000
KILLS_AT = (300, 800, 1400)  # after so many messages the mail server has one that its sender is killed for
SHORT_WAITS = {"NPS_LEASE_SECONDS": 3, "NPS_UNCERTAIN_GRACE_SECONDS": 2, "NPS_SENDERS": 2}

PATIENCE_SECONDS = 150  # on a machine that does much else

StartWorker = Callable[..., Child]


class Killer:
    """Kills the worker that runs at the moment when the mail server has kept a message and has not answered yet."""

    def __init__(self, sink: SmtpSink) -> None:
        self.victims: list[str] = []
        self.struck = threading.Event()
        self._sink = sink
        self._knows = threading.Event()  # its worker, which may send before we were told of it
        self._worker: Child | None = None

    def watch(self, worker: Child) -> None:
        self.struck.clear()
        self._worker = worker
        self._knows.set()

    def __call__(self, kept: Received) -> None:
        due = len(self.victims) < len(KILLS_AT) and len(self._sink.received) >= KILLS_AT[len(self.victims)]
        if due and self._knows.wait(PATIENCE_SECONDS) and self._worker:
            self._knows.clear()
            self._worker.kill9()
            self.victims.append(kept.recipient)
            self.struck.set()


@pytest.mark.long
def test_killed_workers_leave_nobody_out_and_nobody_doubled_unannounced(
    alice: Person, smtp_sink: SmtpSink, celery_worker_process: StartWorker
) -> None:
    addresses = crowd(alice.organization, PEOPLE)
    campaign = live_campaign(alice.organization)
    killer = Killer(smtp_sink)
    smtp_sink.when_kept(killer)

    killer.watch(celery_worker_process(**SHORT_WAITS))
    nudge("surveys.delivery.tasks.plan_due")
    for _ in KILLS_AT:
        wait_until(lambda: _swept(killer.struck.is_set), seconds=PATIENCE_SECONDS, what="a kill")
        killer.watch(celery_worker_process(**SHORT_WAITS))
    wait_until(lambda: _swept(lambda: _is_over(campaign)), seconds=PATIENCE_SECONDS, what="the end of the campaign")

    copies = Counter(smtp_sink.recipients())
    doubted = dict(Delivery.objects.filter(uncertain_at__isnull=False).values_list("to_address", "uncertain_at"))
    assert set(copies) == set(addresses)
    assert len(killer.victims) == len(KILLS_AT)
    assert set(killer.victims) <= set(doubted), "what the mail server had at a kill was not listed as uncertain"
    for address, count in copies.items():
        _assert_announced(smtp_sink.to(address), doubted.get(address)) if count > 1 else None
    assert queries.campaign_progress(campaign).sent == PEOPLE
    assert InvitationDelta.objects.aggregate(sent=Sum("sent"))["sent"] == PEOPLE


def _swept(condition: Callable[[], bool]) -> bool:
    """While waiting: what beat does, a little faster."""
    nudge("surveys.delivery.tasks.sweep")
    nudge("surveys.delivery.tasks.plan_due")
    time.sleep(0.3)
    return condition()


def _is_over(campaign: Campaign) -> bool:
    campaign.refresh_from_db()
    return campaign.status == Status.ENDED


def _assert_announced(copies: list[Received], doubted_at: datetime | None) -> None:
    """The first copy was in flight at a kill, the second came after it was listed, and both are one to a mailbox."""
    assert doubted_at is not None, f"{copies[0].recipient} got {len(copies)} copies and was never uncertain"
    for copy in copies[1:]:
        arrived = datetime.fromtimestamp(time.time() - time.monotonic() + copy.at, UTC)
        assert doubted_at < arrived
    assert len({copy.message_id for copy in copies}) == 1

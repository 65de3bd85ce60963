"""Nothing is kept on one machine: two hosts may do everything at once, two beats included."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from nps_app.celery import app
from surveys.accounts.models import AuditEntry
from surveys.campaigns.models import Status
from surveys.delivery.deliverability import counting
from surveys.delivery.deliverability.counting import Column, Counted
from surveys.delivery.models import Delivery, Kind, MailDomainDay
from tests import factories
from tests.delivery.world import crowd, live_campaign
from tests.helpers.smtp import SmtpSink
from tests.people import Person


@pytest.mark.django_db(transaction=True)
def test_two_beats_at_once_do_everything_once(
    alice: Person, charlie: Person, smtp_sink: SmtpSink, settings: pytest.FixtureRequest
) -> None:
    """Each entry of the schedule is run by both at the same moment, twice over, while there is something to do for it."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"  # type: ignore[attr-defined]
    at = timezone.now()
    addresses = crowd(alice.organization, 40)
    factories.campaign(alice.organization, "Soon", Status.SCHEDULED, starts_at=at, wave=1)
    live_campaign(charlie.organization, "Bad", kind="recurring", every_days=90)
    day = (at - timedelta(days=1)).date()
    sent_and_bounced = [(Column.SENT, 1000), (Column.BOUNCED, 300)]
    counting.add(
        [Counted(charlie.organization.pk, day, "x.example", column, n) for column, n in sent_and_bounced], at=at
    )
    app.loader.import_default_modules()  # as a worker does
    failures: list[BaseException] = []
    together = threading.Barrier(2)

    def beat() -> None:
        try:
            for _ in range(2):
                for entry in app.conf.beat_schedule.values():
                    together.wait(timeout=60)
                    app.tasks[entry["task"]](*entry.get("args", ()))
                app.tasks["surveys.delivery.tasks.send_due"]()
        except BaseException as error:
            failures.append(error)
            together.abort()
        finally:
            connection.close()

    beats = [threading.Thread(target=beat) for _ in range(2)]
    for thread in beats:
        thread.start()
    for thread in beats:
        thread.join()

    assert not failures
    assert sorted(smtp_sink.recipients()) == sorted(addresses)
    assert list(MailDomainDay.objects.filter(organization=alice.organization).values_list("sent", flat=True)) == [40]
    started = AuditEntry.objects.filter(organization=alice.organization, action="campaign.started")
    stopped = AuditEntry.objects.filter(
        organization=charlie.organization, action__in=["mail.stopped", "campaign.paused"]
    )
    assert (started.count(), stopped.count()) == (1, 2)
    assert Delivery.objects.filter(kind=Kind.SYSTEM, to_address="charlie@example.com").count() == 1

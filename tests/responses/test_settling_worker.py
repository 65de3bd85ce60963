"""Settling as beat has it done: by a real worker."""

from collections.abc import Callable

from celery import current_app
from pytest_django import Settings

from nps_app.celery import app
from nps_app.local.process import Child
from surveys.responses.models import Verdict
from tests import factories
from tests.helpers.waiting import wait_until
from tests.responses.mail import Mail, phone


def test_a_worker_settles_what_beat_asks_for(
    transactional_db: None, celery_worker_process: Callable[..., Child], settings: Settings
) -> None:
    settings.SETTLE_SECONDS = 0
    owner = factories.organization(factories.user("alice@example.com"), "Acme")
    campaign = factories.campaign(owner.organization)
    mail = Mail(factories.invitation(campaign, factories.customer(owner.organization)))
    phone().get(mail.link(9))
    celery_worker_process(queues="default")

    current_app.send_task(app.conf.beat_schedule["settle answers"]["task"])
    wait_until(lambda: mail.response.verdict == Verdict.CONFIRMED, what="settling")

"""However many requests come at once, an invitation has one response and every click is kept."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from surveys.core.nps import SCALE
from surveys.outbox.models import Event
from surveys.responses.actions import settle
from surveys.responses.models import Verdict
from tests import factories
from tests.responses.mail import Mail, Shown, later, phone, press

AT_ONCE = 16
LONG_AGO = datetime(2025, 6, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def committed_mail(transactional_db: None) -> Mail:
    owner = factories.organization(factories.user("alice@example.com"), "Acme")
    campaign = factories.campaign(owner.organization)
    return Mail(factories.invitation(campaign, factories.customer(owner.organization, "ada@example.com")))


def together(acts: list[Callable[[], Any]]) -> list[Any]:
    """Each in a thread with a connection of its own, started at the same moment."""
    start = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        start.wait()
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_sixteen_clicks_at_once_make_one_response(committed_mail: Mail) -> None:
    links = [committed_mail.link(score) for score in [*SCALE, *SCALE][:AT_ONCE]]
    answers = together([lambda link=link: phone().get(link) for link in links])  # type: ignore[misc]

    assert [answer.status_code for answer in answers] == [200] * AT_ONCE
    assert committed_mail.responses == 1
    assert len(committed_mail.clicks) == AT_ONCE


def test_pressing_the_button_in_sixteen_tabs_counts_once(committed_mail: Mail) -> None:
    shown = Shown(phone().get(committed_mail.link(9)))
    together([lambda: press(phone(), shown, 9, "Good")] * AT_ONCE)

    assert committed_mail.response.verdict == Verdict.CONFIRMED
    assert sorted(Event.objects.values_list("kind", flat=True)) == ["response.commented", "response.confirmed"]
    customer = committed_mail.invitation.customer
    assert customer is not None
    customer.refresh_from_db()
    assert customer.answered_count == 1


def test_sweeps_share_the_work_and_each_answer_counts_once(committed_mail: Mail) -> None:
    campaign = committed_mail.invitation.campaign
    mails = [Mail(factories.invitation(campaign, factories.customer(campaign.organization))) for _ in range(12)]
    for mail in mails:
        phone().get(mail.link(9))
    at = later(timezone.now())
    settled = together([lambda: settle(at=at)] * 4)

    assert sum(settled) == len(mails)
    assert Event.objects.filter(kind="response.confirmed").count() == len(mails)


def test_a_click_while_the_answer_settles_is_kept(committed_mail: Mail) -> None:
    """Settling and a click of another score at once: whichever comes first, one counts or waits, none is lost."""
    with time_machine.travel(LONG_AGO, tick=False):
        phone().get(committed_mail.link(9))
    together([lambda: settle(at=later(LONG_AGO)), lambda: phone().get(committed_mail.link(7))])

    response = committed_mail.response
    assert (response.verdict, response.score) in [(Verdict.CONFIRMED, 9), (Verdict.PROVISIONAL, 7)]
    assert [score for _, score in committed_mail.clicks] == [9, 7]

"""Rates against the limits of large providers: what the page says, when mail stops by itself, and how it goes on."""

import threading
from collections.abc import Iterable
from datetime import timedelta
from typing import cast

import pytest
from django.db import connection
from django.utils import timezone

from surveys.accounts.models import AuditEntry, Role
from surveys.campaigns.models import Campaign, Status
from surveys.delivery import actions, routes
from surveys.delivery.deliverability import counting
from surveys.delivery.deliverability.counting import Column, Counted
from surveys.delivery.models import Delivery, Kind, MailHealth, Pace
from tests import factories
from tests.delivery.world import live_campaign
from tests.people import Person

pytestmark = pytest.mark.django_db


def happened(of: Person, sent: int, domain: str = "example.com", days_ago: int = 1, **counts: int) -> None:
    day = timezone.now().date() - timedelta(days=days_ago)
    columns = {Column.SENT: sent} | {Column(column): n for column, n in counts.items()}
    rows = [Counted(of.organization.pk, day, domain, column, n) for column, n in columns.items()]
    counting.add(rows, at=timezone.now())


def status(campaign: Campaign) -> Status:
    return Status(Campaign.objects.values_list("status", flat=True).get(pk=campaign.pk))


def mails_about_it() -> list[str]:
    mails = Delivery.objects.filter(kind=Kind.SYSTEM, content__subject__icontains="was stopped")
    return sorted(mails.values_list("to_address", flat=True))


@pytest.fixture
def pulse(alice: Person) -> Campaign:
    return live_campaign(alice.organization)


# ── Stopping ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db(transaction=True)
def test_too_many_reports_of_spam_stop_the_mail_once_and_all_admins_hear_of_it(
    alice: Person, bob: Person, charlie: Person, pulse: Campaign
) -> None:
    bob.becomes(Role.ADMIN)
    factories.member(alice.organization, factories.user("dora@example.com"), Role.ANALYST)
    neighbour = live_campaign(charlie.organization)
    second = live_campaign(alice.organization, "Second")
    happened(alice, 1000, complained=12)

    sweeps = [threading.Thread(target=sweep_in_a_thread) for _ in range(3)]
    for thread in sweeps:
        thread.start()
    for thread in sweeps:
        thread.join()

    assert (status(pulse), status(second), status(neighbour)) == (Status.PAUSED, Status.PAUSED, Status.LIVE)
    assert mails_about_it() == ["alice@example.com", "bob@example.com"]
    assert AuditEntry.objects.filter(action="mail.stopped").count() == 1
    shown = alice.get(pulse.get_absolute_url()).content.decode()
    assert "12 of the 1,000 mails that arrived in the last 7 days were reported as spam" in shown
    assert alice.url("delivery:deliverability") in shown


def sweep_in_a_thread() -> None:
    actions.stop_the_bad(at=timezone.now())
    connection.close()


def test_until_somebody_has_looked_into_it_nothing_goes_on(alice: Person, bob: Person, pulse: Campaign) -> None:
    draft = factories.campaign(alice.organization, "Draft")
    scheduled = factories.campaign(alice.organization, "Soon", Status.SCHEDULED, starts_at=timezone.now())
    happened(alice, 1000, bounced=90)
    actions.stop_the_bad(at=timezone.now())

    refused = alice.post(alice.url("campaigns:resume", pk=pulse.pk), follow=True).content.decode()
    assert "Not resumed. Mail was stopped: 90 of the 1,000 mails of the last 7 days came back" in refused
    alice.post(alice.url("campaigns:launch", pk=draft.pk))
    assert (status(pulse), status(draft), status(scheduled)) == (Status.PAUSED, Status.DRAFT, Status.SCHEDULED)
    assert bob.post(bob.url("delivery:deliverability_look_into")).status_code == 403
    assert "We have looked into it" not in bob.get(bob.url("delivery:deliverability")).content.decode()

    alice.post(alice.url("delivery:deliverability_look_into"))
    again = alice.post(alice.url("delivery:deliverability_look_into"), follow=True)
    assert "Nothing is stopped any more" in again.content.decode()
    alice.post(alice.url("campaigns:resume", pk=pulse.pk))

    assert status(pulse) == Status.LIVE
    assert AuditEntry.objects.filter(action="mail.looked_into").count() == 1


def test_what_was_looked_into_stops_nothing_again_and_what_comes_after_does(alice: Person, pulse: Campaign) -> None:
    happened(alice, 1000, bounced=90)
    actions.stop_the_bad(at=timezone.now())
    alice.post(alice.url("delivery:deliverability_look_into"))
    alice.post(alice.url("campaigns:resume", pk=pulse.pk))

    happened(alice, 0, bounced=100)  # more news of days before
    happened(alice, 500, days_ago=0, bounced=5)  # of today
    assert actions.stop_the_bad(at=timezone.now()) == 0
    assert actions.stop_the_bad(at=timezone.now() + timedelta(days=3)) == 0

    happened(alice, 200, days_ago=-2, bounced=60)
    assert actions.stop_the_bad(at=timezone.now() + timedelta(days=3)) == 1
    assert status(pulse) == Status.PAUSED


def test_looking_into_it_is_no_leave_for_the_rest_of_the_day(alice: Person, pulse: Campaign) -> None:
    """What the day had counted until then stops nothing again, and what is counted since does, as often as need be."""
    happened(alice, 20_000, days_ago=0, complained=1000)
    for turn in range(2):
        assert actions.stop_the_bad(at=timezone.now()) == 1, turn
        alice.post(alice.url("delivery:deliverability_look_into"))
        alice.post(alice.url("campaigns:resume", pk=pulse.pk))

        assert actions.stop_the_bad(at=timezone.now()) == 0
        assert "near the limit of large providers" not in alice.get(pulse.get_absolute_url()).content.decode()
        happened(alice, 99, days_ago=0, complained=99)
        assert actions.stop_the_bad(at=timezone.now()) == 0, "too few to say anything"
        happened(alice, 30, days_ago=0, complained=1)
    assert actions.stop_the_bad(at=timezone.now() + timedelta(days=1)) == 1
    assert "100 of the 129 mails that arrived" in alice.get(pulse.get_absolute_url()).content.decode()


def test_what_is_counted_since_is_not_thinned_by_what_was_before(alice: Person, pulse: Campaign) -> None:
    """A large and fair morning after the list that was stopped hides no bad afternoon."""
    happened(alice, 500_000, days_ago=0, complained=3000)
    actions.stop_the_bad(at=timezone.now())
    alice.post(alice.url("delivery:deliverability_look_into"))
    alice.post(alice.url("campaigns:resume", pk=pulse.pk))

    happened(alice, 1000, days_ago=0, bounced=300)

    assert actions.stop_the_bad(at=timezone.now()) == 1
    assert "300 of the 1,000 mails" in alice.get(pulse.get_absolute_url()).content.decode()


def test_a_campaign_that_was_started_meanwhile_is_paused_by_the_next_look(alice: Person, pulse: Campaign) -> None:
    happened(alice, 1000, bounced=90)
    actions.stop_the_bad(at=timezone.now())
    slipped_through = live_campaign(alice.organization, "Slipped through")

    assert actions.stop_the_bad(at=timezone.now()) == 0

    assert status(slipped_through) == Status.PAUSED
    assert mails_about_it() == ["alice@example.com"]


@pytest.mark.parametrize(
    ("sent", "counts"),
    [
        (99, {"bounced": 99}),  # too few mails to say anything
        (1000, {"bounced": 60}),  # 6 %, and it may be 4.7 %
        (700, {"complained": 3}),  # 0.43 %, and it may be 0.15 %
    ],
)
def test_nothing_stops_while_the_limit_may_not_be_crossed(
    alice: Person, pulse: Campaign, sent: int, counts: dict[str, int]
) -> None:
    happened(alice, sent, "example.com", 1, **counts)

    assert actions.stop_the_bad(at=timezone.now()) == 0

    assert status(pulse) == Status.LIVE
    assert not MailHealth.objects.exclude(stopped_at=None).exists()
    is_warned = "near the limit of large providers" in alice.get(pulse.get_absolute_url()).content.decode()
    assert is_warned == (sent >= 100)


# ── The page ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_page_groups_providers_and_takes_small_domains_together(alice: Person, charlie: Person) -> None:
    happened(alice, 3000, "gmail.com", bounced=9, complained=1)
    happened(alice, 1000, "googlemail.com", bounced=3, unsubscribed=8)
    happened(alice, 150, "tiny.example", days_ago=60, bounced=150)
    for number in range(25):
        happened(alice, 10, f"company{number}.example")
    happened(charlie, 7777, "neighbour.example")

    page = alice.get(alice.url("delivery:deliverability")).context["page"]
    rows = [(row.name, row.tally.sent, row.bounces, row.bounce_level) for row in page.rows]

    assert rows[0] == ("Gmail", 4000, "0.30 %", "fine")
    assert rows[1] == ("company0.example", 10, "0.00 %", "few")
    assert rows[-1][:2] == ("6 others", 60)
    assert [figure.value for figure in page.figures] == ["0.28 %", "0.02 %", "0.19 %"]
    wide = alice.get(alice.url("delivery:deliverability") + "?period=90d").content.decode()
    assert "tiny.example" in wide
    assert "neighbour.example" not in wide
    wrong = alice.get(alice.url("delivery:deliverability") + "?period=7w").content.decode()
    assert "“7w” is none of the periods" in wrong


def test_the_list_for_spreadsheets_has_every_domain_of_the_period(alice: Person) -> None:
    happened(alice, 10, "gmail.com", complained=1)
    happened(alice, 5, "=cmd.example", days_ago=3)
    happened(alice, 5, "old.example", days_ago=20)

    answer = alice.get(alice.url("delivery:deliverability_file") + "?period=7d")
    lines = b"".join(cast(Iterable[bytes], answer)).decode().splitlines()

    yesterday = (timezone.now() - timedelta(days=1)).date()
    assert lines[-1] == f"{yesterday},gmail.com,Gmail,10,0,0,0,1,0"
    assert len(lines) == 3
    assert "'=cmd.example" in lines[1]


def test_before_the_first_mail_the_page_says_what_it_will_show(alice: Person) -> None:
    shown = alice.get(alice.url("delivery:deliverability")).content.decode()
    assert "No mails in these days" in shown
    assert "Reports of spam, and mails that come back later, are not known" in shown


def test_a_slowed_domain_is_shown_to_who_mails_it_and_to_no_neighbour(alice: Person, charlie: Person) -> None:
    at = timezone.now()
    Pace.objects.create(
        key=f"domain:{routes.OPERATOR}:example.com",
        tokens=0,
        filled_at=at,
        slowed_rate=0.5,
        slowed_until=at + timedelta(minutes=20),
        reason="421 too many messages",
    )
    happened(alice, 5)

    shown = alice.get(alice.url("delivery:deliverability")).content.decode()
    assert "example.com takes mail slowly" in shown
    assert "about 30 a minute" in shown
    assert "421 too many messages" in shown
    assert "takes mail slowly" not in charlie.get(charlie.url("delivery:deliverability")).content.decode()


def test_without_reports_no_complaint_is_no_good_news(alice: Person) -> None:
    happened(alice, 500)
    silent = alice.get(alice.url("delivery:deliverability")).context["page"].figures[1]
    happened(alice, 500, complained=2)
    told = alice.get(alice.url("delivery:deliverability")).context["page"].figures[1]
    assert (silent.value, silent.level, silent.counts) == ("—", None, "not known")
    assert (told.value, told.level) == ("0.20 %", "fine")

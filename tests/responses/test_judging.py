"""A colleague decides whether an answer counts: everything follows, and the customer's own acts do not undo it."""

import random
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client

from surveys.accounts.models import AuditEntry
from surveys.analytics.upkeep import rollups
from surveys.campaigns.models import Campaign, Status
from surveys.customers.models import Customer
from surveys.outbox.models import Event
from surveys.responses import queries
from surveys.responses.actions import settle
from surveys.responses.models import ClickEvent, Response, Verdict
from tests import factories
from tests.people import Person
from tests.responses.mail import Mail, Shown, differences, later, phone, press, send

NOON = datetime(2025, 6, 2, 12, 0, tzinfo=UTC)


def decide(person: Person, response: Response, how: str, note: str = "") -> str:
    answer = person.post(f"{response.get_absolute_url()}{how}/", {"note": note}, follow=True)
    assert answer.status_code == 200
    return str(answer.content.decode())


def facts(mail: Mail) -> tuple[int | None, int, bool]:
    """Last score and number of answers of the customer, and whether the invitation was answered."""
    customer = Customer.objects.get(invitation=mail.invitation)
    mail.invitation.refresh_from_db()
    return customer.last_score, customer.answered_count, mail.invitation.answered_at is not None


def test_a_robots_answer_is_taken_back_and_counted_again(mail: Mail, ada: Client, alice: Person) -> None:
    press(ada, Shown(ada.get(mail.link(9))), 9)
    assert facts(mail) == (9, 1, True)

    page = decide(alice, mail.response, "do-not-count", "Their own link checker")
    decide(alice, mail.response, "do-not-count", "Their own link checker")  # in another tab
    assert "Their own link checker" in page
    assert "No. alice@example.com decided so on" in page or "No. Alice decided so on" in page
    assert "The rules said before:" in page
    assert mail.response.verdict == Verdict.QUARANTINED
    assert facts(mail) == (None, 0, False)
    assert differences(alice.organization) == []
    assert list(Event.objects.order_by("id").values_list("kind", flat=True))[-1] == "response.uncounted"
    assert "Ada Okafor" not in alice.get(alice.url("responses:feed")).content.decode()
    assert "Ada Okafor" in alice.get(alice.url("responses:feed") + "?state=decided").content.decode()

    decide(alice, mail.response, "undo-judgement")
    response = mail.response
    assert (response.verdict, response.judged_at, response.judged_note) == (Verdict.CONFIRMED, None, "")
    assert facts(mail) == (9, 1, True)
    assert differences(alice.organization) == []
    told = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert told[-2:] == ["response.uncounted", "response.judgement_undone"]
    assert told.count("response.uncounted") == 1


def test_what_looks_like_a_robot_is_counted_by_a_colleague(mail: Mail, ada: Client, alice: Person, bob: Person) -> None:
    with time_machine.travel(NOON, tick=False):
        for score in (2, 5, 8):
            ada.get(mail.link(score))
    assert "What came so far looks like a robot" in alice.get(mail.response.get_absolute_url()).content.decode()
    settle(at=later(NOON))
    assert mail.response.verdict == Verdict.QUARANTINED
    assert "Count it" in alice.get(mail.response.get_absolute_url()).content.decode()
    Campaign.objects.update(status=Status.LIVE, wave=1, launched_at=NOON)
    campaign = alice.get(alice.url("campaigns:detail", pk=mail.invitation.campaign_id)).content.decode()
    assert "1 taken for a robot" in campaign

    decide(alice, mail.response, "count")
    assert facts(mail) == (8, 1, True)
    assert differences(alice.organization) == []
    ada.get(mail.link(1))  # another link does not change it: that takes a button
    assert settle(at=later(NOON) + timedelta(days=400)) == 0
    assert (mail.response.verdict, mail.response.score) == (Verdict.CONFIRMED, 8)
    press(ada, Shown(ada.get(mail.link(1))), 1)
    assert facts(mail) == (1, 1, True)
    decide(alice, mail.response, "undo-judgement")
    assert mail.response.verdict == Verdict.QUARANTINED
    assert differences(alice.organization) == []


def test_what_a_customer_says_afterwards_is_kept_and_counts_as_little(mail: Mail, ada: Client, alice: Person) -> None:
    press(ada, Shown(ada.get(mail.link(9))), 9)
    decide(alice, mail.response, "do-not-count")

    thanked = send(ada, Shown(ada.get(mail.link(3))), 3, "It was me")
    assert "We will do better" in thanked.content.decode()
    response = mail.response
    assert (response.verdict, response.score, response.comment) == (Verdict.QUARANTINED, 3, "It was me")
    assert facts(mail) == (None, 0, False)
    assert differences(alice.organization) == []
    decide(alice, response, "undo-judgement")
    assert facts(mail) == (3, 1, True)
    assert differences(alice.organization) == []


@pytest.mark.parametrize("seed", range(4))
def test_whatever_people_decide_rollups_and_facts_equal_a_recount(alice: Person, seed: int) -> None:
    chance = random.Random(seed)
    campaign = factories.campaign(alice.organization)
    ada = factories.customer(alice.organization, "ada@example.com")
    mails = [Mail(factories.invitation(campaign, ada, occasion=f"wave:{n}")) for n in range(3)]
    for piece in rollups.slices(alice.organization.pk):
        rollups.repair(piece)
    browser = phone()
    for _ in range(24):
        mail = chance.choice(mails)
        shown = Shown(browser.get(mail.link(chance.randrange(11))))
        if chance.random() < 0.4:
            press(browser, shown, chance.randrange(11), chance.choice(["", "Hm", None]))
        if chance.random() < 0.6:
            decide(alice, mail.response, chance.choice(["count", "do-not-count", "undo-judgement"]))
        if chance.random() < 0.2:
            settle(at=later(datetime.now(UTC)))

    assert differences(alice.organization) == []
    found = queries.answer_facts(alice.organization, [ada.pk])[0]
    ada.refresh_from_db()
    assert (ada.last_score, ada.previous_score, ada.answered_count) == (
        found.last_score,
        found.previous_score,
        found.answered_count,
    )
    for mail in mails:
        mail.invitation.refresh_from_db()
        counted = Response.objects.counted().filter(invitation=mail.invitation).exists()
        assert (mail.invitation.answered_at is not None) == counted


def replayed(*options: str, capsys: pytest.CaptureFixture[str]) -> str:
    call_command("replay_verdicts", *options)
    return capsys.readouterr().out


def test_stored_clicks_are_replayed_over_the_rules_of_today(
    mail: Mail, ada: Client, alice: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    """A robot that opened one link counted by the first rules; a person's answer was held back by a mistake."""
    press(ada, Shown(ada.get(mail.link(9))), 9)
    campaign = mail.invitation.campaign
    others = [Mail(factories.invitation(campaign, factories.customer(alice.organization))) for _ in range(3)]
    robots, judged, person = others
    for each in others:
        phone().get(each.link(10))
    settle(at=later(datetime.now(UTC)))
    decide(alice, judged.response, "do-not-count")
    ClickEvent.objects.filter(invitation_id=robots.invitation.pk).update(user_agent="python-requests/2.31")
    Response.objects.filter(pk=person.response.pk).update(verdict=Verdict.QUARANTINED)

    foreseen = replayed("--dry-run", "--organization", alice.organization.slug, capsys=capsys)
    assert f"confirmed -> quarantined (robot_agent): {robots.response.pk}" in foreseen
    assert f"quarantined -> confirmed (one_score): {person.response.pk}" in foreseen
    assert "2 would change" in foreseen
    assert robots.response.verdict == Verdict.CONFIRMED

    assert "2 changed" in replayed(capsys=capsys)
    assert (robots.response.verdict, person.response.verdict) == (Verdict.QUARANTINED, Verdict.CONFIRMED)
    assert facts(robots) == (None, 0, False)
    assert judged.response.verdict == Verdict.QUARANTINED
    assert "0 changed" in replayed(capsys=capsys)
    assert "0 would change" in replayed("--dry-run", "--since", "2999-01-01", capsys=capsys)
    for piece in rollups.slices(alice.organization.pk):
        rollups.repair(piece)  # of the held back one: its verdict was forged behind the product's back
    assert differences(alice.organization) == []


def test_a_replay_takes_nothing_back_for_what_came_long_after_or_what_is_forgotten(
    mail: Mail, ada: Client, alice: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mailbox is scanned a month later; and a button was pressed so long ago that only a robot's click is left."""
    campaign = mail.invitation.campaign
    pruned, trapped = (Mail(factories.invitation(campaign, factories.customer(alice.organization))) for _ in range(2))
    with time_machine.travel(NOON, tick=False):
        press(ada, Shown(ada.get(pruned.link(9))), 9)
        for each in (mail, trapped):
            ada.get(each.link(9))
    with time_machine.travel(NOON + timedelta(minutes=5), tick=False):
        phone().get(trapped.page + "more/")
    Response.objects.filter(pk=trapped.response.pk).update(settles_at=NOON + timedelta(days=999))
    settle(at=later(NOON))
    Response.objects.filter(pk=trapped.response.pk).update(settles_at=None, verdict="confirmed", confirmed_at=NOON)
    with time_machine.travel(NOON + timedelta(days=30), tick=False):
        for each in (mail, pruned):
            phone().get(each.page + "more/")
            Client(HTTP_USER_AGENT="python-requests/2.31").get(each.link(9))
    ClickEvent.objects.filter(invitation_id=pruned.invitation.pk, at=NOON).delete()

    assert "1 changed" in replayed(capsys=capsys)
    assert [each.response.verdict for each in (mail, pruned, trapped)] == ["confirmed", "confirmed", "quarantined"]

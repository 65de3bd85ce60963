"""A rating row in somebody else's mail: the click finds the customer, is one answer, and shows nothing about anybody."""

import re
import threading
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse

from surveys.analytics.models import InvitationCount, ScoreCount
from surveys.analytics.upkeep import rollups
from surveys.campaigns.models import Campaign, Status
from surveys.core import tokens
from surveys.core.tokens import Purpose
from surveys.customers.models import Customer
from surveys.delivery.models import Delivery, Invitation
from surveys.outbox.models import Event
from surveys.responses.actions import settle
from surveys.responses.models import ClickEvent, Response, Verdict
from tests import factories
from tests.people import Person
from tests.responses.mail import Shown, differences, later, phone, press

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def live(person: Person, **fields: object) -> Campaign:
    return factories.campaign(person.organization, "After support", Status.LIVE, wave=1, launched_at=NOON, **fields)


def row(campaign: Campaign, score: int | str = "", query: str = "") -> str:
    page = reverse("public:rating", args=[tokens.make(Purpose.RATING, campaign.pk)])
    return f"{page}{score}/{query}" if score != "" else f"{page}{query}"


@pytest.fixture
def ada(alice: Person) -> Customer:
    return factories.customer(
        alice.organization, "Ada+Shop@example.com", name="Ada Okafor", external_id="C-7", language="de"
    )


def test_a_rows_page_tells_what_a_mails_page_tells_and_looks_the_same_for_everybody(
    alice: Person, ada: Customer
) -> None:
    campaign, browser = live(alice), phone()
    pages = {}
    for who in ("C-7", "C-8"):
        shown = Shown(browser.get(row(campaign, 9, f"?id={who}")))
        pages[who] = without_visit(shown.html).replace(who, "")
        style, seen, trap = (unescape(found) for found in re.findall(r'(?:href|data-seen)="(/l/[^"]*)"', shown.html))
        assert browser.get(style).headers["Cache-Control"] == "no-store"
        told = {"nonce": shown.field("nonce"), "score": "9", "seconds": "1", "hand": "2", "languages": "1"}
        assert browser.post(seen, told, headers={"sec-fetch-site": "same-origin"}).status_code == 204
        assert browser.get(trap).status_code == 200
    assert pages["C-7"] == pages["C-8"]
    assert list(ClickEvent.objects.order_by("id").values_list("kind", flat=True)) == ["click", "style", "seen", "trap"]
    assert (Response.objects.get().customer, Response.objects.get().verdict) == (ada, Verdict.CONFIRMED)


def without_visit(html: str) -> str:
    return re.sub(r'name="nonce" value="[^"]*"', "", html)


def test_a_click_of_a_customer_settles_and_counts_as_an_answer_by_link(alice: Person, ada: Customer) -> None:
    campaign, client = live(alice), phone()
    with time_machine.travel(NOON, tick=False):
        for piece in rollups.slices(alice.organization.pk):
            rollups.repair(piece)
        shown = Shown(client.get(row(campaign, 9, "?email=ada%2Bshop@EXAMPLE.com")))
        client.get(row(campaign, 9, "?email=ada+shop@example.com"))  # the other system did not encode the +
    assert shown.picked == [9]
    assert (Response.objects.get().verdict, ClickEvent.objects.count()) == (Verdict.PROVISIONAL, 2)

    assert settle(at=later(NOON)) == 1

    response = Response.objects.select_related("invitation").get()
    invitation = response.invitation
    assert invitation is not None
    assert (response.verdict, response.score, response.channel) == (Verdict.CONFIRMED, 9, "link")
    assert (invitation.occasion, invitation.channel, invitation.customer_id) == ("link:row:1", "link", ada.pk)
    assert (invitation.sent_at, invitation.claimed_at, invitation.answered_at) == (None, None, NOON)
    assert not Delivery.objects.exists()
    ada.refresh_from_db()
    assert (ada.last_score, ada.last_asked_at, ada.asked_count) == (9, None, 0)  # a link takes nobody's throttle
    assert differences(alice.organization) == []
    rollups.fold()
    assert list(ScoreCount.objects.filter(dimension="channel").values_list("value", "s9")) == [("link", 1)]
    assert not InvitationCount.objects.exists()
    assert "Ada Okafor" in alice.get(alice.url("responses:feed"), {"channel": "link"}).content.decode()


def test_several_clicks_within_the_window_are_one_answer_and_later_ones_another(
    alice: Person, ada: Customer, client: Client
) -> None:
    campaign = live(alice, answer_window_days=30)
    with time_machine.travel(NOON, tick=False):
        press(client, Shown(client.get(row(campaign, 9, "?id=C-7"))), 9, "Quick")
    with time_machine.travel(NOON + timedelta(days=20), tick=False):
        press(client, Shown(client.get(row(campaign, 4, "?email=ada%2Bshop@example.com"))), 4)
    first = Response.objects.get()
    assert (first.score, first.comment, [each.score for each in first.revisions.all()]) == (4, "Quick", [9])

    with time_machine.travel(NOON + timedelta(days=31), tick=False):
        client.get(row(campaign, 8, "?id=C-7"))
    assert list(Invitation.objects.order_by("id").values_list("occasion", flat=True)) == ["link:row:1", "link:row:2"]
    assert Response.objects.count() == 2


def test_who_is_not_known_answers_by_pressing_the_button_and_has_one_answer_for_a_visit(
    alice: Person, client: Client
) -> None:
    campaign = live(alice)
    shown = Shown(client.get(row(campaign, 3, "?email=stranger@example.com")))
    assert not Invitation.objects.exists()
    assert not ClickEvent.objects.exists()

    after = Shown(press(client, shown, 3, "Nobody called back"))
    assert "Your answer is saved" in after.html
    press(client, shown, 3, "Nobody called back")  # a second press of the first page
    press(client, after, 2)  # a change of mind on the second

    response = Response.objects.select_related("invitation").get()
    assert response.invitation is not None
    assert (response.customer, response.score, response.comment) == (None, 2, "Nobody called back")
    assert response.invitation.occasion.startswith("link:anyone:")
    assert differences(alice.organization) == []
    assert "Somebody by a link" in alice.get(alice.url("responses:feed")).content.decode()
    assert "Somebody by a link" in alice.get(response.get_absolute_url()).content.decode()

    press(client, Shown(client.get(row(campaign, 10))), 10)  # another visit is another answer
    assert Response.objects.count() == 2


def test_the_page_is_the_same_for_customers_and_strangers_and_tells_nothing(
    alice: Person, ada: Customer, client: Client
) -> None:
    campaign = live(alice)
    press(client, Shown(client.get(row(campaign, 1, "?email=ada%2Bshop@example.com"))), 1, "A secret of Ada")

    def pages(who: str) -> list[str]:
        shown = Shown(client.get(row(campaign, 9, f"?email={who}")))
        answered = press(client, shown, 9)
        found = [shown.html, answered.content.decode(), Shown(client.get(row(campaign, "", f"?email={who}"))).html]
        return [without_visit(html).replace(who.replace("%2B", "%2B"), "X") for html in found]

    of_ada, of_nobody = pages("ada%2Bshop%40example.com"), pages("nobody%40example.com")
    assert of_ada == of_nobody
    assert "secret" not in "".join(of_ada)
    assert "Ada" not in "".join(of_ada)
    assert "unsubscribe" not in "".join(of_ada).lower()
    assert "/r/" not in re.sub(r"/r/style/", "", "".join(of_ada))


@pytest.mark.parametrize(
    "query",
    [
        "?email=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
        "?email=a%0d%0aSet-Cookie:%20a=b@example.com",
        "?email=%00",
        "?id=" + "x" * 5000,
        "?email=" + "a" * 5000 + "@example.com",
        "?email=%FF%FE",
        "?email[]=a&id=&lang=%3Cb%3E",
    ],
)
def test_what_stands_in_the_address_is_harmless(alice: Person, ada: Customer, client: Client, query: str) -> None:
    answer = client.get(row(live(alice), 9, query))
    assert answer.status_code == 200
    assert "<script>alert" not in answer.content.decode()
    assert "<b>" not in without_picked(answer.content.decode())
    assert "Set-Cookie" not in answer.headers
    assert not Invitation.objects.exists()


def without_picked(html: str) -> str:
    return html.replace("<b>9</b>", "")


def test_a_guessed_token_or_one_of_another_purpose_is_the_constant_404(
    alice: Person, charlie: Person, client: Client
) -> None:
    campaign = live(alice)
    token = tokens.make(Purpose.RATING, campaign.pk)
    wrong = [token[:-1], token[:-1] + ("A" if token[-1] != "A" else "B"), tokens.make(Purpose.TEST, campaign.pk)]
    addresses = [f"/l/{each}/9/?email=a@example.com" for each in [*wrong, tokens.make(Purpose.RATING, 99_999_999)]]
    answers = [
        ask(each)
        for each in [*addresses, f"/l/{token}/11/", "/l/", f"/r/{token}/9/"]
        for ask in (client.get, client.post)
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


def test_customers_of_another_organization_are_strangers(alice: Person, charlie: Person, client: Client) -> None:
    theirs = factories.customer(charlie.organization, "carol@example.com", external_id="C-7")
    campaign = live(alice)
    for query in ("?email=carol@example.com", "?id=C-7"):
        client.get(row(campaign, 9, query))
    assert not Invitation.objects.exists()
    press(client, Shown(client.get(row(campaign, 9, "?email=carol@example.com"))), 9)
    theirs.refresh_from_db()
    assert (Response.objects.get().customer, theirs.last_score) == (None, None)


def test_asking_about_a_row_writes_nothing(alice: Person, ada: Customer, client: Client) -> None:
    link = row(live(alice), 9, "?id=C-7")
    assert client.head(link).status_code == 200
    assert client.options(link).status_code == 204
    assert client.put(link).status_code == 405
    assert client.get(link, headers={"sec-purpose": "prefetch"}).status_code == 503
    assert client.get(link, headers={"user-agent": "Slackbot-LinkExpanding 1.0"}).status_code == 200
    assert client.get(row(Campaign.objects.get(), "", "?id=C-7&answered=9")).status_code == 200
    assert not Invitation.objects.exists()
    assert not ClickEvent.objects.exists()


def test_a_robot_that_opens_all_eleven_is_quarantined(alice: Person, ada: Customer, client: Client) -> None:
    campaign = live(alice)
    with time_machine.travel(NOON, tick=False):
        for score in range(11):
            client.get(row(campaign, score, "?id=C-7"))
    settle(at=later(NOON))
    assert Response.objects.get().verdict == Verdict.QUARANTINED
    assert not Event.objects.filter(kind__startswith="response").exists()


def test_a_form_from_another_site_or_without_its_visit_changes_nothing(
    alice: Person, ada: Customer, client: Client
) -> None:
    campaign, other = live(alice), live(alice)
    shown = Shown(client.get(row(campaign, "", "?id=C-7")))
    foreign = Shown(client.get(row(other))).field("nonce")
    for nonce, origin in (
        ("", "http://testserver"),
        (foreign, "http://testserver"),
        (shown.field("nonce"), "https://evil.example"),
    ):
        answer = client.post(
            shown.action, {"score": "1", "comment": "Hm", "seen": "", "nonce": nonce}, headers={"origin": origin}
        )
        assert (answer.status_code, Shown(answer).comment) == (403, "Hm")
    assert not Response.objects.exists()


@pytest.mark.parametrize("status", [Status.DRAFT, Status.SCHEDULED, Status.ENDED, Status.ARCHIVED])
def test_a_row_of_a_campaign_that_is_not_running_says_so(
    alice: Person, ada: Customer, client: Client, status: Status
) -> None:
    campaign = live(alice)
    shown = Shown(client.get(row(campaign, "", "?id=C-7")))
    Campaign.objects.filter(pk=campaign.pk).update(status=status)
    assert "This survey is closed" in client.get(row(campaign, 9, "?id=C-7")).content.decode()
    assert "This survey is closed" in press(client, shown, 9).content.decode()
    assert not Invitation.objects.exists()


def test_strangers_cannot_flood_a_campaign(alice: Person, ada: Customer, client: Client) -> None:
    campaign = live(alice)
    shown = Shown(client.get(row(campaign, 9)))
    most = int(settings.ACCOUNT_RATE_LIMITS["rating_of_anyone"].split("/")[0])
    for _ in range(most):
        assert press(client, Shown(client.get(row(campaign, 9))), 9).status_code == 200
    refused = press(client, shown, 9, "Kept")
    assert (refused.status_code, Shown(refused).comment) == (429, "Kept")
    assert Response.objects.count() == most

    elsewhere = Client(REMOTE_ADDR="203.0.113.5")  # another network, and a customer, are not held up
    assert press(elsewhere, Shown(elsewhere.get(row(campaign, 9))), 9).status_code == 200
    assert press(client, Shown(client.get(row(campaign, 8, "?id=C-7"))), 8).status_code == 200
    assert Response.objects.get(customer=ada).score == 8


@pytest.mark.django_db(transaction=True)
def test_clicks_at_the_same_moment_are_one_answer(alice: Person, ada: Customer) -> None:
    campaign = live(alice)
    together = threading.Barrier(6)

    def click(query: str, act: bool) -> None:
        browser = Client()
        try:
            shown = Shown(browser.get(row(campaign, "", query)))
            together.wait(timeout=20)
            if act:
                press(browser, shown, 7)
            else:
                browser.get(row(campaign, 7, query))
        finally:
            connection.close()

    stranger = Shown(Client().get(row(campaign, 5)))

    def press_twice() -> None:
        together.wait(timeout=20)
        try:
            press(Client(), stranger, 5)
        finally:
            connection.close()

    threads = [threading.Thread(target=click, args=("?id=C-7", number % 2 == 0)) for number in range(4)]
    threads += [threading.Thread(target=press_twice) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Invitation.objects.filter(customer=ada).count() == 1
    assert Response.objects.filter(customer=ada).count() == 1
    assert Response.objects.filter(customer=None).count() == 1
    assert differences(alice.organization) == []

"""Survey links that no mail of ours carries: one customer's, many customers' in a file, and the row to paste."""

import csv
import io
import re
import threading
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
import time_machine
from django.db import connection
from django.test import Client

from surveys.accounts.models import AuditEntry, Role
from surveys.campaigns.models import Campaign, Status
from surveys.customers.models import Customer, Segment
from surveys.delivery import link_queries, links
from surveys.delivery.actions import linking
from surveys.delivery.models import Delivery, Invitation
from surveys.responses.models import Response
from tests import factories
from tests.delivery.world import crowd, live_campaign
from tests.people import Person
from tests.responses.mail import Shown, press

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def make(person: Person, customer: Customer, campaign: Campaign, **more: str) -> str:
    """The page after the link was made; its first link is the newest."""
    address = person.url("delivery:customer_link", pk=customer.pk)
    answer = person.post(address, {"campaign": str(campaign.pk), **more}, follow=True)
    return str(answer.content.decode())


def first_link(page: str) -> str:
    found = re.search(r'value="http://testserver(/r/[^"]+)"', page)
    assert found, "no link on the page"
    return found[1]


def table(answer: object) -> list[dict[str, str]]:
    text = b"".join(answer.streaming_content).decode().lstrip("\ufeff")  # type: ignore[attr-defined]
    return list(csv.DictReader(io.StringIO(text)))


def test_a_customers_link_is_given_again_until_it_was_answered_or_closed(alice: Person, client: Client) -> None:
    campaign = live_campaign(alice.organization, answer_window_days=30)
    ada = factories.customer(alice.organization, "ada@example.com", name="Ada Okafor", language="de-AT")
    with time_machine.travel(NOON, tick=False):
        link = first_link(make(alice, ada, campaign))
        assert first_link(make(alice, ada, campaign)) == link
        press(client, Shown(client.get(f"{link}8/")), 8, "By chat")
        second = first_link(make(alice, ada, campaign))
        assert "Got a survey link" in alice.get(ada.get_absolute_url()).content.decode()
    closed = NOON + timedelta(days=31)
    third = linking.make_link(campaign=campaign, customer=ada, by=alice.membership, at=closed)
    assert len({f"http://testserver{link}", f"http://testserver{second}", links.personal(third.invitation)}) == 3
    made = Invitation.objects.order_by("id")
    assert [each.occasion for each in made] == ["link:1", "link:2", "link:3"]
    assert {(each.channel, each.sent_at, each.claimed_at, each.language) for each in made} == {
        ("link", None, None, "en")
    }
    assert not Delivery.objects.exists()
    assert (Response.objects.get().channel, Response.objects.get().comment) == ("link", "By chat")
    ada.refresh_from_db()
    assert (ada.last_asked_at, ada.last_score) == (None, 8)
    assert AuditEntry.objects.filter(action="customer.link_made").count() == 4


def test_who_is_not_mailed_gets_a_link_only_when_they_ask_for_one(alice: Person) -> None:
    campaign = live_campaign(alice.organization)
    ada = factories.customer(alice.organization, "ada@example.com", suppression="unsubscribed")
    assert "not to be asked" in make(alice, ada, campaign)
    assert not Invitation.objects.exists()
    first_link(make(alice, ada, campaign, wish="1"))
    assert Invitation.objects.get().occasion == "link:1"


@pytest.mark.parametrize("status", [Status.DRAFT, Status.PAUSED, Status.ENDED])
def test_only_a_live_campaign_gives_links_and_says_why_not(alice: Person, status: Status) -> None:
    campaign = live_campaign(alice.organization)
    ada = factories.customer(alice.organization)
    Campaign.objects.filter(pk=campaign.pk).update(status=status)
    campaign.refresh_from_db()
    reason = {Status.DRAFT: "not launched", Status.PAUSED: "is paused", Status.ENDED: "has ended"}[status]
    assert reason in make(alice, ada, campaign)
    page = alice.url("delivery:links", pk=campaign.pk)
    assert reason in alice.get(page).content.decode()
    asked = alice.post(alice.url("delivery:links_file", pk=campaign.pk), {"group": "audience"}, follow=True)
    assert reason in asked.content.decode()
    assert not Invitation.objects.exists()


def test_a_file_has_a_link_of_each_customer_of_the_audience_who_may_be_mailed(alice: Person, client: Client) -> None:
    pro = {"all": [{"field": "p.plan", "op": "one_of", "value": ["Pro"]}]}
    factories_property(alice, "plan")
    left_out = {"all": [{"field": "p.plan", "op": "is_set"}, {"field": "language", "op": "one_of", "value": ["fr"]}]}
    campaign = live_campaign(alice.organization, audience=pro, exclusions=left_out)
    ada = factories.customer(
        alice.organization, "ada@example.com", name="=cmd|' /C calc'!A0", external_id="+7", properties={"plan": "Pro"}
    )
    factories.customer(alice.organization, None, name="No address", properties={"plan": "Pro"})
    factories.customer(alice.organization, "free@example.com", properties={"plan": "Free"})
    factories.customer(alice.organization, "fr@example.com", language="fr", properties={"plan": "Pro"})
    factories.customer(alice.organization, "gone@example.com", suppression="complained", properties={"plan": "Pro"})

    rows = table(alice.post(alice.url("delivery:links_file", pk=campaign.pk), {"group": "audience"}))

    assert [row["Email"] for row in rows] == ["ada@example.com", ""]
    assert (rows[0]["Name"], rows[0]["External ID"]) == ("'=cmd|' /C calc'!A0", "'+7")  # a spreadsheet runs neither
    for score in range(11):
        assert rows[0][str(score)] == f"{rows[0]['Link']}{score}/"
    client.get(rows[0]["9"])
    assert Response.objects.get().customer == ada

    again = table(alice.post(alice.url("delivery:links_file", pk=campaign.pk), {"group": "audience"}))
    assert again[1] == rows[1]
    assert again[0]["Link"] != rows[0]["Link"]  # it was answered
    assert AuditEntry.objects.filter(action="campaign.links_exported").count() == 2


def factories_property(person: Person, key: str) -> None:
    person.organization.property_set.create(key=key, label=key.capitalize(), type="text")


def test_a_file_may_be_of_a_segment_and_only_of_ones_own(alice: Person, bob: Person, charlie: Person) -> None:
    campaign = live_campaign(alice.organization)
    spoken = {"all": [{"field": "language", "op": "one_of", "value": ["fr"]}]}
    ours, theirs = (
        Segment.objects.create(
            organization=person.organization, name="French", conditions=spoken, created_at=NOON, updated_at=NOON
        )
        for person in (alice, charlie)
    )
    factories.customer(alice.organization, "a@example.com", language="fr")
    factories.customer(alice.organization, "b@example.com")
    factories.customer(charlie.organization, "c@example.com", language="fr")
    address = alice.url("delivery:links_file", pk=campaign.pk)

    assert [row["Email"] for row in table(alice.post(address, {"group": str(ours.pk)}))] == ["a@example.com"]
    assert alice.post(address, {"group": str(theirs.pk)}).status_code == 302
    for role in (Role.ANALYST, Role.AGENT):
        bob.becomes(role)
        assert bob.post(bob.url("delivery:links_file", pk=campaign.pk), {"group": "audience"}).status_code == 403
    assert Invitation.objects.filter(organization=charlie.organization).count() == 0


def test_an_audience_that_asks_about_links_is_read_before_they_are_made(alice: Person) -> None:
    """Who has just got a link still belongs to the slice that it is made for."""
    campaign = live_campaign(alice.organization)
    crowd(alice.organization, linking.SLICE + 5)
    rows = list(linking.export_links(campaign=campaign, group=link_queries.Group(), by=alice.membership, at=NOON))
    assert [row.email for row in rows] == [f"person{number}@example.com" for number in range(linking.SLICE + 5)]
    assert Invitation.objects.count() == linking.SLICE + 5


def test_a_large_file_takes_the_memory_of_one_slice(alice: Person) -> None:
    campaign = live_campaign(alice.organization)
    crowd(alice.organization, 6 * linking.SLICE)

    def peak(rows: Iterator[linking.Linked], count: int) -> int:
        tracemalloc.start()
        taken = sum(1 for _row, _n in zip(rows, range(count), strict=False))
        _now, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert taken == count
        return most

    some = linking.export_links(campaign=campaign, group=link_queries.Group(), by=alice.membership, at=NOON)
    all_of_them = linking.export_links(campaign=campaign, group=link_queries.Group(), by=alice.membership, at=NOON)
    assert peak(all_of_them, 6 * linking.SLICE) < 3 * peak(some, linking.SLICE - 1)


@pytest.mark.django_db(transaction=True)
def test_two_colleagues_who_make_a_link_at_once_get_the_same(alice: Person) -> None:
    campaign = live_campaign(alice.organization)
    ada = factories.customer(alice.organization)
    together = threading.Barrier(4)
    made: list[int] = []

    def work() -> None:
        together.wait(timeout=20)
        try:
            made.append(linking.make_link(campaign=campaign, customer=ada, by=alice.membership, at=NOON).invitation)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
    assert len(set(made)) == Invitation.objects.count() == 1


# ── The row ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def snippets(person: Person, campaign: Campaign, **query: str) -> tuple[str, str]:
    page = person.get(person.url("delivery:links", pk=campaign.pk), query).content.decode()
    found = re.findall(r"<textarea[^>]*readonly[^>]*>(.*?)</textarea>", page, re.DOTALL)
    return unescape(found[0]), unescape(found[1])


@pytest.mark.parametrize("system", [system.key for system in links.SYSTEMS if system.placeholder])
def test_a_row_has_eleven_links_with_the_systems_placeholder(alice: Person, client: Client, system: str) -> None:
    campaign = live_campaign(alice.organization)
    ada = factories.customer(alice.organization, "ada@example.com")
    html, text = snippets(alice, campaign, system=system, lang="en")
    placeholder = links.BY_KEY[system].placeholder
    addresses = [unescape(each) for each in re.findall(r'href="([^"]+)"', html)]
    assert len(addresses) == 11
    assert all(each.endswith(f"email={placeholder}") for each in addresses)
    assert all(each in text for each in addresses)
    assert len(html) < 6000

    client.get(links.example(addresses[9], placeholder, "ada@example.com").removeprefix("http://testserver"))
    assert (Response.objects.get().customer, Response.objects.get().score) == (ada, 9)


def test_a_row_says_the_campaigns_words_without_anybodys_name(alice: Person) -> None:
    campaign = live_campaign(alice.organization)
    campaign.wordings.update(question="{{ first_name|Friend }}, would you <b>recommend</b> us?", low_label="No & no")
    html, text = snippets(alice, campaign, system="signature")
    assert "Friend, would you &lt;b&gt;recommend&lt;/b&gt; us?" in html
    assert "No &amp; no" in html
    assert "Friend, would you <b>recommend</b> us?" in text
    assert "email=" not in html
    frame = alice.get(alice.url("delivery:links_preview", pk=campaign.pk), {"system": "signature"})
    assert frame.content.decode().count("<a href") == 11
    assert "sandbox" in frame.headers["Content-Security-Policy"]


def test_another_system_has_its_own_placeholder_and_nothing_that_breaks_out_of_the_link(alice: Person) -> None:
    campaign = live_campaign(alice.organization)
    html, _text = snippets(alice, campaign, system="other", parameter="id", placeholder="{{ customer.id }}")
    assert html.count("&amp;id={{ customer.id }}") == 11
    page = alice.url("delivery:links", pk=campaign.pk)
    assert 'hx-trigger="change, submit"' in alice.get(page).content.decode()  # the row follows the choice
    for evil in ('x" onclick="y', "<script>", "a&b=c", "#"):
        answer = alice.get(page, {"system": "other", "placeholder": evil}).content.decode()
        assert "cannot stand in the address" in answer
        assert 'onclick="y' not in unescape(answer).replace('value="x" onclick="y"', "") or evil != 'x" onclick="y'


def test_a_row_is_made_in_each_language_of_the_campaign(alice: Person, client: Client) -> None:
    campaign = live_campaign(alice.organization)
    german = factories.wording(Campaign(pk=campaign.pk, organization=alice.organization, version=99))
    german.version, german.language, german.question = campaign.version, "de", "Würden Sie uns empfehlen?"
    german.save()
    html, _text = snippets(alice, campaign, system="zendesk", lang="de")
    assert "Würden Sie uns empfehlen?" in html
    link = unescape(re.findall(r'href="([^"]+)"', html)[7]).removeprefix("http://testserver")
    assert "Würden Sie uns empfehlen?" in client.get(link).content.decode()

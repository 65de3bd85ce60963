"""Review sites: who is shown them, what is counted when they are followed, and that no link leads anywhere else."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from surveys.accounts.models import Role
from surveys.automation import link_queries, tracked
from surveys.automation.actions import pruning
from surveys.automation.models import LinkKind, LinkVisit, ReviewSite, Rule, TrackedLink
from surveys.campaigns.models import Status, Wording
from surveys.core import tokens
from surveys.core.tokens import Purpose
from surveys.customers import actions as customers
from surveys.customers.models import Customer
from surveys.outbox import actions as outbox
from surveys.outbox.models import Event
from surveys.responses.models import Tag
from tests import factories
from tests.people import Person
from tests.responses.mail import Mail, Shown, phone, send

ALL = ["promoter", "passive", "detractor"]
SITE = {"name": "Trustpilot", "url": "https://www.trustpilot.com/review/acme", "is_on_thanks": "on"}


def adds(person: Person, **more: Any) -> Any:
    return person.post(person.url("links:site_new"), SITE | {"categories": ALL} | more)


@pytest.fixture
def ada(alice: Person) -> Customer:
    return factories.customer(alice.organization, "ada@example.com", name="Ada")


@pytest.fixture
def mail(alice: Person, ada: Customer) -> Mail:
    sent_at = timezone.now() - timedelta(hours=1)
    return Mail(factories.invitation(factories.campaign(alice.organization), ada, sent_at))


def thanked(mail: Mail, score: int, browser: Client | None = None) -> Shown:
    """The page that thanks, after answering."""
    browser = browser or phone()
    return Shown(send(browser, Shown(browser.get(mail.link(score))), score))


def links(shown: Shown) -> list[tuple[str, str]]:
    found = re.findall(r'<a class="button quiet" href="([^"]+)"[^>]*>(?:<bdi>)?([^<]+)', shown.html)
    return [(unescape(url).removeprefix("http://testserver"), unescape(text)) for url, text in found]


def path(address: str) -> str:
    return "/" + address.split("/", 3)[3] if "://" in address else address


def test_what_rules_name_says_so_before_it_goes(alice: Person) -> None:
    adds(alice)
    site = ReviewSite.objects.get()
    at = timezone.now()
    tag = Tag.objects.create(organization=alice.organization, name="Refund", created_at=at)
    acts = [{"kind": "thanks", "text": "Tell others", "link": "review", "site": site.pk}]
    asks = {"all": [{"any": [{"field": "tag", "op": "one_of", "value": [tag.pk]}]}]}
    about = {"organization": alice.organization, "trigger": "confirmed", "created_at": at, "updated_at": at}
    rule = Rule.objects.create(**about, name="Happy", actions=acts, conditions=asks)
    Rule.objects.create(**about, name="Other", actions=[{"kind": "hook", "hook": site.pk}], conditions={})

    for page in (alice.url("responses:tag", pk=tag.pk), alice.url("links:site", pk=site.pk)):
        shown = alice.get(page).content.decode()
        assert ("<bdi>Happy</bdi>" in shown, "<bdi>Other</bdi>" in shown) == (True, False), page
    archived = alice.post(alice.url("links:site_archive", pk=site.pk), follow=True).content.decode()
    assert "These rules leave the site out" in archived
    shown = alice.get(alice.url("automation:rule", pk=rule.pk)).content.decode()
    assert "Trustpilot (not there any more)" in shown
    assert "no review site “Trustpilot” (any more)" in shown


def test_a_site_is_shown_to_everybody_and_a_double_click_counts_once(alice: Person, mail: Mail, ada: Customer) -> None:
    adds(alice)
    browser = phone()
    [(address, name)] = links(thanked(mail, 2, browser))
    assert name == "Trustpilot"

    for _ in range(2):
        answer = browser.get(path(address))
        assert (answer.status_code, answer["Location"]) == (302, SITE["url"])
        assert answer["Referrer-Policy"] == "no-referrer"
        assert "Set-Cookie" not in answer.headers
    [event] = Event.objects.filter(kind="review.visited")
    link = TrackedLink.objects.get()
    assert (link.customer, link.visits, event.object_id) == (ada, 1, link.pk)
    assert (link.score, link.response) == (2, mail.response)

    page = alice.get(alice.url("links:reviews")).content.decode()
    assert re.search(
        r'data-label="Offered to">1<.*?data-label="Went there"><span>1 .*?100 %.*?data-label="Visits">1<', page, re.S
    )
    [month] = link_queries.months(alice.organization, LinkKind.REVIEW, timezone.now())
    assert (month.site, month.visits, month.people) == ("Trustpilot", 1, 1)
    record = alice.get(alice.url("customers:detail", pk=ada.pk)).content.decode()
    assert "Went to the review site Trustpilot" in record


def test_robots_and_prefetches_are_sent_on_and_not_counted(alice: Person, mail: Mail) -> None:
    adds(alice)
    [(address, _name)] = links(thanked(mail, 9))
    assert phone().get(path(address), headers={"sec-purpose": "prefetch"}).status_code == 503
    phone().head(path(address))
    for agent in ("Slackbot-LinkExpanding 1.0", "curl/8.5", "Mozilla/5.0 SafeLinks", ""):
        assert Client(headers={"user-agent": agent}).get(path(address))["Location"] == SITE["url"]
    assert TrackedLink.objects.get().visits == 0
    assert set(LinkVisit.objects.values_list("is_robot", flat=True)) == {True}
    assert not Event.objects.filter(kind="review.visited").exists()

    phone().get(path(address))
    assert pruning.prune_robots(at=timezone.now()) == 0
    assert pruning.prune_robots(at=timezone.now() + timedelta(days=3)) == 3
    assert LinkVisit.objects.get().is_robot is False


def test_who_narrows_a_site_is_told_first_why_it_is_wrong(alice: Person, mail: Mail) -> None:
    refused = adds(alice, categories=["promoter"])
    assert "review gating" in refused.content.decode()
    assert not ReviewSite.objects.exists()
    adds(alice, categories=["promoter"], understood="on")
    adds(alice, name="Everybody’s", url="https://reviews.example.com/acme")

    browser = phone()
    assert [name for _url, name in links(thanked(mail, 3, browser))] == ["Everybody’s"]
    again = thanked(mail, 10, browser)  # they changed their mind: what is shown follows
    assert [name for _url, name in links(again)] == ["Trustpilot", "Everybody’s"]
    assert mail.response.score == 10


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "http://www.trustpilot.com/review/acme",
        "https://www.trustpilot.com@evil.example/",
        "https://evil.example\\@www.trustpilot.com/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://a b.example/",
        "//evil.example/",
        "https://e.example/" + "a" * 500,
    ],
)
def test_no_address_that_could_deceive_is_taken(alice: Person, url: str) -> None:
    assert adds(alice, url=url).status_code == 200
    assert not ReviewSite.objects.exists()


def test_no_link_leads_anywhere_but_to_what_was_stored(alice: Person, mail: Mail) -> None:
    adds(alice)
    [(address, _name)] = links(thanked(mail, 9))
    for more in ("?to=https://evil.example", "?next=//evil.example&ref=x"):
        assert phone().get(path(address) + more)["Location"] == SITE["url"]
    other = tokens.make(Purpose.ANSWER, TrackedLink.objects.get().pk)
    for token in (other, "nothing", path(address).split("/")[2][:-1]):
        assert phone().get(reverse("visits:go", args=[token])).status_code == 404
    assert phone().get(reverse("visits:go", args=[tracked.code_of(10**9)])).status_code == 410


def test_links_of_who_is_erased_lead_nowhere_and_tell_nothing(alice: Person, mail: Mail, ada: Customer) -> None:
    adds(alice)
    [(address, _name)] = links(thanked(mail, 9))
    phone().get(path(address))
    customers.erase(organization=alice.organization, ids=[ada.pk], at=timezone.now())

    gone = phone().get(path(address), headers={"accept-language": "de-AT"})
    assert (gone.status_code, "Dieser Link führt nirgendwohin mehr" in gone.content.decode()) == (410, True)
    link, visit = TrackedLink.objects.get(), LinkVisit.objects.get()
    assert (link.customer_id, link.response_id, link.score, link.visits) == (None, None, None, 1)
    assert visit.key == f"gone:{visit.pk}"
    assert 'data-label="Went there"><span>1 ' in alice.get(alice.url("links:reviews")).content.decode()


def test_the_page_speaks_the_customers_language_and_costs_a_fixed_number_of_statements(
    alice: Person, mail: Mail
) -> None:
    Wording.objects.update(language="ar")
    thanked(mail, 9)
    without = statements(mail)
    for number in range(3):
        adds(alice, name=f"Site {number}", url=f"https://reviews.example.com/{number}")
    shown = Shown(phone().get(f"{mail.page}thanks/"))
    assert "أخبر الآخرين برأيك" in shown.html
    assert len(links(shown)) == 3
    assert statements(mail) == without + 1 == 4


def statements(mail: Mail) -> int:
    with CaptureQueriesContext(connection) as found:
        phone().get(f"{mail.page}thanks/")
    return len(found)


def test_a_rating_rows_page_has_a_link_that_is_nobodys(alice: Person, ada: Customer) -> None:
    adds(alice)
    campaign = factories.campaign(alice.organization, status=Status.LIVE, wave=1, launched_at=timezone.now())
    page = reverse("public:rating", args=[tokens.make(Purpose.RATING, campaign.pk)])
    addresses = set()
    for who in ("ada@example.com", "stranger@example.com"):
        browser = phone()
        shown = Shown(send(browser, Shown(browser.get(f"{page}9/?email={who}")), 9))
        addresses |= {address for address, _name in links(shown)}
    [address] = addresses
    phone().get(path(address))
    link = TrackedLink.objects.get()
    assert (link.customer, link.visits) == (None, 1)


def test_only_admins_change_sites_and_archived_ones_come_back(
    alice: Person, bob: Person, charlie: Person, mail: Mail
) -> None:
    assert adds(bob).status_code == 403
    adds(alice)
    site = ReviewSite.objects.get()
    assert alice.post(alice.url("links:site", pk=site.pk), SITE | {"categories": ALL, "name": "TP"}).status_code == 302
    assert charlie.post(charlie.url("links:site_archive", pk=site.pk)).status_code == 404
    bob.becomes(Role.AGENT)
    assert bob.post(bob.url("links:site_archive", pk=site.pk)).status_code == 403
    assert "TP" in bob.get(bob.url("links:reviews")).content.decode()

    archived = alice.post(alice.url("links:site_archive", pk=site.pk), follow=True).content.decode()
    assert links(thanked(mail, 9)) == []
    assert alice.url("links:site_restore", pk=site.pk) in archived
    alice.post(alice.url("links:site_restore", pk=site.pk))
    assert [name for _url, name in links(Shown(phone().get(f"{mail.page}thanks/")))] == ["TP"]


def test_two_who_are_one_have_their_visits_together(alice: Person, mail: Mail, ada: Customer) -> None:
    adds(alice)
    site = ReviewSite.objects.get()
    other = factories.customer(alice.organization, "ada@work.example")
    made = {"organization": alice.organization, "kind": LinkKind.REVIEW, "site": site, "created_at": timezone.now()}
    theirs = TrackedLink.objects.create(**made, customer=other, target=site.url)
    [(address, _name)] = links(thanked(mail, 9))
    phone().get(path(address))
    phone().get(path(tracked.address(theirs.pk)))

    both = {"ids": [ada.pk, other.pk], "survivor": ada.pk, "gone": other.pk}
    with transaction.atomic():
        outbox.publish("customers.merged", ada, at=timezone.now(), **both)
    assert phone().get(path(tracked.address(theirs.pk)))["Location"] == SITE["url"]
    link = TrackedLink.objects.get(customer=ada)
    assert (link.visits, LinkVisit.objects.filter(link=link).count()) == (2, 2)
    assert 'data-label="Offered to">1<' in alice.get(alice.url("links:reviews")).content.decode()

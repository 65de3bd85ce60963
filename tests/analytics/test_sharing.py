"""Figures that others read by a link. They are the page's, and nobody gets more than that."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from surveys.accounts.models import AuditEntry, Departure, Organization, Role, SavedView
from surveys.analytics.actions import digests
from surveys.analytics.models import Digest, DigestIssue, ShareLink
from surveys.customers.models import Property, PropertyType
from surveys.responses.models import Response, Tag
from tests import factories
from tests.analytics.book import Book
from tests.analytics.counted import rebuild
from tests.analytics.leaving import MORNING, QUERY, mails, said_by_the_page, subscribed, view_of, with_people
from tests.helpers.reading import words
from tests.people import Person


@pytest.fixture
def book(alice: Person) -> Book:
    book = Book(alice.organization, seed=11)
    book.import_many(200)
    return book


def made(person: Person, view: SavedView, **wish: str) -> str:
    """The path of a link."""
    said = {"view": view.pk, "label": "The board", "days": "30"} | wish
    assert person.post(person.url("analytics:links"), said).status_code == 302
    page = person.get(person.url("analytics:links")).content.decode()
    found = re.search(r'value="(http[^"]+/s/[^"]+)"', page)
    assert found
    assert found[1] not in person.get(person.url("analytics:links")).content.decode()  # it is shown once
    return "/" + found[1].split("/", 3)[3]


def test_a_stranger_reads_the_pages_figures_and_no_way_further_in(alice: Person, book: Book, client: Client) -> None:
    address = made(alice, view_of(alice, query=QUERY + "&q=Zyx"))

    answer = client.get(address)

    assert answer.status_code == 200
    page = words(answer.content.decode())
    for figure in said_by_the_page(alice, QUERY + "&q=Zyx").values():
        assert figure in page
    assert "Zyx" not in page
    assert "/o/" not in answer.content.decode()
    assert not answer.cookies
    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer["X-Robots-Tag"]
    link = ShareLink.objects.get()
    assert link.opened == 1
    assert link.secret_hash not in address


def test_comments_are_shown_only_where_wished_and_never_with_names(alice: Person, book: Book, client: Client) -> None:
    told = next(each for each in sorted(book.responses, key=lambda each: each.responded_at)[::-1] if each.comment)
    view = view_of(alice)

    quiet = client.get(made(alice, view)).content.decode()
    open_ = client.get(made(alice, view, shows_comments="on")).content.decode()

    assert "Newest comments" not in quiet
    assert "Newest comments" in open_
    assert told.comment[:40] in unescape(open_)
    for response in book.responses:
        if response.customer:
            assert response.customer.name not in open_


def test_a_link_that_does_not_work_says_so_whyever(alice: Person, bob: Person, book: Book, client: Client) -> None:
    view = view_of(alice)
    revoked, expired, stopped = (made(alice, view) for _ in range(3))
    first, second, _third = ShareLink.objects.order_by("pk")
    alice.post(alice.url("analytics:link_revoke", pk=first.pk))
    ShareLink.objects.filter(pk=second.pk).update(expires_at=timezone.now())
    assert client.get(stopped).status_code == 200
    Organization.objects.update(suspended_at=timezone.now())

    answers = [client.get(address) for address in (revoked, expired, stopped, "/s/nothing/")]

    assert [answer.status_code for answer in answers] == [410] * 4
    assert len({answer.content for answer in answers}) == 1
    assert AuditEntry.objects.filter(action="link.revoked").count() == 1
    Organization.objects.update(suspended_at=None)
    bob.becomes(Role.AGENT)
    assert bob.post(bob.url("analytics:links"), {"view": view.pk, "label": "x", "days": "7"}).status_code == 403
    assert alice.post(alice.url("analytics:links"), {"view": view.pk, "label": "x", "days": "9999"}).status_code == 200


def test_links_of_who_is_gone_open_nothing(alice: Person, bob: Person, book: Book, client: Client) -> None:
    bob.becomes(Role.ADMIN)
    address = made(bob, view_of(bob, is_shared=False))

    page = alice.post(alice.url("accounts:member_remove", pk=bob.membership.pk), follow=True).content.decode()

    assert "links to figures that they made open nothing" in page
    assert client.get(address).status_code == 410
    assert "who made it has left" in alice.get(alice.url("analytics:links")).content.decode()
    alice.post(alice.url("accounts:departure_undo", pk=Departure.objects.get().pk))
    assert client.get(address).status_code == 200
    assert "who made it has left" not in alice.get(alice.url("analytics:links")).content.decode()


def test_what_others_read_is_changed_only_by_who_may_share(alice: Person, bob: Person, book: Book) -> None:
    bob.becomes(Role.ANALYST)
    view = view_of(bob)
    made(alice, view)

    page = bob.post(bob.url("views:view", pk=view.pk), {"query": "period=12m"}, follow=True).content.decode()
    view.refresh_from_db()
    assert view.query == QUERY
    assert "Others read “Winter” by a link" in page

    alice.post(alice.url("analytics:link_revoke", pk=ShareLink.objects.get().pk))
    bob.post(bob.url("views:view", pk=view.pk), {"query": "period=12m"})
    view.refresh_from_db()
    assert view.query == "period=12m"


def test_nothing_is_shown_of_more_than_was_chosen(alice: Person, book: Book, client: Client) -> None:
    """A tag that the view asks for is gone: the link shows nothing, the mail says why, and so do the pages."""
    tag = Tag.objects.create(organization=alice.organization, name="vip", created_at=MORNING)
    Response.objects.filter(pk=book.responses[0].pk).update(tags=[tag.pk])
    view, gone = view_of(alice, query=f"{QUERY}&tag={tag.pk}"), f"“tag={tag.pk}” was left out"
    address = made(alice, view, shows_comments="on")
    digest = subscribed(alice, view)
    assert client.get(address).status_code == 200

    tag.delete()
    digests.send_due(at=MORNING)
    digests.send_due(at=MORNING)

    assert client.get(address).status_code == 410
    [mail] = mails()
    assert "no figures" in mail["subject"]
    assert gone in mail["text"]
    assert not DigestIssue.objects.exists()
    digest.refresh_from_db()
    assert digest.next_at == MORNING + timedelta(days=1)
    assert "Shows nothing:" in alice.get(alice.url("analytics:links")).content.decode()
    for page, said in (("links", {"label": "x", "days": "7"}), ("digests", {"frequency": "weekly"})):
        refused = alice.post(alice.url(f"analytics:{page}"), {"view": view.pk, **said})
        assert gone in unescape(refused.content.decode())
    assert (ShareLink.objects.count(), Digest.objects.count()) == (1, 1)


def test_a_link_shows_the_page_that_the_view_is_of_and_nobody_by_name(
    alice: Person, book: Book, client: Client
) -> None:
    """With the page's own order and comparison, its tables and its drawings; no way further in."""
    with_people(book)
    days = "from=2025-02-01&to=2025-03-01"
    shows = {
        ("segments", "per=p.plan&sort=name"): ("Score by Plan", "Segments over time", "Did people change"),
        ("compare", "l=p.plan%3DFree&r=p.plan%3DTeam"): ("Plan: Free", "Plan: Team", "The difference"),
        ("answered", "per=p.plan"): ("Invited and answered by Plan",),
        ("revenue", "worth=spend"): ("The score by Spend", "Whose Spend it is"),
        ("changes", ""): ("The same people, then and now",),
        ("why", "sort=score"): ("What comments are about",),
        ("drivers", ""): ("What goes with the score", "Not a cause"),
    }
    for (page, own), expected in shows.items():
        view = view_of(alice, f"Of {page}", f"{days}&{own}", page=page)
        answer = client.get(made(alice, view, shows_comments="on"))

        assert answer.status_code == 200, page
        found = answer.content.decode()
        for text in (f"Of {page}", "1 Feb – 1 Mar 2025", *expected):
            assert text in words(found), (page, text)
        for trace in ("/o/", "hx-", "<a ", "<form", "<button", "<input", "Miller", "@example.com", "Zyxophones"):
            assert trace not in found, (page, trace)
    segments = client.get(made(alice, SavedView.objects.get(page="segments"))).content.decode()
    there = alice.get(alice.url("analytics:segments") + f"?{days}&per=p.plan&sort=name").content.decode()
    assert cells(segments) == cells(there)
    assert "<svg" in segments


def cells(page: str) -> list[str]:
    """What the cells of numbers say, without what is to be pressed."""
    return [words(cell) for cell in re.findall(r'<td class="number".*?</td>', page, flags=re.S)]


def test_what_others_could_not_read_is_refused_at_once(alice: Person, book: Book) -> None:
    """Lists of people are in no link; of the other pages nothing is left out behind anybody's back."""
    Property.objects.create(
        organization=alice.organization, key="debt", label="Debt", type=PropertyType.NUMBER, visible_to_agents=False
    )
    refused = {
        ("segments", "per=p.nothing"): "“per=p.nothing” was left out",
        ("segments", "per=p.plan&category=promoter"): "The filter on the score is not followed",
        ("revenue", "worth=debt"): "There is no property with numbers that every role may see",
        ("compare", "l=q%3DMiller&r="): "which may name people",
        ("watch", ""): "Select a valid choice",
    }
    for (page, query), expected in refused.items():
        view = view_of(alice, f"{page} {query}"[:60], query, page=page)
        answer = alice.post(alice.url("analytics:links"), {"view": view.pk, "label": "x", "days": "7"})
        assert expected in unescape(answer.content.decode()), (page, query)
    assert not ShareLink.objects.exists()


def test_what_a_customer_is_called_cannot_become_markup_behind_a_link(
    alice: Person, book: Book, client: Client
) -> None:
    """Parts of pages are taken over without their links: what was escaped stays so."""
    hostile = "<img src=x onerror=alert(1)>&lt;script&gt;"
    kind = factories.property_set(alice.organization, plan=hostile)
    Response.objects.filter(organization=alice.organization, property_set__values__plan="Pro").update(property_set=kind)
    rebuild(alice)
    for page, own in (("segments", "per=p.plan"), ("overview", "by=p.plan")):
        view = view_of(alice, f"Of {page}", f"from=2025-01-01&to=2025-03-01&{own}", page=page)
        found = client.get(made(alice, view)).content.decode()
        assert hostile in words(found), page
        assert "<img src=x" not in found, page

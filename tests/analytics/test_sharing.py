"""Figures that go to people: colleagues by mail, others by a link. They are the page's, and nobody gets more than that."""

import csv
import io
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from surveys.accounts.models import AuditEntry, Departure, Membership, Organization, Role, SavedView
from surveys.analytics import queries, reactions
from surveys.analytics.actions import digests
from surveys.analytics.look import Look
from surveys.analytics.models import Annotation, Digest, DigestIssue, ShareLink
from surveys.customers.models import Property, PropertyType
from surveys.delivery.models import Delivery
from surveys.delivery.tasks import send_system
from surveys.outbox.models import Event
from surveys.responses.models import Response, Tag
from tests import factories
from tests.analytics.book import Book
from tests.people import Person

QUERY = "from=2025-01-01&to=2025-03-01&by=p.plan"
MORNING = datetime(2025, 3, 2, 7, 0, tzinfo=UTC)


@pytest.fixture
def book(alice: Person) -> Book:
    book = Book(alice.organization, seed=11)
    book.import_many(200)
    return book


def view_of(person: Person, name: str = "Winter", query: str = QUERY, **fields: Any) -> SavedView:
    now = timezone.now()
    owned = {"organization": person.organization, "user": person.membership.user, "page": "overview", "name": name}
    shown = {"query": query, "is_shared": True, "created_at": now, "updated_at": now}
    return SavedView.objects.create(**owned | shown | fields)


def words(page: str) -> str:
    page = re.sub(r"<(style|head)\b.*?</\1>", " ", page, flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def said_by_the_page(person: Person, query: str = QUERY) -> dict[str, str]:
    """Score, interval, responses, and the sentence about the change, as the overview writes them."""
    page = words(person.get(person.url("analytics:overview") + f"?{query}").content.decode())
    figures = {
        "score": r"Net Promoter Score (−?\d+) ",
        "interval": r"95 % interval (−?\d+ to −?\d+)",
        "responses": r"(\d+ responses)",
        "change": r"((?:Nobody answered|Changed|No evidence|Too few)[^.]*\.)",
    }
    found = {name: re.search(pattern, page) for name, pattern in figures.items()}
    return {name: match[1] for name, match in found.items() if match}


def subscribed(person: Person, view: SavedView | None, frequency: str = "daily") -> Digest:
    person.post(person.url("analytics:digests"), {"view": view.pk if view else "", "frequency": frequency})
    digest = Digest.objects.get(user=person.membership.user, view=view, frequency=frequency)
    Digest.objects.filter(pk=digest.pk).update(next_at=MORNING)
    return digest


def issued(digest: Digest, last: date) -> None:
    DigestIssue.objects.create(
        organization=digest.organization, digest=digest, responses=1, first=last, last=last, at=digest.created_at
    )


def mails() -> list[dict[str, str]]:
    return [
        delivery.content or {}
        for delivery in Delivery.objects.order_by("pk")
        if "unsubscribe_url" in (delivery.content or {})
    ]


# ── Mails ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_mail_says_what_the_page_says_and_ends_with_one_click(
    alice: Person, bob: Person, book: Book, mailoutbox: list[EmailMultiAlternatives], client: Client
) -> None:
    view = view_of(alice)
    issued(subscribed(bob, view), date(2024, 12, 31))

    digests.send_due(at=timezone.now())
    send_system()

    mail = mailoutbox[-1].message()
    assert mail["To"] == "bob@example.com"
    page = said_by_the_page(alice)
    assert page.keys() == {"score", "interval", "responses", "change"}
    text, html = mails()[0]["text"], words(mails()[0]["html"])
    assert f"Net Promoter Score: {page.pop('score')}\n" in text
    for figure in page.values():
        assert figure in text
        assert figure in html
    unsubscribe = mails()[0]["unsubscribe_url"]
    assert mail["List-Unsubscribe"] == f"<{unsubscribe}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = "/" + unsubscribe.split("/", 3)[3]
    assert client.get(path).status_code == 200
    assert Digest.objects.exists()  # a scanner that opens links ends nothing
    assert client.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not Digest.objects.exists()


def test_there_is_a_mail_only_when_something_is_new_and_never_twice(alice: Person, book: Book) -> None:
    digest = subscribed(alice, None, "daily")
    issued(digest, MORNING.date() - timedelta(days=2))
    new = sum(each.day == MORNING.date() - timedelta(days=1) for each in book.responses)
    assert new

    digests.send_due(at=MORNING)
    digests.send_due(at=MORNING)
    digests.send_due(at=MORNING + timedelta(days=30))
    digests.send_due(at=MORNING + timedelta(days=31))

    assert [issue.responses for issue in DigestIssue.objects.order_by("pk")][1:] == [new]
    assert len(mails()) == 1


def test_what_counts_only_after_the_mail_of_its_day_is_told_once_by_the_next(alice: Person, book: Book) -> None:
    digest = subscribed(alice, None, "daily")
    day = MORNING.date() - timedelta(days=1)
    late = sum(each.day == day for each in book.responses)
    assert late
    DigestIssue.objects.create(
        organization=digest.organization, digest=digest, first=day, last=day, responses=0, at=MORNING
    )

    for days in range(1, 4):
        digests.send_due(at=MORNING + timedelta(days=days))

    [mail] = mails()
    assert "0 new responses" in mail["text"]
    assert f"{late} of the days before began to count since the last mail." in words(mail["html"])
    assert DigestIssue.objects.latest("pk").responses == 0


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_one_mail(alice: Person, book: Book) -> None:
    subscribed(alice, view_of(alice))

    def work(_worker: int) -> None:
        try:
            digests.send_due(at=MORNING)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(work, range(4)))

    assert len(mails()) == DigestIssue.objects.count() == 1


def test_nobody_gets_figures_of_where_they_are_not(alice: Person, bob: Person, book: Book) -> None:
    """Who left, whose view is not shared any more, and who is in an organization that was stopped."""
    view = view_of(alice)
    subscribed(bob, view)
    SavedView.objects.update(is_shared=False)
    digests.send_due(at=MORNING)
    assert not Digest.objects.exists()

    subscribed(bob, None)
    reactions.end_digests(Event(organization=bob.organization, payload={"user": bob.membership.user_id}))
    assert not Digest.objects.exists()

    subscribed(bob, None)
    Organization.objects.update(suspended_at=MORNING)
    digests.send_due(at=MORNING)
    Organization.objects.update(suspended_at=None)
    Membership.objects.filter(pk=bob.membership.pk).delete()
    Digest.objects.update(next_at=MORNING)
    digests.send_due(at=MORNING)

    assert not Digest.objects.exists()
    assert not mails()


def test_one_that_cannot_be_made_keeps_nobody_from_theirs(
    alice: Person, bob: Person, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, whole = subscribed(alice, view_of(alice)), subscribed(bob, None)
    read = queries.figures

    def figures(organization: Organization, look: Look, dimensions: Any) -> Any:
        if look.period.first == date(2025, 1, 1):
            raise OperationalError("canceling statement due to statement timeout")
        return read(organization, look, dimensions)

    monkeypatch.setattr(queries, "figures", figures)
    digests.send_due(at=MORNING)

    assert [issue.digest for issue in DigestIssue.objects.order_by("pk")] == [whole]
    broken.refresh_from_db()
    assert broken.next_at == MORNING + digests.FAILED
    monkeypatch.undo()
    digests.send_due(at=broken.next_at)
    assert DigestIssue.objects.filter(digest=broken).count() == 1


def test_it_goes_out_in_the_morning_of_the_organization(alice: Person) -> None:
    of = alice.organization
    of.time_zone, of.week_start = "Asia/Tokyo", 1
    evening = datetime(2026, 2, 27, 22, 30, tzinfo=UTC)  # Saturday, 7:30 in Tokyo

    assert digests.next_morning(of, "daily", evening) == datetime(2026, 2, 28, 22, 0, tzinfo=UTC)
    assert digests.next_morning(of, "weekly", evening) == datetime(2026, 3, 1, 22, 0, tzinfo=UTC)
    assert digests.next_morning(of, "monthly", evening) == datetime(2026, 2, 28, 22, 0, tzinfo=UTC)


# ── Links ────────────────────────────────────────────────────────────────────────────────────────────────────────────


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


def with_people(book: Book) -> None:
    """Those who answered, what they are worth, and a comment that nobody else is to read."""
    of = book.organization
    Property.objects.create(organization=of, key="spend", label="Spend", type=PropertyType.NUMBER)
    people = [factories.customer(of, name=f"Miller {worth}", properties={"spend": worth}) for worth in range(1, 31)]
    for number, response in enumerate(Response.objects.filter(organization=of).order_by("day", "pk")):
        told = "Zyxophones" if response.comment else ""
        Response.objects.filter(pk=response.pk).update(customer=people[number % len(people)], comment=told)


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


def test_a_mail_about_another_page_has_that_pages_tables(alice: Person, book: Book) -> None:
    with_people(book)
    views = {
        page: view_of(alice, f"Of {page}", f"from=2025-01-01&to=2025-03-01&{own}", page=page)
        for page, own in (("segments", "per=p.plan&sort=name"), ("answered", ""), ("revenue", ""), ("changes", ""),
                          ("why", ""), ("compare", ""), ("drivers", ""))
    }  # fmt: skip
    for view in views.values():
        issued(subscribed(alice, view), date(2024, 12, 31))

    digests.send_due(at=timezone.now())

    sent = {mail["subject"].split(":")[0].removeprefix("Of "): mail for mail in mails()}
    assert sent.keys() == views.keys()
    there = alice.get(
        alice.url("analytics:export", page="segments", table="segments", form="csv") + f"?{views['segments'].query}"
    )
    _about, heading, *rows = csv.reader(io.StringIO(b"".join(there.streaming_content).decode()))  # type: ignore[attr-defined]
    told = [dict(zip(heading, row, strict=True)) for row in rows]
    listed = re.findall(r"^- (.+) · (.+) · .+ · .+ · (\d+)$", sent["segments"]["text"], flags=re.M)
    assert listed == [(row["Plan"], row["NPS"].replace("-", "−"), row["Responses"]) for row in told]
    for page, mail in sent.items():
        assert f"{alice.url(f'analytics:{page}')}?view={views[page].pk}" in mail["text"]
        assert "Miller" not in mail["text"]


# ── The report ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_report_has_the_pages_figures_and_the_sections_that_were_chosen(alice: Person, book: Book) -> None:
    address = alice.url("analytics:report") + f"?{QUERY}"

    whole = words(alice.get(address).content.decode())
    short = alice.get(address + "&show=score&show=method&show=nonsense").content.decode()

    for figure in said_by_the_page(alice).values():
        assert figure in whole
    assert "Customers over time" in whole
    assert 'id="trend-heading"' not in short
    assert 'id="score-title"' in short
    assert "show=nonsense" in unescape(short)


def test_the_report_tells_what_happened_and_steps_from_levels(alice: Person, book: Book) -> None:
    now = timezone.now()
    Annotation.objects.create(
        organization=alice.organization, day=date(2025, 2, 1), text="Prices rose", created_at=now, updated_at=now
    )
    nobody = words(alice.get(alice.url("analytics:report") + "?period=7d").content.decode())
    whole = words(alice.get(alice.url("analytics:report") + f"?{QUERY}").content.decode())

    assert "Nobody answered in both periods" in nobody
    assert "The same people, then and now" not in nobody
    assert "Prices rose" in whole

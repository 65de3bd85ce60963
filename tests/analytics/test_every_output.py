"""Whatever is printed about scores is what an independent count of the rows says, in exact fractions.

The count below shares nothing with the product but the rows: plain Python over what stands in the database.
"""

import csv
import io
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from html import unescape
from math import floor
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from surveys.accounts.models import SavedView
from surveys.analytics.actions import digests, links
from surveys.analytics.models import Digest, DigestIssue
from surveys.analytics.upkeep import rollups
from surveys.comments.models import Theme
from surveys.customers.models import Customer, Segment
from surveys.delivery.models import Delivery
from surveys.responses.models import Response, Tag
from tests.analytics.book import DAYS, FIRST, LANGUAGES, PLANS, REGIONS, Book
from tests.people import Person

Test = Callable[[Response], bool]
Part = Callable[["Asked", random.Random, "World"], None]


@dataclass
class Asked:
    """One random question: what stands in the address, and who passes it, said in Python."""

    query: list[tuple[str, str]] = field(default_factory=list)
    tests: list[Test] = field(default_factory=list)

    def add(self, pairs: list[tuple[str, str]], test: Test) -> None:
        self.query += pairs
        self.tests.append(test)

    def passing(self, responses: list[Response], first: date, last: date) -> list[Response]:
        return [row for row in responses if first <= row.day <= last and all(test(row) for test in self.tests)]


def prop(row: Response, key: str) -> str:
    return row.property_set.values.get(key, "") if row.property_set else ""


def score(rows: list[Response]) -> Fraction | None:
    if not rows:
        return None
    return Fraction(100 * sum((row.score >= 9) - (row.score <= 6) for row in rows), len(rows))


def shown(points: Fraction | None) -> str:
    """Halves away from zero; a real minus sign; a dash for nobody."""
    if points is None:
        return "—"
    whole = floor(abs(points) + Fraction(1, 2))
    return f"−{whole}" if points < 0 and whole else str(whole)


# --- random questions


def some_question(rng: random.Random, world: "World", sure: Part) -> Asked:
    """One part that is sure to be in it, and perhaps another."""
    asked = Asked()
    for part in [sure, *rng.sample([part for part in PARTS if part is not sure], rng.randint(0, 1))]:
        part(asked, rng, world)
    return asked


def by_property(asked: Asked, rng: random.Random, _world: "World") -> None:
    key, values = rng.choice((("plan", PLANS), ("region", REGIONS)))
    chosen = set(rng.sample(values, rng.randint(1, 2)))
    pairs = [(f"p.{key}", value) if value else ("unset", f"p.{key}") for value in sorted(chosen)]
    if not any(name == f"p.{key}" or value == f"p.{key}" for name, value in asked.query):
        asked.add(pairs, lambda row: prop(row, key) in chosen)


def by_language(asked: Asked, rng: random.Random, _world: "World") -> None:
    language = rng.choice(LANGUAGES)
    asked.add([("language", language) if language else ("unset", "language")], lambda row: row.language == language)


def by_comment(asked: Asked, rng: random.Random, _world: "World") -> None:
    asked.add([("has_comment", "1")], lambda row: bool(row.comment))


def by_words(asked: Asked, rng: random.Random, _world: "World") -> None:
    words = rng.choice(("because", "W"))
    asked.add([("q", words)], lambda row: words.lower() in row.comment.lower())


def by_theme(asked: Asked, rng: random.Random, world: "World") -> None:
    chosen = set(rng.sample(world.themes, rng.randint(1, 2)))
    asked.add([("theme", str(key)) for key in sorted(chosen)], lambda row: bool(chosen & set(row.themes)))


def by_tag(asked: Asked, rng: random.Random, world: "World") -> None:
    tag = rng.choice(world.tags)
    asked.add([("tag", str(tag))], lambda row: tag in row.tags)


def by_sentiment(asked: Asked, rng: random.Random, _world: "World") -> None:
    chosen = rng.choice((-1, 0, 1, None))
    pair = ("unset", "sentiment") if chosen is None else ("sentiment", str(chosen))
    asked.add([pair], lambda row: row.sentiment == chosen)


def by_condition(asked: Asked, rng: random.Random, _world: "World") -> None:
    least = rng.choice((2, 5, 8))
    tree = {
        "any": [
            {"field": "score", "op": "at_least", "value": least},
            {"none": [{"field": "p.plan", "op": "one_of", "value": ["Pro"]}]},
        ]
    }
    asked.add([("where", json.dumps(tree))], lambda row: row.score >= least or prop(row, "plan") != "Pro")


def by_segment(asked: Asked, _rng: random.Random, world: "World") -> None:
    """Its members now: customers, not what they were when asked."""

    def is_member(row: Response) -> bool:
        person = row.customer if row.invitation and row.invitation.customer else None
        return bool(person and person.language == "de")

    asked.add([("segment", str(world.segment.pk))], is_member)


PARTS: list[Part] = [
    by_property,
    by_language,
    by_comment,
    by_words,
    by_theme,
    by_tag,
    by_sentiment,
    by_condition,
    by_segment,
]


# --- the world


@dataclass
class World:
    person: Person
    book: Book
    themes: list[int]
    tags: list[int]
    segment: Segment

    def rows(self) -> list[Response]:
        found = Response.objects.filter(
            organization=self.person.organization, verdict="confirmed", excluded_at=None
        ).select_related("property_set", "customer", "invitation__customer")
        return list(found.order_by("pk"))


@pytest.fixture
def world(alice: Person, monkeypatch: pytest.MonkeyPatch) -> World:
    organization, at = alice.organization, timezone.now()
    themes = [
        Theme.objects.create(organization=organization, name=name, origin="own", created_at=at, updated_at=at).pk
        for name in ("Price", "Speed")
    ]
    tags = [Tag.objects.create(organization=organization, name="call back", created_at=at).pk]
    monkeypatch.setattr("tests.analytics.book.THEMES", tuple(themes))
    monkeypatch.setattr("tests.analytics.book.TAGS", tuple(tags))
    conditions = {"all": [{"field": "language", "op": "one_of", "value": ["de"]}]}
    segment = Segment.objects.create(
        organization=organization, name="German", conditions=conditions, created_at=at, updated_at=at
    )
    book = Book(organization, seed=11)
    book.import_many(120)
    for _ in range(25):
        ask = book.invite()
        given = book.answer(ask)
        Response.objects.filter(pk=given.pk).update(customer=ask.customer)
        if ask.pk % 2:
            Customer.objects.filter(pk__in=[ask.customer_id]).update(language="de")
    rollups.fold()
    for _ in range(20):
        book.something_happens()
    return World(alice, book, themes, tags, segment)


# --- what is printed


def page(world: World, name: str, query: list[tuple[str, str]], **keys: Any) -> str:
    answer = world.person.get(world.person.url(name, **keys) + "?" + urlencode(query))
    assert answer.status_code == 200, query
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    return content.decode("utf-8").removeprefix("\ufeff")


def read(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def table(world: World, name: str, query: list[tuple[str, str]], source: str = "overview") -> list[dict[str, str]]:
    text = page(world, "analytics:export", query, page=source, table=name, form="csv")
    _about, heading, *rows = csv.reader(io.StringIO(text))
    return [dict(zip(heading, row, strict=True)) for row in rows]


def by_plan(rows: list[Response]) -> Iterator[tuple[str, list[Response]]]:
    for plan in sorted({prop(row, "plan") for row in rows}):
        yield plan or "(none)", [row for row in rows if prop(row, "plan") == plan]


def test_what_is_printed_is_what_the_rows_say(world: World) -> None:
    rng = random.Random(5)
    everything = world.rows()
    for part in PARTS:
        first = FIRST + timedelta(days=rng.randrange(DAYS // 2))
        last = first + timedelta(days=rng.randrange(10, 40))
        asked = some_question(rng, world, part)
        query = [*asked.query, ("from", first.isoformat()), ("to", last.isoformat()), ("by", "p.plan")]
        found = asked.passing(everything, first, last)
        before = asked.passing(everything, first - timedelta(days=(last - first).days + 1), first - timedelta(days=1))
        check_overview(world, query, found)
        check_files(world, query, found, before)
        check_sheets(world, query, found)
        assert f"{len(found)} response" in read(page(world, "responses:feed", query)), query
        view = view_of(world, query)
        check_link(world, view, found)
        check_mail(view, found, asked.passing(everything, FIRST, timezone.now().date()))


def check_overview(world: World, query: list[tuple[str, str]], found: list[Response]) -> None:
    html = page(world, "analytics:overview", query)
    text = read(html)
    assert f"Net Promoter Score {shown(score(found))} " in text, query
    if not found:
        return
    assert f"{len(found)} response" in text, query
    for category, low, high in (("Promoters", 9, 10), ("Passives", 7, 8), ("Detractors", 0, 6)):
        count = sum(low <= row.score <= high for row in found)
        assert re.search(rf"{category} {count} · ", text), (query, category)
    for plan, rows in by_plan(found):
        assert re.search(rf"{re.escape(plan)} {shown(score(rows))} .*? {len(rows)} ", text), (query, plan)


def check_files(world: World, query: list[tuple[str, str]], found: list[Response], before: list[Response]) -> None:
    now, then = table(world, "score", query)
    for row, rows in ((now, found), (then, before)):
        assert int(row["Responses"]) == len(rows), query
        exact = score(rows)
        assert row["NPS, exactly"] == ("" if exact is None else row["NPS, exactly"])
        assert exact is None or float(row["NPS, exactly"]) == float(exact), query
    told = Counter({int(row["Score"]): int(row["Responses"]) for row in table(world, "histogram", query)})
    assert +told == Counter(row.score for row in found), query
    plans = {row[next(iter(row))]: int(row["Responses"]) for row in table(world, "segments", query)}
    assert plans == {plan: len(rows) for plan, rows in by_plan(found)}, query
    assert sum(int(row["Responses"]) for row in table(world, "trend", query)) == len(found), query


def check_sheets(world: World, query: list[tuple[str, str]], found: list[Response]) -> None:
    """The report, and the page of segments, which goes its own ways to the same figures."""
    report = read(page(world, "analytics:report", query))
    assert f" {shown(score(found))} " in report, query
    told = {row[next(iter(row))]: int(row["Responses"]) for row in table(world, "segments", query, "segments")}
    assert {plan: count for plan, count in told.items() if count} == {
        plan: len(rows) for plan, rows in by_plan(found)
    }, query


# --- what goes to others


def view_of(world: World, query: list[tuple[str, str]]) -> SavedView:
    at, of = timezone.now(), world.person.organization
    user, name = world.person.membership.user, f"Question {SavedView.objects.count()}"
    fields = {"page": "overview", "query": urlencode(query), "created_at": at, "updated_at": at}
    return SavedView.objects.create(organization=of, user=user, name=name, **fields)


def check_link(world: World, view: SavedView, found: list[Response]) -> None:
    wish = links.Wish(view.name, 7, shows_comments=False)
    _link, secret = links.make_link(view=view, wish=wish, by=world.person.membership, at=timezone.now())
    shared = Client().get(reverse("shared:view", args=[secret]))
    text = read(shared.content.decode())
    assert shared.status_code == 200, view.query
    assert f"Net Promoter Score {shown(score(found))} " in text, view.query
    assert (f"{len(found)} response" if found else "No counted responses") in text, view.query


def check_mail(view: SavedView, found: list[Response], new: list[Response]) -> None:
    """Of a colleague who got the last one before all of these days."""
    at, of = timezone.now(), {"organization": view.organization}
    digest = Digest.objects.create(**of, user=view.user, view=view, frequency="daily", created_at=at, next_at=at)
    before = FIRST - timedelta(days=1)
    DigestIssue.objects.create(**of, digest=digest, responses=1, first=before, last=before, at=at)
    digests.send_due(at=at)
    issue = DigestIssue.objects.filter(digest=digest).exclude(delivery_id=None).first()
    assert (issue.responses if issue else 0) == len(new), view.query
    if issue and issue.delivery_id:
        text = (Delivery.objects.get(pk=issue.delivery_id).content or {})["text"]
        assert f"Net Promoter Score: {shown(score(found))}\n" in text, view.query
        assert f"· {len(found)} response" in text, view.query

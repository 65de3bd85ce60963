"""Views whose figures leave, and who gets them: for tests of mails, links and reports."""

import re
from datetime import UTC, date, datetime
from typing import Any

from django.utils import timezone

from surveys.accounts.models import SavedView
from surveys.analytics.models import Digest, DigestIssue
from surveys.customers.models import Property, PropertyType
from surveys.delivery.models import Delivery
from surveys.responses.models import Response
from tests import factories
from tests.analytics.book import Book
from tests.helpers.reading import words
from tests.people import Person

QUERY = "from=2025-01-01&to=2025-03-01&by=p.plan"
MORNING = datetime(2025, 3, 2, 7, 0, tzinfo=UTC)


def view_of(person: Person, name: str = "Winter", query: str = QUERY, **fields: Any) -> SavedView:
    now = timezone.now()
    owned = {"organization": person.organization, "user": person.membership.user, "page": "overview", "name": name}
    shown = {"query": query, "is_shared": True, "created_at": now, "updated_at": now}
    return SavedView.objects.create(**owned | shown | fields)


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


def with_people(book: Book) -> None:
    """Those who answered, what they are worth, and a comment that nobody else is to read."""
    of = book.organization
    Property.objects.create(organization=of, key="spend", label="Spend", type=PropertyType.NUMBER)
    people = [factories.customer(of, name=f"Miller {worth}", properties={"spend": worth}) for worth in range(1, 31)]
    for number, response in enumerate(Response.objects.filter(organization=of).order_by("day", "pk")):
        told = "Zyxophones" if response.comment else ""
        Response.objects.filter(pk=response.pk).update(customer=people[number % len(people)], comment=told)

"""People with two of their answers, as lists that go on: what the pages about changes have in common."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from surveys.accounts.models import Organization
from surveys.analytics.counting.counts import Where, fetched
from surveys.core import places
from surveys.customers.models import Customer
from surveys.responses.models import Response

PAGE: Final = 50
MOST_COUNTED: Final = 10_000
COUNTED: Final = "{0}.verdict = 'confirmed' AND {0}.excluded_at IS NULL"


@dataclass(frozen=True)
class Pair:
    """`now` is the answer that the list is about; `before` the one it is held against, None where there is none."""

    now: Response
    before: Response | None = None

    @property
    def customer(self) -> Customer:
        assert self.now.customer
        return self.now.customer


@dataclass(frozen=True)
class PairPage:
    """`after` is the cursor of the next page, "" on the last. `count` stops at MOST_COUNTED; then `is_more`."""

    pairs: list[Pair]
    after: str = ""
    count: int = 0
    is_more: bool = False


@dataclass(frozen=True)
class Statement:
    """Ids of the later and the earlier answer; `order` is (moment, id) of what the rows are listed by, newest first.

    `of` is FROM and WHERE, `where` their conditions.
    """

    ids: str
    order: tuple[str, str]
    source: str
    where: Where

    def listed(self, after: str, limit: int) -> list[tuple[Any, ...]]:
        """Rows (moment, id, later answer, earlier answer) behind the cursor."""
        place = places.decoded(after)
        moment, key = self.order
        beyond = f"AND ({moment}, {key}) < (%s, %s)" if place else ""
        statement = f"""
            SELECT {moment}, {key}, {self.ids} {self.source} WHERE {self.where} {beyond}
            ORDER BY {moment} DESC, {key} DESC LIMIT %s
        """
        return fetched(statement, [*self.where.parameters, *(place or ()), limit])

    def count(self, most: int) -> int:
        """At most `most`, and then not looked any further."""
        statement = f"SELECT count(*) FROM (SELECT 1 {self.source} WHERE {self.where} LIMIT %s) AS found"
        return int(fetched(statement, [*self.where.parameters, most])[0][0])


def page(organization: Organization, statement: Statement, after: str = "", limit: int = PAGE) -> PairPage:
    """Three statements at most."""
    rows = statement.listed(after, limit + 1)
    is_all = not after and len(rows) <= limit
    count = len(rows) if is_all else statement.count(MOST_COUNTED + 1)
    shown = rows[:limit]
    return PairPage(
        pairs=pairs(organization, [(now, before) for _moment, _key, now, before in shown]),
        after=places.encoded(shown[-1][0], shown[-1][1]) if len(rows) > limit else "",
        count=min(count, MOST_COUNTED),
        is_more=count > MOST_COUNTED,
    )


def pairs(organization: Organization, ids: Sequence[tuple[int, int | None]]) -> list[Pair]:
    """In this order, with customers, their owners and campaigns; one statement."""
    wanted = {pk for pair in ids for pk in pair if pk is not None}
    related = ("customer", "customer__owner", "customer__organization", "campaign", "organization")
    found = Response.objects.filter(organization=organization, pk__in=wanted).select_related(*related).in_bulk()
    return [Pair(found[now], found.get(before) if before else None) for now, before in ids if now in found]


def beside(where: Where, owner: str, row: str) -> Where:
    """The same conditions on `owner`, told by the row that it stands beside which organization it is of.

    So it is looked up by its customer: with a number PostgreSQL takes a young organization for an empty one, and looks
    through it instead.
    """
    plain = f"{owner}.organization_id = %s"
    assert where.conditions[0] == plain, where.conditions[0]
    return Where([f"{owner}.organization_id = {row}.organization_id + 0", *where.conditions[1:]], where.parameters[1:])

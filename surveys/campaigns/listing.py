"""The list of campaigns: what narrows it, in which order, and how the address says it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Self
from urllib.parse import urlencode

from django.db.models import Count, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Lower
from django.utils.translation import gettext_lazy as _

from surveys.accounts.models import Organization
from surveys.campaigns.models import Campaign, Kind, Status

PAGE_SIZE: Final = 50
_NEVER: Final = datetime(1, 1, 1, tzinfo=UTC)
_LONGEST: Final = 100

# What each order goes by, and whether the largest comes first.
_ORDERS: Final[dict[str, tuple[Callable[[], Any], bool]]] = {
    "newest": (lambda: F("id"), True),
    "launched": (lambda: Coalesce("launched_at", Value(_NEVER)), True),
    "name": (lambda: Lower("name"), False),
}
NEWEST: Final = next(iter(_ORDERS))
# As the list shows them: who cancelled a wave finds it under that.
CANCELLED: Final = "cancelled"
STATUSES: Final = (*Status.choices, (CANCELLED, _("Cancelled")))
ORDERS: Final = (("newest", _("Newest first")), ("launched", _("Last launched first")), ("name", _("By name")))


@dataclass(frozen=True)
class Narrowing:
    """Without a status it is all but the archive."""

    status: str = ""
    kind: str = ""
    search: str = ""
    order: str = NEWEST

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Self:
        """What an address says; what it does not know it leaves out."""
        status, kind, order = query.get("status", ""), query.get("kind", ""), query.get("order", "")
        return cls(
            status=status if status in dict(STATUSES) else "",
            kind=kind if kind in Kind.values else "",
            search=query.get("q", "").replace("\x00", "").strip()[:_LONGEST],
            order=order if order in _ORDERS else NEWEST,
        )

    def to_query(self, **more: object) -> str:
        said = {"status": self.status, "kind": self.kind, "q": self.search, "order": self.order} | more
        return urlencode({name: value for name, value in said.items() if value and value != NEWEST})

    @property
    def is_narrow(self) -> bool:
        return bool(self.status or self.kind or self.search)


@dataclass(frozen=True)
class Page:
    campaigns: list[Campaign]
    next_before: int | None
    total: int
    is_empty: bool  # there is no campaign at all, whatever narrows the list
    archived: int


def page(organization: Organization, narrowing: Narrowing, *, before: int | None = None) -> Page:
    """By keyset: `before` is the id of the campaign that the page before ended with."""
    mine = Campaign.objects.filter(organization=organization)
    rows = _narrowed(mine, narrowing)
    found = list(_after(rows, narrowing.order, before)[: PAGE_SIZE + 1])
    counts = mine.aggregate(everything=Count("id"), archived=Count("id", filter=Q(status=Status.ARCHIVED)))
    usual = counts["everything"] - counts["archived"]
    return Page(
        found[:PAGE_SIZE],
        found[PAGE_SIZE - 1].pk if len(found) > PAGE_SIZE else None,
        rows.count() if narrowing.is_narrow else usual,
        is_empty=not counts["everything"],
        archived=counts["archived"],
    )


def _narrowed(rows: QuerySet[Campaign], narrowing: Narrowing) -> QuerySet[Campaign]:
    rows = rows.filter(_of_status(narrowing.status))
    if narrowing.kind:
        rows = rows.filter(kind=narrowing.kind)
    return rows.filter(name__icontains=narrowing.search) if narrowing.search else rows


def _of_status(status: str) -> Q:
    if not status:
        return ~Q(status=Status.ARCHIVED)
    if status in (CANCELLED, Status.ENDED):
        return Q(status=Status.ENDED, cancelled_at__isnull=status == Status.ENDED)
    return Q(status=status)


def _after(rows: QuerySet[Campaign], order: str, before: int | None) -> QuerySet[Campaign]:
    expression, is_descending = _ORDERS[order]
    sign, compare = ("-", "lt") if is_descending else ("", "gt")
    rows = rows.annotate(place=expression()).order_by(f"{sign}place", f"{sign}id")
    last = rows.model.objects.filter(pk=before).annotate(place=expression()).first() if before else None
    if last is None:
        return rows
    place = last.place
    return rows.filter(Q(**{f"place__{compare}": place}) | Q(place=place, **{f"id__{compare}": last.pk}))

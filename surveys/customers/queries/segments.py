"""Reads about segments, and about whom conditions hold for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count
from psycopg2 import sql

from surveys.accounts import access
from surveys.accounts.models import AuditEntry, Membership, Organization
from surveys.core.conditions import catalogue, compiler, validation, words
from surveys.core.conditions.catalogue import Catalogue, Root
from surveys.core.conditions.tree import Group
from surveys.customers import segments as rules
from surveys.customers.models import Customer, Segment, SegmentUse

PREVIEW = 10


@dataclass(frozen=True)
class Who:
    """Stored conditions as people read them. When they cannot be understood any more, `tree` is None and `problems` say why.

    `is_secret`: they ask about properties that the reader may not see, so neither a sentence nor problems are told.
    """

    sentence: str
    tree: Group | None
    problems: tuple[str, ...] = ()
    is_secret: bool = False


@dataclass(frozen=True)
class Size:
    """How many customers a condition holds for, and how many of them have an email address."""

    customers: int
    with_address: int

    @property
    def without_address(self) -> int:
        return self.customers - self.with_address


def customer_catalogue(organization: Organization) -> Catalogue:
    return catalogue.of(Root.CUSTOMER, organization)


def who(conditions: dict[str, Any], known: Catalogue) -> Who:
    try:
        tree = validation.read(conditions, known)
    except validation.BadCondition as bad:
        return Who("", None, tuple(problem.message for problem in bad.problems))
    return Who(words.sentence(tree, known), tree)


def who_for(by: Membership, conditions: dict[str, Any], known: Catalogue) -> Who:
    """As this person may read them."""
    found = who(conditions, known)
    hidden = {field.key for field in known.fields if not field.is_open}
    if access.sees_hidden_properties(by) or not rules.fields(conditions) & hidden:
        return found
    return Who("", found.tree, is_secret=True)


_COUNT = sql.SQL(
    "SELECT count(*), count(*) FILTER (WHERE c.email <> '')"
    " FROM surveys_customer c WHERE c.organization_id = %(organization)s AND {}"
)
_LANGUAGES = sql.SQL(
    "SELECT c.language, count(*) FROM surveys_customer c WHERE c.organization_id = %(organization)s AND c.email <> ''"
    " AND {} GROUP BY c.language"
)
_NEWEST = sql.SQL(
    "SELECT c.id FROM surveys_customer c WHERE c.organization_id = %(organization)s AND {} ORDER BY c.id DESC LIMIT %(limit)s"
)


def size(organization: Organization, tree: Group, known: Catalogue, *, at: datetime) -> Size:
    """One statement over the organization's customers."""
    where = compiler.compile_where(tree, known, "c", at)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT.format(where.sql), {"organization": organization.pk, **where.params})
        return Size(*cursor.fetchone())


def spoken(organization: Organization, tree: Group, known: Catalogue, *, at: datetime) -> dict[str, int]:
    """How many with an address speak which language; "" is not known. One statement over the organization's customers."""
    where = compiler.compile_where(tree, known, "c", at)
    with connection.cursor() as cursor:
        cursor.execute(_LANGUAGES.format(where.sql), {"organization": organization.pk, **where.params})
        return dict(cursor.fetchall())


def newest(organization: Organization, tree: Group, known: Catalogue, *, at: datetime) -> list[Customer]:
    """The latest people whom the condition holds for, ten at most; two statements."""
    where = compiler.compile_where(tree, known, "c", at)
    scope = {"organization": organization.pk, "limit": PREVIEW, **where.params}
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST.format(where.sql), scope)
        ids = [pk for (pk,) in cursor.fetchall()]
    return list(Customer.objects.filter(organization=organization, pk__in=ids).order_by("-pk"))


@dataclass(frozen=True)
class Meaning:
    """Whom conditions hold for now; without a size while they are not complete."""

    size: Size | None = None
    people: tuple[Customer, ...] = ()


def meaning(organization: Organization, tree: Group | None, known: Catalogue, *, at: datetime) -> Meaning:
    if tree is None:
        return Meaning()
    return Meaning(size(organization, tree, known, at=at), tuple(newest(organization, tree, known, at=at)))


# ── Segments ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Listed:
    segment: Segment
    who: Who
    used: int


def segments(by: Membership) -> list[Listed]:
    """All of them by name; three statements besides those of the catalogue."""
    known = customer_catalogue(by.organization)
    found = Segment.objects.filter(organization=by.organization).annotate(used=Count("uses")).order_by("name", "pk")
    return [Listed(segment, who_for(by, segment.conditions, known), segment.used) for segment in found]


def uses(segment: Segment) -> list[SegmentUse]:
    return list(
        SegmentUse.objects.filter(organization_id=segment.organization_id, segment=segment).order_by(
            "user_kind", "user_id"
        )
    )


def segments_by_id(organization: Organization, ids: list[int]) -> dict[int, Segment]:
    return {found.pk: found for found in Segment.objects.filter(organization=organization, pk__in=ids)}


def segment_history(segment: Segment) -> list[AuditEntry]:
    entries = AuditEntry.objects.filter(
        organization_id=segment.organization_id, target_type="segment", target_id=segment.pk
    )
    return list(entries.order_by("-at", "-id")[:20])


def segment_deletion(organization: Organization, pk: int) -> AuditEntry | None:
    """How the segment of this number was deleted last; None when it is there or never was this organization's."""
    if Segment.objects.filter(organization=organization, pk=pk).exists():
        return None
    deleted = AuditEntry.objects.filter(
        organization=organization, target_type="segment", target_id=pk, action="segment.deleted"
    )
    return deleted.order_by("-at", "-id").first()

"""Reads about campaigns."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import QuerySet
from psycopg2 import sql

from surveys.accounts.models import AuditEntry, Organization
from surveys.campaigns.models import Campaign, Wording
from surveys.core.conditions import catalogue, compiler, validation, words
from surveys.core.conditions.catalogue import Catalogue, Root
from surveys.core.conditions.tree import Group

PAGE_SIZE = 50


@dataclass(frozen=True)
class Page:
    campaigns: list[Campaign]
    next_before: int | None


def campaigns(organization: Organization, *, before: int | None = None) -> Page:
    """Newest first, by keyset: `before` is the id that the page before ended with."""
    rows = Campaign.objects.filter(organization=organization).order_by("-id")
    rows = rows.filter(id__lt=before) if before else rows
    found = list(rows[: PAGE_SIZE + 1])
    return Page(found[:PAGE_SIZE], found[PAGE_SIZE - 1].pk if len(found) > PAGE_SIZE else None)


def wording(campaign: Campaign) -> Wording:
    """The words of its current version in its main language, the one it was written in first."""
    return wordings(campaign)[0]


def wordings(campaign: Campaign) -> QuerySet[Wording]:
    """The words of its current version, its main language first."""
    return Wording.objects.filter(
        organization_id=campaign.organization_id, campaign=campaign, version=campaign.version
    ).order_by("id")


# ── Who is asked ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Size:
    """How many customers a condition holds for, and how many of them have an email address."""

    customers: int
    with_address: int

    @property
    def without_address(self) -> int:
        return self.customers - self.with_address


@dataclass(frozen=True)
class Audience:
    """A stored audience as people read it. Raises nothing: an audience that lost its property says so in `problems`."""

    sentence: str
    tree: Group | None
    problems: tuple[str, ...] = ()


def customer_catalogue(organization: Organization) -> Catalogue:
    return catalogue.of(Root.CUSTOMER, organization)


def audience(campaign: Campaign, known: Catalogue | None = None) -> Audience:
    known = known or customer_catalogue(campaign.organization)
    try:
        tree = validation.read(campaign.audience, known)
    except validation.BadCondition as bad:
        return Audience("", None, tuple(problem.message for problem in bad.problems))
    return Audience(words.sentence(tree, known), tree)


def audience_size(organization: Organization, tree: Group, known: Catalogue, *, at: datetime) -> Size:
    """One statement over the organization's customers."""
    where = compiler.compile_where(tree, known, "c", at=at)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT.format(where.sql), {"organization": organization.pk, **where.params})
        return Size(*cursor.fetchone())


_COUNT = sql.SQL(
    "SELECT count(*), count(*) FILTER (WHERE c.email <> '')"
    " FROM surveys_customer c WHERE c.organization_id = %(organization)s AND {}"
)


# ── What happened ────────────────────────────────────────────────────────────────────────────────────────────────────


def history(campaign: Campaign, limit: int = 20) -> list[AuditEntry]:
    """Who did what to it, newest first."""
    entries = AuditEntry.objects.filter(
        organization_id=campaign.organization_id, target_type="campaign", target_id=campaign.pk
    )
    return list(entries.order_by("-at", "-id")[:limit])


def deletion(organization: Organization, pk: int) -> AuditEntry | None:
    """How the draft of this number was deleted last; None when it is there or never was this organization's."""
    deleted = AuditEntry.objects.filter(
        organization=organization, target_type="campaign", target_id=pk, action="campaign.deleted"
    )
    is_there = Campaign.objects.filter(organization=organization, pk=pk).exists()
    return None if is_there else deleted.order_by("-at", "-id").first()

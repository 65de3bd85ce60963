"""Links of customers, to review sites and to recommend us. Each has one of a kind; the database settles who made it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

from surveys.accounts.models import Organization
from surveys.automation import link_queries, tracked
from surveys.automation.models import LinkKind, ReviewSite, TrackedLink
from surveys.customers.models import Customer


@dataclass(frozen=True)
class Whose:
    """Without a customer: of everybody who is not known. Response and score are those at which the link was made."""

    organization: int
    customer: int | None
    response: int | None = None
    score: int | None = None


@dataclass(frozen=True)
class Lead:
    """What a link leads to: a review site, or (None) where friends land."""

    url: str
    site: int | None = None

    @property
    def kind(self) -> LinkKind:
        return LinkKind.REFERRAL if self.site is None else LinkKind.REVIEW


def first_site(organization: Organization, score: int | None) -> ReviewSite | None:
    """The first that is for people with this score: for everybody, unless somebody narrowed it."""
    return next((site for site in link_queries.sites(organization.pk) if link_queries.is_for(site, score)), None)


def review_address(
    *, site: ReviewSite, customer: Customer, response_id: int | None, score: int | None, at: datetime
) -> str:
    """Of the customer's own link to this site; "" when the customer is gone."""
    return _address(Lead(site.url, site.pk), customer, response_id, score, at)


def referral_address(
    *, target: str, customer: Customer, response_id: int | None, score: int | None, at: datetime
) -> str:
    """Of the customer's own link to recommend us; "" when the customer is gone."""
    return _address(Lead(target), customer, response_id, score, at)


def _address(lead: Lead, customer: Customer, response_id: int | None, score: int | None, at: datetime) -> str:
    whose = Whose(customer.organization_id, customer.pk, response_id, score)
    made = links_of(whose=whose, leads=[lead], at=at)
    return tracked.address(made[lead.site]) if made else ""


# The customer is held, so that one who is being erased gets none.
_OF_CUSTOMER: Final = """
    INSERT INTO surveys_trackedlink (organization_id, kind, site_id, customer_id, response_id, score, target, created_at)
    SELECT c.organization_id, w.kind, w.site, c.id, %(response)s, %(score)s, w.target, %(at)s
    FROM (SELECT id, organization_id FROM surveys_customer
          WHERE organization_id = %(organization)s AND id = %(customer)s FOR KEY SHARE) c
    CROSS JOIN unnest(%(kinds)s::text[], %(sites)s::bigint[], %(targets)s::text[]) AS w (kind, site, target)
    ON CONFLICT DO NOTHING
"""
_OF_ANYBODY: Final = """
    INSERT INTO surveys_trackedlink (organization_id, kind, site_id, target, created_at)
    SELECT %(organization)s, w.kind, w.site, w.target, %(at)s
    FROM unnest(%(kinds)s::text[], %(sites)s::bigint[], %(targets)s::text[]) AS w (kind, site, target)
    ON CONFLICT DO NOTHING
"""


def links_of(*, whose: Whose, leads: Sequence[Lead], at: datetime) -> dict[int | None, int]:
    """The ids of their links by site (None: to recommend us), made where they had none. One statement when they are there;
    nothing for a customer who is gone. Nobody known recommends us: such leads are left out."""
    wanted = [lead for lead in leads if whose.customer is not None or lead.site is not None]
    found = dict(_there(whose, wanted)) if wanted else {}
    missing = [lead for lead in wanted if lead.site not in found]
    if missing:
        _make(whose, missing, at)
        found |= dict(_there(whose, missing))
    return found


def _there(whose: Whose, leads: Sequence[Lead]) -> Iterator[tuple[int | None, int]]:
    mine = TrackedLink.objects.filter(
        organization=whose.organization, customer=whose.customer, ended_at=None, merged_into=None
    )
    wanted = {(lead.kind.value, lead.site) for lead in leads}
    kinds = sorted({kind for kind, _site in wanted})
    for kind, site, pk in mine.filter(kind__in=kinds).values_list("kind", "site", "pk"):
        if (kind, site) in wanted:
            yield site, pk


def _make(whose: Whose, leads: Sequence[Lead], at: datetime) -> None:
    params = {
        "organization": whose.organization,
        "customer": whose.customer,
        "response": whose.response,
        "score": whose.score,
        "kinds": [lead.kind.value for lead in leads],
        "sites": [lead.site for lead in leads],
        "targets": [lead.url for lead in leads],
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(_OF_ANYBODY if whose.customer is None else _OF_CUSTOMER, params)

"""Links that rules put into mails: to review sites."""

from datetime import datetime

from surveys.accounts.models import Organization
from surveys.automation.models import ReviewSite
from surveys.core import nps
from surveys.customers.models import Customer


def first_site(organization: Organization, score: int | None) -> ReviewSite | None:
    """The first that is for people with this score: for everybody, unless somebody narrowed it."""
    sites = ReviewSite.objects.filter(organization=organization, archived_at=None).order_by("position", "pk")
    return next((site for site in sites if is_for(site, score)), None)


def is_for(site: ReviewSite, score: int | None) -> bool:
    return not site.categories or (score is not None and nps.classify(score).value in site.categories)


def review_address(*, site: ReviewSite, customer: Customer, response_id: int | None, at: datetime) -> str:
    """Where the customer's link to this site leads from. Until visits are counted it is the site itself."""
    return site.url

from dataclasses import dataclass

from surveys.accounts.models import Organization
from surveys.campaigns.models import Campaign
from surveys.customers.models import Customer
from surveys.responses.models import Response
from surveys.samples.models import Sample


def of(organization: Organization) -> Sample | None:
    return Sample.objects.filter(organization=organization).first()


@dataclass(frozen=True)
class Contents:
    """How much of what people would look for is in an organization."""

    customers: int
    campaigns: int
    responses: int


def contents(organization: Organization) -> Contents:
    mine = (model._default_manager.filter(organization=organization) for model in (Customer, Campaign, Response))
    return Contents(*(rows.count() for rows in mine))

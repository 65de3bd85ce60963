"""Campaigns and people for stories about sending."""

from typing import Any

from django.utils import timezone

from surveys.accounts.models import Organization
from surveys.campaigns.models import Campaign, Status
from surveys.customers.models import Customer
from surveys.delivery import actions
from tests import factories


def live_campaign(of: Organization, name: str = "Pulse", **fields: Any) -> Campaign:
    """For everyone, launched just now; not planned."""
    return factories.campaign(of, name, Status.LIVE, wave=1, launched_at=timezone.now(), **fields)


def plan(campaign: Campaign) -> int:
    """How many are invited."""
    invited = 0
    while (planned := actions.plan(campaign=campaign, at=timezone.now())).considered:
        invited += planned.invited
    return invited


def crowd(of: Organization, count: int) -> list[str]:
    """The addresses of so many new customers."""
    at = timezone.now()
    addresses = [f"person{number}@example.com" for number in range(count)]
    people = [
        Customer(organization=of, email=address, name=f"Person {number}", created_at=at, updated_at=at)
        for number, address in enumerate(addresses)
    ]
    Customer.objects.bulk_create(people, batch_size=1000)
    return addresses

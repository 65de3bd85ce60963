"""Taking lists of people out of a campaign's pages."""

from datetime import datetime

from django.db import transaction

from surveys.accounts import access, audit
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.campaigns.models import Campaign


def note_people_export(*, campaign: Campaign, by: Membership, at: datetime) -> None:
    """Personal data leaves the product: who took it stays in the audit trail."""
    access.require(by, Permission.EXPORT_CUSTOMERS)
    with transaction.atomic():
        audit.record(by, "campaign.people_exported", campaign, at=at)

"""What conditions offer about campaigns: their names, newest first."""

from surveys.accounts.models import Organization
from surveys.campaigns.models import Campaign
from surveys.core.conditions.catalogue import Choice


def choices(organization: Organization) -> tuple[Choice, ...]:
    """One statement."""
    campaigns = Campaign.objects.filter(organization=organization).order_by("-pk").values_list("pk", "name")
    return tuple(Choice(pk, name) for pk, name in campaigns)

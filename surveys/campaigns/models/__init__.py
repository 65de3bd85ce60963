"""What is asked, of whom, when, and in which words."""

from surveys.campaigns.models.campaigns import (
    ALL_DAYS,
    EVERYBODY,
    MOST_REMINDERS,
    Campaign,
    CampaignQuerySet,
    Kind,
    Priority,
    Status,
    Trigger,
)
from surveys.campaigns.models.wording import CampaignVersion, Wording

__all__ = [
    "ALL_DAYS",
    "EVERYBODY",
    "MOST_REMINDERS",
    "Campaign",
    "CampaignQuerySet",
    "CampaignVersion",
    "Kind",
    "Priority",
    "Status",
    "Trigger",
    "Wording",
]

"""Rows of delivery: the ask and its messages, the roads they take, and what is told about them afterwards."""

from surveys.delivery.models.events import (
    TELLING,
    DeliveryEvent,
    Happening,
    MailDomainDay,
    MailHealth,
    MailMinute,
    UnreadEvent,
)
from surveys.delivery.models.messages import (
    REMINDERS,
    AccountAsk,
    Batch,
    CampaignDay,
    Delivery,
    Invitation,
    Kind,
    MailDay,
    PlanDecision,
    Queue,
    Reason,
    State,
)
from surveys.delivery.models.routes import MailAccount, Pace, Provider, RouteState, Wake

__all__ = [
    "REMINDERS",
    "TELLING",
    "AccountAsk",
    "Batch",
    "CampaignDay",
    "Delivery",
    "DeliveryEvent",
    "Happening",
    "Invitation",
    "Kind",
    "MailAccount",
    "MailDay",
    "MailDomainDay",
    "MailHealth",
    "MailMinute",
    "Pace",
    "PlanDecision",
    "Provider",
    "Queue",
    "Reason",
    "RouteState",
    "State",
    "UnreadEvent",
    "Wake",
]

"""Where Django looks for models; they live in their domains, and nobody else imports this file."""

from surveys.accounts.models import (
    AuditEntry,
    ColleagueInvite,
    Departure,
    Logo,
    Membership,
    Organization,
    OrganizationSlug,
    PageHabit,
    SavedView,
    SenderAddress,
    User,
    ZoneChange,
)
from surveys.analytics.models import InvitationCount, InvitationDelta, ScoreCount, ScoreDelta
from surveys.campaigns.models import Campaign, Wording
from surveys.customers.models import (
    BulkAct,
    Customer,
    CustomerChange,
    ImportChunk,
    ImportJob,
    ImportKept,
    ImportMapping,
    ImportRefusal,
    ImportRow,
    Property,
    PropertySet,
    Segment,
    SegmentUse,
    Suppression,
)
from surveys.delivery.models import Batch, Delivery, Invitation, MailDay, PlanDecision
from surveys.operations.models import OrganizationExport, OrganizationExportChunk
from surveys.outbox.models import Event
from surveys.privacy.models import RetentionRule, RetentionRun
from surveys.responses.models import ClickEvent, Response, ResponseRevision
from surveys.samples.models import Sample

__all__ = [
    "AuditEntry",
    "Batch",
    "BulkAct",
    "Campaign",
    "ClickEvent",
    "ColleagueInvite",
    "Customer",
    "CustomerChange",
    "Delivery",
    "Departure",
    "Event",
    "ImportChunk",
    "ImportJob",
    "ImportKept",
    "ImportMapping",
    "ImportRefusal",
    "ImportRow",
    "Invitation",
    "InvitationCount",
    "InvitationDelta",
    "Logo",
    "MailDay",
    "Membership",
    "Organization",
    "OrganizationExport",
    "OrganizationExportChunk",
    "OrganizationSlug",
    "PageHabit",
    "PlanDecision",
    "Property",
    "PropertySet",
    "Response",
    "ResponseRevision",
    "RetentionRule",
    "RetentionRun",
    "Sample",
    "SavedView",
    "ScoreCount",
    "ScoreDelta",
    "Segment",
    "SegmentUse",
    "SenderAddress",
    "Suppression",
    "User",
    "Wording",
    "ZoneChange",
]

"""The people who are asked, what is known about them, and who must not be mailed."""

from surveys.customers.models.bulk import REMOVING, BulkAct, BulkKind, BulkStatus
from surveys.customers.models.event_lists import EventList, EventListChunk, EventListRefusal, EventListStatus
from surveys.customers.models.events import CustomerEvent, EventKind
from surveys.customers.models.held import HeldWork
from surveys.customers.models.imports import (
    ImportChunk,
    ImportFormat,
    ImportJob,
    ImportKept,
    ImportMapping,
    ImportRefusal,
    ImportRow,
    ImportStatus,
    KeptReason,
    RefusalReason,
)
from surveys.customers.models.people import (
    ChangeSource,
    Customer,
    CustomerChange,
    CustomerQuerySet,
    SharedSuppression,
    Suppression,
    SuppressionReason,
)
from surveys.customers.models.properties import (
    Property,
    PropertySet,
    PropertyType,
    PropertyUse,
    PropertyWork,
    PropertyWorkKind,
    PropertyWorkStatus,
)
from surveys.customers.models.segments import ConditionUser, Segment, SegmentUse
from surveys.customers.models.suppression_lists import SuppressionLine, SuppressionList, SuppressionListStatus

__all__ = [
    "REMOVING",
    "BulkAct",
    "BulkKind",
    "BulkStatus",
    "ChangeSource",
    "ConditionUser",
    "Customer",
    "CustomerChange",
    "CustomerEvent",
    "CustomerQuerySet",
    "EventKind",
    "EventList",
    "EventListChunk",
    "EventListRefusal",
    "EventListStatus",
    "HeldWork",
    "ImportChunk",
    "ImportFormat",
    "ImportJob",
    "ImportKept",
    "ImportMapping",
    "ImportRefusal",
    "ImportRow",
    "ImportStatus",
    "KeptReason",
    "Property",
    "PropertySet",
    "PropertyType",
    "PropertyUse",
    "PropertyWork",
    "PropertyWorkKind",
    "PropertyWorkStatus",
    "RefusalReason",
    "Segment",
    "SegmentUse",
    "SharedSuppression",
    "Suppression",
    "SuppressionLine",
    "SuppressionList",
    "SuppressionListStatus",
    "SuppressionReason",
]

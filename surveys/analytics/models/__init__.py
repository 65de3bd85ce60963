"""Rollups, what people add to dashboards, and the long work behind them."""

from surveys.analytics.models.jobs import (
    FigureExport,
    FigureExportChunk,
    Job,
    JobQuerySet,
    JobStatus,
    Rebuild,
    Regrouping,
    RegroupingPhase,
    Scan,
    ScanDay,
)
from surveys.analytics.models.pages import Annotation, Digest, DigestIssue, Frequency, RiskRule, ShareLink
from surveys.analytics.models.rollups import (
    SCORE_COLUMNS,
    DayChange,
    InvitationCount,
    InvitationDelta,
    ScoreCount,
    ScoreDelta,
)

__all__ = [
    "SCORE_COLUMNS",
    "Annotation",
    "DayChange",
    "Digest",
    "DigestIssue",
    "FigureExport",
    "FigureExportChunk",
    "Frequency",
    "InvitationCount",
    "InvitationDelta",
    "Job",
    "JobQuerySet",
    "JobStatus",
    "Rebuild",
    "Regrouping",
    "RegroupingPhase",
    "RiskRule",
    "Scan",
    "ScanDay",
    "ScoreCount",
    "ScoreDelta",
    "ShareLink",
]

"""Reads about whole organizations and about the server."""

from surveys.operations.queries.ending import Contents, contents, exports, latest_export
from surveys.operations.queries.organizations import (
    OperatorPage,
    Summary,
    operator_acts,
    organization_page,
    owners,
    summary,
)
from surveys.operations.queries.system import failed_system_mails, queues, versions, work, workers

__all__ = [
    "Contents",
    "OperatorPage",
    "Summary",
    "contents",
    "exports",
    "failed_system_mails",
    "latest_export",
    "operator_acts",
    "organization_page",
    "owners",
    "queues",
    "summary",
    "versions",
    "work",
    "workers",
]

"""The audit trail: written inside the action's transaction, changed by nobody."""

from datetime import datetime
from typing import Any

from django.db import models

from surveys.accounts.models import AuditEntry, Membership


def record(by: Membership, action: str, target: models.Model, *, at: datetime, **details: Any) -> None:
    """Note that `by` did `action` (such as "campaign.paused") to `target`. Call it inside the action's transaction."""
    AuditEntry.objects.create(
        organization_id=by.organization_id,
        at=at,
        actor_id=by.user_id,
        actor_email=by.user.email,
        action=action,
        target_type=target._meta.model_name or "",
        target_id=target.pk,
        target_name=str(target)[:255],
        details=details,
    )

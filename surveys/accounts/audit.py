"""The audit trail: written inside the action's transaction, changed by nobody.

An action is "<noun>.<past verb>". Changed fields are the detail `changed={field: [before, after]}`.
"""

from datetime import datetime
from typing import Any

from django.db import models
from django.http import HttpRequest

from surveys.accounts.models import AuditEntry, Membership, Organization, Origin, User, Via
from surveys.core.http import agent_of, ip_of


def record(by: Membership, action: str, target: models.Model, *, at: datetime, **details: Any) -> None:
    """Note that `by` did `action` (such as "campaign.paused") to `target`. Call it inside the action's transaction."""
    _write(
        target,
        by.origin,
        organization_id=by.organization_id,
        actor_id=by.user_id,
        actor_email=by.user.email,
        action=action,
        at=at,
        details=details,
    )


def record_automatic(
    organization: Organization | int, action: str, target: models.Model, *, at: datetime, **details: Any
) -> None:
    """As `record`, for what happened by itself."""
    pk = organization if isinstance(organization, int) else organization.pk
    _write(target, Origin(), organization_id=pk, action=action, at=at, details=details)


def record_stranger(
    organization_id: int, action: str, target: models.Model, *, origin: Origin, at: datetime, **details: Any
) -> None:
    """As `record`, for an act of somebody who did not prove who they are."""
    _write(target, origin, organization_id=organization_id, action=action, at=at, details=details)


def record_operator(
    by: User, organization: Organization, action: str, *, origin: Origin, at: datetime, **details: Any
) -> None:
    """As `record`, for what an instance administrator did to an organization."""
    _write(
        organization,
        origin,
        organization_id=organization.pk,
        actor_id=by.pk,
        actor_email=by.email,
        is_operator=True,
        action=action,
        at=at,
        details=details,
    )


def _write(target: models.Model, origin: Origin, **fields: Any) -> None:
    AuditEntry.objects.create(
        via=origin.via,
        ip=origin.ip,
        agent=origin.agent,
        target_type=target._meta.model_name or "",
        target_id=target.pk,
        target_name=str(getattr(target, "trail_name", target))[:255],
        **fields,
    )


def origin_of(request: HttpRequest, via: Via = Via.WEB) -> Origin:
    return Origin(via=via, ip=ip_of(request), agent=agent_of(request))

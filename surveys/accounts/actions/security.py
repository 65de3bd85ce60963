"""Two-factor sign-in as a rule of an organization. OrganizationMiddleware enforces it."""

from datetime import datetime

from django.db import transaction

from surveys.accounts import access, audit
from surveys.accounts.models import Membership, Organization
from surveys.accounts.permissions import Permission
from surveys.accounts.queries import security


class NeedsSecondFactor(Exception):
    """Who sets the rule must keep it: else they lock themselves out with the same click."""


def require_mfa(*, organization: Organization, by: Membership, at: datetime) -> None:
    """From the next request on only members with a second factor get in. Raises NeedsSecondFactor."""
    access.require(by, Permission.MANAGE_ORGANIZATION)
    if not security.has_second_factor(by.user):
        raise NeedsSecondFactor
    _change(organization, by, at, was=False)


def stop_requiring_mfa(*, organization: Organization, by: Membership, at: datetime) -> None:
    access.require(by, Permission.MANAGE_ORGANIZATION)
    _change(organization, by, at, was=True)


def _change(organization: Organization, by: Membership, at: datetime, *, was: bool) -> None:
    with transaction.atomic():
        changed = Organization.objects.filter(pk=organization.pk, requires_mfa=was).update(requires_mfa=not was)
        if changed:
            audit.record(by, "organization.changed", organization, at=at, changed={"requires_mfa": [was, not was]})

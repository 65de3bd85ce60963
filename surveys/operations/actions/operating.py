"""What the operator of the server does to organizations. It stands in their own audit trails, marked as an operator's act."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from surveys.accounts import audit
from surveys.accounts.models import Organization, Origin, User


class NothingToDo(Exception):
    """It is as wanted already; another operator may have been first."""


def change_limits(
    *,
    organization: Organization,
    customers_limit: int | None,
    mails_a_day_limit: int | None,
    mails_a_minute_limit: int | None,
    by: User,
    origin: Origin,
    at: datetime,
) -> None:
    """None is no limit. What is above a new limit stays; only more is refused. Raises NothingToDo."""
    _require(by)
    new = {
        "customers_limit": customers_limit,
        "mails_a_day_limit": mails_a_day_limit,
        "mails_a_minute_limit": mails_a_minute_limit,
    }
    with transaction.atomic():
        locked = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        changed = {
            name: [getattr(locked, name), value] for name, value in new.items() if getattr(locked, name) != value
        }
        if not changed:
            raise NothingToDo(organization.pk)
        Organization.objects.filter(pk=locked.pk).update(**new)
        audit.record_operator(by, locked, "organization.limits_changed", origin=origin, at=at, changed=changed)


def suspend(*, organization: Organization, reason: str, by: User, origin: Origin, at: datetime) -> None:
    """Nothing is sent any more, and members can only look. Messages on the wire still go out. Raises NothingToDo."""
    _require(by)
    with transaction.atomic():
        working = Organization.objects.filter(pk=organization.pk, suspended_at=None)
        if not working.update(suspended_at=at, suspension_reason=reason[:300]):
            raise NothingToDo(organization.pk)
        audit.record_operator(by, organization, "organization.suspended", origin=origin, at=at, reason=reason)


def lift_suspension(*, organization: Organization, by: User, origin: Origin, at: datetime) -> None:
    """Everything goes on where it stopped. Raises NothingToDo."""
    _require(by)
    with transaction.atomic():
        suspended = Organization.objects.filter(pk=organization.pk, suspended_at__isnull=False)
        if not suspended.update(suspended_at=None, suspension_reason=""):
            raise NothingToDo(organization.pk)
        audit.record_operator(by, organization, "organization.suspension_lifted", origin=origin, at=at)


def _require(by: User) -> None:
    if not by.is_staff:
        raise PermissionDenied(_("Only an instance administrator may do this."))

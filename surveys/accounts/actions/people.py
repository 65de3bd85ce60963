"""Writes about who belongs to an organization, as what. All of them go one after the other in an organization."""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q

from surveys.accounts import access, audit, permissions
from surveys.accounts.models import Departure, Membership, Organization, Origin, Role, User
from surveys.accounts.permissions import Permission
from surveys.outbox import actions as outbox

_SEEN_EVERY: Final = timedelta(hours=1)


class LastOwner(Exception):
    """Somebody must answer for the organization: make another person an owner first."""


class Gone(Exception):
    """It is not there any more: another person was quicker, or the time to take it back is over."""


def one_at_a_time(by: Membership) -> Membership:
    """Lock the people of the organization until the transaction ends; returns `by` as it stands now.

    Raises PermissionDenied when they are no longer a member. Rows that point at the organization can still be written.
    """
    lock_people(by.organization_id)
    now = Membership.objects.select_related("user", "organization").filter(pk=by.pk).first()
    if now is None:
        raise PermissionDenied("no longer a member")
    now.origin = by.origin
    return now


def lock_people(organization_id: int) -> None:
    Organization.objects.select_for_update(no_key=True).only("pk").get(pk=organization_id)


def change_role(*, member: Membership, role: str, by: Membership, at: datetime) -> Membership:
    """Make a member something else; returns the member. Nobody makes or changes owners but owners.

    Raises LastOwner, Gone, and PermissionDenied.
    """
    access.require(by, Permission.MANAGE_PEOPLE)
    with transaction.atomic():
        by = _manager(by)
        member = _still_there(member)
        require_grant(by, member.role, role)
        if member.role == role:
            return member
        _keep_an_owner(member)
        before, member.role = member.role, role
        member.save(update_fields=["role"])
        audit.record(by, "member.role_changed", member, at=at, changed={"role": [before, role]})
        outbox.publish("member.role_changed", member, at=at, user=member.user_id)
    return member


def remove(*, member: Membership, by: Membership, at: datetime) -> Departure:
    """End a membership: from the next request on there is no access. It can be taken back for a while.

    Raises LastOwner, Gone, and PermissionDenied.
    """
    access.require(by, Permission.MANAGE_PEOPLE)
    with transaction.atomic():
        by = _manager(by)
        member = _still_there(member)
        require_grant(by, member.role)
        _keep_an_owner(member)
        return _depart(member, by, "member.removed", at)


def leave(*, by: Membership, at: datetime) -> Departure:
    """End one's own membership, whatever the role. Raises LastOwner."""
    with transaction.atomic():
        member = one_at_a_time(by)
        _keep_an_owner(member)
        return _depart(member, member, "member.left", at)


def _depart(member: Membership, by: Membership, action: str, at: datetime) -> Departure:
    audit.record(by, action, member, at=at, role=member.role)
    departure = Departure.objects.create(
        organization_id=member.organization_id,
        user_id=member.user_id,
        role=member.role,
        member_since=member.created_at,
        removed_by_id=by.user_id,
        left_at=at,
        undo_until=at + timedelta(seconds=settings.PEOPLE_UNDO_SECONDS),
    )
    member.delete()
    return departure


def restore(*, departure: Departure, by: Membership, at: datetime) -> Membership:
    """Take a removal back: the same role again, and the customers that belonged to the person still do.

    Raises Gone when it is too late, and PermissionDenied.
    """
    access.require(by, Permission.MANAGE_PEOPLE)
    with transaction.atomic():
        by = _manager(by)
        require_grant(by, departure.role)
        member = _return(departure, at)
        audit.record(by, "member.restored", member, at=at, role=member.role)
    return member


def come_back(*, departure: Departure, user: User, origin: Origin, at: datetime) -> Membership:
    """For somebody who has left by themselves and thinks better of it. Raises Gone."""
    if departure.user_id != user.pk or departure.removed_by_id != user.pk:
        raise PermissionDenied("removed by somebody else")
    with transaction.atomic():
        lock_people(departure.organization_id)
        member = _return(departure, at)
        member.origin = origin
        audit.record(member, "member.restored", member, at=at, role=member.role)
    return member


def _return(departure: Departure, at: datetime) -> Membership:
    taken, _ = Departure.objects.filter(pk=departure.pk, undo_until__gt=at).delete()
    if not taken:
        raise Gone(departure)
    return Membership.objects.create(
        organization_id=departure.organization_id,
        user_id=departure.user_id,
        role=departure.role,
        created_at=departure.member_since,
    )


def settle_departures(*, at: datetime, limit: int = 100) -> int:
    """Departures that can no longer be taken back become final; returns how many.

    Publishes `member.departed` with the `user`: what belonged to them in the organization is let go.
    """
    with transaction.atomic():
        over = Departure.objects.select_for_update(skip_locked=True).filter(undo_until__lte=at)
        departures = list(over.order_by("undo_until")[:limit])
        for departure in departures:
            outbox.publish("member.departed", departure, at=at, user=departure.user_id)
        Departure.objects.filter(pk__in=[departure.pk for departure in departures]).delete()
    return len(departures)


def note_seen(*, member: Membership, at: datetime) -> None:
    """Remember, to the hour, when a member was here."""
    due = Q(last_seen_at=None) | Q(last_seen_at__lte=at - _SEEN_EVERY)
    if member.last_seen_at is None or member.last_seen_at <= at - _SEEN_EVERY:
        Membership.objects.filter(due, pk=member.pk).update(last_seen_at=at)


def _manager(by: Membership) -> Membership:
    now = one_at_a_time(by)
    access.require(now, Permission.MANAGE_PEOPLE)
    return now


def require_grant(by: Membership, *roles: str) -> None:
    """Raises PermissionDenied unless `by` may give and take each of the roles."""
    for role in roles:
        if not permissions.may_grant(by.role, role):
            raise PermissionDenied(f"{by.role} may not make, change or remove: {role}")


def _still_there(member: Membership) -> Membership:
    now = Membership.objects.select_related("user", "organization").filter(pk=member.pk).first()
    if now is None:
        raise Gone(member)
    return now


def _keep_an_owner(member: Membership) -> None:
    """`member` stops being what they are. Call it under the lock."""
    others = Membership.objects.filter(organization_id=member.organization_id, role=Role.OWNER).exclude(pk=member.pk)
    if member.role == Role.OWNER and not others.exists():
        raise LastOwner(member)

"""Writes about invites of colleagues: sending, withdrawing, using them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import IntegrityError, transaction

from surveys.accounts import access, audit
from surveys.accounts.actions.people import Gone, lock_people, one_at_a_time, require_grant
from surveys.accounts.models import ColleagueInvite, Departure, Membership, Origin, User
from surveys.accounts.permissions import Permission
from surveys.accounts.queries import invites as queries
from surveys.accounts.queries import members
from surveys.accounts.queries.invites import Offer, Standing

_KEEP_DAYS: Final = 90


class Outcome(StrEnum):
    INVITED = "invited"
    INVITED_AGAIN = "invited_again"  # the one before had expired, or its sender may not invite any more
    INVITED_ALREADY = "invited_already"
    MEMBER = "member"
    TOO_MANY = "too_many"


@dataclass(frozen=True)
class Result:
    """What came of inviting one address."""

    email: str
    outcome: Outcome
    invite: ColleagueInvite | None = None  # the one that can be used now


class AlreadyMember(Exception):
    """Who uses the invite belongs to the organization already."""

    def __init__(self, member: Membership) -> None:
        super().__init__(member)
        self.member = member


class NotOpen(Exception):
    """The invite cannot be used any more."""


class AddressTaken(Exception):
    """There is an account with the invited address: it must be signed in."""


class TooMany(Exception):
    """The organization, the person or their network has sent as many invites as it may in a day."""


def invite(*, addresses: Iterable[str], role: str, by: Membership, at: datetime) -> list[Result]:
    """Invite people to join as `role`, each by a mail where mail is set up. Addresses are valid and in lower case.

    Raises PermissionDenied, also for a role that `by` may not give.
    """
    access.require(by, Permission.MANAGE_PEOPLE)
    require_grant(by, role)
    with transaction.atomic():
        by = _manager(by, role)
        return [_invite_one(address, role, by, at) for address in addresses]


def _invite_one(address: str, role: str, by: Membership, at: datetime) -> Result:
    if members.is_member(by.organization, address):
        return Result(address, Outcome.MEMBER)
    before = ColleagueInvite.objects.open().filter(organization=by.organization_id, email=address).first()
    if before is not None and queries.standing_now(before, at) == Standing.OPEN:
        return Result(address, Outcome.INVITED_ALREADY, before)
    if _is_spent(by, at):
        return Result(address, Outcome.TOO_MANY)
    if before is not None:
        ColleagueInvite.objects.filter(pk=before.pk).update(revoked_at=at)
    outcome = Outcome.INVITED if before is None else Outcome.INVITED_AGAIN
    return Result(address, outcome, _send(address, role, by, at))


def _is_spent(by: Membership, at: datetime) -> bool:
    """As many were invited within a day as may be. One who invites in several organizations at once waits here."""
    User.objects.select_for_update(no_key=True).get(pk=by.user_id)
    return not by.user.is_staff and queries.sent_since(by, at - timedelta(days=1)) >= settings.INVITES_A_DAY


def _send(address: str, role: str, by: Membership, at: datetime) -> ColleagueInvite:
    made = ColleagueInvite.objects.create(
        organization=by.organization,
        email=address,
        role=role,
        invited_by=by.user,
        created_at=at,
        expires_at=at + timedelta(days=settings.INVITE_DAYS),
    )
    audit.record(by, "colleague.invited", made, at=at, role=role)
    if settings.MAIL_IS_SET_UP:
        # The account adapter's mails are deliveries: stored in this transaction, sent by a task.
        words = {"invite": made, "join_url": queries.mailed_link(made)}
        get_adapter().send_mail("account/email/colleague_invite", address, words)
    return made


def send_again(*, invite: ColleagueInvite, by: Membership, at: datetime) -> ColleagueInvite:
    """A new invite in the place of this one: with a new date, sent by `by`; the links of before die.

    Raises Gone when it was used or withdrawn meanwhile, TooMany, and PermissionDenied.
    """
    access.require(by, Permission.MANAGE_PEOPLE)
    with transaction.atomic():
        by = _manager(by, invite.role)
        if _is_spent(by, at):
            raise TooMany
        _close(invite, at)
        return _send(invite.email, invite.role, by, at)


def revoke(*, invite: ColleagueInvite, by: Membership, at: datetime) -> None:
    """Its links stop working at once. Raises Gone when it was used or withdrawn meanwhile, and PermissionDenied."""
    access.require(by, Permission.MANAGE_PEOPLE)
    with transaction.atomic():
        by = _manager(by, invite.role)
        _close(invite, at)
        audit.record(by, "colleague_invite.revoked", invite, at=at)


def reopen(*, invite: ColleagueInvite, by: Membership, at: datetime) -> None:
    """Take a withdrawal back. Raises Gone when it is too late or a newer invite is out, and PermissionDenied."""
    access.require(by, Permission.MANAGE_PEOPLE)
    with transaction.atomic():
        by = _manager(by, invite.role)
        if not queries.just_withdrawn(by.organization, at).filter(pk=invite.pk).exists():
            raise Gone(invite)
        ColleagueInvite.objects.filter(pk=invite.pk).update(revoked_at=None)
        audit.record(by, "colleague_invite.reopened", invite, at=at)


def _close(invite: ColleagueInvite, at: datetime) -> None:
    if not ColleagueInvite.objects.open().filter(pk=invite.pk).update(revoked_at=at):
        raise Gone(invite)


def _manager(by: Membership, role: str) -> Membership:
    now = one_at_a_time(by)
    access.require(now, Permission.MANAGE_PEOPLE)
    require_grant(now, role)
    return now


def accept(*, offer: Offer, user: User, origin: Origin, at: datetime) -> Membership:
    """Join with an account, whatever its address: the link was given to whoever uses it, and the trail notes both.

    An invite is used once. Raises NotOpen and AlreadyMember.
    """
    with transaction.atomic():
        invite = _use(offer.invite, user, at)
        return _join(invite, user, origin, at)


def accept_as_new(*, offer: Offer, name: str, password: str, origin: Origin, at: datetime) -> Membership:
    """Join with a new account for the invited address, which is verified if the link proves it.

    Raises NotOpen, and AddressTaken when such an account exists already.
    """
    try:
        with transaction.atomic():
            user = User.objects.create_user(offer.invite.email, password, name=name)
            EmailAddress.objects.create(user=user, email=user.email, verified=offer.proves_address, primary=True)
            invite = _use(offer.invite, user, at)
            return _join(invite, user, origin, at)
    except IntegrityError as error:
        raise AddressTaken(offer.invite.email) from error


def _use(invite: ColleagueInvite, user: User, at: datetime) -> ColleagueInvite:
    lock_people(invite.organization_id)
    member = Membership.objects.filter(organization=invite.organization_id, user=user).first()
    if member is not None:
        raise AlreadyMember(member)
    now = ColleagueInvite.objects.select_related("organization").get(pk=invite.pk)
    if queries.standing_now(now, at) != Standing.OPEN:
        raise NotOpen(invite)
    ColleagueInvite.objects.filter(pk=invite.pk).update(accepted_at=at)
    return now


def _join(invite: ColleagueInvite, user: User, origin: Origin, at: datetime) -> Membership:
    Departure.objects.filter(organization=invite.organization_id, user=user).delete()
    member = Membership.objects.create(
        organization=invite.organization, user=user, role=invite.role, created_at=at, last_seen_at=at
    )
    member.origin = origin
    audit.record(member, "member.joined", member, at=at, role=invite.role, invited=invite.email)
    return member


def prune(*, at: datetime) -> int:
    """Delete invites that were over KEEP_DAYS ago: their addresses need not be kept. Returns how many."""
    before = at - timedelta(days=_KEEP_DAYS)
    return ColleagueInvite.objects.filter(expires_at__lt=before).delete()[0]

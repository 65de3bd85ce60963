"""Reads about invites of colleagues, and what one is worth."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse

from surveys.accounts import permissions
from surveys.accounts.models import ColleagueInvite, Membership, Organization, User
from surveys.accounts.models.people import ColleagueInviteQuerySet
from surveys.accounts.permissions import Permission
from surveys.core import tokens
from surveys.core.tokens import Purpose


class Standing(StrEnum):
    """What an invite is worth at a moment."""

    OPEN = "open"
    EXPIRED = "expired"
    USED = "used"
    WITHDRAWN = "withdrawn"  # or sent again: the newer mail counts
    ORPHANED = "orphaned"  # who sent it is no longer here, or may no longer give this role
    STOPPED = "stopped"  # the organization is suspended or about to be deleted: nobody joins now


@dataclass(frozen=True)
class Offer:
    """An invite, as whoever holds one of its links sees it."""

    invite: ColleagueInvite
    standing: Standing
    proves_address: bool  # who holds the link reads the mails of the invited address

    @property
    def is_open(self) -> bool:
        return self.standing == Standing.OPEN


@dataclass(frozen=True)
class Waiting:
    """An invite in the list of those that nobody has used yet. `link` is told only to who sent it."""

    invite: ColleagueInvite
    standing: Standing
    link: str
    is_mine_to_change: bool


def standing(invite: ColleagueInvite, inviter: Membership | None, at: datetime) -> Standing:
    """`inviter` is the membership, now, of who sent it."""
    if invite.accepted_at is not None:
        return Standing.USED
    if invite.revoked_at is not None:
        return Standing.WITHDRAWN
    if invite.expires_at <= at:
        return Standing.EXPIRED
    return Standing.OPEN if inviter is not None and may_invite(inviter, invite.role) else Standing.ORPHANED


def may_invite(by: Membership, role: str) -> bool:
    return permissions.allows(by.role, Permission.MANAGE_PEOPLE) and permissions.may_grant(by.role, role)


def offer(token: str, at: datetime) -> Offer | None:
    """What the link with this token offers; None when there is no such invite.

    A link that was mailed proves the address. One that a colleague passed on proves it only where no mail is set up:
    there nothing else could.
    """
    mailed, shown = tokens.read(Purpose.JOIN_MAILED, token), tokens.read(Purpose.JOIN, token)
    pk = mailed or shown
    invite = None if pk is None else _with_organization().filter(pk=pk).first()
    if invite is None:
        return None
    return Offer(invite, standing_now(invite, at), mailed is not None or not settings.MAIL_IS_SET_UP)


def is_invited(address: str, at: datetime) -> bool:
    """Some organization waits for the person with this address."""
    found = _with_organization().open().filter(email=address.lower(), expires_at__gt=at)
    return any(standing_now(invite, at) == Standing.OPEN for invite in found)


def sent_since(by: Membership, since: datetime) -> int:
    """By the organization or by the person in all of theirs, whichever is more."""
    sent = ColleagueInvite.objects.filter(created_at__gt=since)
    return max(sent.filter(organization=by.organization).count(), sent.filter(invited_by=by.user).count())


def addressed_to(user: User, at: datetime) -> list[Offer]:
    """Open invites to addresses that are known to be this person's."""
    addresses = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    found = _with_organization().open().filter(email__in=[email.lower() for email in addresses])
    offers = [Offer(invite, standing_now(invite, at), True) for invite in found.order_by("-created_at")]
    return [each for each in offers if each.is_open]


def waiting(by: Membership, members: Iterable[Membership], at: datetime) -> list[Waiting]:
    """Invites of the organization that nobody has used or withdrawn, newest first; `members` are all its members."""
    inviters: dict[int | None, Membership] = {member.user_id: member for member in members}
    found = ColleagueInvite.objects.open().filter(organization_id=by.organization_id).select_related("invited_by")
    return [
        Waiting(
            invite,
            standing(invite, inviters.get(invite.invited_by_id), at),
            link(invite) if invite.invited_by_id == by.user_id else "",
            may_invite(by, invite.role),
        )
        for invite in found.order_by("-created_at", "-id")
    ]


def just_withdrawn(organization: Organization, at: datetime) -> QuerySet[ColleagueInvite]:
    """Those that may still be reopened: withdrawn a moment ago, with no newer one for the same address."""
    newer = ColleagueInvite.objects.filter(
        organization=organization, email=OuterRef("email"), created_at__gt=OuterRef("created_at")
    )
    since = at - timedelta(seconds=settings.PEOPLE_UNDO_SECONDS)
    return ColleagueInvite.objects.filter(
        ~Exists(newer), organization=organization, accepted_at=None, revoked_at__gt=since
    ).order_by("revoked_at")


def link(invite: ColleagueInvite) -> str:
    """To pass on by hand. Whoever holds it can join, and proves no address by it."""
    return settings.PUBLIC_URL + _path(Purpose.JOIN, invite)


def mailed_link(invite: ColleagueInvite) -> str:
    return settings.PUBLIC_URL + _path(Purpose.JOIN_MAILED, invite)


def _path(purpose: Purpose, invite: ColleagueInvite) -> str:
    return reverse("accounts_home:join", args=[tokens.make(purpose, invite.pk)])


def _with_organization() -> ColleagueInviteQuerySet:
    found = ColleagueInvite.objects.select_related("organization", "invited_by")
    return found.filter(organization__deletion_began_at=None)


def standing_now(invite: ColleagueInvite, at: datetime) -> Standing:
    """For who holds it. An invite that is stopped is worth as much as before once the organization goes on."""
    inviter = Membership.objects.filter(organization=invite.organization_id, user=invite.invited_by_id).first()
    found = standing(invite, inviter, at)
    return Standing.STOPPED if found == Standing.OPEN and invite.organization.is_stopped else found

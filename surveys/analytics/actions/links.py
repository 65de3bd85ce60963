"""Links with which people without an account read a saved view, until they expire or are revoked."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F

from surveys.accounts import access, audit
from surveys.accounts.models import Membership, SavedView
from surveys.accounts.permissions import Permission
from surveys.analytics.models import ShareLink
from surveys.analytics.sharing import page_sheets

DAYS: Final = (7, 30, 90, 365)


@dataclass(frozen=True)
class Wish:
    """`days` is one of DAYS."""

    label: str
    days: int
    shows_comments: bool


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def make_link(*, view: SavedView, wish: Wish, by: Membership, at: datetime) -> tuple[ShareLink, str]:
    """The link and its secret, which is stored nowhere: whoever makes it sees it once. Raises ValueError, MeansNothing."""
    access.require(by, Permission.SHARE_FIGURES)
    if wish.days not in DAYS:
        raise ValueError(wish.days)
    page_sheets.kept(view, at=at, sees_hidden=True)
    secret = secrets.token_urlsafe(24)
    with transaction.atomic():
        link = ShareLink.objects.create(
            organization=by.organization,
            view=view,
            secret_hash=digest_of(secret),
            label=wish.label,
            shows_comments=wish.shows_comments,
            created_by=by.user,
            created_at=at,
            expires_at=at + timedelta(days=wish.days),
        )
        details = {"label": wish.label, "days": wish.days, "shows_comments": wish.shows_comments}
        audit.record(by, "link.made", view, at=at, link=link.pk, **details)
    return link, secret


def revoke(*, link: ShareLink, by: Membership, at: datetime) -> None:
    """From now on it opens nothing. Revoking it again changes nothing."""
    access.require(by, Permission.SHARE_FIGURES)
    with transaction.atomic():
        if ShareLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=at):
            audit.record(by, "link.revoked", link.view, at=at, link=link.pk, label=link.label)


def open_link(*, secret: str, at: datetime) -> ShareLink | None:
    """What the secret opens now, counted as opened; None for whatever does not work (any more), as when whoever made it
    does not belong to the organization."""
    found = ShareLink.objects.filter(secret_hash=digest_of(secret), revoked_at=None, expires_at__gt=at)
    link = found.select_related("organization", "view").first()
    if link is None or link.organization.is_stopped or not _is_of_a_member(link):
        return None
    ShareLink.objects.filter(pk=link.pk).update(opened=F("opened") + 1, opened_at=at)
    return link


def _is_of_a_member(link: ShareLink) -> bool:
    return Membership.objects.filter(organization=link.organization_id, user=link.created_by_id).exists()

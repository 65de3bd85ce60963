"""Sender addresses: asking whether an address is theirs, and believing the answer. See docs/organizations.md."""

from datetime import datetime, timedelta
from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.db import transaction

from surveys.accounts import access, audit
from surveys.accounts.models import Membership, Organization, Origin, SenderAddress
from surveys.accounts.permissions import Permission
from surveys.accounts.queries import senders as queries

RESEND_SECONDS = 60

How = SenderAddress.How


class TooSoon(Exception):
    """The last mail with the link left less than RESEND_SECONDS ago."""


class NotWaiting(Exception):
    """No address waits to be confirmed, or not this one any more."""


def choose(organization: Organization, address: str, by: Membership, at: datetime) -> None:
    """The address to send from, "" for the operator's. One that is not confirmed yet is sent a link and has to wait:
    until then mails leave as before. Called in the transaction that changes the settings, the organization locked.
    """
    row = _row(organization, address, by, at) if address else None
    if row is None or row.verified_at:
        _use(organization, address)
        return
    if queries.is_vouched_for(address):
        _verify(row, How.OPERATOR, at)
        _use(organization, address)
        return
    Organization.objects.filter(pk=organization.pk).update(wanted_sender_email=address)
    _mail_link(row, organization, by, at)


def send_link_again(*, organization: Organization, by: Membership, at: datetime) -> str:
    """Another mail with the link to the address that waits; returns the address. Raises NotWaiting, TooSoon."""
    access.require(by, Permission.MANAGE_ORGANIZATION)
    with transaction.atomic():
        locked = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        if not locked.wanted_sender_email:
            raise NotWaiting
        row = _row(locked, locked.wanted_sender_email, by, at)
        if row.mailed_at and at - row.mailed_at < timedelta(seconds=RESEND_SECONDS):
            raise TooSoon
        _mail_link(row, locked, by, at)
        audit.record(by, "sender.link_sent", row, at=at)
    return row.address


def stop_waiting(*, organization: Organization, by: Membership, at: datetime) -> None:
    """Keep the address that mails leave from now, and forget the wanted one. Raises NotWaiting."""
    access.require(by, Permission.MANAGE_ORGANIZATION)
    with transaction.atomic():
        locked = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        if not locked.wanted_sender_email:
            raise NotWaiting
        Organization.objects.filter(pk=locked.pk).update(wanted_sender_email="")
        changed = {"sender_email": [locked.wanted_sender_email, locked.sender_email]}
        audit.record(by, "organization.changed", locked, at=at, changed=changed)


def confirm(*, sender: int, origin: Origin, at: datetime) -> SenderAddress:
    """Whoever reads the mails of this address opened its link and pressed the button. May run twice.

    Raises NotWaiting when the link has expired, or the organization wants another address by now.
    """
    with transaction.atomic():
        row = SenderAddress.objects.filter(pk=sender).first()
        if row is None:
            raise NotWaiting
        organization = Organization.objects.select_for_update(no_key=True).get(pk=row.organization_id)
        row.refresh_from_db()
        if row.verified_at:
            return row
        if not queries.is_open(row, organization, at):
            raise NotWaiting
        _verify(row, How.LINK, at)
        change = _use(organization, row.address)
        audit.record_stranger(organization.pk, "sender.verified", row, origin=origin, at=at, changed=change)
    return row


def vouch(*, organization: Organization, address: str, at: datetime) -> SenderAddress:
    """The operator says that the address is the organization's; it is used when it is the one that waits."""
    with transaction.atomic():
        locked = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        row = _row(locked, address, None, at)
        if row.verified_at is None:
            _verify(row, How.OPERATOR, at)
            is_wanted = locked.wanted_sender_email.lower() == address.lower()
            change = _use(locked, row.address) if is_wanted else {}
            audit.record_automatic(locked, "sender.vouched_for", row, at=at, changed=change)
    return row


def _row(organization: Organization, address: str, by: Membership | None, at: datetime) -> SenderAddress:
    """The row of this address, however it is capitalized. The organization is locked, so nobody else makes one."""
    known = SenderAddress.objects.of(organization.pk, address).first()
    return known or SenderAddress.objects.create(
        organization=organization, address=address, requested_by=by.user if by else None, created_at=at
    )


def _verify(row: SenderAddress, how: str, at: datetime) -> None:
    SenderAddress.objects.filter(pk=row.pk).update(verified_at=at, verified_how=how, expires_at=None)
    row.verified_at, row.verified_how = at, how


def _use(organization: Organization, address: str) -> dict[str, Any]:
    """Mails leave from this address from now on; returns what that changes, for the audit trail."""
    Organization.objects.filter(pk=organization.pk).update(sender_email=address, wanted_sender_email="")
    return {"sender_email": [organization.sender_email, address]}


def _mail_link(row: SenderAddress, organization: Organization, by: Membership, at: datetime) -> None:
    if not settings.MAIL_IS_SET_UP:
        return
    row.mailed_at, row.expires_at = at, at + timedelta(days=settings.SENDER_LINK_DAYS)
    SenderAddress.objects.filter(pk=row.pk).update(mailed_at=row.mailed_at, expires_at=row.expires_at)
    # The account adapter's mails are deliveries: stored in this transaction, sent by a task.
    words = {"sender": row, "organization": organization, "who": by.user, "confirm_url": queries.link(row)}
    get_adapter().send_mail("account/email/confirm_sender", row.address, words)

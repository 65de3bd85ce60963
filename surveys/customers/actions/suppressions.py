"""Who must not be mailed. An address is remembered by its hash: deleting and importing the person changes nothing."""

from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction

from surveys.accounts.models import Organization
from surveys.customers import addresses, suppression_memory
from surveys.customers.actions import sharing
from surveys.customers.models import Customer, Suppression, SuppressionReason
from surveys.customers.suppression_memory import PROVIDER, SERIES, SHARED
from surveys.outbox import actions as outbox

# What all organizations here are spared, where the operator wants it: what a server has said on the operator's own road.
# An organization could make its own account say anything of anybody.
_SHARED_REASONS: Final = (SuppressionReason.BOUNCED, SuppressionReason.COMPLAINED)


def hold_suppressions(*, organization: Organization, reason: SuppressionReason | None, may_share: bool) -> None:
    """Nobody adds people to the organization, or suppresses an address there, until the transaction ends; nowhere, if
    it is shared by all. Waits for a slice of an import (about a second), so it is the first lock."""
    if may_share and _is_shared(reason):
        suppression_memory.change_everywhere()
    suppression_memory.change(organization.pk)


def _is_shared(reason: SuppressionReason | None) -> bool:
    return settings.SHARED_SUPPRESSIONS and reason in _SHARED_REASONS


def suppress(
    *,
    organization: Organization,
    address: str,
    reason: SuppressionReason,
    source: str,
    at: datetime,
    may_share: bool = False,
) -> bool:
    """Never mail this address again; the customer who has it, if any, is marked. Says whether that is new.

    `may_share`: the operator's own road has said so, and all organizations may be spared.
    Publishes `customer.suppressed` for a customer who is newly marked. An earlier reason stands. Waits for a slice of
    an import (about a second); call it before locking customers in the same transaction.
    """
    key = addresses.normalized(address)
    digest = addresses.address_hash(organization.pk, key)
    with transaction.atomic():
        hold_suppressions(organization=organization, reason=reason, may_share=may_share)
        created = Suppression.objects.bulk_create(
            [Suppression(organization=organization, address_hash=digest, reason=reason, source=source[:60], at=at)],
            ignore_conflicts=True,
        )
        people = _who(organization, key, reason, at, may_share=may_share)
        is_marked = _mark(organization, digest, at, people=people)
    return bool(created) and is_marked


def suppress_as_told(
    *,
    organization: Organization,
    address: str,
    reason: SuppressionReason,
    since: datetime,
    at: datetime,
    may_share: bool,
) -> None:
    """As `suppress`, for what a mail provider has told: of several such reasons the gravest stands, with its earliest
    moment, in whatever order they are told. What people said or did stands before."""
    key = addresses.normalized(address)
    digest = addresses.address_hash(organization.pk, key)
    with transaction.atomic():
        hold_suppressions(organization=organization, reason=reason, may_share=may_share)
        _remember(organization, digest, reason, PROVIDER, since)
        _mark(organization, digest, at, people=_who(organization, key, reason, at, may_share=may_share))


def suppress_series(*, organization: Organization, address: str, since: datetime | None, at: datetime) -> None:
    """The address has bounced for now again and again, until `since`; None takes back what said so before."""
    key = addresses.normalized(address)
    digest = addresses.address_hash(organization.pk, key)
    with transaction.atomic():
        suppression_memory.change(organization.pk)
        known = Suppression.objects.filter(organization=organization, address_hash=digest, source=SERIES)
        if since is None:
            if known.delete()[0]:
                _free(organization, key, SuppressionReason.BOUNCED, at)
        elif not known.update(at=since):
            _remember(organization, digest, SuppressionReason.BOUNCED, SERIES, since)
            _mark(organization, digest, at, people=_here(organization, key))


def unsuppress(*, organization: Organization, address: str, at: datetime) -> None:
    """The person asked to be mailed again. A bounce or a complaint of the address stays."""
    key = addresses.normalized(address)
    digest = addresses.address_hash(organization.pk, key)
    with transaction.atomic():
        unsubscribed = SuppressionReason.UNSUBSCRIBED
        Suppression.objects.filter(organization=organization, address_hash=digest, reason=unsubscribed).delete()
        _free(organization, key, unsubscribed, at)


# The greater row wins: the graver reason; of the same, what was said of the address itself; of the same, the earlier.
_RANK: Final = """
    (array_position(ARRAY['bounced', 'unsubscribed', 'complained'], {row}.reason::text),
     array_position(ARRAY[%(shared)s, %(series)s, %(provider)s], {row}.source::text), - extract(epoch FROM {row}.at))
"""
_REMEMBER: Final = f"""
    INSERT INTO surveys_suppression AS known (organization_id, address_hash, reason, source, at)
    VALUES (%(organization)s, %(digest)s, %(reason)s, %(source)s, %(since)s)
    ON CONFLICT (organization_id, address_hash) DO UPDATE
    SET reason = excluded.reason, source = excluded.source, at = excluded.at
    WHERE known.source IN (%(shared)s, %(series)s, %(provider)s)
      AND {_RANK.format(row="excluded")} > {_RANK.format(row="known")}
"""


def _remember(organization: Organization, digest: str, reason: str, source: str, since: datetime) -> None:
    params: dict[str, Any] = {"organization": organization.pk, "digest": digest, "reason": str(reason)}
    params |= {"source": source, "since": since, "shared": SHARED, "series": SERIES, "provider": PROVIDER}
    with connection.cursor() as cursor:
        cursor.execute(_REMEMBER, params)


def _who(
    organization: Organization, key: str, reason: SuppressionReason, at: datetime, *, may_share: bool
) -> list[Customer]:
    """Who has the address, and is to be marked, locked: of all organizations where the reason is shared."""
    if may_share and _is_shared(reason):
        return sharing.everywhere(key, reason, at)
    return _here(organization, key)


def _mark(organization: Organization, digest: str, at: datetime, *, people: list[Customer]) -> bool:
    """They say what is remembered of their address. Whether somebody of the organization newly does."""
    ours = Suppression.objects.get(organization=organization, address_hash=digest).reason
    newly = [person for person in people if not person.suppression]
    for person in people:
        reason = ours if person.organization_id == organization.pk else sharing.reason_of(person)
        if reason != person.suppression:
            Customer.objects.filter(pk=person.pk).update(suppression=reason)
        if person in newly:
            outbox.publish("customer.suppressed", person, at=at, reason=str(reason))
    return any(person.organization_id == organization.pk for person in newly)


def _here(organization: Organization, key: str) -> list[Customer]:
    return list(
        Customer.objects.select_for_update(no_key=True).filter(organization=organization, email_key=key).order_by("pk")
    )


def _free(organization: Organization, key: str, reason: SuppressionReason, at: datetime) -> None:
    for customer in _here(organization, key):
        if customer.suppression == reason:
            Customer.objects.filter(pk=customer.pk).update(suppression="")
            outbox.publish("customer.unsuppressed", customer, at=at)

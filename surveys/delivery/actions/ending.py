"""Ends of messages that will not be sent: the person whom the ask had taken is given back."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from surveys.accounts.models import Organization
from surveys.campaigns.models import Campaign, Status
from surveys.customers import actions as customers
from surveys.customers.models import SuppressionReason
from surveys.customers.suppression_memory import MAIL_SERVER
from surveys.delivery import routes
from surveys.delivery.actions import claiming_accounts
from surveys.delivery.deliverability import counting
from surveys.delivery.deliverability.counting import Column, Counted
from surveys.delivery.models import Delivery, Invitation, Kind, State

_STOP = """
    UPDATE surveys_delivery
    SET state = %(state)s, reason = %(reason)s, attempts = attempts + %(tried)s,
        last_error = CASE WHEN to_address = '' THEN '' ELSE %(error)s END,
        finished_at = %(at)s, lease_owner = '', lease_until = NULL
    WHERE id = ANY(%(ids)s) AND state = ANY(%(from)s)
    RETURNING id, invitation_id, uncertain_at IS NOT NULL
"""


def cancel(ids: Sequence[int], *, reason: str, at: datetime) -> int:
    """Stop messages that are not in flight; returns how many it stopped."""
    return _stop(ids, State.CANCELLED, (State.DUE, State.CLAIMED, State.UNCERTAIN), reason=reason, at=at)


def fail(delivery: int, *, reason: str, error: str, at: datetime) -> bool:
    """The message cannot be sent: `reason` says so to people, `error` is what the mail server said. False: it is over."""
    sent_by_us = (State.CLAIMED, State.SENDING, State.UNCERTAIN)
    return _stop([delivery], State.FAILED, sent_by_us, reason=reason, error=error, tried=1, at=at) > 0


def fail_address(delivery: int, *, route: str, reason: str, error: str, at: datetime) -> None:
    """As `fail`, and the address is never mailed again by this organization; `route` is the road on which it was refused.

    Suppresses first: that waits for an import, which in turn may wait for a customer that failing has locked.
    """
    with transaction.atomic():
        row = Delivery.objects.get(pk=delivery)
        # None: erased while it was on its way. An alert goes to a colleague, whom no campaign asks.
        if row.organization_id and row.to_address and row.kind != Kind.ALERT:
            customers.suppress(
                organization=Organization.objects.get(pk=row.organization_id),
                address=row.to_address,
                reason=SuppressionReason.BOUNCED,
                source=MAIL_SERVER,
                at=at,
                may_share=route == routes.OPERATOR,
            )
        if fail(delivery, reason=reason, error=error, at=at):
            counting.add(_refused(row, at), at=at)


def _refused(row: Delivery, at: datetime) -> list[Counted]:
    """At once, and so on the day on which it would have left. Tests and mails of the product say nothing about a list."""
    if row.organization is None or row.invitation_id is None:
        return []
    domain = counting.domain_of(row.to_address)
    return [
        counting.of_message(row.organization, domain=domain, sent_at=None, column=column, at=at)
        for column in (Column.SENT, Column.BOUNCED)
    ]


def _stop(
    ids: Sequence[int],
    state: State,
    sources: Sequence[State],
    *,
    reason: str,
    at: datetime,
    error: str = "",
    tried: int = 0,
) -> int:
    params: dict[str, Any] = {"state": state, "reason": reason[:300], "error": error[:2000], "tried": tried, "at": at}
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_STOP, {**params, "ids": list(ids), "from": list(sources)})
            stopped = cursor.fetchall()
        # One that may have arrived has asked its person.
        give_people_back([invitation for _pk, invitation, maybe_sent in stopped if invitation and not maybe_sent], at)
    return len(stopped)


# Who waits because of these asks, the same person or a colleague, need not wait any more: they are decided about anew.
_FREE = (
    """
    UPDATE surveys_plandecision SET until = %(at)s WHERE id IN (
        SELECT p.id FROM surveys_invitation i JOIN surveys_plandecision p
          ON p.organization_id = i.organization_id AND p.customer_id = i.customer_id
        WHERE i.id = ANY(%(invitations)s) AND i.claimed_at IS NOT NULL AND i.sent_at IS NULL
          AND p.reason IN ('throttled', 'resting') AND p.until > %(at)s
        FOR UPDATE OF p SKIP LOCKED)
    """,
    """
    UPDATE surveys_plandecision SET until = %(at)s WHERE id IN (
        SELECT p.id FROM surveys_invitation i
        JOIN surveys_organization o ON o.id = i.organization_id
        JOIN surveys_campaign k ON k.organization_id = i.organization_id AND k.status IN ('live', 'paused')
        JOIN surveys_plandecision p ON p.campaign_id = k.id AND p.reason = 'company'
         AND p.until = i.claimed_at + o.account_gap_days * interval '1 day'
        JOIN surveys_customer c ON c.id = p.customer_id AND left(c.properties ->> o.account_property, 255) = i.account
        WHERE i.id = ANY(%(invitations)s) AND i.account <> '' AND p.until > %(at)s
        FOR UPDATE OF p SKIP LOCKED)
    """,
)


def give_people_back(invitations: Sequence[int], at: datetime) -> None:
    """Each group was taken at one moment. All people are locked first, in the order that claims lock them in, and after
    them their companies."""
    taken: dict[datetime, dict[int, datetime | None]] = defaultdict(dict)
    holding = Invitation.objects.filter(pk__in=invitations, claimed_at__isnull=False, sent_at__isnull=True)
    for invitation in holding.filter(customer__isnull=False):
        if invitation.claimed_at and invitation.customer_id:
            taken[invitation.claimed_at][invitation.customer_id] = invitation.asked_before
    with connection.cursor() as cursor:
        ids = [customer for people in taken.values() for customer in people]
        cursor.execute("SELECT id FROM surveys_customer WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [ids])
    for claimed_at, people in taken.items():
        customers.give_back(taken=people, at=claimed_at)
    claiming_accounts.give_back(invitations)
    with connection.cursor() as cursor:
        for statement in _FREE:
            cursor.execute(statement, {"invitations": list(invitations), "at": at})
    holding.update(claimed_at=None, asked_before=None, account="", account_before=None)


def cancel_ended(*, at: datetime, limit: int = 5000) -> int:
    """Stop what is due in campaigns that have ended: claims already leave it alone. Returns how many were stopped."""
    due = Delivery.objects.filter(campaign=OuterRef("pk"), state=State.DUE)
    ended = Campaign.objects.filter(Exists(due), status__in=(Status.ENDED, Status.ARCHIVED))
    return sum(_cancel_ended(campaign, at, limit) for campaign in ended.order_by("pk"))


def _cancel_ended(campaign: Campaign, at: datetime, limit: int) -> int:
    due = Delivery.objects.filter(campaign=campaign, state=State.DUE).order_by("pk")
    with transaction.atomic():
        ids = list(due.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True)[:limit])
        return cancel(ids, reason=_why(campaign), at=at) if ids else 0


def _why(campaign: Campaign) -> str:
    """The campaign's own reason, which names who cancelled it or says what it has reached."""
    return campaign.status_reason or _("The campaign has ended.")


_CLOSE = """
    UPDATE surveys_plandecision SET reason = 'ended', until = NULL, decided_at = %(at)s
    WHERE id IN (
        SELECT p.id FROM surveys_campaign c JOIN surveys_plandecision p ON p.campaign_id = c.id AND p.until IS NOT NULL
        WHERE c.status IN ('ended', 'archived') ORDER BY p.id LIMIT %(limit)s FOR UPDATE OF p SKIP LOCKED)
"""


def close_ended(*, at: datetime, limit: int = 5000) -> int:
    """Who waited for a campaign that has ended waits for nothing any more. Returns how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CLOSE, {"at": at, "limit": limit})
        return cursor.rowcount

"""What providers tell becomes rows, once, and has the same end in whatever order it comes. docs/provider-events.md."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.db.models.functions import Coalesce, Least

from surveys.accounts.models import Organization
from surveys.core.locks import again_after_deadlock
from surveys.customers import actions as customers
from surveys.customers import addresses
from surveys.delivery import routes
from surveys.delivery.actions import telling_series as series
from surveys.delivery.actions.outcomes import tell
from surveys.delivery.actions.telling_matching import Match, match
from surveys.delivery.actions.telling_states import Moved, move
from surveys.delivery.deliverability import counting
from surveys.delivery.deliverability.counting import Column, Counted
from surveys.delivery.models import REMINDERS, DeliveryEvent, Happening, Invitation, Kind, UnreadEvent
from surveys.delivery.told import Told, Unread
from surveys.outbox import actions as outbox

NOT_ARRIVED: Final = (Happening.BOUNCED, Happening.REJECTED, Happening.FAILED)
_DID_NOT_ARRIVE: Final = (Column.BOUNCED, NOT_ARRIVED)
# In which column a message counts, and which other events would have counted it there.
_COLUMNS: Final[dict[Happening, tuple[Column, tuple[Happening, ...]]]] = {
    Happening.DELIVERED: (Column.DELIVERED, (Happening.DELIVERED,)),
    Happening.SOFT_BOUNCED: (Column.SOFT_BOUNCED, (Happening.SOFT_BOUNCED,)),
    Happening.COMPLAINED: (Column.COMPLAINED, (Happening.COMPLAINED,)),
} | dict.fromkeys(NOT_ARRIVED, _DID_NOT_ARRIVE)
_AHEAD: Final = timedelta(minutes=5)  # so far a provider's clock may be before ours


@dataclass(frozen=True)
class Tally:
    """Of the events of one report: new ones, those known before, and new ones from which nothing follows."""

    stored: int = 0
    known: int = 0
    noted: int = 0


def tell_of(events: Iterable[Told], *, at: datetime) -> Tally:
    """Store what a provider told and do what follows from it, each event in a transaction of its own.

    An event that is known changes nothing, so a report may be posted any number of times, and at once. Raises what the
    database raises: then it should be posted again.
    """
    counts = {"stored": 0, "known": 0, "noted": 0}
    for told in events:
        counts[_tell_of_one(told, at)] += 1
    return Tally(**counts)


def note_unread(parts: Iterable[Unread], *, route: str, provider: str, at: datetime) -> None:
    """Keep for people what could not be understood."""
    rows = [
        UnreadEvent(route=route, provider=provider, received_at=at, problem=part.problem[:300], raw=part.raw)
        for part in parts
    ]
    UnreadEvent.objects.bulk_create(rows)


def note_refusal(why: str, *, route: str, provider: str, at: datetime, apart: timedelta) -> None:
    """Keep for people that a report was not let in; not oftener than `apart`."""
    if not UnreadEvent.objects.filter(route=route, raw="", received_at__gt=at - apart).exists():
        note_unread([Unread("", why)], route=route, provider=provider, at=at)


@again_after_deadlock
def _tell_of_one(told: Told, at: datetime) -> str:
    with transaction.atomic():
        found = match(told, at=at)
        event = _store(told, found, at)
        if event is None:
            return "known"
        return "stored" if found.delivery and _follow(_News(told, found, event, at)) else "noted"


_STORE: Final = """
    INSERT INTO surveys_deliveryevent
        (organization_id, route, key, delivery_id, kind, at, received_at, address_hash, domain, said)
    VALUES (%(organization)s, %(route)s, %(key)s, %(delivery)s, %(kind)s, %(when)s, %(at)s, %(hash)s, %(domain)s, %(said)s)
    ON CONFLICT (route, key) DO NOTHING RETURNING id
"""


@dataclass(frozen=True)
class _Event:
    pk: int
    at: datetime
    address_hash: str


def _store(told: Told, found: Match, at: datetime) -> _Event | None:
    """None when it was stored before; one that is being stored by somebody else is waited for."""
    digest = addresses.address_hash(found.organization, found.address) if found.organization and found.address else ""
    when = min(told.at or at, at + _AHEAD)
    params: dict[str, Any] = {
        "organization": found.organization,
        "route": told.route,
        "key": told.key,
        "delivery": found.delivery,
        "kind": str(told.kind),
        "when": when,
        "at": at,
        "hash": digest,
        "domain": counting.domain_of(found.address),
        "said": told.said if found.address else "",
    }
    with connection.cursor() as cursor:
        cursor.execute(_STORE, params)
        row = cursor.fetchone()
    return _Event(row[0], when, digest) if row else None


# ── What follows ─────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class _News:
    """An event that is new, and about a message of ours."""

    told: Told
    found: Match
    event: _Event
    at: datetime

    @property
    def kind(self) -> Happening:
        return self.told.kind

    @property
    def may_suppress(self) -> bool:
        """Or lift what a series of bounces has suppressed."""
        if not self.found.organization or not self.found.address:
            return False
        if self.told.suppresses or self.kind is Happening.SOFT_BOUNCED:
            return True
        organization, digest = self.found.organization, self.event.address_hash
        return self.kind is Happening.DELIVERED and series.may_matter(organization, digest)

    @property
    def may_share(self) -> bool:
        """What an organization's own account reports is believed for the organization alone."""
        return self.told.route == routes.OPERATOR


def _follow(news: _News) -> bool:
    """Locks: the memory of suppressions, the message, its invitation, the customer, counts of the day. False: it is gone."""
    organization = Organization.objects.filter(pk=news.found.organization or 0).first()
    if organization and news.may_suppress:
        reason = news.told.suppresses
        customers.hold_suppressions(organization=organization, reason=reason, may_share=news.may_share)
    moved = move(news.found.delivery or 0, news.kind, at=news.at)
    if moved is None:
        return False
    counted = _mark(moved, news)
    if organization and news.may_suppress:
        _suppress(organization, news)
    counting.add(_counted(organization, moved, news) + counted, at=news.at)
    return True


def _suppress(organization: Organization, news: _News) -> None:
    address = news.found.address
    if news.told.suppresses:
        customers.suppress_as_told(
            organization=organization,
            address=address,
            reason=news.told.suppresses,
            since=news.event.at,
            at=news.at,
            may_share=news.may_share,
        )
        return
    since = series.since(organization.pk, news.event.address_hash)
    customers.suppress_series(organization=organization, address=address, since=since, at=news.at)


# ── The ask ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def _mark(moved: Moved, news: _News) -> list[Counted]:
    """On the invitation: that it was sent, if nobody has said so yet, and what became of it."""
    delivery = moved.delivery
    invitation = Invitation.objects.select_related("campaign").filter(pk=delivery.invitation_id or 0).first()
    is_untold = invitation is not None and invitation.sent_at is None
    if moved.was_pending or (is_untold and not moved.is_over):
        tell([delivery.pk], at=news.at)
    if invitation is None:
        return []
    if news.kind in NOT_ARRIVED and delivery.kind == Kind.ASK and not moved.is_over:
        _mark_bounced(invitation, news)
    elif news.kind is Happening.COMPLAINED:
        rows = Invitation.objects.filter(pk=invitation.pk)
        rows.update(complained_at=Least(Coalesce("complained_at", news.event.at), news.event.at))
    elif news.kind is Happening.UNSUBSCRIBED:
        return _mark_unsubscribed(invitation, news)
    return []


def _mark_bounced(invitation: Invitation, news: _News) -> None:
    sent = Invitation.objects.filter(pk=invitation.pk, sent_at__isnull=False)
    if sent.filter(bounced_at=None).update(bounced_at=news.event.at, remind_at=None):
        outbox.publish("invitations.bounced", invitation.campaign, at=news.at, invitations=[invitation.pk])
    else:
        sent.update(bounced_at=Least("bounced_at", news.event.at))


def _mark_unsubscribed(invitation: Invitation, news: _News) -> list[Counted]:
    """At the provider, which may put links of its own into mails; as by our link, once."""
    rows = Invitation.objects.filter(pk=invitation.pk, unsubscribed_at=None)
    if not rows.update(unsubscribed_at=news.event.at):
        return []
    outbox.publish("invitations.unsubscribed", invitation.campaign, at=news.at, invitations=[invitation.pk])
    return counting.unsubscribed([invitation.pk], n=1, at=news.at)


# ── Counts ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def _counted(organization: Organization | None, moved: Moved, news: _News) -> list[Counted]:
    """A message counts once in a column. What was refused while it was sent was counted then."""
    column, alike = _COLUMNS.get(news.kind, (None, ()))
    delivery = moved.delivery
    is_counted = delivery.kind == Kind.ASK or delivery.kind in REMINDERS
    if organization is None or column is None or not is_counted or not delivery.to_address or moved.is_over:
        return []
    others = DeliveryEvent.objects.filter(delivery_id=delivery.pk, kind__in=alike).exclude(pk=news.event.pk)
    if others.exists():
        return []
    domain = counting.domain_of(delivery.to_address)
    return [counting.of_message(organization, domain=domain, sent_at=delivery.sent_at, column=column, at=news.at)]

"""Invitations that no mail of ours carries: personal links, rating rows, and answers of anybody. See docs/links.md.

They take nobody's throttle (whether the link was passed on is not known), have no delivery, were never sent, and so are
in no response rate. Making one again while the latest still stands gives the same one, however many try at once.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction
from psycopg2 import sql

from surveys.accounts import access, audit
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.campaigns import queries as campaigns
from surveys.campaigns.models import Campaign
from surveys.core import languages as ours
from surveys.core.choices import Channel
from surveys.customers.models import Customer
from surveys.delivery import links
from surveys.delivery.link_queries import Group, NotRunning, SomePeople, is_running
from surveys.delivery.models import Invitation

SLICE: Final = 1000


class DoesNotWant(Exception):
    """The customer unsubscribed, complained or is blocked: a link is made for them only when they ask for one."""


@dataclass(frozen=True)
class Linked:
    """A customer, and the invitation that their link belongs to."""

    customer: int
    email: str
    external_id: str
    name: str
    invitation: int


@dataclass(frozen=True)
class _Sort:
    """Of links: how their occasions begin, the pattern with the number, and whether one is used up by an answer."""

    prefix: str
    numbered: str
    is_for_once: bool


_PERSONAL: Final = _Sort("link:", "^link:([0-9]+)", is_for_once=True)
_ROW: Final = _Sort(links.ROW, "^link:row:([0-9]+)", is_for_once=False)

# The latest link of one sort of a customer `p`, while it still stands.
_STANDING = sql.SQL("""
    LATERAL (
        SELECT latest.id FROM (
            SELECT i.id, i.created_at FROM surveys_invitation i
            WHERE i.organization_id = %(organization)s AND i.customer_id = p.id AND i.campaign_id = %(campaign)s
              AND i.channel = 'link' AND i.occasion ~ %(numbered)s
            ORDER BY i.id DESC LIMIT 1
        ) latest
        WHERE latest.created_at + make_interval(days => %(window)s) > %(at)s
          AND NOT (%(is_for_once)s AND EXISTS (
              SELECT FROM surveys_response r WHERE r.invitation_id = latest.id AND r.verdict <> 'quarantined'))
    ) standing
""")
_SPOKEN: Final = """
    SELECT DISTINCT c.language FROM surveys_customer c
    WHERE c.organization_id = %(organization)s AND c.id = ANY(%(customers)s)
"""
# One conflicts with another that was made at the same moment: then that one stands.
_MAKE = sql.SQL("""
    WITH p AS MATERIALIZED (
        SELECT c.id, c.language, c.property_set_id, c.properties FROM surveys_customer c
        WHERE c.organization_id = %(organization)s AND c.id = ANY(%(customers)s) ORDER BY c.id FOR KEY SHARE OF c
    )
    INSERT INTO surveys_invitation
        (organization_id, campaign_id, customer_id, occasion, version, language, channel, property_set_id, properties,
         created_at)
    SELECT %(organization)s, %(campaign)s, p.id, %(prefix)s || 1 + coalesce((
               SELECT max(substring(i.occasion FROM %(numbered)s)::int) FROM surveys_invitation i
               WHERE i.organization_id = %(organization)s AND i.customer_id = p.id AND i.campaign_id = %(campaign)s
                 AND i.channel = 'link'), 0),
           %(version)s,
           coalesce(%(read)s::jsonb ->> p.language, %(main)s),
           'link', p.property_set_id, p.properties, %(at)s
    FROM p LEFT JOIN {standing} ON true WHERE standing.id IS NULL ORDER BY p.id
    ON CONFLICT DO NOTHING
""")
_FIND = sql.SQL("""
    SELECT p.id, coalesce(p.email, ''), coalesce(p.external_id, ''), p.name, standing.id
    FROM surveys_customer p JOIN {standing} ON true
    WHERE p.organization_id = %(organization)s AND p.id = ANY(%(customers)s) ORDER BY p.id
""")
_NEXT: Final = sql.SQL(
    "SELECT c.id FROM surveys_customer c WHERE {} AND c.id > %(cursor)s ORDER BY c.id LIMIT %(limit)s"
)


# ── For one customer ─────────────────────────────────────────────────────────────────────────────────────────────────


def make_link(*, campaign: Campaign, customer: Customer, by: Membership, at: datetime) -> Linked:
    """Their link that is open and not answered, or a new one. Raises NotRunning, DoesNotWant."""
    if customer.suppression:
        raise DoesNotWant(customer.pk)
    return make_link_on_wish(campaign=campaign, customer=customer, by=by, at=at)


def make_link_on_wish(*, campaign: Campaign, customer: Customer, by: Membership, at: datetime) -> Linked:
    """As `make_link`, for a customer who asked for it: their unsubscription is about mails. Raises NotRunning."""
    access.require(by, Permission.EDIT_CUSTOMERS)
    with transaction.atomic():
        if not is_running(campaign):
            raise NotRunning(campaign)
        linked = _of_one(campaign, customer.pk, _PERSONAL, campaigns.usable_languages(campaign), at)
        if linked is None:
            raise Customer.DoesNotExist(customer.pk)
        audit.record(by, "customer.link_made", customer, at=at, campaign=campaign.name)
    return linked


def row_invitation(*, campaign: Campaign, customer: int, language: str, at: datetime) -> int | None:
    """Where the clicks of a customer on a rating row belong: one invitation within the campaign's answer window.

    None when the customer has gone meanwhile.
    """
    linked = _of_one(campaign, customer, _ROW, [language], at)
    return linked.invitation if linked else None


def standing_row(*, campaign: Campaign, customer: int, at: datetime) -> int | None:
    """The invitation that a click of a customer on a rating row made, while it stands. Makes none."""
    found = _standing(_scope(campaign, _ROW, [""], at) | {"customers": [customer]})
    return found[0].invitation if found else None


def _of_one(campaign: Campaign, customer: int, sort: _Sort, languages: Sequence[str], at: datetime) -> Linked | None:
    scope = _scope(campaign, sort, languages, at) | {"customers": [customer]}
    found = _standing(scope)
    if not found:
        _make(scope)
        found = _standing(scope)
    return found[0] if found else None


def anyones_invitation(*, campaign: Campaign, visit: str, language: str, at: datetime) -> int:
    """Where the answer of somebody without a customer belongs: one for each visit of the page, however often it is sent."""
    occasion = f"{links.ANYONE}{visit}"[:60]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))", [occasion, campaign.pk])
        mine = {"organization_id": campaign.organization_id, "campaign": campaign, "occasion": occasion}
        known = Invitation.objects.filter(**mine, customer=None).values_list("pk", flat=True).first()
        if known is not None:
            return known
        made = Invitation.objects.create(
            **mine, version=campaign.version, language=language, channel=Channel.LINK, created_at=at
        )
    return made.pk


# ── For many ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def export_links(*, campaign: Campaign, group: Group, by: Membership, at: datetime) -> Iterator[Linked]:
    """A link for each customer of the group who may be mailed, as they are read: slice by slice, each committed.

    Whoever has a link that is open and not answered keeps it, so the file may be taken again. Raises NotRunning, and
    UnknownAudience when its conditions ask about something that is gone, before the first one.
    """
    access.require(by, Permission.EXPORT_CUSTOMERS)
    if not is_running(campaign):
        raise NotRunning(campaign)
    people = group.people(campaign, at=at)
    with transaction.atomic():
        audit.record(by, "campaign.links_exported", campaign, at=at, group=group.label)
    return _exported(campaign, people, at)


def _exported(campaign: Campaign, people: SomePeople, at: datetime) -> Iterator[Linked]:
    """Whom a slice is about is read first: having a link may be what the conditions ask about."""
    scope = _scope(campaign, _PERSONAL, campaigns.usable_languages(campaign), at)
    cursor = 0
    while ids := _next(people, cursor):
        with transaction.atomic():
            _make(scope | {"customers": ids})
            found = _standing(scope | {"customers": ids})
        yield from found
        cursor = ids[-1]


def _next(people: SomePeople, after: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_NEXT.format(people.sql), people.params | {"cursor": after, "limit": SLICE})
        return [pk for (pk,) in cursor.fetchall()]


# ── Statements ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _scope(campaign: Campaign, sort: _Sort, languages: Sequence[str], at: datetime) -> dict[str, Any]:
    return {
        "organization": campaign.organization_id,
        "campaign": campaign.pk,
        "version": campaign.version,
        "window": campaign.answer_window_days,
        "languages": list(languages),
        "main": languages[0],
        "at": at,
        **vars(sort),
    }


def _make(scope: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SPOKEN, scope)
        read = {spoken: ours.choose(spoken, scope["languages"]) for (spoken,) in cursor.fetchall()}
        cursor.execute(_MAKE.format(standing=_STANDING), scope | {"read": json.dumps(read)})


def _standing(scope: dict[str, Any]) -> list[Linked]:
    """The links that stand, in the order of the customers."""
    with connection.cursor() as cursor:
        cursor.execute(_FIND.format(standing=_STANDING), scope)
        return [Linked(*row) for row in cursor.fetchall()]

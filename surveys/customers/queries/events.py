"""Reads about what happened to customers elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils.translation import gettext as _

from surveys.accounts.models import Organization
from surveys.core.conditions.catalogue import Catalogue, Column, Field, JsonKey, Root, Type
from surveys.customers import addresses
from surveys.customers.events import IncomingEvent
from surveys.customers.models import CustomerEvent, EventKind, SuppressionReason

FIELD_PREFIX: Final = "e."


# ── What conditions can ask about ────────────────────────────────────────────────────────────────────────────────────


def event_catalogue(organization: Organization, kind: str) -> Catalogue:
    """The fields that came with events of this kind so far, and the moment. One statement.

    The root is surveys_customerevent; a condition says nothing about the kind, so ask for that beside it.
    """
    known = EventKind.objects.filter(organization=organization, name=kind).values_list("fields", flat=True).first()
    return Catalogue(tuple(_fields(known or {})), ZoneInfo(organization.time_zone), organization.pk, Root.EVENT)


def _fields(known: dict[str, str]) -> list[Field]:
    group = _("Event")
    own = [
        Field(FIELD_PREFIX + name, name, Type(kind), JsonKey("data", name), group=group)
        for name, kind in sorted(known.items())
    ]
    moment = Field(
        "occurred", _("Time of the event"), Type.MOMENT, Column("occurred_at"), group=group, is_always_set=True
    )
    return [*own, moment]


# ── Whom events are about ────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Match:
    """Whom external ID and email address name; `is_erased`: the address is remembered as an erased person's."""

    by_id: int | None
    by_email: int | None
    is_erased: bool

    @property
    def customer(self) -> int | None:
        return self.by_id or self.by_email

    @property
    def is_two_people(self) -> bool:
        return None not in (self.by_id, self.by_email) and self.by_id != self.by_email


_MATCH: Final = f"""
    SELECT known.id, mailed.id, gone.id IS NOT NULL
    FROM unnest(%(external_ids)s::text[], %(emails)s::text[]) WITH ORDINALITY AS told (external_id, email, place)
    LEFT JOIN surveys_customer known ON known.organization_id = %(organization)s AND known.external_id = told.external_id
    LEFT JOIN surveys_customer mailed
        ON mailed.organization_id = %(organization)s AND mailed.email_key = lower(trim(told.email))
    LEFT JOIN surveys_suppression gone ON gone.organization_id = %(organization)s AND gone.reason = %(erased)s
        AND told.email IS NOT NULL AND gone.address_hash = {addresses.HASH_SQL.format(key="lower(trim(told.email))")}
    ORDER BY told.place
"""


def matches(organization: Organization, told: Sequence[IncomingEvent]) -> list[Match]:
    """In the order of `told`, which must have been read; one statement."""
    params: dict[str, Any] = {
        "external_ids": [event.external_id or None for event in told],
        "emails": [event.email or None for event in told],
        "erased": SuppressionReason.ERASED,
        **addresses.hash_parameters(organization.pk),
    }
    with connection.cursor() as cursor:
        cursor.execute(_MATCH, params)
        return [Match(*row) for row in cursor.fetchall()]


def known_ids(organization: Organization, ids: Sequence[str]) -> set[str]:
    """Which of these event ids were told before."""
    found = CustomerEvent.objects.filter(organization=organization, event_id__in=ids)
    return set(found.values_list("event_id", flat=True))

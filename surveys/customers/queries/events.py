"""Reads about what happened to customers elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.accounts.models import Organization
from surveys.core.conditions.catalogue import Catalogue, Column, Field, JsonKey, Root, Type
from surveys.customers import addresses
from surveys.customers.events import IncomingEvent
from surveys.customers.importing.event_columns import EventColumn, EventTarget
from surveys.customers.models import (
    CustomerEvent,
    EventKind,
    EventList,
    EventListRefusal,
    SuppressionReason,
)

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


# ── Looking at them ──────────────────────────────────────────────────────────────────────────────────────────────────
PAGE: Final = 50


@dataclass(frozen=True)
class KnownKind:
    """A kind of event with how many there are, and its fields: name and type in words."""

    name: str
    count: int
    first_at: datetime
    last_at: datetime
    fields: list[tuple[str, str]]


_TYPES: Final = {
    Type.TEXT: gettext_lazy("text"),
    Type.NUMBER: gettext_lazy("number"),
    Type.BOOLEAN: gettext_lazy("yes or no"),
    Type.DATE: gettext_lazy("date"),
}


def kinds(organization: Organization) -> list[KnownKind]:
    """By name; two statements. Counted are the events that are kept."""
    counted = CustomerEvent.objects.filter(organization=organization).values_list("kind").annotate(count=Count("*"))
    counts = dict(counted.order_by())
    known = EventKind.objects.filter(organization=organization).order_by("name")
    return [
        KnownKind(kind.name, counts.get(kind.name, 0), kind.first_at, kind.last_at, _in_words(kind.fields))
        for kind in known
    ]


def _in_words(fields: dict[str, str]) -> list[tuple[str, str]]:
    return [(name, str(_TYPES[Type(kind)])) for name, kind in sorted(fields.items())]


@dataclass(frozen=True)
class Page:
    """The events that were told last; `before` leads to the next page."""

    events: list[CustomerEvent]
    before: int | None


def page(organization: Organization, *, kind: str = "", before: int | None = None) -> Page:
    """Of one kind, or of all, in the order in which they were told, the last one first."""
    found = CustomerEvent.objects.filter(organization=organization).select_related("customer__organization")
    found = found.filter(kind=kind) if kind else found
    found = found.filter(pk__lt=before) if before else found
    some = list(found.order_by("-pk")[: PAGE + 1])
    return Page(some[:PAGE], some[PAGE - 1].pk if len(some) > PAGE else None)


# ── Lists of them ────────────────────────────────────────────────────────────────────────────────────────────────────


def lists(organization: Organization, limit: int = 20) -> list[EventList]:
    """The latest first."""
    found = EventList.objects.filter(organization=organization).select_related("created_by", "organization")
    return list(found.order_by("-pk")[:limit])


@dataclass(frozen=True)
class Misfit:
    """A column whose values are of another type than the same field had before: no comparison with them holds."""

    field: str
    kind: str
    expected: str
    found: str


def misfits(event_list: EventList) -> list[Misfit]:
    """By the columns that were chosen, and the kinds of events that can be in the list. One statement."""
    columns = [EventColumn.restored(stored) for stored in event_list.columns]
    known = EventKind.objects.filter(organization=event_list.organization_id).order_by("name")
    if not any(column.target is EventTarget.KIND for column in columns):
        known = known.filter(name=event_list.kind)
    return [misfit for kind in known for column in columns if (misfit := _misfit(kind, column))]


def _misfit(kind: EventKind, column: EventColumn) -> Misfit | None:
    expected, found = kind.fields.get(column.name), Type(column.kind.type)
    if column.target is not EventTarget.DATA or expected in (None, found):
        return None
    return Misfit(column.name, kind.name, str(_TYPES[Type(expected)]), str(_TYPES[found]))


def refusals(event_list: EventList) -> QuerySet[EventListRefusal]:
    """By line."""
    mine = EventListRefusal.objects.filter(organization=event_list.organization_id, event_list=event_list)
    return mine.order_by("line")

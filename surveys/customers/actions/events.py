"""Taking in what happened to customers elsewhere: told by an API or by a list, as often as they like."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from django.db import connection, transaction

from surveys.accounts.models import Organization
from surveys.customers import addresses, allowance, events, property_sets, suppression_memory
from surveys.customers.events import Flaw, IncomingEvent, Unfit
from surveys.customers.models import CustomerEvent, EventKind
from surveys.customers.queries import events as queries
from surveys.customers.queries.events import Match
from surveys.outbox import actions as outbox

TOLD: Final = "customers.events_told"
MOST_AT_ONCE: Final = 5000
MOST_KNOWN_FIELDS: Final = 100  # of a kind; what conditions can ask about
_SEEN_EVERY: Final = timedelta(minutes=1)  # so exact is "last seen": the row is not written for each event
_PRUNED_AT_ONCE: Final = 5000


class Fate(StrEnum):
    STORED = "stored"
    DUPLICATE = "duplicate"
    REFUSED = "refused"


@dataclass(frozen=True)
class Outcome:
    """What became of one event. `id` is the row's, of what was stored; `flaw` and `about` say why it was refused."""

    fate: Fate
    event_id: str
    id: int | None = None
    customer: int | None = None
    flaw: Flaw | None = None
    about: str = ""


@dataclass(frozen=True)
class Recorded:
    """In the order in which the events were told."""

    outcomes: tuple[Outcome, ...]

    def of(self, fate: Fate) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.fate is fate]


Told = tuple[int, IncomingEvent]  # with its place
Fates = dict[int, Outcome]


def record(*, organization: Organization, told: Sequence[IncomingEvent], at: datetime) -> Recorded:
    """Store these events, at most MOST_AT_ONCE; one that cannot be stored keeps none of the others from it.

    An event whose id is known changes nothing, so everything may be told again, also at the same time. Who is known by
    an email address alone, or not at all, is found by it, or added with it. Publishes `customers.events_told`. No
    permission is asked: the caller has.
    """
    if len(told) > MOST_AT_ONCE:
        raise ValueError(f"{len(told)} events at once; at most {MOST_AT_ONCE}")
    fates: Fates = {}
    sound = list(_first_of_each(_sound(told, fates, at), fates))
    if sound:
        with transaction.atomic():
            _record(organization, sound, fates, at)
    return Recorded(tuple(fates[place] for place in range(len(told))))


def outlook(*, organization: Organization, told: Sequence[IncomingEvent], at: datetime) -> Recorded:
    """What `record` would say, as far as that can be known; nothing is written."""
    fates: Fates = {}
    sound = list(_first_of_each(_sound(told, fates, at), fates))
    fresh = _without_known(organization, sound, fates)
    for (place, event), match in zip(fresh, queries.matches(organization, [each for _, each in fresh]), strict=True):
        flaw = _flaw_of(match, event)
        fates[place] = _refused(event, flaw) if flaw else Outcome(Fate.STORED, event.event_id, customer=match.customer)
    return Recorded(tuple(fates[place] for place in range(len(told))))


def prune(*, at: datetime) -> int:
    """Delete what occurred before events.oldest(at); returns how many."""
    total = 0
    while count := _prune_some(events.oldest(at)):
        total += count
    return total


def _prune_some(before: datetime) -> int:
    some = CustomerEvent.objects.filter(occurred_at__lt=before, planned_at__isnull=False)
    ids = list(some.values_list("pk", flat=True)[:_PRUNED_AT_ONCE])
    CustomerEvent.objects.filter(pk__in=ids)._raw_delete("default")
    return len(ids)


# ── Which can be stored ──────────────────────────────────────────────────────────────────────────────────────────────


def _sound(told: Sequence[IncomingEvent], fates: Fates, at: datetime) -> Iterator[Told]:
    for place, event in enumerate(told):
        try:
            yield place, events.read(event, at)
        except Unfit as unfit:
            fates[place] = Outcome(Fate.REFUSED, event.event_id, flaw=unfit.flaw, about=unfit.about)


def _first_of_each(told: Iterable[Told], fates: Fates) -> Iterator[Told]:
    seen: set[str] = set()
    for place, event in told:
        if event.event_id in seen:
            fates[place] = Outcome(Fate.DUPLICATE, event.event_id)
        else:
            seen.add(event.event_id)
            yield place, event


def _without_known(organization: Organization, told: Sequence[Told], fates: Fates) -> list[Told]:
    known = queries.known_ids(organization, [event.event_id for _, event in told])
    for place, event in told:
        if event.event_id in known:
            fates[place] = Outcome(Fate.DUPLICATE, event.event_id)
    return [(place, event) for place, event in told if event.event_id not in known]


def _flaw_of(match: Match, event: IncomingEvent) -> Flaw | None:
    if match.is_two_people:
        return Flaw.TWO_PEOPLE
    if match.customer:
        return None
    if not event.email:
        return Flaw.UNKNOWN
    return Flaw.ERASED if match.is_erased else None


def _refused(event: IncomingEvent, flaw: Flaw) -> Outcome:
    return Outcome(Fate.REFUSED, event.event_id, flaw=flaw, about=event.external_id or event.email)


# ── Storing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _record(organization: Organization, sound: Sequence[Told], fates: Fates, at: datetime) -> None:
    """Whoever deletes, erases or merges people waits until this is over, so nobody goes between finding and storing."""
    suppression_memory.hold_still(organization.pk)
    fresh = _without_known(organization, sound, fates)
    people = _people(organization, fresh, fates, at)
    stored = _insert(organization, [(place, event) for place, event in fresh if place in people], people, at)
    for place, event in fresh:
        if place in people:
            found = stored.get(event.event_id)
            fate = Fate.STORED if found else Fate.DUPLICATE  # told at the same moment by somebody else
            fates[place] = Outcome(fate, event.event_id, found, people[place] if found else None)
    if stored:
        _know_kinds(organization, [event for _, event in fresh if event.event_id in stored], at)
        first = CustomerEvent(pk=min(stored.values()), organization=organization)
        outbox.publish(TOLD, first, at=at, count=len(stored))


def _people(organization: Organization, told: Sequence[Told], fates: Fates, at: datetime) -> dict[int, int]:
    """The customer of each place; who is missing is added, where there is an address."""
    found = queries.matches(organization, [event for _, event in told])
    fit: list[Told] = []
    for (place, event), match in zip(told, found, strict=True):
        if flaw := _flaw_of(match, event):
            fates[place] = _refused(event, flaw)
        else:
            fit.append((place, event))
    known = {place: match.customer for (place, _), match in zip(told, found, strict=True) if match.customer}
    missing = [(place, event) for place, event in fit if place not in known]
    added = _add_people(organization, missing, fates, at) if missing else {}
    return {place: pk for place, pk in (known | added).items() if place not in fates}


_ADD: Final = f"""
    INSERT INTO surveys_customer (organization_id, email, external_id, name, language, time_zone, properties, suppression,
                                  created_at, updated_at, asked_count, answered_count)
    SELECT %(organization)s, new.email, new.external_id, '', '', '', '{{}}', coalesce(x.reason, ''), %(at)s, %(at)s, 0, 0
    FROM unnest(%(emails)s::text[], %(external_ids)s::text[]) AS new (email, external_id)
    LEFT JOIN surveys_suppression x ON x.organization_id = %(organization)s
        AND x.address_hash = {addresses.HASH_SQL.format(key="lower(trim(new.email))")}
    ORDER BY lower(trim(new.email))
    ON CONFLICT DO NOTHING
    RETURNING id
"""
_KEYS: Final = "SELECT lower(trim(email)) AS key FROM unnest(%(emails)s::text[]) AS email"


def _add_people(organization: Organization, told: Sequence[Told], fates: Fates, at: datetime) -> dict[int, int]:
    ranked = sorted((event for _, event in told), key=lambda event: bool(event.external_id))
    by_email = {event.email.lower(): event for event in ranked}  # where one says an external ID, that one
    if not _is_room(organization, len(by_email)):
        for place, event in told:
            fates[place] = _refused(event, Flaw.NO_ROOM)
        return {}
    new: dict[str, Any] = {
        "emails": [event.email for event in by_email.values()],
        "external_ids": [event.external_id or None for event in by_email.values()],
        "at": at,
    }
    suppression_memory.recall(organization.pk, _KEYS, new)
    with connection.cursor() as cursor:
        cursor.execute(_ADD, new | addresses.hash_parameters(organization.pk))
        property_sets.refresh(organization, [pk for (pk,) in cursor.fetchall()])
    found = queries.matches(organization, [event for _, event in told])
    for (place, event), match in zip(told, found, strict=True):
        if match.is_two_people or not match.customer:
            fates[place] = _refused(event, Flaw.TWO_PEOPLE)
    return {place: match.customer for (place, _), match in zip(told, found, strict=True) if match.customer}


def _is_room(organization: Organization, adding: int) -> bool:
    try:
        allowance.require_room(organization.pk, adding)
    except allowance.LimitReached:
        return False
    return True


_INSERT: Final = """
    INSERT INTO surveys_customerevent (organization_id, event_id, kind, customer_id, occurred_at, received_at, data)
    SELECT %(organization)s, told.event_id, told.kind, told.customer, told.occurred_at, %(at)s, told.data
    FROM unnest(%(ids)s::text[], %(kinds)s::text[], %(people)s::bigint[], %(moments)s::timestamptz[], %(data)s::jsonb[])
        AS told (event_id, kind, customer, occurred_at, data)
    ORDER BY told.event_id
    ON CONFLICT (organization_id, event_id) DO NOTHING
    RETURNING event_id, id
"""


def _insert(organization: Organization, told: Sequence[Told], people: dict[int, int], at: datetime) -> dict[str, int]:
    """The rows' ids by the events'. Two who tell the same wait for each other, in the order of the ids."""
    params: dict[str, Any] = {
        "organization": organization.pk,
        "at": at,
        "ids": [event.event_id for _, event in told],
        "kinds": [event.kind for _, event in told],
        "people": [people[place] for place, _ in told],
        "moments": [event.occurred_at for _, event in told],
        "data": [json.dumps(event.data) for _, event in told],
    }
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, params)
        return dict(cursor.fetchall())


def _know_kinds(organization: Organization, told: Sequence[IncomingEvent], at: datetime) -> None:
    """What came with which kind; a field keeps the type with which it came first."""
    for name in sorted({event.kind for event in told}):
        fields = events.fields_of(event.data for event in told if event.kind == name)
        kind = EventKind.objects.filter(organization=organization, name=name).first()
        if kind is None or not fields.keys() <= kind.fields.keys() or kind.last_at < at - _SEEN_EVERY:
            _know_kind(organization, name, fields, at)


def _know_kind(organization: Organization, kind_name: str, fields: dict[str, str], at: datetime) -> None:
    first = EventKind(organization=organization, name=kind_name, first_at=at, last_at=at)
    EventKind.objects.bulk_create([first], ignore_conflicts=True)
    kind = EventKind.objects.select_for_update().get(organization=organization, name=kind_name)
    unknown = [name for name in fields if name not in kind.fields]
    kind.fields |= {name: fields[name] for name in unknown[: MOST_KNOWN_FIELDS - len(kind.fields)]}
    kind.last_at = max(kind.last_at, at)
    kind.save(update_fields=["fields", "last_at"])

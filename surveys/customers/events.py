"""What may be told about customers by other systems, and how it is read: pure rules of docs/events.md."""

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from surveys.core.conditions.catalogue import Type
from surveys.customers import addresses

MOST_ID: Final = 100
MOST_KIND: Final = 60
MOST_WHO: Final = 100
MOST_FIELDS: Final = 30
MOST_FIELD_NAME: Final = 60
MOST_TEXT: Final = 500
MOST_AHEAD: Final = timedelta(days=366)
_BIGGEST: Final = 10**15

_KIND: Final = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")

Value = str | int | float | bool
Data = Mapping[str, Value]


class Flaw(models.TextChoices):
    """Why an event is refused."""

    NO_KIND = "no_kind", _("It has no kind")
    BAD_KIND = (
        "bad_kind",
        _("The kind is no name like order.delivered: letters a to z, digits, . _ - and at most 60 of them"),
    )
    BAD_ID = "bad_id", _("The id has more than 100 characters, or such that cannot be stored")
    NO_TIME = "no_time", _("It does not say when it happened")
    NO_ZONE = "no_zone", _("The time has no time zone")
    TOO_FAR = "too_far", _("It would happen more than a year from now")
    TOO_OLD = "too_old", _("It happened longer ago than events are kept")
    NOBODY = "nobody", _("It has neither an email address nor an external ID")
    BAD_ADDRESS = "bad_address", _("This is no email address")
    BAD_EXTERNAL_ID = (
        "bad_external_id",
        _("The external ID has more than 100 characters, or such that cannot be stored"),
    )
    UNKNOWN = "unknown", _("There is no customer with this external ID, and no email address to add one with")
    TWO_PEOPLE = "two_people", _("External ID and email address belong to two customers")
    ERASED = "erased", _("The person with this address was erased on request")
    NO_ROOM = "no_room", _("There is no such customer, and the operator's limit of customers is reached")
    TOO_MANY_FIELDS = "too_many_fields", _("It has more than 30 fields")
    BAD_FIELD_NAME = "bad_field_name", _("The name of a field is empty or has more than 60 characters")
    BAD_VALUE = "bad_value", _("A field is neither a text, a number, a date nor yes or no")
    TOO_LONG = "too_long", _("A text has more than 500 characters, or such that cannot be stored")


class Unfit(ValueError):
    """An event that cannot be stored; `about` is the name of the field or the value that is wrong."""

    def __init__(self, flaw: Flaw, about: str = "") -> None:
        super().__init__(flaw.label)
        self.flaw = flaw
        self.about = about


@dataclass(frozen=True)
class IncomingEvent:
    """One event as it is told. Without an `event_id` it gets one from its content: the same event told twice is one."""

    kind: str
    occurred_at: datetime | None
    email: str = ""
    external_id: str = ""
    event_id: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.event_id or self.kind


def read(event: IncomingEvent, at: datetime) -> IncomingEvent:
    """The same as it is stored: trimmed, with an id, its data plain. Raises Unfit."""
    sound = replace(
        event,
        kind=read_kind(event.kind),
        occurred_at=_moment(event.occurred_at, at),
        external_id=_plain(event.external_id, MOST_WHO, Flaw.BAD_EXTERNAL_ID),
        email=_address(event.email),
        event_id=_plain(event.event_id, MOST_ID, Flaw.BAD_ID),
        data=_data(event.data),
    )
    if not sound.email and not sound.external_id:
        raise Unfit(Flaw.NOBODY)
    return sound if sound.event_id else replace(sound, event_id=derived_id(sound))


def derived_id(event: IncomingEvent) -> str:
    """Of kind, person, moment and data."""
    assert event.occurred_at is not None
    content = [
        event.kind,
        event.external_id,
        event.email.lower(),
        event.occurred_at.astimezone(UTC).isoformat(),
        event.data,
    ]
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return f"content-{hashlib.sha256(text.encode()).hexdigest()[:40]}"


def oldest(at: datetime) -> datetime:
    """What occurred before that is not stored, and not kept: so whatever is told again is recognized."""
    return at - timedelta(days=settings.EVENT_DAYS)


def read_kind(text: str) -> str:
    """The kind as it is stored. Raises Unfit."""
    kind = text.strip().lower()
    if not kind:
        raise Unfit(Flaw.NO_KIND)
    if len(kind) > MOST_KIND or not _KIND.fullmatch(kind):
        raise Unfit(Flaw.BAD_KIND, text)
    return kind


def _moment(moment: datetime | None, at: datetime) -> datetime:
    if moment is None:
        raise Unfit(Flaw.NO_TIME)
    if moment.tzinfo is None:
        raise Unfit(Flaw.NO_ZONE, moment.isoformat())
    if moment > at + MOST_AHEAD:
        raise Unfit(Flaw.TOO_FAR, moment.isoformat())
    if moment < oldest(at):
        raise Unfit(Flaw.TOO_OLD, moment.isoformat())
    return moment.astimezone(UTC)  # PostgreSQL knows no offset of sixteen hours and more


def _plain(text: str, most: int, flaw: Flaw) -> str:
    trimmed = text.strip()
    if len(trimmed) > most or not is_storable(trimmed):
        raise Unfit(flaw, text)
    return trimmed


def is_storable(text: str) -> bool:
    """PostgreSQL takes neither NUL nor half of a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _address(text: str) -> str:
    trimmed = text.strip()
    found = addresses.cleaned(trimmed) if trimmed else ""
    if found is None:
        raise Unfit(Flaw.BAD_ADDRESS, text)
    return found


# ── Its own fields ───────────────────────────────────────────────────────────────────────────────────────────────────


def _data(data: Mapping[str, Any]) -> dict[str, Value]:
    """What is unset (None, an empty text) is left out."""
    told = {name: _value(name, value) for name, value in data.items() if value is not None and value != ""}
    if len(told) > MOST_FIELDS:
        raise Unfit(Flaw.TOO_MANY_FIELDS, str(len(told)))
    return {_field_name(name): value for name, value in told.items()}


def _field_name(name: object) -> str:
    trimmed = str(name).strip()
    if not trimmed or len(trimmed) > MOST_FIELD_NAME or not is_storable(trimmed):
        raise Unfit(Flaw.BAD_FIELD_NAME, str(name))
    return trimmed


def _value(name: str, value: object) -> Value:
    match value:
        case bool():
            return value
        case int() | float() | Decimal():
            return _number(name, value)
        case datetime():
            return value.isoformat()
        case date():
            return value.isoformat()
        case str() if len(value) <= MOST_TEXT and is_storable(value):
            return value
        case str():
            raise Unfit(Flaw.TOO_LONG, name)
    raise Unfit(Flaw.BAD_VALUE, name)


def _number(name: str, value: int | float | Decimal) -> int | float:
    if not math.isfinite(value) or not -_BIGGEST <= value <= _BIGGEST:
        raise Unfit(Flaw.BAD_VALUE, name)
    return int(value) if value == int(value) else float(value)


def type_of(value: Value) -> Type:
    match value:
        case bool():
            return Type.BOOLEAN
        case int() | float():
            return Type.NUMBER
    return Type.DATE if _is_date(value) else Type.TEXT


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def fields_of(told: Iterable[Data]) -> dict[str, str]:
    """The fields of some events with their types; the first that is told of a field holds."""
    found: dict[str, str] = {}
    for data in told:
        for name, value in data.items():
            found.setdefault(name, type_of(value).value)
    return found

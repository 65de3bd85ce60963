"""An organization filled with an invented world, by COPY."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import Final
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from surveys.accounts.models import Organization
from surveys.analytics.upkeep import rebuilding
from surveys.campaigns.models import Campaign, Status, Wording
from surveys.comments.models import Theme, ThemeOrigin
from surveys.core.periods import local_day
from surveys.customers.models import Customer, Property, PropertySet, PropertyType
from surveys.responses.models import Response, Tag
from surveys.samples.loading import aside, rows, words, world
from surveys.samples.loading.rows import Keys, Lines
from surveys.samples.loading.world import World

TABLES: Final = ("surveys_customer", "surveys_invitation", "surveys_response")


class NotEmpty(Exception):
    """The organization has customers or answers already."""


class KeysTaken(Exception):
    """Somebody took keys out of the middle of those that were reserved; nothing was loaded."""


@dataclass(frozen=True)
class Done:
    """One part of the work."""

    what: str
    rows: int
    seconds: float

    @property
    def pace(self) -> int:
        return round(self.rows / self.seconds) if self.seconds else 0


def fill(
    organization: Organization, *, responses: int, at: datetime, seed: int = 1, add: bool = False, quickly: bool = False
) -> Iterator[Done]:
    """Load, build the rollups, analyze; yields after each part. Raises NotEmpty, unless it is to `add`.

    `quickly` takes indexes and foreign keys of the big tables away for as long as it takes, in one transaction: nobody
    else can use them meanwhile, and the role must own them.
    """
    if not add and _is_filled(organization):
        raise NotEmpty(organization)
    began = perf_counter()
    invented = world.invent(responses, last=local_day(at, ZoneInfo(organization.time_zone)), seed=seed)
    yield Done("invented", responses, perf_counter() - began)
    lines = Lines(invented, _keys(organization, invented, at), ZoneInfo(organization.time_zone))
    with aside.taken(TABLES) if quickly else _nothing() as put_back:
        yield _copied("surveys_customer", rows.CUSTOMERS, len(lines.sets), lines.customers())
        yield _copied("surveys_invitation", rows.ASKS, len(invented.asks.day), lines.asks())
        yield _copied("surveys_response", rows.ANSWERS, responses, lines.answers())
        began = perf_counter()
        for _name in put_back:
            pass
        yield Done("indexes put back", responses, perf_counter() - began)
    yield _timed_vacuum(responses)
    yield _rollups(organization, responses, at)


def _is_filled(organization: Organization) -> bool:
    people = Customer.objects.filter(organization=organization)
    return people.exists() or Response.objects.filter(organization=organization).exists()


@contextmanager
def _nothing() -> Iterator[Iterator[str]]:
    yield iter(())


def _copied(table: str, columns: tuple[str, ...], count: int, pieces: Iterator[str]) -> Done:
    """Each piece is a transaction of its own, unless there is one around it: checks of foreign keys wait in memory."""
    began = perf_counter()
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    for piece in pieces:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.copy_expert(statement, io.StringIO(piece))
    return Done(table.removeprefix("surveys_"), count, perf_counter() - began)


def _timed_vacuum(responses: int) -> Done:
    """So that plans know what is there, and indexes can answer alone. Without effect where the role owns no table."""
    began = perf_counter()
    with connection.cursor() as cursor:
        for table in (*TABLES, "surveys_propertyset"):
            cursor.execute(f"VACUUM ANALYZE {table}")
    return Done("analyzed", responses, perf_counter() - began)


def _rollups(organization: Organization, responses: int, at: datetime) -> Done:
    began = perf_counter()
    for _progress in rebuilding.rebuild(organization=organization, from_scratch=True, clock=lambda: at):
        pass
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE surveys_scorecount, surveys_invitationcount")
    return Done("rollups", responses, perf_counter() - began)


def _keys(organization: Organization, invented: World, at: datetime) -> Keys:
    with transaction.atomic():
        _declare_properties(organization)
        return Keys(
            organization=organization.pk,
            campaigns=[_campaign(organization, name, at).pk for name in words.CAMPAIGNS],
            themes=[_theme(organization, name, found, at).pk for name, (found, _lift) in words.THEMES.items()],
            tags=[_tag(organization, name, at).pk for name in words.TAGS],
            sets=_sets(organization, rows.combinations(invented)),
            first_customer=_reserved("surveys_customer", len(invented.people.lift)),
            first_ask=_reserved("surveys_invitation", len(invented.asks.day)),
            first_answer=_reserved("surveys_response", len(invented.answers.day)),
        )


def _reserved(table: str, count: int) -> int:
    """The first of so many keys in a row: whoever adds a row meanwhile waits for the transaction."""
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
        (sequence,) = cursor.fetchone()
        cursor.execute(
            "SELECT min(key), max(key) FROM (SELECT nextval(%s) AS key FROM generate_series(1, %s)) AS keys",
            [sequence, count],
        )
        first, last = cursor.fetchone()
    if last - first + 1 != count:
        raise KeysTaken(table)
    return int(first)


def _declare_properties(organization: Organization) -> None:
    for position, key in enumerate([*words.PROPERTIES, "arr", "seats"]):
        is_number, is_boolean = key in ("arr", "seats"), key == "vip"
        kind = PropertyType.NUMBER if is_number else PropertyType.BOOLEAN if is_boolean else PropertyType.TEXT
        label = "ARR" if key == "arr" else "VIP" if is_boolean else key.replace("_", " ").capitalize()
        declared = {"label": label, "type": kind, "segmentable": not is_number, "position": position}
        Property.objects.get_or_create(organization=organization, key=key, defaults=declared)


def _sets(organization: Organization, found: list[tuple[int, ...]]) -> dict[tuple[int, ...], int]:
    """Interned: the key of each combination."""
    values = {combination: rows.as_values(combination) for combination in found}
    PropertySet.objects.bulk_create(
        [PropertySet(organization=organization, values=each) for each in values.values()],
        ignore_conflicts=True,
        batch_size=5000,
    )
    known = {
        tuple(sorted(each.items())): pk
        for pk, each in PropertySet.objects.filter(organization=organization).values_list("pk", "values")
    }
    return {combination: known[tuple(sorted(each.items()))] for combination, each in values.items()}


_WORDING: Final = {
    "subject": "How are we doing, {{ first_name|there }}?",
    "intro": "Hello {{ first_name|there }},\nwe would like to hear from you.",
    "question": "How likely are you to recommend us to a friend or colleague?",
    "low_label": "Not at all likely",
    "high_label": "Extremely likely",
    "comment_prompt": "What is the main reason for your score?",
    "thanks_promoter": "Thank you! We are glad.",
    "thanks_passive": "Thank you for telling us.",
    "thanks_detractor": "Thank you. We will do better.",
}


def _campaign(organization: Organization, name: str, at: datetime) -> Campaign:
    made = {"status": Status.ENDED, "created_at": at, "updated_at": at}
    campaign, is_new = Campaign.objects.get_or_create(organization=organization, name=name, defaults=made)
    if is_new:
        Wording.objects.create(organization=organization, campaign=campaign, language="en", **_WORDING)
    return campaign


def _theme(organization: Organization, name: str, found: tuple[str, ...], at: datetime) -> Theme:
    made = {"origin": ThemeOrigin.OWN, "words": list(found), "created_at": at, "updated_at": at}
    return Theme.objects.get_or_create(organization=organization, name=name, defaults=made)[0]


def _tag(organization: Organization, name: str, at: datetime) -> Tag:
    """One of this name in capitals is the same."""
    fresh = {"name": name, "created_at": at}
    return Tag.objects.get_or_create(organization=organization, name__iexact=name, defaults=fresh)[0]

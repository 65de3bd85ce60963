"""Everything that an organization has, as a ZIP: every table as JSON lines, and the lists that people open as CSV.

Written as it is read, in pieces of a megabyte: an organization of any size takes the memory of a thousand rows.
"""

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Exists, OuterRef

from surveys.accounts.models import AuditEntry, Membership, Organization
from surveys.core import csvs, nps
from surveys.customers.models import Customer, Property
from surveys.operations import erasing
from surveys.responses import answer_queries
from surveys.responses.models import Answer, Response

PIECE: Final = 1024 * 1024
AT_ONCE: Final = 1_000

# Work in progress and working copies: what they are about is in the other tables.
_LEFT_OUT: Final = {
    "batch",
    "event",
    "eventlistchunk",
    "figureexportchunk",
    "importchunk",
    "importrow",
    "invitationdelta",
    "mailday",
    "organizationexport",
    "organizationexportchunk",
    "scan",
    "scoredelta",
}
_SECRET: Final = ("token", "secret", "password", "code")  # beginnings and ends of columns that open doors

Progress = Callable[[int, int], None]  # tables done, rows written

README: Final = """\
Everything that {name} had on {at:%Y-%m-%d %H:%M} UTC.

csv/      customers, responses, answers to the questions after the score, people and the audit trail, for spreadsheets
          (text that looks like a formula has an apostrophe in front)
tables/   every table as JSON lines: one object per line, times in UTC, the columns as the product names them

What is not in it: passwords and other secrets, and working copies of what is in other files.
"""


class Sink(io.RawIOBase):
    """Takes bytes and gives them on in pieces. It cannot be read and knows no way back; zipfile copes with that."""

    def __init__(self, store: Callable[[bytes], None]) -> None:
        self._store = store
        self._held = bytearray()
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._held += data
        self.size += len(data)
        while len(self._held) >= PIECE:
            self._store(bytes(self._held[:PIECE]))
            del self._held[:PIECE]
        return len(data)

    def finish(self) -> None:
        if self._held:
            self._store(bytes(self._held))
        self._held.clear()


def exported() -> list[type[models.Model]]:
    """The models that are written, in the order of their names."""
    return sorted(
        (model for model in erasing.tables() if model._meta.model_name not in _LEFT_OUT),
        key=lambda model: model._meta.model_name or "",
    )


def write(organization: Organization, sink: Sink, *, at: datetime, progress: Progress) -> None:
    """`progress` is called after every thousand rows; what it raises ends the work."""
    rows = 0

    def counted(found: Iterable[models.Model], done: int) -> Iterator[models.Model]:
        nonlocal rows
        for row in found:
            rows += 1
            if rows % AT_ONCE == 0:
                progress(done, rows)
            yield row

    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", README.format(name=organization.name, at=at))
        archive.writestr("tables/organization.jsonl", _line(organization))
        for done, model in enumerate(exported()):
            found = counted(_rows(model, organization), done)
            _add(archive, f"tables/{model._meta.model_name}.jsonl", map(_line, found), at)
            progress(done + 1, rows)
        for name, lines in _lists(organization).items():
            _add(archive, f"csv/{name}.csv", lines, at)
    sink.finish()
    progress(len(exported()), rows)


def _add(archive: zipfile.ZipFile, name: str, lines: Iterable[str], at: datetime) -> None:
    entry = zipfile.ZipInfo(name, at.timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    with archive.open(entry, "w", force_zip64=True) as file:
        for line in lines:
            file.write(line.encode())


def _rows(model: type[models.Model], organization: Organization, *related: str) -> Iterator[Any]:
    """By primary key, a thousand at a time, and no statement that stays open meanwhile."""
    found = model._base_manager.filter(organization=organization).select_related(*related).order_by("pk")
    page = list(found[:AT_ONCE])
    while page:
        yield from page
        page = list(found.filter(pk__gt=page[-1].pk)[:AT_ONCE])


def _line(row: models.Model) -> str:
    columns = {field.attname: _plain(getattr(row, field.attname)) for field in _columns(type(row))}
    return json.dumps(columns, cls=DjangoJSONEncoder, ensure_ascii=False) + "\n"


def _columns(model: type[models.Model]) -> list[Any]:
    """Without those that would open a door for whoever finds the file."""
    return [
        field
        for field in model._meta.concrete_fields
        if not field.name.startswith(_SECRET) and not field.name.endswith(_SECRET)
    ]


def _plain(value: object) -> object:
    return bytes(value).hex() if isinstance(value, bytes | bytearray | memoryview) else value


# ── Lists for spreadsheets ──


def _lists(organization: Organization) -> dict[str, Iterator[str]]:
    return {
        "customers": _customers(organization),
        "responses": _responses(organization),
        "answers": csvs.lines(["response", "question", "answer"], _answers(organization)),
        "people": csvs.lines(["name", "email", "role", "since"], _people(organization)),
        "audit": csvs.lines(["time", "person", "action", "kind", "name", "via", "ip", "details"], _audit(organization)),
    }


def _customers(organization: Organization) -> Iterator[str]:
    keys = list(Property.objects.filter(organization=organization).order_by("pk").values_list("key", flat=True))
    heading = ["id", "external_id", "email", "name", "language", "time_zone", "suppression", "added_at", *keys]
    rows = (
        [
            person.pk,
            person.external_id or "",
            person.email or "",
            person.name,
            person.language,
            person.time_zone,
            person.suppression,
            person.created_at.isoformat(),
            *(person.properties.get(key, "") for key in keys),
        ]
        for person in _rows(Customer, organization)
    )
    return csvs.lines(heading, rows)


def _responses(organization: Organization) -> Iterator[str]:
    heading = ["id", "at", "email", "campaign", "score", "category", "comment", "verdict", "channel", "language"]
    rows = (
        [
            answer.pk,
            answer.responded_at.isoformat(),
            (answer.customer and answer.customer.email) or "",
            str(answer.campaign or ""),
            answer.score,
            nps.classify(answer.score).value,
            answer.comment,
            answer.verdict,
            answer.channel,
            answer.language,
        ]
        for answer in _rows(Response, organization, "customer", "campaign")
    )
    return csvs.lines(heading, rows)


def _answers(organization: Organization) -> Iterator[list[object]]:
    """To the questions after the score; `response` is the id in the list of responses."""
    answered = Exists(Answer.objects.filter(response=OuterRef("pk")))
    found = Response.objects.filter(answered, organization=organization).select_related("customer").order_by("pk")
    page = list(found[:AT_ONCE])
    while page:
        told = answer_queries.told(organization, page)
        for response in page:
            yield from ([response.pk, each.question, each.value] for each in told[response.pk])
        page = list(found.filter(pk__gt=page[-1].pk)[:AT_ONCE])


def _people(organization: Organization) -> Iterator[list[object]]:
    for member in _rows(Membership, organization, "user"):
        yield [member.user.name, member.user.email, member.role, member.created_at.isoformat()]


def _audit(organization: Organization) -> Iterator[list[object]]:
    for entry in _rows(AuditEntry, organization):
        yield [
            entry.at.isoformat(),
            entry.actor_email,
            entry.action,
            entry.target_type,
            entry.target_name,
            entry.via,
            entry.ip or "",
            csvs.as_json(entry.details),
        ]

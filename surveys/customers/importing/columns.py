"""What each column of a list becomes: guessed from its name and its first cells, then as the admin has it."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Any, Self

from django.db import models
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from surveys.customers import addresses, values
from surveys.customers.importing import cells as marked
from surveys.customers.importing.encoding import REPLACEMENT
from surveys.customers.importing.reading import Sample
from surveys.customers.models import Property, PropertyType
from surveys.customers.values import Kind

_SAMPLES = 3
_ENOUGH = 0.9  # of the cells of a sample must fit a kind


class Target(models.TextChoices):
    EMAIL = "email", _("Email")
    NAME = "name", _("Name")
    LANGUAGE = "language", _("Language")
    TIME_ZONE = "time_zone", _("Time zone")
    EXTERNAL_ID = "external_id", _("External ID")
    OWNER = "owner", _("Account owner")
    PROPERTY = "property", _("Property")
    IGNORE = "ignore", _("Leave out")


# Names without spaces and signs; an account's ID is not a person's.
_NAMES = {
    Target.EMAIL: "email emailaddress mail mailaddress emailadresse correo courriel",
    Target.NAME: "name fullname customername contactname displayname vollername nombre nom",
    Target.LANGUAGE: "language lang locale languagecode sprache langue idioma",
    Target.TIME_ZONE: "timezone tz zeitzone timezonename",
    Target.OWNER: "owner accountowner accountmanager owneremail csm customersuccessmanager betreuer kundenbetreuer",
    Target.EXTERNAL_ID: "externalid id customerid userid customerno customernumber kundennummer personid contactid",
}
_ZERO_FIRST = re.compile(r"0[0-9]+")  # a postal code or a number of somebody's own, of which no digit may get lost
_TARGET_OF = {name: target for target, names in _NAMES.items() for name in names.split()}
_ALSO_OWN = {"email address", "owner", "phone"}
_OF_A_PERSON = " ".join(
    (
        *(_NAMES[target] for target in (Target.EMAIL, Target.NAME, Target.EXTERNAL_ID)),
        "firstname lastname surname givenname familyname vorname nachname prenom phone telephone mobile fax telefon",
        "address street addressline strasse url website comment comments note notes",
    )
)
_PERSONAL = frozenset(_OF_A_PERSON.split())


@dataclass(frozen=True)
class Column:
    """A column of the file. `kind` matters for properties, `name` is never empty, `key` is the property's.

    `other` is a kind that explains the first cells as well and reads another value from them; `odd` is a cell that the
    declared type of the property does not fit.
    """

    name: str
    samples: list[str]
    target: Target = Target.IGNORE
    kind: Kind = Kind.TEXT
    other: str = ""
    odd: str = ""

    @property
    def key(self) -> str:
        return property_key(self.name)

    @property
    def label(self) -> str:
        """Of the property; one that is called like what every customer has is told apart from that."""
        label = self.name[:80]
        own = {str(target.label).casefold() for target in _TARGET_OF.values()} | _ALSO_OWN
        return gettext("%(name)s (property)") % {"name": label} if label.strip().casefold() in own else self.name[:100]

    @property
    def is_personal(self) -> bool:
        """Something that each person has of their own: nothing to compare people by."""
        return _plain(self.name) in _PERSONAL

    def stored(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def restored(cls, stored: dict[str, Any]) -> Self:
        return cls(
            name=stored["name"],
            samples=stored["samples"],
            target=Target(stored["target"]),
            kind=Kind(stored["kind"]),
            other=stored.get("other", ""),
            odd=stored.get("odd", ""),
        )

    def as_in(self, remembered: dict[str, Any], declared: dict[str, str]) -> Self:
        """As the mapping has it, unless the property has another type by now."""
        target, kind = Target(remembered["target"]), Kind(remembered["kind"])
        type_now = declared.get(self.key, kind.type) if target == Target.PROPERTY else kind.type
        if type_now != kind.type:
            return replace(self, target=target)
        return replace(self, target=target, kind=kind, other="", odd="")


def property_key(name: str) -> str:
    """The key that a property called so gets: "MRR (EUR)" → "mrr_eur"."""
    return (slugify(name) or slugify(name, allow_unicode=True) or "column").replace("-", "_")[:60]


def header_digest(columns: Sequence[Column]) -> str:
    """The same for every list with these columns in this order."""
    return sha256(json.dumps([column.name for column in columns]).encode()).hexdigest()


def guess(sample: Sample, declared: Iterable[Property]) -> list[Column]:
    """One per column. A property that the organization has already keeps its type."""
    types = {known.key: known.type for known in declared}
    taken: set[Target] = set()
    columns = []
    for index, given in enumerate(sample.header):
        cells = [record.cells[index].strip() for record in sample.records if index < len(record.cells)]
        filled = [cell for cell in cells if cell and not cell.startswith((marked.ERROR, marked.NESTED))]
        name = (given or str(_("Column %(number)d") % {"number": index + 1}))[:200]
        target = _target(name, filled, taken)
        taken.add(target)
        kind, other, odd = _kind(filled, types.get(property_key(name)))
        columns.append(Column(name, _samples(filled), target, kind, other, odd))
    return columns


def _samples(filled: Sequence[str]) -> list[str]:
    """The first cells that differ; such as cannot be read stand before all others."""
    cells = sorted(filled, key=lambda cell: REPLACEMENT not in cell)
    return list(dict.fromkeys(marked.plain(cell)[:60] for cell in cells))[:_SAMPLES]


def doubts(columns: Sequence[Column]) -> list[str]:
    """What a person should look at before going on."""
    found: list[str] = []
    if any(REPLACEMENT in text for column in columns for text in (column.name, *column.samples)):
        found.append(
            gettext(
                "Some characters cannot be read in this encoding; they are shown as \N{REPLACEMENT CHARACTER}. Lines with"
                " them will be refused. If you know another encoding of the file, choose it."
            )
        )
    person = next((column.name for column in columns if addresses.is_plain(column.name)), "")
    if person or _share(_looks_like_data, [column.name for column in columns]) > 0.5:
        words = {"line": person or ", ".join(column.name for column in columns)[:100]}
        text = gettext(
            "The first line is taken for the header and is not imported, but it looks like data: %(line)s. If the list has"
            " no header, put a line with the columns' names above it and upload it again."
        )
        found.append(text % words)
    return found + [doubt for column in columns if column.target == Target.PROPERTY for doubt in _doubts_of(column)]


def _doubts_of(column: Column) -> list[str]:
    found = []
    if column.other:
        words = {"name": column.name, "kind": column.kind.label, "other": Kind(column.other).label}
        text = gettext(
            "“%(name)s” can be read in two ways: as %(kind)s, which is chosen, or as %(other)s. Look at the examples and"
            " choose the right one."
        )
        found.append(text % words)
    if column.odd:
        text = gettext(
            "“%(name)s” is a property of the type %(type)s already, and cells such as “%(value)s” do not fit it: those"
            " lines would be refused. Choose how they are written, leave the column out, or give it another name in the file"
            " to make it a property of its own."
        )
        found.append(text % {"name": column.name, "type": column.kind.type.label, "value": column.odd})
    return found


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _looks_like_data(name: str) -> bool:
    return any(values.fits(kind, name) for kind in Kind if kind != Kind.TEXT)


def _target(name: str, filled: Sequence[str], taken: set[Target]) -> Target:
    by_name = _TARGET_OF.get(_plain(name))
    if by_name and by_name not in taken and (by_name != Target.OWNER or _share(addresses.is_plain, filled) >= _ENOUGH):
        return by_name
    if Target.EMAIL not in taken and _share(addresses.is_plain, filled) >= _ENOUGH:
        return Target.EMAIL
    return Target.PROPERTY


_ORDER = (Kind.NUMBER, Kind.NUMBER_COMMA, Kind.BOOLEAN, Kind.DATE, Kind.DATE_DMY, Kind.DATE_MDY)


def _kind(filled: Sequence[str], declared: str | None) -> tuple[Kind, str, str]:
    """The first kind that nearly all cells fit, and what is doubtful about it (`other`, `odd`); of a declared property
    only kinds of its type come into question."""
    candidates = [kind for kind in _ORDER if declared in (None, kind.type)]
    if declared is None and any(map(_ZERO_FIRST.fullmatch, filled)):
        candidates = [kind for kind in candidates if kind.type != PropertyType.NUMBER]
    distinct = dict.fromkeys(filled)
    readings = {kind: {cell: marked.reading(kind, cell) for cell in distinct} for kind in candidates}
    shares = {kind: _share(readings[kind].get, filled) for kind in candidates}
    kind = max(candidates, key=shares.__getitem__, default=Kind.TEXT)
    if kind == Kind.TEXT or (shares[kind] < _ENOUGH and not declared):
        return Kind.TEXT, "", ""
    misfit = next((marked.plain(cell) for cell in filled if readings[kind][cell] is None), "")
    odd = misfit[:60] if shares[kind] < _ENOUGH else ""
    ties = [tie for tie in candidates if tie.type == kind.type and shares[tie] == shares[kind]]
    other = next((tie for tie in ties if readings[tie] != readings[kind]), "")
    return kind, other, odd


def _share(fits: Any, filled: Sequence[str]) -> float:
    return sum(map(bool, map(fits, filled))) / len(filled) if filled else 0.0

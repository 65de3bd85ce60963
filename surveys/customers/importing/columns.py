"""What each column of a list becomes: guessed from its name and its first cells, then as the admin has it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from django.db import models
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from surveys.customers import addresses, values
from surveys.customers.importing.encoding import REPLACEMENT
from surveys.customers.importing.reading import Sample
from surveys.customers.models import Property
from surveys.customers.values import Kind

_SAMPLES = 3
_ENOUGH = 0.9  # of the cells of a sample must fit a kind


class Target(models.TextChoices):
    EMAIL = "email", _("Email")
    NAME = "name", _("Name")
    LANGUAGE = "language", _("Language")
    TIME_ZONE = "time_zone", _("Time zone")
    EXTERNAL_ID = "external_id", _("External ID")
    PROPERTY = "property", _("Property")
    IGNORE = "ignore", _("Leave out")


# Names without spaces and signs; an account's ID is not a person's.
_NAMES = {
    Target.EMAIL: "email emailaddress mail mailaddress emailadresse correo courriel",
    Target.NAME: "name fullname customername contactname displayname vollername nombre nom",
    Target.LANGUAGE: "language lang locale languagecode sprache langue idioma",
    Target.TIME_ZONE: "timezone tz zeitzone timezonename",
    Target.EXTERNAL_ID: "externalid id customerid userid customerno customernumber kundennummer personid contactid",
}
_TARGET_OF = {name: target for target, names in _NAMES.items() for name in names.split()}


@dataclass(frozen=True)
class Column:
    """A column of the file. `kind` matters for properties, `name` is never empty, `key` is the property's."""

    name: str
    samples: list[str]
    target: Target = Target.IGNORE
    kind: Kind = Kind.TEXT

    @property
    def key(self) -> str:
        return property_key(self.name)

    @property
    def label(self) -> str:
        return self.name[:100]

    def stored(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def restored(cls, stored: dict[str, Any]) -> Self:
        return cls(
            name=stored["name"],
            samples=stored["samples"],
            target=Target(stored["target"]),
            kind=Kind(stored["kind"]),
        )


def property_key(name: str) -> str:
    """The key that a property called so gets: "MRR (EUR)" → "mrr_eur"."""
    return (slugify(name) or slugify(name, allow_unicode=True) or "column").replace("-", "_")[:60]


def guess(sample: Sample, declared: Iterable[Property]) -> list[Column]:
    """One per column. A property that the organization has already keeps its type."""
    types = {known.key: known.type for known in declared}
    taken: set[Target] = set()
    columns = []
    for index, given in enumerate(sample.header):
        cells = [record.cells[index].strip() for record in sample.records if index < len(record.cells)]
        filled = [cell for cell in cells if cell]
        name = given or str(_("Column %(number)d") % {"number": index + 1})
        target = _target(name, filled, taken)
        taken.add(target)
        kind = _kind(filled, types.get(property_key(name)))
        columns.append(Column(name[:200], _samples(filled), target, kind))
    return columns


def _samples(filled: Sequence[str]) -> list[str]:
    """The first cells that differ; such as cannot be read stand before all others."""
    cells = sorted(filled, key=lambda cell: REPLACEMENT not in cell)
    return list(dict.fromkeys(cell[:60] for cell in cells))[:_SAMPLES]


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
    return found


def _looks_like_data(name: str) -> bool:
    return any(values.fits(kind, name) for kind in Kind if kind != Kind.TEXT)


def _target(name: str, filled: Sequence[str], taken: set[Target]) -> Target:
    by_name = _TARGET_OF.get(re.sub(r"[^a-z0-9]", "", name.lower()))
    if by_name and by_name not in taken:
        return by_name
    if Target.EMAIL not in taken and _share(addresses.is_plain, filled) >= _ENOUGH:
        return Target.EMAIL
    return Target.PROPERTY


def _kind(filled: Sequence[str], declared: str | None) -> Kind:
    """The first kind that nearly all cells fit; of a declared property only kinds of its type come into question."""
    order = (Kind.NUMBER, Kind.NUMBER_COMMA, Kind.BOOLEAN, Kind.DATE, Kind.DATE_DMY, Kind.DATE_MDY)
    candidates = [kind for kind in order if declared in (None, kind.type)]
    shares = [(_share(lambda cell, kind=kind: values.fits(kind, cell), filled), kind) for kind in candidates]
    best, kind = max(shares, key=lambda pair: pair[0], default=(0.0, Kind.TEXT))
    return kind if best >= _ENOUGH or (declared and candidates) else Kind.TEXT


def _share(fits: Any, filled: Sequence[str]) -> float:
    return sum(map(fits, filled)) / len(filled) if filled else 0.0

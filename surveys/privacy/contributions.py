"""What domains to the right keep about a customer, for the export of one person. Contributed in surveys/subscriptions.py."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import TextChoices
from django.utils.functional import Promise

from surveys.customers.models import Customer

Document = dict[str, Any]


@dataclass(frozen=True)
class File:
    """`name` is one of its kind among all files of this customer, and has no folders."""

    name: str
    data: bytes


def no_files(customer: Customer) -> Iterable[File]:
    return ()


@dataclass(frozen=True)
class Part:
    """A section of the document.

    `rows` are as JSON can say them, in a fixed number of statements. `labels` are of keys that do not speak for themselves,
    `choices` of values that are codes. `files` go into the ZIP; they are read one after the other.
    """

    name: str
    title: str | Promise
    rows: Callable[[Customer], list[Document]]
    labels: Mapping[str, str | Promise] = field(default_factory=dict)
    choices: Mapping[str, type[TextChoices]] = field(default_factory=dict)
    files: Callable[[Customer], Iterable[File]] = no_files


_parts: Final[dict[str, Part]] = {}


def contribute(*parts: Part) -> None:
    """They stand behind those of this domain, in this order."""
    _parts.update({part.name: part for part in parts})


def parts() -> list[Part]:
    return list(_parts.values())


def label(key: str) -> str | Promise:
    """ "" where nobody says."""
    return next((part.labels[key] for part in _parts.values() if key in part.labels), "")


def choices(section: str, key: str) -> type[TextChoices] | None:
    part = _parts.get(section)
    return part.choices.get(key) if part else None


def files(customer: Customer) -> Iterator[File]:
    for part in _parts.values():
        yield from part.files(customer)

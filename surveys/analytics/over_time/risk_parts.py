"""The parts of the rule that says who is listed as likely to leave: what each asks, as JSON, in numbers and in words.

Stored as {"kind": "low", "most": 6}. What is stored means the same forever: kinds and their numbers are only ever added.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from surveys.core import readable
from surveys.core.conditions import validation, words
from surveys.core.conditions.catalogue import Catalogue
from surveys.core.conditions.tree import Group

OPEN_DAYS: Final = 7  # so long an ask may still be answered: it is not held against anybody
PROPERTY_PREFIX: Final = "p."


class Kind(StrEnum):
    LOW = "low"
    FELL = "fell"
    SILENT = "silent"
    COMMENT = "comment"
    GONE = "gone"
    WORTH = "worth"
    WHO = "who"


@dataclass(frozen=True)
class Number:
    """A number of a part: its name, what it usually is, and between what it may be."""

    name: str
    usual: int
    least: int
    most: int


NUMBERS: Final[dict[Kind, tuple[Number, ...]]] = {
    Kind.LOW: (Number("most", 6, 0, 8),),
    Kind.FELL: (Number("points", 3, 1, 10),),
    Kind.SILENT: (Number("asks", 2, 1, 10),),
    Kind.COMMENT: (Number("days", 90, 1, 730),),
    Kind.GONE: (Number("most", 6, 0, 10),),
    Kind.WORTH: (Number("most", 8, 0, 10),),
    Kind.WHO: (),
}
TITLES: Final = {
    Kind.LOW: gettext_lazy("A low latest score"),
    Kind.FELL: gettext_lazy("A fall"),
    Kind.SILENT: gettext_lazy("Silence"),
    Kind.COMMENT: gettext_lazy("A negative comment"),
    Kind.GONE: gettext_lazy("Unsubscribed after a low score"),
    Kind.WORTH: gettext_lazy("Worth much, and not happy"),
    Kind.WHO: gettext_lazy("A condition of your own"),
}


@dataclass(frozen=True)
class Part:
    """`values` are the numbers of its kind, and: "category" of a fall, "key" and "least" of a worth, "where" of a condition."""

    kind: Kind
    values: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def usual(cls, kind: Kind, **values: Any) -> Self:
        return cls(kind, {number.name: number.usual for number in NUMBERS[kind]} | values)

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind.value, **self.values}

    @property
    def needs_catalogue(self) -> bool:
        return self.kind in (Kind.WORTH, Kind.WHO)

    @property
    def where(self) -> dict[str, Any]:
        """As a condition about customers; only of kinds that need a catalogue."""
        if self.kind is Kind.WHO:
            return dict(self["where"])
        worth = {"field": PROPERTY_PREFIX + self["key"], "op": "at_least", "value": self["least"]}
        return {"all": [worth, {"field": "last_score", "op": "at_most", "value": self["most"]}]}

    def tree(self, known: Catalogue) -> Group | None:
        """None for what cannot be understood (any more), such as a property that is gone: it applies to nobody."""
        try:
            return validation.read(self.where, known)
        except validation.BadCondition:
            return None


@dataclass(frozen=True)
class Rule:
    """Somebody is listed for whom at least `least` of the parts apply. Version 0 is the one that comes with the product."""

    parts: tuple[Part, ...]
    least: int
    version: int = 0

    @property
    def needs_catalogue(self) -> bool:
        return any(part.needs_catalogue for part in self.parts)

    def part(self, kind: Kind) -> Part | None:
        return next((part for part in self.parts if part.kind is kind), None)

    @property
    def conditions(self) -> dict[str, Any]:
        """All that it asks in conditions about customers, whatever becomes of it."""
        asked = [part.where for part in self.parts if part.needs_catalogue]
        return {"all": asked} if asked else {}

    def to_json(self) -> dict[str, Any]:
        return {"parts": [part.to_json() for part in self.parts], "least": self.least}


USUAL: Final = Rule(
    (
        Part.usual(Kind.LOW),
        Part.usual(Kind.FELL, category=True),
        Part.usual(Kind.SILENT),
        Part.usual(Kind.COMMENT),
        Part.usual(Kind.GONE),
    ),
    least=2,
)


def read(parts: Iterable[dict[str, Any]], least: int, version: int) -> Rule:
    """A stored rule; of a kind that is not known (any more) nothing is left."""
    known = [part for part in parts if part.get("kind") in list(Kind)]
    return Rule(
        tuple(Part(Kind(part["kind"]), {k: v for k, v in part.items() if k != "kind"}) for part in known),
        least,
        version,
    )


# ── In words ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def sentence(part: Part, known: Catalogue | None, *, sees_hidden: bool = True) -> str:
    """What it asks, without facts about anybody."""
    if part.needs_catalogue:
        return _of_condition(part, known, sees_hidden=sees_hidden)
    return str(_SENTENCES[part.kind](part))


def _of_condition(part: Part, known: Catalogue | None, *, sees_hidden: bool) -> str:
    tree = part.tree(known) if known else None
    if known is None or tree is None:
        return _("A condition that cannot be understood any more: it applies to nobody until the rule is changed.")
    hidden = {field.key for field in known.fields if not field.is_open}
    if not sees_hidden and hidden & {leaf.field for leaf in tree.comparisons()}:
        return _("A condition about a property that you may not see.")
    return words.sentence(tree, known)


def _fell(part: Part) -> str:
    points = part["points"]
    if part.values.get("category"):
        text = ngettext(
            "The latest score is at least %(points)s point lower than the one before, or a category lower.",
            "The latest score is at least %(points)s points lower than the one before, or a category lower.",
            points,
        )
    else:
        text = ngettext(
            "The latest score is at least %(points)s point lower than the one before.",
            "The latest score is at least %(points)s points lower than the one before.",
            points,
        )
    return text % {"points": points}


def _silent(part: Part) -> str:
    text = ngettext(
        "Answered before, and not the last ask. What was asked in the last %(open)s days may still be answered and does not count.",
        "Answered before, and none of the last %(asks)s asks. What was asked in the last %(open)s days may still be answered and does not count.",
        part["asks"],
    )
    return text % {"asks": part["asks"], "open": OPEN_DAYS}


def _comment(part: Part) -> str:
    text = ngettext(
        "A comment of the last day reads as negative.",
        "A comment of the last %(days)s days reads as negative.",
        part["days"],
    )
    return text % {"days": part["days"]}


_SENTENCES: Final = {
    Kind.LOW: lambda part: _("The latest score is %(most)s or lower.") % {"most": part["most"]},
    Kind.FELL: _fell,
    Kind.SILENT: _silent,
    Kind.COMMENT: _comment,
    Kind.GONE: lambda part: (
        _("Unsubscribed or complained, and the latest score is %(most)s or lower.") % {"most": part["most"]}
    ),
}


def worth_said(part: Part, known: Catalogue, value: object) -> str:
    """ "MRR: 480" """
    found = known.get(PROPERTY_PREFIX + part["key"])
    label = found.label if found else part["key"]
    return f"{label}: {readable.amount(value)}"

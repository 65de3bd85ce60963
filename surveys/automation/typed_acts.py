"""The acts of a rule as somebody writes them: added, taken out, moved, with what is wrong with each at its place.

Every act has a key, "a1", "a2" …, that stays while the page is worked on: `act` names them in order, "a1.kind" says what
it is, "a1.subject" is a field. A button named "do" carries out one change: "act-add:email", "act-up:a1", "act-down:a1",
"act-remove:a1"; "act-insert:a1.first_name" puts a placeholder at the end of the text.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from surveys.automation import act_fields, acts, letters
from surveys.automation.act_fields import FieldKind, Groups
from surveys.automation.acts import KINDS, Kind
from surveys.automation.known import Known
from surveys.customers.models import PropertyType

_KEY: Final = re.compile(r"a[0-9]{1,4}")
_MOST_READ: Final = 100  # as many as a page could ever have; more than `acts.MOST` is a mistake that is said


@dataclass(frozen=True)
class Option:
    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True)
class OptionGroup:
    label: str
    options: list[Option]


@dataclass(frozen=True)
class Control:
    """A field as the page shows it. `is_shown`: it takes part; else its values are only kept."""

    name: str
    field: FieldKind
    input: str
    values: Sequence[str]
    groups: list[OptionGroup]
    is_shown: bool = True

    @property
    def value(self) -> str:
        return next(iter(self.values), "")

    @property
    def boxes(self) -> list[Option]:
        return [option for group in self.groups for option in group.options]


@dataclass(frozen=True)
class Placeholder:
    name: str
    code: str
    means: str | Promise


@dataclass(frozen=True)
class TypedAct:
    """`problems` are what `acts.problems` says of it."""

    key: str
    kind: Kind
    typed: Mapping[str, Sequence[str]]
    known: Known
    problems: tuple[str, ...] = ()
    is_new: bool = False

    @property
    def stored(self) -> dict[str, Any]:
        return act_fields.stored(self.kind.key, self.typed, self.known)

    @property
    def said(self) -> str:
        return acts.said(self.stored, self.known)

    @property
    def is_mail(self) -> bool:
        return self.kind.key == "email"

    @property
    def controls(self) -> list[Control]:
        return [self._control(field) for field in act_fields.FIELDS[self.kind.key]]

    @property
    def lacks(self) -> str:
        """What it needs and there is none of: hooks, tags, sites, referrals, or ""."""
        known, stored = self.known, self.stored
        used = letters.used(str(stored.get("subject", "")), str(stored.get("text", "")))
        needs = {
            "hooks": self.kind.key == "hook" and not known.hooks,
            "tags": self.kind.key == "tag" and not known.tags,
            "sites": letters.REVIEW_LINK in used and not known.sites,
            "referrals": (letters.REFERRAL_LINK in used or stored.get("link") == "referral") and not known.refers,
        }
        return next((what for what, is_lacking in needs.items() if is_lacking), "")

    @property
    def placeholders(self) -> list[Placeholder]:
        return [Placeholder(name, f"{{{{ {name} }}}}", means) for name, means in letters.NAMES.items()]

    def _control(self, field: FieldKind) -> Control:
        values = self.typed.get(field.name, ())
        other, choice = field.needs
        is_shown = not other or choice in self.typed.get(other, ())
        groups = _groups(field.offers(self.known), values, field, self.known) if field.offers else []
        control = Control(f"{self.key}.{field.name}", field, field.input, values, groups, is_shown)
        return self._of_property(control) if self.kind.key == "property" and field.name == "value" else control

    def _of_property(self, control: Control) -> Control:
        """What is typed depends on what kind of thing is chosen."""
        declared = self.known.properties.get(next(iter(self.typed.get("property", ())), ""))
        if declared is None or declared.type != PropertyType.BOOLEAN:
            return control
        pairs: Groups = [("", [("true", _("yes")), ("false", _("no"))])]
        return replace(control, input="select", groups=_groups(pairs, control.values, control.field, self.known))

    def with_text(self, more: str) -> Self:
        text = next(iter(self.typed.get("text", ())), "")
        gap = "" if not text or text[-1].isspace() else " "
        return replace(self, typed={**self.typed, "text": [f"{text}{gap}{more}"]})


def _groups(offered: Groups, chosen: Sequence[str], field: FieldKind, known: Known) -> list[OptionGroup]:
    """What is chosen and gone stays chosen: another choice would be somebody else's decision."""
    there = {value for _label, pairs in offered for value, _name in pairs}
    gone = [value for value in chosen if value and value not in there]
    first = [] if field.input == "boxes" or "" in there or any(chosen) else [("", _("Choose …"))]
    extra = [(value, act_fields.of_gone(field.name, value, known)) for value in gone]
    pairs = [("", [*first, *extra]), *offered]
    return [
        OptionGroup(str(label), [Option(value, str(name), value in chosen) for value, name in options])
        for label, options in pairs
        if options
    ]


@dataclass(frozen=True)
class TypedActs:
    """In order. `problems` are about the list as a whole."""

    acts: tuple[TypedAct, ...]
    known: Known
    problems: tuple[str, ...] = ()

    @classmethod
    def of(cls, stored: Sequence[Mapping[str, Any]], known: Known) -> Self:
        """Of a rule as it is kept."""
        found = [act for act in stored if str(act.get("kind")) in KINDS]
        return cls(
            tuple(
                TypedAct(f"a{n}", KINDS[act["kind"]], act_fields.typed(act), known)
                for n, act in enumerate(found, start=1)
            ),
            known,
        )

    @classmethod
    def read(cls, data: QueryDict, known: Known) -> "TypedActs":
        """As posted, with what the button asks for carried out."""
        keys = [key for key in dict.fromkeys(data.getlist("act")) if _KEY.fullmatch(key)][:_MOST_READ]
        read = cls(tuple(act for key in keys if (act := _read(key, data, known)) is not None), known)
        word, _colon, what = data.get("do", "").partition(":")
        return _DOES[word](read, what) if word in _DOES else read

    @property
    def stored(self) -> list[dict[str, Any]]:
        return [act.stored for act in self.acts]

    @property
    def may_add(self) -> bool:
        return len(self.acts) < acts.MOST

    @property
    def kinds(self) -> list[Kind]:
        return list(KINDS.values())

    @property
    def is_sound(self) -> bool:
        return not self.problems and not any(act.problems for act in self.acts)

    def judged(self, trigger: str) -> Self:
        """With what is wrong, at its place."""
        found = acts.problems(self.stored, trigger, self.known)
        at = {n: tuple(each.message for each in found if each.position == n) for n in range(len(self.acts))}
        noted = tuple(replace(act, problems=at[n]) for n, act in enumerate(self.acts))
        whole = tuple(each.message for each in found if each.position is None)
        return replace(self, acts=noted, problems=whole)

    def added(self, kind: str) -> Self:
        if kind not in KINDS or not self.may_add:
            return self
        key = f"a{max((int(act.key[1:]) for act in self.acts), default=0) + 1}"
        begun = act_fields.typed({"kind": kind, **act_fields.BEGINNINGS.get(kind, {})})
        return self._with([*self.acts, TypedAct(key, KINDS[kind], begun, self.known, is_new=True)])

    def removed(self, key: str) -> Self:
        return self._with(act for act in self.acts if act.key != key)

    def moved_up(self, key: str) -> Self:
        return self._moved(key, -1)

    def moved_down(self, key: str) -> Self:
        return self._moved(key, 1)

    def inserted(self, what: str) -> Self:
        """ "a1.first_name": into the text of that mail."""
        key, _dot, name = what.partition(".")
        if name not in letters.NAMES:
            return self
        return self._with(act.with_text(f"{{{{ {name} }}}}") if act.key == key else act for act in self.acts)

    def _moved(self, key: str, by: int) -> Self:
        place = next((n for n, act in enumerate(self.acts) if act.key == key), None)
        if place is None or not 0 <= place + by < len(self.acts):
            return self
        order = list(self.acts)
        order[place], order[place + by] = order[place + by], order[place]
        return self._with(order)

    def _with(self, order: Iterable[TypedAct]) -> Self:
        return replace(self, acts=tuple(order))


def _read(key: str, data: QueryDict, known: Known) -> TypedAct | None:
    kind = KINDS.get(data.get(f"{key}.kind", ""))
    if kind is None:
        return None
    fields = act_fields.FIELDS[kind.key]
    return TypedAct(key, kind, {field.name: data.getlist(f"{key}.{field.name}") for field in fields}, known)


_DOES: Final[dict[str, Callable[[TypedActs, str], TypedActs]]] = {
    "act-add": TypedActs.added,
    "act-remove": TypedActs.removed,
    "act-up": TypedActs.moved_up,
    "act-down": TypedActs.moved_down,
    "act-insert": TypedActs.inserted,
}

"""Which fields each act has in a form, what they offer, and how they become what is stored and back.

A field's value is text, as typed; where several are chosen, several. Somebody, a team and a site are chosen in one field
together with the way: "user:3", "turn:5", "review:2".
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.automation import act_words
from surveys.automation.known import Known, Names
from surveys.customers import values
from surveys.customers.models import PropertyType
from surveys.inbox.models import Priority

Typed = Mapping[str, Sequence[str]]
Stored = dict[str, Any]
Pairs = list[tuple[str, str]]
Groups = list[tuple[str, Pairs]]

UNITS: Final = {"days": 24 * 60, "hours": 60, "minutes": 1}
_MOST_DIGITS: Final = 18
UNSET: Final = "unset"
YES: Final = "1"


@dataclass(frozen=True)
class FieldKind:
    """`input`: line, text, number, url, select, boxes or check. `asks_again`: what is chosen here changes what other
    fields are there. `needs`: only with this choice in that field."""

    name: str
    label: str | Promise
    input: str
    help: str | Promise = ""
    is_optional: bool = False
    asks_again: bool = False
    needs: tuple[str, str] = ("", "")
    offers: Callable[[Known], Groups] | None = None


# ── What can be chosen ───────────────────────────────────────────────────────────────────────────────────────────────


def _named(prefix: str, names: Mapping[int, str], label: str = "%(name)s") -> Pairs:
    return [(f"{prefix}{pk}", label % {"name": name}) for pk, name in names.items()]


def _senders(known: Known) -> Groups:
    usual = [("owner", _("who owns the customer, or else your organization")), ("organization", _("your organization"))]
    return [("", usual), (_("A colleague"), _named("user:", known.colleagues))]


def _told(known: Known) -> Groups:
    usual = [
        ("owner", _("who owns the customer, or else owners and admins")),
        ("assignee", _("whose conversation it is, or else owners and admins")),
        ("admins", _("owners and admins")),
        ("users", _("some colleagues …")),
    ]
    return [("", usual), (_("A team"), _named("team:", known.teams))]


def _colleagues(known: Known) -> Groups:
    return [("", _named("", known.colleagues))]


def _assigned(known: Known) -> Groups:
    answering = {pk: name for pk, name in known.colleagues.items() if pk in known.answering}
    return [
        ("", [("owner", _("who owns the customer"))]),
        (_("Who owns the customer, or else the next in turn of"), _named("owner:", known.teams)),
        (_("The next in turn of a team"), _named("turn:", known.teams, _("next in turn of %(name)s"))),
        (_("A team, until somebody takes it"), _named("team:", known.teams, _("team %(name)s"))),
        (_("A colleague"), _named("user:", answering)),
    ]


def _priorities(known: Known) -> Groups:
    return [("", [("", _("the usual one")), *((str(int(each)), str(each.label)) for each in reversed(Priority))])]


def _hooks(known: Known) -> Groups:
    return [("", _named("", known.hooks))]


def _tags(known: Known) -> Groups:
    return [("", _named("", known.tags))]


def _properties(known: Known) -> Groups:
    return [("", [(key, each.label) for key, each in known.properties.items()])]


def _targets(known: Known) -> Groups:
    usual = [("url", _("an address …")), ("referral", _("their own link to recommend you"))]
    return [("", usual), (_("A review site"), _named("review:", known.sites))]


def _units(known: Known) -> Groups:
    return [("", [("minutes", _("minutes")), ("hours", _("hours")), ("days", _("days"))])]


def of_gone(field: str, value: str, known: Known) -> str:
    """What a choice is called that is not offered any more: "turn:5", or "3" of connections."""
    way, _colon, key = value.rpartition(":")
    number = _id(key)
    names = _names_of(known).get(way or field)
    if names is None or not isinstance(number, int):
        return _("%(name)s (not there any more)") % {"name": key}
    return names.get(number) or act_words.gone(names, number)


def _names_of(known: Known) -> dict[str, Names]:
    teams = dict.fromkeys(("team", "turn", "owner"), known.teams)
    people = dict.fromkeys(("user", "users"), known.colleagues)
    return {**teams, **people, "hook": known.hooks, "tag": known.tags, "review": known.sites}


_NOTE: Final = FieldKind(
    "note",
    gettext_lazy("Your note"),
    "line",
    gettext_lazy("Stands in what they get: why this matters, what to do."),
    is_optional=True,
)
FIELDS: Final[dict[str, tuple[FieldKind, ...]]] = {
    "email": (
        FieldKind("from", gettext_lazy("In the name of"), "select", asks_again=True, offers=_senders),
        FieldKind("subject", gettext_lazy("Subject"), "line"),
        FieldKind("text", gettext_lazy("Text"), "text"),
    ),
    "alert": (
        FieldKind("to", gettext_lazy("Who is told"), "select", asks_again=True, offers=_told),
        FieldKind("users", gettext_lazy("Colleagues"), "boxes", needs=("to", "users"), offers=_colleagues),
        _NOTE,
    ),
    "hook": (FieldKind("hook", gettext_lazy("Connection"), "select", offers=_hooks), _NOTE),
    "open": (FieldKind("priority", gettext_lazy("Priority"), "select", offers=_priorities),),
    "assign": (FieldKind("to", gettext_lazy("To whom"), "select", offers=_assigned),),
    "tag": (FieldKind("tag", gettext_lazy("Tag"), "select", offers=_tags),),
    "property": (
        FieldKind("property", gettext_lazy("Property"), "select", asks_again=True, offers=_properties),
        FieldKind("value", gettext_lazy("Value"), "line"),
        FieldKind(UNSET, gettext_lazy("Take its value away"), "check"),
    ),
    "thanks": (
        FieldKind("text", gettext_lazy("What the link says"), "line"),
        FieldKind("link", gettext_lazy("Where it leads"), "select", asks_again=True, offers=_targets),
        FieldKind("url", gettext_lazy("Address"), "url", needs=("link", "url")),
    ),
    "wait": (
        FieldKind("amount", gettext_lazy("How long"), "number"),
        FieldKind("unit", gettext_lazy("Unit"), "select", offers=_units),
    ),
}


# ── As it is stored ──────────────────────────────────────────────────────────────────────────────────────────────────


def stored(kind: str, typed: Typed, known: Known) -> Stored:
    """What was typed, as a rule keeps it; what cannot be understood stays as it is, for `acts.problems` to name."""
    return {"kind": kind, **_READ[kind](typed, known)}


def _one(typed: Typed, name: str) -> str:
    return next(iter(typed.get(name, ())), "").replace("\r\n", "\n").strip()


def _id(text: str) -> int | str | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else (text or None)


def _way(text: str, name: str, others: Mapping[str, str]) -> Stored:
    """ "turn:5" is {"to": "turn", "team": 5}: `others` say under which name the number is kept."""
    way, _colon, number = text.partition(":")
    return {name: way, **({others[way]: _id(number)} if way in others and number else {})}


def _email(typed: Typed, known: Known) -> Stored:
    said = {name: _one(typed, name) for name in ("subject", "text")}
    return {**said, **_way(_one(typed, "from"), "from", {"user": "user"})}


def _alert(typed: Typed, known: Known) -> Stored:
    found = _way(_one(typed, "to"), "to", {"team": "team"})
    if found["to"] == "users":
        found["users"] = [_id(each) for each in typed.get("users", ())]
    return {**found, **_note(typed)}


def _note(typed: Typed) -> Stored:
    note = _one(typed, "note")
    return {"note": note} if note else {}


def _hook(typed: Typed, known: Known) -> Stored:
    return {"hook": _id(_one(typed, "hook")), **_note(typed)}


def _open(typed: Typed, known: Known) -> Stored:
    priority = _id(_one(typed, "priority"))
    return {} if priority is None else {"priority": priority}


def _assign(typed: Typed, known: Known) -> Stored:
    return _way(_one(typed, "to"), "to", {"user": "user", "turn": "team", "team": "team", "owner": "team"})


def _tag(typed: Typed, known: Known) -> Stored:
    return {"tag": _id(_one(typed, "tag"))}


def _property(typed: Typed, known: Known) -> Stored:
    key = _one(typed, "property")
    return {"property": key, "value": None if _one(typed, UNSET) else _value(_one(typed, "value"), key, known)}


def _value(text: str, key: str, known: Known) -> Any:
    declared = known.properties.get(key)
    if declared is None or declared.type == PropertyType.TEXT:
        return text
    try:
        return json.loads(values.as_json(values.Kind(declared.type))(text))
    except values.Refused:
        return text


def _thanks(typed: Typed, known: Known) -> Stored:
    found = {"text": _one(typed, "text"), **_way(_one(typed, "link"), "link", {"review": "site"})}
    return {**found, "url": _one(typed, "url")} if found["link"] == "url" else found


def _wait(typed: Typed, known: Known) -> Stored:
    amount, unit = _one(typed, "amount"), UNITS.get(_one(typed, "unit"), 1)
    return {"minutes": number * unit if isinstance(number := _id(amount), int) else amount}


_READ: Final[dict[str, Callable[[Typed, Known], Stored]]] = {
    "email": _email,
    "alert": _alert,
    "hook": _hook,
    "open": _open,
    "assign": _assign,
    "tag": _tag,
    "property": _property,
    "thanks": _thanks,
    "wait": _wait,
}


# ── As it is typed ───────────────────────────────────────────────────────────────────────────────────────────────────


def typed(act: Mapping[str, Any]) -> dict[str, list[str]]:
    """What the fields show of an act that is stored."""
    flat = {name: _texts(act.get(name)) for name in _names(str(act.get("kind")))}
    return {**flat, **_SHOWN.get(str(act.get("kind")), lambda _act: {})(act)}


def _names(kind: str) -> Iterable[str]:
    return (field.name for field in FIELDS.get(kind, ()))


def _texts(value: object) -> list[str]:
    if isinstance(value, list):
        return [str(each) for each in value]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    return [] if value is None else [str(value)]


def _together(way: object, number: object) -> list[str]:
    return [f"{way}:{number}" if number is not None else str(way or "")]


def _wait_shown(act: Mapping[str, Any]) -> dict[str, list[str]]:
    minutes = act.get("minutes")
    if not isinstance(minutes, int) or isinstance(minutes, bool):
        return {"amount": _texts(minutes), "unit": ["hours"]}
    unit = next(unit for unit, size in UNITS.items() if minutes % size == 0) if minutes else "minutes"
    return {"amount": [str(minutes // UNITS[unit])], "unit": [unit]}


def _property_shown(act: Mapping[str, Any]) -> dict[str, list[str]]:
    return {UNSET: [YES] if "value" in act and act["value"] is None else []}


_SHOWN: Final[dict[str, Callable[[Mapping[str, Any]], dict[str, list[str]]]]] = {
    "email": lambda act: {"from": _together(act.get("from"), act.get("user"))},
    "alert": lambda act: {"to": _together(act.get("to"), act.get("team"))},
    "assign": lambda act: {"to": _together(act.get("to"), act.get("user", act.get("team")))},
    "thanks": lambda act: {"link": _together(act.get("link"), act.get("site"))},
    "property": _property_shown,
    "wait": _wait_shown,
}

# What a new one of each kind begins with.
BEGINNINGS: Final[dict[str, Stored]] = {
    "email": {"from": "owner"},
    "alert": {"to": "owner"},
    "assign": {"to": "owner"},
    "wait": {"minutes": 60},
    "thanks": {"link": "url"},
}

"""The document about one person as people read it: labels instead of keys, words instead of codes."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db.models import TextChoices
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.core import readable
from surveys.core.choices import Channel
from surveys.customers.models import ChangeSource, Property, SuppressionReason
from surveys.delivery import models as delivery
from surveys.privacy import contributions
from surveys.privacy.contributions import Document
from surveys.responses import models as responses

_NONE: Final[tuple[Any, ...]] = (None, "", {}, [])
_PROPERTY: Final = "p."
_MERGED: Final = "merged"


@dataclass(frozen=True)
class Section:
    """Each record is (label, value) pairs; a value may hold names and values itself."""

    title: str
    records: list[list[tuple[str, Any]]]


def sections(document: Document, declared: Mapping[str, Property]) -> list[Section]:
    """The same, in the same order. `declared` are the properties by their keys."""
    reader = _Reader(declared)
    titles = {**_TITLES, **{part.name: part.title for part in contributions.parts()}}
    return [Section(str(title), reader.records(name, document[name])) for name, title in titles.items()]


@dataclass(frozen=True)
class _Reader:
    declared: Mapping[str, Property]

    def records(self, section: str, found: Document | list[Document]) -> list[list[tuple[str, Any]]]:
        rows = found if isinstance(found, list) else [found] if found else []
        return [self._record(section, row) for row in rows]

    def _record(self, section: str, row: Document) -> list[tuple[str, Any]]:
        if section == "properties":
            return list(self._properties(row).items())
        return [(_label(name), self._read(section, name, value)) for name, value in row.items() if value not in _NONE]

    def _read(self, section: str, name: str, value: Any) -> Any:
        if name == "properties":
            return self._properties(value)
        if name == "changes":
            return dict(self._change(key, *said) for key, said in value.items())
        return _said(section, name, value)

    def _properties(self, known: Mapping[str, Any]) -> dict[str, str]:
        return {self._label(key): self._value(key, value) for key, value in known.items() if value is not None}

    def _change(self, name: str, before: Any, after: Any) -> tuple[str, str]:
        if name == _MERGED:
            return _("Merged with"), str(before)
        if name.startswith(f"{_MERGED}."):
            field = name.removeprefix(f"{_MERGED}.")
            return _("%(field)s of the other, not taken") % {"field": self._field(field)}, self._of(field, before)
        return self._field(name), f"{self._of(name, before)} → {self._of(name, after)}"

    def _field(self, name: str) -> str:
        return self._label(name.removeprefix(_PROPERTY)) if name.startswith(_PROPERTY) else _label(name)

    def _of(self, name: str, value: Any) -> str:
        if value in _NONE:
            return "—"
        if name.startswith(_PROPERTY):
            return self._value(name.removeprefix(_PROPERTY), value)
        return str(_("a colleague") if name == "owner" else _said("profile", name, value))

    def _label(self, key: str) -> str:
        return self.declared[key].label if key in self.declared else readable.heading(key)

    def _value(self, key: str, value: Any) -> str:
        kind = self.declared[key].type if key in self.declared else "boolean" if isinstance(value, bool) else "text"
        return readable.property_value(kind, value)


def _label(name: str) -> str:
    return str(_LABELS.get(name) or contributions.label(name) or readable.heading(name))


def _said(section: str, name: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, dict):
        return {_label(key): _said(section, key, part) for key, part in value.items() if part not in _NONE}
    if read := _WORDS.get(name):
        return read(str(value))
    if isinstance(value, list):
        return ", ".join(str(_said(section, name, part)) for part in value)
    choices = _CHOICES.get((section, name)) or contributions.choices(section, name)
    return str(choices(value).label) if choices and value in choices.values else value


def _occasion(text: str) -> str:
    """As campaigns and imported histories make them; behind ":of:" stands a record that was merged into this one."""
    text = text.partition(":of:")[0]
    if found := re.fullmatch(r"wave:(\d{1,6})", text):
        return _("Round %(number)s") % {"number": found[1]}
    if found := re.fullmatch(r"history:(\d{4}-\d\d-\d\d)", text):
        day = date_format(date.fromisoformat(found[1]), "j M Y", use_l10n=False)
        return _("Earlier survey of %(day)s") % {"day": day}
    return text


def _deed(action: str) -> str:
    return readable.heading(action.rpartition(".")[2])


_WORDS: Final[dict[str, Callable[[str], str]]] = {
    "language": readable.language,
    "occasion": _occasion,
    "action": _deed,
}
_CHOICES: Final[dict[tuple[str, str], type[TextChoices]]] = {
    ("not_mailed", "reason"): SuppressionReason,
    ("changes", "source"): ChangeSource,
    ("messages", "kind"): delivery.Kind,
    ("messages", "state"): delivery.State,
    ("decisions", "reason"): delivery.Reason,
    ("responses", "channel"): Channel,
    ("responses", "verdict"): responses.Verdict,
    ("page_visits", "kind"): responses.Act,
}
_LABELS: Final = {
    "id": gettext_lazy("Number"),
    "external_id": gettext_lazy("External ID"),
    "message_id": gettext_lazy("Message ID"),
    "at": gettext_lazy("When"),
    "action": gettext_lazy("What"),
    "source": gettext_lazy("By which road"),
    "user_agent": gettext_lazy("Browser"),
    "to_address": gettext_lazy("To"),
    "excluded_at": gettext_lazy("Marked as junk"),
    "judged_at": gettext_lazy("Decided by a colleague"),
    "judged_note": gettext_lazy("Note of the decision"),
    "verdict": gettext_lazy("Counted"),
    "suppression": gettext_lazy("Mail"),
    "rest_days": gettext_lazy("Days between two surveys, as wished"),
    "resting_until": gettext_lazy("No surveys before, as wished"),
}
_TITLES: Final = {
    "about": gettext_lazy("This document"),
    "profile": gettext_lazy("Profile"),
    "properties": gettext_lazy("Properties"),
    "not_mailed": gettext_lazy("Not mailed"),
    "changes": gettext_lazy("Changes"),
    "invitations": gettext_lazy("Invitations"),
    "messages": gettext_lazy("Messages"),
    "decisions": gettext_lazy("Asked, or why not"),
    "responses": gettext_lazy("Responses"),
    "more_answers": gettext_lazy("Answers to further questions"),
    "earlier_answers": gettext_lazy("Earlier answers"),
    "page_visits": gettext_lazy("Visits of survey pages"),
    "acts_of_colleagues": gettext_lazy("What was done with the record"),
}

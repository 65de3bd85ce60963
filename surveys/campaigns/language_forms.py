"""The texts of one language beside those of the main one, as a form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.forms import BoundField
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.campaigns import languages
from surveys.campaigns.design import Design
from surveys.campaigns.forms import known_placeholders, single_line
from surveys.campaigns.languages import Place
from surveys.campaigns.models import Wording
from surveys.campaigns.question_parts import LONGEST
from surveys.campaigns.texts import Words
from surveys.core import languages as ours
from surveys.core import placeholders
from surveys.core.choices import Category

_LONG: Final = ("intro", "thanks_promoter", "thanks_passive", "thanks_detractor")
_PROMPT: Final = 200
_PREFIX: Final = "said"  # fields of other steps are called otherwise
_SECTIONS: Final = {
    "mail": gettext_lazy("The email"),
    "reminders": gettext_lazy("Reminders"),
    "page": gettext_lazy("The page behind the click"),
    "thanks": gettext_lazy("Thanks"),
}


@dataclass(frozen=True)
class Row:
    """A text in both languages."""

    field: BoundField
    source: str
    is_outdated: bool = False  # the source was changed since

    @property
    def is_missing(self) -> bool:
        return not str(self.field.value() or "").strip()


@dataclass(frozen=True)
class Section:
    key: str
    title: str | Promise
    rows: list[Row]


class _MayWait(forms.CharField):
    """Wanted, and yet saved without: the language is not used until everything is there."""

    def validate(self, value: str) -> None:
        """An empty one is no error."""


class TranslationForm(forms.Form):
    """A field for each text that the main language has. All may stay empty: the language then waits."""

    use_required_attribute = False

    def __init__(self, main: Words, other: Words, design: Design, *, language: str, data: Any = None) -> None:
        super().__init__(data)
        said = languages.texts(other, design)
        direction = "rtl" if ours.is_right_to_left(language) else "ltr"
        self.places: dict[str, Place] = {}
        self.sources: dict[str, str] = {}
        self._outdated = frozenset(languages.outdated(main, other, design))
        for place, source in languages.texts(main, design).items():
            if source.strip():
                name = "-".join((_PREFIX, *place))
                self.places[name], self.sources[name] = place, source
                self.fields[name] = _field(place, design, said.get(place, ""))
                self.fields[name].widget.attrs |= {"lang": language, "dir": direction}

    @property
    def sections(self) -> list[Section]:
        rows: dict[str, list[Row]] = {key: [] for key in _SECTIONS}
        for name, place in self.places.items():
            rows[_section(place)].append(Row(self[name], self.sources[name], place in self._outdated))
        return [Section(key, title, rows[key]) for key, title in _SECTIONS.items() if rows[key]]

    @property
    def missing(self) -> int:
        return sum(row.is_missing for section in self.sections for row in section.rows)

    @property
    def outdated(self) -> int:
        return len(self._outdated)

    def said(self) -> dict[Place, str]:
        return {place: self.cleaned_data[name] for name, place in self.places.items()}

    def typed(self) -> dict[Place, str]:
        """As far as it was typed, whatever is wrong with it."""
        return {place: self._typed(name, place) for name, place in self.places.items()}

    def _typed(self, name: str, place: Place) -> str:
        text = str(self[name].value() or "").replace("\x00", "").strip()
        return text if place[-1] in _LONG else placeholders.single_line(text)


def _field(place: Place, design: Design, initial: str) -> _MayWait:
    is_long = place[-1] in _LONG
    return _MayWait(
        label=label(place, design),
        initial=initial,
        max_length=_most(place),
        widget=forms.Textarea(attrs={"rows": 3}) if is_long else forms.TextInput(),
        validators=[known_placeholders] if is_long else [known_placeholders, single_line],
    )


def _most(place: Place) -> int:
    """What the editor of the main language allows."""
    match place:
        case (name,) | ("variants" | "reminders", _, name):
            return int(getattr(Wording._meta.get_field(name), "max_length", 0))
        case ("prompts", _):
            return _PROMPT
        case ("links", _):
            return LONGEST["label"]
        case (_, _, "options", _):
            return LONGEST["option"]
        case _:
            return LONGEST[place[-1]]


def _section(place: Place) -> str:
    if place[0] == "reminders":
        return "reminders"
    if place[0] in ("comment_prompt", "prompts", "questions"):
        return "page"
    return "thanks" if place[0] == "links" or place[0].startswith("thanks") else "mail"


# ── What a text is called ────────────────────────────────────────────────────────────────────────────────────────────

_ENDS: Final = {"low": gettext_lazy("lowest label"), "high": gettext_lazy("highest label")}


def label(place: Place, design: Design) -> str:
    """ "Subject", "Question 2: option 3"."""
    match place:
        case (name,):
            return _of_wording(name)
        case ("variants", key, name):
            return _("Variant %(key)s: %(text)s") % {"key": key, "text": _of_wording(name)}
        case ("reminders", number, name):
            return _("Reminder %(number)d: %(text)s") % {"number": int(number) + 1, "text": _of_wording(name)}
        case ("prompts", key):
            return _("Comment question: %(to)s") % {"to": _to(key)}
        case ("links", key):
            return _("Link %(number)d") % {"number": _number(key, [link.key for link in design.links])}
        case _:
            return _of_question(place, design)


def _of_wording(name: str) -> str:
    return str(Wording._meta.get_field(name).verbose_name).capitalize()  # type: ignore[union-attr]


def _to(key: str) -> str:
    categories: Mapping[str, Any] = dict(Category.choices)
    return str(categories[key]) if key in categories else _("score %(score)s") % {"score": key}


def _of_question(place: Place, design: Design) -> str:
    question = next(each for each in design.questions if each.key == place[1])
    number = _number(question.key, [each.key for each in design.questions])
    match place[2:]:
        case ("options", option):
            said = {"number": number, "option": _number(option, question.options)}
            return _("Question %(number)d: option %(option)d") % said
        case ("low" | "high" as end,):
            return _("Question %(number)d: %(end)s") % {"number": number, "end": _ENDS[end]}
        case _:
            return _("Question %(number)d") % {"number": number}


def _number(key: str, keys: Any) -> int:
    return list(keys).index(key) + 1

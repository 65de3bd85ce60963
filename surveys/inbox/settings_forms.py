"""Forms about how an organization answers: hours, promises, teams."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from itertools import pairwise
from typing import Any, Final

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from surveys.accounts.forms import OneLineField
from surveys.accounts.models import User
from surveys.core import places
from surveys.inbox import hours, promises
from surveys.inbox.actions.teams import TeamDraft
from surveys.inbox.hours import DAY, Span
from surveys.inbox.models import InboxSettings, Priority, Team

MOST_HOLIDAYS: Final = 400
MOST_WORDS: Final = 200
LONGEST_WORD: Final = 60
_SPAN: Final = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*[-–—]\s*(\d{1,2})(?:[:.](\d{2}))?\Z")


class SeenForm(forms.Form):
    """Carries when the settings were last stored, so that two who change them at once are told."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, stored: InboxSettings) -> None:
        self.stored = stored
        seen = stored.updated_at.isoformat() if stored.updated_at else ""
        super().__init__(data, initial={"seen": seen, **self.now()})

    def now(self) -> dict[str, Any]:
        """What the fields show."""
        raise NotImplementedError

    def changes(self) -> dict[str, Any]:
        """What the action is to store, by column."""
        raise NotImplementedError

    def clean_seen(self) -> Any:
        return places.moment(self.cleaned_data["seen"])

    def tell_of_clash(self) -> None:
        """Keeps what was typed; saving again puts it in the place of the other's."""
        typed = dict(self.data.items())
        self.stored.refresh_from_db()
        typed["seen"] = self.stored.updated_at.isoformat()
        self.add_error(
            None,
            gettext("Somebody else saved settings of the inbox meanwhile. Save again to put yours in their place."),
        )
        self.data = typed


# ── Hours ──


class SpansField(forms.CharField):
    """A day's hours as people write them: "9-12:30, 13:30-17". Empty is a day on which nobody works."""

    def to_python(self, value: Any) -> list[Span]:  # type: ignore[override]
        parts = [part.strip() for part in re.split(r"[,;]", super().to_python(value) or "") if part.strip()]
        spans = sorted(_span(part) for part in parts)
        for (_from, until), (later, _until) in pairwise(spans):
            if later < until:
                raise forms.ValidationError(_("Two of these hours overlap. Write each part of the day once."))
        return spans

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else ", ".join("–".join(pair) for pair in hours.stored(value or ()))


def _span(text: str) -> Span:
    """Raises ValidationError."""
    found = _SPAN.match(text)
    numbers = [int(part or 0) for part in found.groups()] if found else [0, 60, 0, 60]
    first, last = numbers[0] * 60 + numbers[1], numbers[2] * 60 + numbers[3]
    if max(numbers[1], numbers[3]) > 59 or not 0 <= first < last <= DAY:
        raise forms.ValidationError(
            _(
                "“%(text)s” is no part of a day. Write hours like 9:00-17:00, several with a comma between them, "
                "0:00-24:00 for the whole day; leave the field empty for a day off."
            ),
            params={"text": text},
        )
    return first, last


class HolidaysField(forms.CharField):
    """One a line: a date, and perhaps what it is called. In the order of dates, each once."""

    widget = forms.Textarea(attrs={"rows": 6, "spellcheck": "false"})

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        lines = [line.strip() for line in (super().to_python(value) or "").splitlines() if line.strip()]
        if len(lines) > MOST_HOLIDAYS:
            raise forms.ValidationError(
                _("These are %(number)d days. Keep at most %(most)d: those that are over can go."),
                params={"number": len(lines), "most": MOST_HOLIDAYS},
            )
        found = {line[:10]: line[:100] for line in map(_holiday, lines)}
        return [found[day] for day in sorted(found)]

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else "\n".join(value or ())


def _holiday(line: str) -> str:
    """Raises ValidationError."""
    day, _space, name = line.partition(" ")
    try:
        return f"{date.fromisoformat(day)} {name.strip()}".strip()
    except ValueError as bad:
        raise forms.ValidationError(
            _("“%(line)s” does not begin with a date. Write year, month and day, such as 2026-12-25 Christmas."),
            params={"line": line},
        ) from bad


class HoursForm(SeenForm):
    holidays = HolidaysField(
        label=_("Holidays"),
        required=False,
        help_text=_("One a line, with a name if you like: 2026-12-25 Christmas. Whole days on which no time passes."),
    )

    def __init__(self, data: Any = None, *, stored: InboxSettings) -> None:
        super().__init__(data, stored=stored)
        for weekday in range(1, 8):
            self.fields[f"day_{weekday}"] = SpansField(
                label=WEEKDAYS[weekday - 1], required=False, max_length=100, widget=forms.TextInput()
            )

    def now(self) -> dict[str, Any]:
        week = hours.Hours.read(self.stored.hours, "UTC", ()).week
        days = {f"day_{weekday}": list(week.get(weekday, ())) for weekday in range(1, 8)}
        return {**days, "holidays": list(self.stored.holidays)}

    @property
    def days(self) -> list[forms.BoundField]:
        return [self[f"day_{weekday}"] for weekday in range(1, 8)]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if not self.errors and not any(self.cleaned_data[f"day_{weekday}"] for weekday in range(1, 8)):
            raise forms.ValidationError(
                _("A week without hours: no time would ever pass, and no answer would be late. Write at least one day.")
            )
        return cleaned

    def changes(self) -> dict[str, Any]:
        spans = {str(weekday): self.cleaned_data[f"day_{weekday}"] for weekday in range(1, 8)}
        week = {weekday: hours.stored(each) for weekday, each in spans.items() if each}
        return {"hours": week, "holidays": self.cleaned_data["holidays"]}


# ── Promises ──


class DurationField(forms.DecimalField):
    """Business hours, kept as minutes. Empty: no promise."""

    def __init__(self, **more: Any) -> None:
        super().__init__(
            required=False,
            min_value=0.25,
            max_value=2000,
            max_digits=6,
            decimal_places=2,
            widget=forms.NumberInput(attrs={"step": "0.25", "min": "0.25", "inputmode": "decimal"}),
            **more,
        )


def minutes_of(value: Any) -> int | None:
    return None if value is None else round(value * 60)


def hours_of(minutes: int | None) -> str:
    return "" if minutes is None else f"{minutes / 60:.2f}".rstrip("0").rstrip(".")


class PromisesForm(SeenForm):
    escalate_after = DurationField(
        label=_("Hand up what is overdue after"),
        help_text=_("Business hours after the time to answer was over. Empty: it is never handed up."),
    )
    escalate_to = forms.TypedChoiceField(
        label=_("To"),
        required=False,
        coerce=int,
        empty_value=None,
        help_text=_("They are told; what was nobody's becomes theirs. The owners are told when nobody is chosen."),
    )
    reopens_days = forms.IntegerField(
        label=_("A customer's mail opens a closed conversation again for so many days"),
        min_value=0,
        max_value=365,
        help_text=_("What comes later begins a conversation of its own. 0: every mail to a closed one does."),
    )

    def __init__(self, data: Any = None, *, stored: InboxSettings, colleagues: Iterable[User]) -> None:
        super().__init__(data, stored=stored)
        people = [("", gettext("the owners")), *((user.pk, str(user)) for user in colleagues)]
        self.fields["escalate_to"].choices = people  # type: ignore[attr-defined]
        for priority in reversed(Priority):
            for column, label in (("first_reply", _("First reply")), ("next_reply", _("Answer to a mail"))):
                self.fields[f"{column}_{priority}"] = DurationField(label=f"{priority.label}: {label}")

    def now(self) -> dict[str, Any]:
        told = {
            f"{column}_{priority}": hours_of(kept.get(str(int(priority)), usual[priority]))
            for column, kept, usual in self._columns()
            for priority in Priority
        }
        stored = self.stored
        rest = {"escalate_to": stored.escalate_to_id or "", "reopens_days": stored.reopens_days}
        return {**told, **rest, "escalate_after": hours_of(stored.escalate_after)}

    def _columns(self) -> list[tuple[str, Mapping[str, Any], promises.Minutes]]:
        return [
            ("first_reply", self.stored.first_reply, promises.USUAL_FIRST),
            ("next_reply", self.stored.next_reply, promises.USUAL_NEXT),
        ]

    @property
    def rows(self) -> list[tuple[Any, forms.BoundField, forms.BoundField]]:
        """The most urgent first."""
        return [
            (priority.label, self[f"first_reply_{priority}"], self[f"next_reply_{priority}"])
            for priority in reversed(Priority)
        ]

    def changes(self) -> dict[str, Any]:
        given = self.cleaned_data
        told: dict[str, Any] = {
            column: {str(int(priority)): minutes_of(given[f"{column}_{priority}"]) for priority in Priority}
            for column, _kept, _usual in self._columns()
        }
        told["escalate_after"] = minutes_of(given["escalate_after"])
        return told | {"escalate_to_id": given["escalate_to"], "reopens_days": given["reopens_days"]}


# ── Teams ──


class WordsField(forms.CharField):
    """One a line, or with commas between them; each once, as typed."""

    widget = forms.Textarea(attrs={"rows": 4})

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        typed = [" ".join(part.split()) for part in re.split(r"[\n,;]", super().to_python(value) or "")]
        words = list({word.casefold(): word for word in reversed(typed) if word.strip("* ")}.values())[::-1]
        if len(words) > MOST_WORDS:
            raise forms.ValidationError(
                _("These are %(number)d words. Keep at most %(most)d."),
                params={"number": len(words), "most": MOST_WORDS},
            )
        if long := next((word for word in words if len(word) > LONGEST_WORD), None):
            raise forms.ValidationError(
                _("“%(word)s” is longer than %(most)d letters. Use the words that tell it apart."),
                params={"word": long, "most": LONGEST_WORD},
            )
        return words

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else "\n".join(value or ())


class TeamForm(forms.Form):
    name = OneLineField(label=_("Name"), max_length=80)
    members = forms.TypedMultipleChoiceField(
        label=_("Members"), required=False, coerce=int, widget=forms.CheckboxSelectMultiple
    )
    by_turns = forms.BooleanField(
        label=_("Give what is routed here to the members by turns"),
        required=False,
        help_text=_("Otherwise it is the team's until somebody takes it. Who is away gets no turn."),
    )
    words = WordsField(
        label=_("Comments with one of these words"),
        required=False,
        help_text=_(
            "One a line. Whole words, in any case; a star stands for any ending: invoic* finds invoice and invoicing."
        ),
    )
    themes = forms.TypedMultipleChoiceField(
        label=_("Comments about one of these themes"), required=False, coerce=int, widget=forms.CheckboxSelectMultiple
    )

    def __init__(
        self,
        data: Any = None,
        *,
        team: Team | None,
        members: Iterable[int],
        colleagues: Iterable[tuple[User, str]],
        themes: Mapping[int, str],
    ) -> None:
        initial: dict[str, Any] = {"members": list(members)}
        if team is not None:
            initial |= {"name": team.name, "words": team.words, "themes": team.themes, "by_turns": team.by_turns}
        super().__init__(data, initial=initial)
        self.fields["members"].choices = [(user.pk, label) for user, label in colleagues]  # type: ignore[attr-defined]
        self.fields["themes"].choices = sorted(themes.items(), key=lambda each: each[1].casefold())  # type: ignore[attr-defined]

    def draft(self) -> TeamDraft:
        return TeamDraft(**{name: self.cleaned_data[name] for name in TeamDraft.__dataclass_fields__})


class AwayForm(forms.Form):
    until = forms.DateField(
        label=_("Away through"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
    )

"""Events and lists of them as people read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from surveys.core import readable
from surveys.customers import events
from surveys.customers.importing.progress import Step
from surveys.customers.models import CustomerEvent, EventList, EventListStatus

_STEPS: Final = (
    gettext_lazy("Choose the file"),
    gettext_lazy("Columns"),
    gettext_lazy("Check"),
    gettext_lazy("Take in"),
)
_STEP_OF: Final = {
    EventListStatus.UPLOADED: 1,
    EventListStatus.CHECKING: 2,
    EventListStatus.CHECKED: 2,
    EventListStatus.RUNNING: 3,
    EventListStatus.DONE: 4,
}


class About(Protocol):
    """What a campaign did with an event."""

    @property
    def campaign(self) -> Any: ...
    @property
    def said(self) -> str: ...
    @property
    def at(self) -> datetime | None: ...


@dataclass(frozen=True)
class Row:
    """An event with its fields in words."""

    event: CustomerEvent
    fields: list[tuple[str, str]]
    done: Sequence[About]

    @property
    def is_looked_at(self) -> bool:
        return self.event.planned_at is not None


def described(event: CustomerEvent, done: Sequence[About]) -> Row:
    return Row(event, fields_of(event.data), done)


def fields_of(data: dict[str, Any]) -> list[tuple[str, str]]:
    return [(name, readable.property_value(events.type_of(value).value, value)) for name, value in data.items()]


def steps(event_list: EventList | None) -> list[Step]:
    here = _STEP_OF.get(EventListStatus(event_list.status), 1) if event_list else 0
    states = ["done" if number < here else "current" if number == here else "" for number in range(len(_STEPS))]
    return [Step(label, state) for label, state in zip(_STEPS, states, strict=True)]


@dataclass(frozen=True)
class Progress:
    """The bar of a list in work, by bytes of its file."""

    event_list: EventList
    at: datetime

    @property
    def label(self) -> str:
        is_check = self.event_list.status == EventListStatus.CHECKING
        return _("Checking the list") if is_check else _("Taking the events in")

    @property
    def count(self) -> str:
        lines = self.event_list.lines
        return ngettext("%(count)s line", "%(count)s lines", lines) % {"count": f"{lines:,}"}

    @property
    def estimate(self) -> str:
        row = self.event_list
        if not (row.started_at and row.bytes_read):
            return _("A worker begins in a moment.") if row.heartbeat_at is None else ""
        elapsed = (self.at - row.started_at).total_seconds()
        seconds = round(elapsed * max(row.size - row.bytes_read, 0) / row.bytes_read)
        if seconds < 60:
            return _("Less than a minute left.")
        minutes = round(seconds / 60)
        return ngettext("About %(count)d minute left.", "About %(count)d minutes left.", minutes) % {"count": minutes}

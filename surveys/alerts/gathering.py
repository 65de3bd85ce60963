"""Alerts about one response, or one conversation, told as one: a line behind the bell, a paragraph of a mail. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from surveys.alerts.models import Notification
from surveys.alerts.words import Line


@dataclass(frozen=True)
class Gathered:
    """The newest first. `count` is of all, also of those that `lines` leaves out."""

    lines: Sequence[Line]
    count: int

    @property
    def newest(self) -> Line:
        return self.lines[0]

    @property
    def pk(self) -> int:
        return self.newest.notification.pk

    @property
    def at(self) -> datetime:
        return self.newest.at

    @property
    def earlier(self) -> Sequence[Line]:
        return self.lines[1:]

    @property
    def more(self) -> int:
        return self.count - 1

    @property
    def left_out(self) -> int:
        return self.count - len(self.lines)

    @property
    def is_new(self) -> bool:
        return any(line.notification.seen_at is None for line in self.lines)


def gathered(lines: Sequence[Line], count: int) -> Gathered:
    """`lines` are of one subject, the newest first. What is gone is told only where nothing else is."""
    return Gathered(list(_quoted_once([line for line in lines if not line.is_gone] or lines[:1])), count)


def _quoted_once(lines: Iterable[Line]) -> Iterator[Line]:
    """Several may be about the same words: they stand at the first."""
    quoted: set[str] = set()
    for line in lines:
        yield replace(line, quote="") if line.quote in quoted else line
        quoted.add(line.quote)


# ── In mails ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Said:
    """A sentence, and what was written each time that it holds."""

    sentence: str
    details: Sequence[str]


@dataclass(frozen=True)
class Paragraph:
    """What is about one subject, the oldest first."""

    lines: Sequence[Line]

    @property
    def said(self) -> list[Said]:
        """What was the same several times in a row is said once."""
        runs: list[list[Line]] = []
        for line in _quoted_once(self.lines):
            if runs and runs[-1][0].sentence == line.sentence:
                runs[-1].append(line)
            else:
                runs.append([line])
        return [Said(_sentence(run), [line.detail for line in run if line.detail]) for run in runs]

    @property
    def path(self) -> str:
        return self.lines[-1].path


def _sentence(run: Sequence[Line]) -> str:
    first = run[0]
    return first.times(len(run)) if first.times and len(run) > 1 else first.sentence


def paragraphs(lines: Iterable[Line]) -> list[Paragraph]:
    """In the order in which their subjects were told of first."""
    found: dict[tuple[str, int], list[Line]] = {}
    for line in lines:
        found.setdefault(subject(line.notification), []).append(line)
    return [Paragraph(told) for told in found.values()]


def subject(notification: Notification) -> tuple[str, int]:
    """What a notification is about, whatever it tells of it."""
    [(name, value)] = [(name, value) for name, value in notification.about.items() if value is not None]
    return name, value

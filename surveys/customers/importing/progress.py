"""Where a list stands, for people."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from surveys.customers.models import ImportJob, ImportStatus

_STEPS = (
    gettext_lazy("Choose the file"),
    gettext_lazy("Columns"),
    gettext_lazy("Check"),
    gettext_lazy("Import"),
)
_STEP_OF = {
    ImportStatus.UPLOADED: 1,
    ImportStatus.CHECKING: 2,
    ImportStatus.CHECKED: 2,
    ImportStatus.RUNNING: 3,
    ImportStatus.PAUSED: 3,
    ImportStatus.DONE: 4,
    ImportStatus.UNDOING: 4,
    ImportStatus.UNDONE: 4,
}


@dataclass(frozen=True)
class Step:
    label: Any
    state: str


def steps(job: ImportJob | None) -> list[Step]:
    here = _STEP_OF.get(ImportStatus(job.status), 1) if job else 0
    states = ["done" if number < here else "current" if number == here else "" for number in range(len(_STEPS))]
    return [Step(label, state) for label, state in zip(_STEPS, states, strict=True)]


@dataclass(frozen=True)
class Progress:
    """The bar of a job in work: `value` of `maximum`; without a maximum its end is not known."""

    job: ImportJob
    at: datetime

    @property
    def is_checking(self) -> bool:
        return self.job.status == ImportStatus.CHECKING

    @property
    def is_undoing(self) -> bool:
        return self.job.undo_started_at is not None

    @property
    def value(self) -> int:
        if self.is_undoing:
            return self.job.undo_seen
        return self.job.bytes_read if self.is_checking else self.job.merged_line

    @property
    def maximum(self) -> int:
        if self.is_undoing:
            return max(self.job.undo_total, self.job.undo_seen)
        is_counting = self.is_checking and self.job.bytes_read >= self.job.size
        return 0 if is_counting else self.job.size if self.is_checking else self.job.last_line

    @property
    def label(self) -> str:
        if self.is_undoing:
            return _("Undoing the import")
        if not self.is_checking:
            return _("Importing")
        return _("Reading the list") if self.maximum else _("Comparing with your customers")

    @property
    def count(self) -> str:
        if self.is_checking:
            return ngettext("%(count)s line read", "%(count)s lines read", self.job.lines) % {
                "count": f"{self.job.lines:,}"
            }
        if self.is_undoing:
            return _("%(count)s of %(total)s people") % {"count": f"{self.value:,}", "total": f"{self.maximum:,}"}
        done = self.job.lines * self.value // max(self.maximum, 1)  # the cursor counts the header and broken lines too
        return _("%(count)s of %(total)s lines") % {"count": f"{done:,}", "total": f"{self.job.lines:,}"}

    @property
    def estimate(self) -> str:
        if self.job.status == ImportStatus.PAUSED:
            return _("Paused. What is done stays done.")
        if not (self.job.started_at and self.value and self.maximum):
            return _("A worker begins in a moment.") if self.job.heartbeat_at is None else ""
        elapsed = (self.at - self.job.started_at).total_seconds()
        seconds = round(elapsed * (self.maximum - self.value) / self.value)
        if seconds < 60:
            return _("Less than a minute left.")
        minutes = round(seconds / 60)
        return ngettext("About %(count)d minute left.", "About %(count)d minutes left.", minutes) % {"count": minutes}

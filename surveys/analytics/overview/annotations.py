"""What happened, and the score before and after it. See docs/analytics.md."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Final

from django.db.models import Q

from surveys.accounts.models import Organization
from surveys.analytics.counting import counts
from surveys.analytics.counting.counts import Question
from surveys.analytics.look import Look
from surveys.analytics.models import Annotation
from surveys.core.nps import Difference, Split
from surveys.core.periods import ONE_DAY, Period

WINDOW: Final = 28  # days on each side
MOST_SHOWN: Final = 20
LIST: Final = 200
UNDO_FOR: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Annotated:
    """An annotation with as many days before it as after it; its own days are in neither. None: too soon for one."""

    annotation: Annotation
    before_days: Period | None = None
    after_days: Period | None = None
    before: Split = field(default_factory=Split)
    after: Split = field(default_factory=Split)

    @cached_property
    def last(self) -> date:
        return self.annotation.last_day or self.annotation.day

    @property
    def difference(self) -> Difference:
        return Difference(self.after, self.before)


def visible(organization: Organization, look: Look) -> list[Annotation]:
    """Those whose days touch the period, of all campaigns or of the one looked at, the oldest first."""
    touching = Q(day__lte=look.period.last) & (Q(last_day__gte=look.period.first) | Q(day__gte=look.period.first))
    found = Annotation.objects.filter(touching, organization=organization, deleted_at=None)
    if look.filters.campaign is not None:
        found = found.filter(Q(campaign=None) | Q(campaign=look.filters.campaign))
    newest = found.select_related("campaign").order_by("-day", "-id")[:MOST_SHOWN]
    return list(newest)[::-1]


def annotated(organization: Organization, look: Look, today: date) -> list[Annotated]:
    """Two statements, one without annotations; those of a campaign count its responses alone."""
    found = [_with_days(annotation, today) for annotation in visible(organization, look)]
    if look.filters.is_on_the_score or not any(each.before_days for each in found):
        return found
    return _scored(organization, look, found)


def _with_days(annotation: Annotation, today: date) -> Annotated:
    last = annotation.last_day or annotation.day
    days = min(WINDOW, (today - last).days)
    if days < 1:
        return Annotated(annotation)
    before = Period(annotation.day - timedelta(days=days), annotation.day - ONE_DAY)
    return Annotated(annotation, before, Period(last + ONE_DAY, last + timedelta(days=days)))


def _scored(organization: Organization, look: Look, found: Sequence[Annotated]) -> list[Annotated]:
    """By pieces of days between all the ends of windows: each window is some whole pieces."""
    windows = [days for each in found for days in (each.before_days, each.after_days) if days]
    period = Period(min(days.first for days in windows), max(days.last for days in windows))
    starts = sorted({end for days in windows for end in (days.first, days.last + ONE_DAY) if end in period})
    cells = counts.scores(Question(organization, period, look.filters, tuple(starts)))
    pieces = {starts[bucket]: Split.of_scores(given) for (bucket, _value), given in cells.items()}

    def within(days: Period | None) -> Split:
        return sum((split for first, split in pieces.items() if days and first in days), Split())

    return [
        Annotated(each.annotation, each.before_days, each.after_days, within(each.before_days), within(each.after_days))
        for each in found
    ]


# ── The page of all of them ──


def all_of(organization: Organization) -> list[Annotation]:
    """The newest first."""
    found = Annotation.objects.filter(organization=organization, deleted_at=None)
    return list(found.select_related("campaign", "created_by").order_by("-day", "-id")[:LIST])


def just_deleted(organization: Organization, since: datetime) -> Annotation | None:
    """The latest that was deleted since then, to be brought back."""
    found = Annotation.objects.filter(organization=organization, deleted_at__gte=since)
    return found.order_by("-deleted_at").first()

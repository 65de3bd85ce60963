"""What is not kept: that the conditions of a rule did not hold, after some weeks, and that robots followed links. What a
rule did stays with its subject."""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings

from surveys.automation.models import LinkVisit, RuleRun, RunOutcome

SLICE: Final = 5_000
ROBOTS_KEPT: Final = timedelta(days=2)  # each keeps the same robot from being noted again on that day


def prune(*, at: datetime) -> int:
    """Forget the runs that did nothing, and from then on their rules do not look again; returns how many."""
    before = at - timedelta(days=settings.AUTOMATION_LOG_DAYS)
    old = RuleRun.objects.filter(outcome=RunOutcome.NOT_MET, at__lt=before).order_by("at").values("pk")
    total = 0
    while gone := RuleRun.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:SLICE]))._raw_delete("default"):
        total += gone
    return total


def prune_robots(*, at: datetime) -> int:
    """Forget the visits of robots, which count nowhere, when their day is over everywhere; returns how many."""
    old = LinkVisit.objects.filter(is_robot=True, at__lt=at - ROBOTS_KEPT).order_by("at").values("pk")
    total = 0
    while gone := LinkVisit.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:SLICE]))._raw_delete(
        "default"
    ):
        total += gone
    return total

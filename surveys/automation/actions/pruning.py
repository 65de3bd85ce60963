"""What is not kept: that the conditions of a rule did not hold, after some weeks. What a rule did stays with its subject."""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings

from surveys.automation.models import RuleRun, RunOutcome

SLICE: Final = 5_000


def prune(*, at: datetime) -> int:
    """Forget the runs that did nothing, and from then on their rules do not look again; returns how many."""
    before = at - timedelta(days=settings.AUTOMATION_LOG_DAYS)
    old = RuleRun.objects.filter(outcome=RunOutcome.NOT_MET, at__lt=before).order_by("at").values("pk")
    total = 0
    while gone := RuleRun.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:SLICE]))._raw_delete("default"):
        total += gone
    return total

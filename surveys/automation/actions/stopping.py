"""Rules and runs end before they are done: switched off, or what they asked about is gone."""

from datetime import datetime

from django.db import transaction

from surveys.accounts import audit
from surveys.automation.actions import telling
from surveys.automation.models import Rule, RuleRun, RuleStep, RunOutcome, StepState


def stop_rule(*, rule: Rule, reason: str, at: datetime) -> None:
    """It cannot go on as it is: it is switched off, and who can mend it is told. Doing it again changes nothing."""
    with transaction.atomic():
        on = Rule.objects.filter(pk=rule.pk, is_on=True)
        if not on.update(is_on=False, stopped_reason=reason[:300], updated_at=at):
            return
        audit.record_automatic(rule.organization_id, "rule.stopped", rule, at=at)
        telling.trouble(rule, f"stopped:{rule.version}:{at.isoformat()}", at)


def stop_runs(*, rule: Rule, reason: str, at: datetime) -> int:
    """Nothing more is done by what this rule has begun; returns how many runs that are. What was done stays done."""
    with transaction.atomic():
        running = RuleRun.objects.filter(rule=rule, outcome=RunOutcome.RUNNING)
        ids = list(running.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
        end(rule.organization_id, ids, reason, at)
    return len(ids)


def end(organization_id: int, runs: list[int], reason: str, at: datetime) -> None:
    """The caller holds their locks."""
    steps = RuleStep.objects.filter(organization=organization_id, run__in=runs, state=StepState.DUE)
    steps.update(state=StepState.SKIPPED, said=reason[:300], done_at=at)
    RuleRun.objects.filter(pk__in=runs).update(outcome=RunOutcome.STOPPED, finished_at=at)

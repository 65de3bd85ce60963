"""A rule looks at something that happened: its run, who is held out, and its steps, in one transaction.

A rule fires once for each subject. Tasks that look at the same take turns, because each holds the subject's row; and the
constraint on runs has the last word.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from django.db import IntegrityError, transaction

from surveys.automation import acts, holdout, subjects
from surveys.automation.actions.stopping import stop_rule
from surveys.automation.looking import Look, Looker
from surveys.automation.models import Rule, RuleRun, RuleStep, RunOutcome
from surveys.automation.subjects import Subject
from surveys.core.conditions.validation import BadCondition
from surveys.outbox import actions as outbox
from surveys.outbox.nudges import nudge

WORK: Final = "surveys.automation.tasks.work"


@dataclass(frozen=True)
class Happened:
    """To what, when; which triggers it sets off, and which rules look again whose conditions did not hold before."""

    subject: Subject
    at: datetime
    triggers: frozenset[str] = frozenset()
    again: frozenset[str] = frozenset()
    only: int | None = None  # the rule that looks, where it is one rule's own sweep


def may_start(organization_id: int) -> bool:
    """Whether any rule is on: most organizations have none, and each answer asks."""
    return Rule.objects.filter(organization=organization_id, is_on=True).exists()


def consider(happened: Happened, looker: Looker | None = None) -> list[RuleRun]:
    """Let the rules that wait for it look, in their order; returns the runs that act, or would but for the hold-out.

    Who looks at many subjects of one organization gives the same looker each time.
    """
    looker = looker or Looker(happened.subject.organization)
    with transaction.atomic():
        found = (_consider(rule, happened, looker) for rule in _rules(happened))
        return [run for run in found if run is not None and run.outcome != RunOutcome.NOT_MET]


def _rules(happened: Happened) -> Iterable[Rule]:
    """What happened before a rule was switched on starts nothing."""
    wanted = Rule.objects.filter(organization=happened.subject.organization, is_on=True, deleted_at=None)
    wanted = wanted.filter(trigger__in=happened.triggers | happened.again, live_since__lte=happened.at)
    if happened.only is not None:
        wanted = wanted.filter(pk=happened.only)
    return list(wanted.order_by("position", "pk"))


def _consider(rule: Rule, happened: Happened, looker: Looker) -> RuleRun | None:
    subject = happened.subject
    found = RuleRun.objects.filter(organization=subject.organization, rule=rule, subject=subject.key)
    before = found.filter(outcome=RunOutcome.NOT_MET).select_for_update(no_key=True, of=("self",)).first()
    if before is None and (rule.trigger not in happened.triggers or found.exists()):
        return None  # it has fired, or it looks again only at what it has looked at
    then = _as_then(before, rule, happened)
    if not subjects.has_happened(rule.trigger, then):
        return None
    try:
        look = looker.look(rule, then, happened.at)
    except BadCondition as bad:
        stop_rule(rule=rule, reason=bad.problems[0].message, at=happened.at)
        return None
    if before is not None and _found_the_same(before, rule, look, then):
        return before
    return _kept(before or _new(rule, subject), rule, look, replace(happened, subject=then))


def _found_the_same(before: RuleRun, rule: Rule, look: Look, subject: Subject) -> bool:
    """Its conditions still do not hold, for the same reasons: the log goes on saying so as of then."""
    now = (rule.version, look.why, subject.score, subject.score_before)
    return not look.holds and now == (before.version, before.why, before.score, before.score_before)


def _as_then(before: RuleRun | None, rule: Rule, happened: Happened) -> Subject:
    """Looking again, the comparison is the one that the rule began with."""
    subject = happened.subject
    if before is None or rule.trigger in happened.triggers:
        return subject
    return replace(subject, score_before=before.score_before)


def _new(rule: Rule, subject: Subject) -> RuleRun:
    return RuleRun(
        organization=subject.organization,
        rule=rule,
        subject=subject.key,
        response=subject.response,
        customer_id=subject.customer_id,
        invitation_id=subject.invitation_id,
        conversation_id=subject.conversation_id,
    )


def _kept(run: RuleRun, rule: Rule, look: Look, happened: Happened) -> RuleRun | None:
    """None when another task was faster."""
    subject = happened.subject
    run.version, run.actions, run.why, run.at = rule.version, rule.actions, look.why, happened.at
    run.score, run.score_before = subject.score, subject.score_before
    run.outcome, run.is_held_out = _outcome(rule, subject, look)
    run.finished_at = None if run.outcome == RunOutcome.RUNNING else happened.at
    try:
        with transaction.atomic():
            run.save()
    except IntegrityError:
        return None
    if run.outcome != RunOutcome.NOT_MET:
        _begin(run, rule)
    return run


def _outcome(rule: Rule, subject: Subject, look: Look) -> tuple[RunOutcome, bool]:
    if not look.holds:
        return RunOutcome.NOT_MET, False
    if holdout.is_held_out(rule.pk, rule.holdout_percent, subject.who):
        return RunOutcome.HELD_OUT, True
    return (RunOutcome.RUNNING if acts.steps(rule.actions) else RunOutcome.DONE), False


def _begin(run: RuleRun, rule: Rule) -> None:
    if run.outcome == RunOutcome.RUNNING:
        RuleStep.objects.bulk_create(_step(run, step) for step in acts.steps(run.actions))
        transaction.on_commit(partial(nudge, WORK))
    kind = "rule.held_out" if run.is_held_out else "rule.fired"
    ids: dict[str, Any] = {"rule": rule.pk, "response": run.response_id, "customer": run.customer_id}
    outbox.publish(kind, run, at=run.at, **ids)


def _step(run: RuleRun, step: acts.Step) -> RuleStep:
    return RuleStep(
        organization_id=run.organization_id,
        run=run,
        position=step.position,
        kind=step.kind,
        due_at=run.at + timedelta(minutes=step.minutes),
    )

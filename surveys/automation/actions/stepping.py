"""Steps are done in their order, each in the transaction that marks it as done: so each is done once.

A worker that dies in the midst of a step has done nothing. What fails is tried again after a while, and in the end said
to have failed; what follows is done all the same: a connection that is broken keeps no customer from an answer. A try
counts before it begins, so a step that takes its worker down with it is given up in the end, too.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from surveys.automation import standing
from surveys.automation.actions import doing, stopping, telling
from surveys.automation.models import RuleRun, RuleStep, RunOutcome, StepState
from surveys.core.conditions.validation import BadCondition
from surveys.core.locks import again_after_deadlock

logger = logging.getLogger(__name__)

LADDER: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360))
AFTER_A_DEATH: Final = timedelta(seconds=10)  # who has begun has long locked the step by then, or is gone
BATCH: Final = 200


def work(*, at: datetime, limit: int = BATCH) -> int:
    """Do what is due; returns how many steps were taken. Two workers share them."""
    taken = 0
    while taken < limit and _work_one(at):
        taken += 1
    return taken


def _work_one(at: datetime) -> bool:
    begun = _begun(at)
    if begun is None:
        return False
    _go_on(begun, at)
    return True


@dataclass(frozen=True)
class Begun:
    """A try of a step, and when the step was due."""

    step: int
    run: int
    tries: int
    due_at: datetime


@again_after_deadlock
def _begun(at: datetime) -> Begun | None:
    """The next that is due, with one try more. Unless this try comes to an end, it is due again after a while."""
    with transaction.atomic():
        step = _claimed(at)
        if step is None:
            return None
        begun = Begun(step.pk, step.run_id, step.attempts + 1, step.due_at)
        if step.attempts > len(LADDER):
            _give_up(step, at)
            return begun
        again = LADDER[step.attempts - 1] if step.attempts else AFTER_A_DEATH
        RuleStep.objects.filter(pk=step.pk).update(attempts=begun.tries, due_at=at + again)
        return begun


def _give_up(step: RuleStep, at: datetime) -> None:
    """No try of it has come to an end: it could not even fail."""
    said = step.said or _("Whoever did it did not come back, %(n)d times.") % {"n": step.attempts}
    _end(step, StepState.FAILED, said, at)
    step.save(update_fields=["state", "said", "done_at"])
    telling.trouble(step.run.rule, f"failed:{at.date().isoformat()}", at)
    _finish(step.run, at)


@again_after_deadlock
def _go_on(begun: Begun, at: datetime) -> None:
    with transaction.atomic():
        RuleRun.objects.select_for_update(no_key=True).filter(pk=begun.run).first()
        steps = RuleStep.objects.select_related("run__rule__organization", "run__organization")
        step = steps.filter(pk=begun.step, state=StepState.DUE, attempts=begun.tries).first()
        if step is None:
            return  # given up, stopped, or another worker was quicker
        step.due_at = begun.due_at
        _try(step, at)
        _finish(step.run, at)


# The least place that is due is asked for row by row, in the order of the index: as a join PostgreSQL would look through
# all that is due for each step. Who locks the run waits for nothing while holding it, and nor do we.
_NEXT: Final = """
    SELECT s.id FROM surveys_rulestep s JOIN surveys_rulerun r ON r.id = s.run_id
    WHERE s.state = 'due' AND s.due_at <= %s
      AND s.position = (SELECT min(e.position) FROM surveys_rulestep e
                        WHERE e.organization_id = s.organization_id AND e.run_id = s.run_id AND e.state = 'due')
    ORDER BY s.due_at LIMIT 1 FOR NO KEY UPDATE OF s, r SKIP LOCKED
"""


def _claimed(at: datetime) -> RuleStep | None:
    """The next that is due, none of its run before it being so; with the lock of its run."""
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [at])
        found = cursor.fetchone()
    return RuleStep.objects.select_related("run__rule__organization").get(pk=found[0]) if found else None


def _try(step: RuleStep, at: datetime) -> None:
    try:
        with transaction.atomic():
            _do(step, at)
    except doing.Later as later:
        step.attempts -= 1  # to wait is no try
        _put_off(step, later.at)
    except doing.LeftOut as left_out:
        _end(step, StepState.SKIPPED, str(left_out), at)
    except BadCondition as bad:
        stopping.stop_rule(rule=step.run.rule, reason=bad.problems[0].message, at=at)
        stopping.end(step.organization_id, [step.run_id], _("The rule was switched off."), at)
        return
    except Exception as error:
        logger.exception("step %s of run %s failed", step.pk, step.run_id)
        _fail(step, error, at)
    if step.state == StepState.DUE or step.done_at == at:
        step.save(update_fields=["state", "due_at", "done_at", "attempts", "said", "customer_id", "made"])


def _do(step: RuleStep, at: datetime) -> None:
    if reason := standing.against(step.run, at):
        stopping.end(step.organization_id, [step.run_id], reason, at)
        step.state = StepState.SKIPPED
        return
    if (earliest := standing.not_before(step.run)) > at:
        raise doing.Later(earliest)
    done = doing.do(step, at)
    step.made, step.customer_id = done.made, done.mailed
    _end(step, StepState.DONE, done.said, at)


def _end(step: RuleStep, state: StepState, said: str, at: datetime) -> None:
    step.state, step.said, step.done_at = state, said[:300], at


def _fail(step: RuleStep, error: Exception, at: datetime) -> None:
    step.made, step.customer_id = {}, None
    why = f"{type(error).__name__}: {error}"
    if step.attempts <= len(LADDER):
        step.state, step.said, step.done_at = StepState.DUE, why[:300], None
        _put_off(step, at + LADDER[step.attempts - 1])
        return
    _end(step, StepState.FAILED, why, at)
    telling.trouble(step.run.rule, f"failed:{at.date().isoformat()}", at)


def _put_off(step: RuleStep, until: datetime) -> None:
    """What follows is put off by as much: waits keep their length, and nothing is due that may not be done yet."""
    following = RuleStep.objects.filter(organization=step.organization_id, run=step.run_id, state=StepState.DUE)
    following.filter(position__gt=step.position).update(due_at=F("due_at") + (until - step.due_at))
    step.due_at = until


def _finish(run: RuleRun, at: datetime) -> None:
    """When nothing is left to do. One with a step that failed has failed, whatever else was done."""
    mine = RuleStep.objects.filter(organization=run.organization_id, run=run)
    states = set(mine.values_list("state", flat=True))
    if StepState.DUE in states:
        return
    outcome = RunOutcome.FAILED if StepState.FAILED in states else RunOutcome.DONE
    running = RuleRun.objects.filter(pk=run.pk, outcome=RunOutcome.RUNNING)
    running.update(outcome=outcome, finished_at=at)

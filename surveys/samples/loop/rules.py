"""Rules of the sample that have been on for a while, and what they did: who was held out, which steps were done."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils.translation import gettext as _

from surveys.accounts.models import Membership
from surveys.automation import acts
from surveys.automation.actions import rules
from surveys.automation.models import Rule, RuleRun, RuleStep, RunOutcome, StepState
from surveys.automation.plays import PLAYS
from surveys.inbox.models import Conversation
from surveys.samples.loop.unfolding import mail_time
from surveys.samples.loop.voices import Voice

SINCE_DAYS: Final = 150  # that the rule for detractors has been on
REVIEWS_SINCE_DAYS: Final = 60
HELD_OUT_PERCENT: Final = 20
_ON: Final = ("detractor", "detractor_watch", "recovered", "review")
_OFF: Final = ("detractor_why",)
_LOG_DAYS: Final = 21  # of runs whose conditions did not hold
_SETTLED: Final = timedelta(minutes=2)  # a click counts a moment later


def set_up(by: Membership, at: datetime) -> dict[str, Rule]:
    """By the play that each was made from; switched on when they were, but for one that is off."""
    there = {rule.play: rule for rule in Rule.objects.filter(organization=by.organization, deleted_at=None)}
    for key in (*_ON, *_OFF):
        if key not in there:
            there[key] = _made(key, by, at)
    return there


def _made(key: str, by: Membership, at: datetime) -> Rule:
    since = at - timedelta(days=REVIEWS_SINCE_DAYS if key == "review" else SINCE_DAYS)
    percent = HELD_OUT_PERCENT if key == "detractor" else 0
    draft = replace(PLAYS[key].draft(), holdout_percent=percent)
    rule = rules.create(draft=draft, by=by, at=since)
    if key in _ON:
        rules.switch_on(rule=rule, by=by, at=since)
        # Silence and the rest of the past are swept: from now on it looks at what happens.
        Rule.objects.filter(pk=rule.pk).update(swept_until=at)
    rule.refresh_from_db()
    return rule


# ── What they did ──


def fired(rule: Rule, voice: Voice, conversation: Conversation | None, at: datetime) -> tuple[RuleRun, list[RuleStep]]:
    """Done, or under way where the time of a step is still to come."""
    run = _run(rule, voice, RunOutcome.DONE)
    run.conversation_id = conversation.pk if conversation else None
    steps = [_step(run, step, voice, at) for step in acts.steps(run.actions)]
    if any(step.state == StepState.DUE for step in steps):
        run.outcome = RunOutcome.RUNNING
    else:
        run.finished_at = max(step.due_at for step in steps)
    return run, steps


def held_out(rule: Rule, voice: Voice) -> RuleRun:
    run = _run(rule, voice, RunOutcome.HELD_OUT)
    run.is_held_out, run.finished_at = True, run.at
    return run


def not_met(rule: Rule, voices: Iterable[Voice], at: datetime) -> list[RuleRun]:
    """Of those who said something in the last weeks, and were no detractors."""
    since = at - timedelta(days=_LOG_DAYS)
    runs = [_run(rule, voice, RunOutcome.NOT_MET) for voice in voices if voice.comment and voice.at >= since]
    for run in runs:
        run.finished_at = run.at
    return runs


def _run(rule: Rule, voice: Voice, outcome: RunOutcome) -> RuleRun:
    held = outcome != RunOutcome.NOT_MET
    return RuleRun(
        organization_id=rule.organization_id,
        rule=rule,
        version=rule.version,
        subject=f"response:{voice.response}",
        response_id=voice.response,
        customer_id=voice.customer,
        invitation_id=voice.invitation,
        outcome=outcome,
        why=[{"part": part, "held": held} | _found(part, voice) for part in rule.conditions.get("all", ())],
        score=voice.score,
        score_before=voice.before,
        actions=rule.actions,
        at=voice.at + _SETTLED,
    )


def _found(part: Mapping[str, Any], voice: Voice) -> dict[str, Any]:
    """What a look keeps of it."""
    scores = {"category": voice.score, "category_before": voice.before}
    score = scores.get(part["field"])
    return {} if score is None else {"found": [score]}


def _step(run: RuleRun, step: acts.Step, voice: Voice, at: datetime) -> RuleStep:
    due_at = run.at + timedelta(minutes=step.minutes)
    due_at = mail_time(due_at, voice.zone) if step.kind == "email" else due_at
    made = RuleStep(organization_id=run.organization_id, run=run, position=step.position, kind=step.kind, due_at=due_at)
    if due_at >= at:
        return made
    made.state, made.done_at = StepState.DONE, due_at
    made.customer_id = run.customer_id if step.kind == "email" else None
    if step.kind in ("open", "assign"):
        made.made = {"conversation": run.conversation_id}
    if step.kind == "assign":
        made.said = voice.owner_name
        if voice.owner is None:
            made.state, made.made, made.said = StepState.SKIPPED, {}, _("Nobody owns the customer.")
    return made


def store(runs: Sequence[RuleRun], steps: Iterable[Sequence[RuleStep]]) -> None:
    """In the order of time, so that the log shows them so."""
    RuleRun.objects.bulk_create(sorted(runs, key=lambda run: run.at))
    every = [step for of_run in steps for step in of_run]
    for step in every:
        step.run_id = step.run.pk
    RuleStep.objects.bulk_create(every)

"""The log of rules as people read it: what set one off, why it acted or did not, and what became of each step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext as _

from surveys.accounts import access
from surveys.accounts.models import Membership
from surveys.automation.acts import KINDS
from surveys.automation.looking import sentence
from surveys.automation.models import RuleRun, RuleStep, RunOutcome, StepState
from surveys.automation.rule_words import Reader, when
from surveys.delivery.models import Delivery
from surveys.inbox.models import Message

# Of the badges.
_STATES: Final = {
    RunOutcome.RUNNING: "provisional",
    RunOutcome.DONE: "done",
    RunOutcome.HELD_OUT: "changed",
    RunOutcome.NOT_MET: "plain",
    RunOutcome.STOPPED: "paused",
    RunOutcome.FAILED: "failed",
    StepState.DUE: "provisional",
    StepState.DONE: "done",
    StepState.SKIPPED: "paused",
    StepState.FAILED: "failed",
}


@dataclass(frozen=True)
class Reason:
    """A part of the conditions, whether it held, and what it was held against where that is kept."""

    words: str
    held: bool
    found: str = ""


@dataclass(frozen=True)
class StepLine:
    """`note`: what came of it, or why it was left out; `url`, `link`: where to see it; `at`: done, or due."""

    said: str
    state: str
    label: str
    note: str
    at: datetime
    is_due: bool
    url: str = ""
    link: str = ""


@dataclass(frozen=True)
class RunLine:
    run: RuleRun
    state: str
    when: str
    reasons: list[Reason]
    steps: list[StepLine]
    was_thanks: bool

    @property
    def label(self) -> str:
        return self.run.get_outcome_display()

    @property
    def is_held_out(self) -> bool:
        return self.run.outcome == RunOutcome.HELD_OUT

    @property
    def stopped_by(self) -> str:
        """Why it did nothing more; it is the same at each step that was left."""
        if self.run.outcome != RunOutcome.STOPPED:
            return ""
        return next((step.note for step in reversed(self.steps) if step.note), "")


def lines(runs: Sequence[RuleRun], by: Membership) -> list[RunLine]:
    """Of runs that have their rule, steps, response and customer at hand; a fixed number of statements."""
    reader = Reader(by)
    mails = Mails(runs, by)
    return [_line(run, reader, mails, by) for run in runs]


class Mails:
    """What became of the mails of these runs, and where those stand that are in a conversation; two statements."""

    def __init__(self, runs: Sequence[RuleRun], by: Membership) -> None:
        made = [step.made for run in runs for step in run.steps.all()]
        messages = Message.objects.filter(organization=by.organization).select_related("delivery")
        letters = Delivery.objects.filter(organization=by.organization).only("state", "reason")
        self._messages = messages.in_bulk([each["message"] for each in made if "message" in each])
        self._letters = letters.in_bulk([each["delivery"] for each in made if "delivery" in each])

    def message(self, step: RuleStep) -> Message | None:
        return self._messages.get(step.made.get("message", 0))

    def state(self, step: RuleStep) -> str:
        """Of a mail outside of conversations, too; "" of what is no mail, or was forgotten since."""
        message, letter = self.message(step), self._letters.get(step.made.get("delivery", 0))
        letter = letter or (message.delivery if message else None)
        return " ".join(filter(None, [str(letter.get_state_display()), letter.reason])) if letter else ""


def _line(run: RuleRun, reader: Reader, mails: Mails, by: Membership) -> RunLine:
    return RunLine(
        run=run,
        state=_STATES[RunOutcome(run.outcome)],
        when=when(run.rule),
        reasons=[_reason(each, run, reader) for each in run.why],
        steps=[_step(step, run, reader, mails, by) for step in run.steps.all()],
        was_thanks=any(act.get("kind") == "thanks" for act in run.actions),
    )


def _reason(each: Mapping[str, Any], run: RuleRun, reader: Reader) -> Reason:
    """Also of a rule that asks about something else by now."""
    trigger = run.rule.trigger
    if reader.is_secret(each["part"], trigger):
        return Reason(_("Something that you may not see"), each["held"])
    known = reader.catalogue(trigger)
    return Reason(sentence(each["part"], known), each["held"], _found(each, reader, trigger))


def _found(each: Mapping[str, Any], reader: Reader, trigger: str) -> str:
    """Numbers as they are, choices by their names."""
    if "found" not in each:
        return ""
    field = reader.catalogue(trigger).get(each["part"].get("field"))
    named = [field.choice(value) if field else None for value in each["found"]]
    words = [choice.label if choice else str(value) for choice, value in zip(named, each["found"], strict=True)]
    return ", ".join(words) or _("nothing")


def _step(step: RuleStep, run: RuleRun, reader: Reader, mails: Mails, by: Membership) -> StepLine:
    act = run.actions[step.position] if step.position < len(run.actions) else {"kind": step.kind}
    url, link = _where(step, mails.message(step), by)
    is_due = step.state == StepState.DUE
    return StepLine(
        said=reader.act(act).said if act.get("kind") in KINDS else step.kind,
        state=_STATES[StepState(step.state)],
        label=step.get_state_display(),
        note=" ".join(filter(None, [step.said, mails.state(step), _told(step)])),
        at=step.due_at if is_due else step.done_at or step.due_at,
        is_due=is_due,
        url=url,
        link=link,
    )


def _told(step: RuleStep) -> str:
    told = step.made.get("told")
    return "" if told is None else _("told: %(n)d") % {"n": told}


def _where(step: RuleStep, message: Message | None, by: Membership) -> tuple[str, str]:
    conversation = message.conversation_id if message else step.made.get("conversation")
    if conversation:
        return access.url(by.organization, "inbox:conversation", pk=conversation), _("Conversation")
    return "", ""

"""Rules as the list and their own pages show them: in words, with what they did lately, and what a trial found."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from surveys.accounts.models import Membership
from surveys.automation import plays, queries
from surveys.automation.models import Rule, RuleTrial, RunOutcome
from surveys.automation.plays import Play
from surveys.automation.rule_words import ActWords, Reader, Told
from surveys.core.choices import Category
from surveys.customers.models import Customer
from surveys.responses.models import Response

LATELY: Final = timedelta(days=30)
_ACTED: Final = (RunOutcome.RUNNING, RunOutcome.DONE, RunOutcome.STOPPED, RunOutcome.FAILED)


@dataclass(frozen=True)
class Lately:
    """Of the last LATELY. `acted`: it began to act, whatever became of it."""

    acted: int = 0
    held_out: int = 0
    not_met: int = 0
    failed: int = 0

    @classmethod
    def of(cls, outcomes: Mapping[str, int]) -> "Lately":
        return cls(
            acted=sum(outcomes.get(each, 0) for each in _ACTED),
            held_out=outcomes.get(RunOutcome.HELD_OUT, 0),
            not_met=outcomes.get(RunOutcome.NOT_MET, 0),
            failed=outcomes.get(RunOutcome.FAILED, 0),
        )

    @property
    def any(self) -> bool:
        return bool(self.acted or self.held_out or self.not_met)


@dataclass(frozen=True)
class Listed:
    rule: Rule
    told: Told
    lately: Lately


def listed(by: Membership, at: datetime) -> list[Listed]:
    """All rules in order; as many statements for many as for one."""
    reader = Reader(by)
    outcomes = queries.outcomes(by.organization, at - LATELY)
    rules = queries.rules(by.organization)
    return [Listed(rule, reader.told(rule), Lately.of(outcomes.get(rule.pk, {}))) for rule in rules]


def lately(rule: Rule, at: datetime) -> Lately:
    return Lately.of(queries.outcomes_of(rule, at - LATELY))


# ── Plays ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class OfferedPlay:
    """`used` is the rule that was made of it, if there is one."""

    play: Play
    told: Told
    used: Rule | None


@dataclass(frozen=True)
class PlayGroup:
    category: str
    title: str | Promise
    about: str | Promise
    plays: list[OfferedPlay]


_GROUPS: Final = (
    (
        Category.DETRACTOR,
        _("Detractors"),
        _("Who is unhappy waits for one thing: that somebody hears it, soon, and in person."),
    ),
    (
        Category.PASSIVE,
        _("Passives"),
        _("Usually one thing is missing. Who asks for it often finds that it is there already."),
    ),
    (
        Category.PROMOTER,
        _("Promoters"),
        _("They did you a favour by saying it. Say thank you before you ask for more."),
    ),
    ("", _("All of them"), _("What changes, what waits, and who stays silent.")),
)


def offered(by: Membership) -> list[PlayGroup]:
    reader = Reader(by)
    used = {rule.play: rule for rule in queries.rules(by.organization) if rule.play}
    return [
        PlayGroup(
            category,
            title,
            about,
            [
                OfferedPlay(play, reader.told(play.draft()), used.get(play.key))
                for play in plays.PLAYS.values()
                if play.for_whom == category
            ],
        )
        for category, title, about in _GROUPS
    ]


# ── Trials ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Someone:
    """An example: who, what they answered, when; `why` says which parts of the conditions did not hold."""

    name: str
    customer: int | None
    response: int | None
    score: int | None
    at: datetime
    is_held_out: bool = False
    why: tuple[str, ...] = ()


@dataclass(frozen=True)
class ActCount:
    act: ActWords
    times: int


@dataclass(frozen=True)
class ShownTrial:
    """`is_current`: of the rule as it is now."""

    trial: RuleTrial
    days: int
    is_current: bool
    acts: list[ActCount]
    met: list[Someone]
    missed: list[Someone]

    @property
    def found(self) -> Mapping[str, Any]:
        return self.trial.found

    @property
    def kept_back(self) -> int:
        return int(self.found["over_cap"]) + int(self.found["unmailable"])

    @property
    def not_met(self) -> int:
        return int(self.found["looked_at"]) - int(self.found["met"])

    @property
    def acting(self) -> int:
        return int(self.found["met"]) - int(self.found["held_out"])


def shown_trial(rule: Rule, by: Membership) -> ShownTrial | None:
    """The last one, in words."""
    trial = queries.last_trial(rule)
    if trial is None:
        return None
    reader = Reader(by)
    is_current = trial.version == rule.version
    names = _Names.of(by, [*trial.found["sample"], *trial.found.get("missed", ())])
    acts = [ActCount(reader.act(rule.actions[each["position"]]), each["times"]) for each in trial.found["acts"]]
    return ShownTrial(
        trial=trial,
        days=round((trial.at - trial.since) / timedelta(days=1)),
        is_current=is_current,
        acts=[each for each in acts if not each.act.is_wait] if is_current else [],
        met=[names.someone(each) for each in trial.found["sample"]],
        missed=[names.someone(each, _why(each, rule, reader)) for each in trial.found.get("missed", ())],
    )


def _why(missed: Mapping[str, Any], rule: Rule, reader: Reader) -> tuple[str, ...]:
    parts = [part for part in missed["why"] if not reader.is_secret(part, rule.trigger)]
    return tuple(reader.condition(part, rule.trigger) for part in parts)


@dataclass(frozen=True)
class _Names:
    customers: Mapping[int, Customer]
    responses: Mapping[int, Response]

    @classmethod
    def of(cls, by: Membership, found: Iterable[Mapping[str, Any]]) -> "_Names":
        """What was erased since has no name here."""
        rows = list(found)
        customers = Customer.objects.filter(organization=by.organization)
        responses = Response.objects.filter(organization=by.organization).only("pk")
        return cls(
            customers.in_bulk([each["customer"] for each in rows if each["customer"]]),
            responses.in_bulk([each["response"] for each in rows if each["response"]]),
        )

    def someone(self, found: Mapping[str, Any], why: tuple[str, ...] = ()) -> Someone:
        customer = self.customers.get(found["customer"] or 0)
        return Someone(
            name=str(customer) if customer else str(_("Somebody")),
            customer=customer.pk if customer else None,
            response=found["response"] if found["response"] in self.responses else None,
            score=found["score"],
            at=datetime.fromisoformat(found["at"]),
            is_held_out=found.get("is_held_out", False),
            why=why,
        )

"""What is wrong with a rule before it may be switched on, in words for its author."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import gettext as _

from surveys.accounts.models import Organization
from surveys.automation import acts
from surveys.automation.acts import Problem
from surveys.automation.known import Known
from surveys.automation.models import Trigger
from surveys.automation.subjects import root
from surveys.core.conditions import catalogue, validation
from surveys.core.conditions.validation import BadCondition

MOST_RULES: Final = 100  # of an organization: each response is held against all of them
MOST_HELD_OUT: Final = 50
LONGEST_NAME: Final = 100
LONGEST_SILENCE: Final = 365


@dataclass(frozen=True)
class Draft:
    """A rule as somebody wants it."""

    name: str
    trigger: str
    conditions: Mapping[str, Any] = field(default_factory=dict)
    actions: Sequence[Mapping[str, Any]] = ()
    holdout_percent: int = 0
    silent_days: int | None = None
    play: str = ""


class Refused(ValueError):
    """It cannot be a rule; `problems` say why, in words."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


def problems(draft: Draft, organization: Organization) -> list[Problem]:
    """Empty when it may be switched on."""
    found = [*_of_rule(draft), *_of_conditions(draft, organization)]
    acting = acts.problems(draft.actions, draft.trigger, Known.of(organization))
    return [*(Problem(None, message) for message in found), *acting]


def shape_problems(draft: Draft) -> list[Problem]:
    """What keeps it even from being stored, switched off."""
    return [Problem(None, message) for message in _of_rule(draft)]


def _of_rule(draft: Draft) -> list[str]:
    found = []
    if not draft.name.strip():
        found.append(_("The rule needs a name."))
    elif len(draft.name) > LONGEST_NAME:
        said = _("The name has %(count)d characters; at most %(most)d are possible.")
        found.append(said % {"count": len(draft.name), "most": LONGEST_NAME})
    if draft.trigger not in Trigger.values:
        found.append(_("“%(value)s” is nothing that a rule can wait for.") % {"value": draft.trigger})
    if not 0 <= draft.holdout_percent <= MOST_HELD_OUT:
        said = _("%(value)d %% cannot be held out: choose from 0 to %(most)d.")
        found.append(said % {"value": draft.holdout_percent, "most": MOST_HELD_OUT})
    if draft.silent_days is not None and not 1 <= draft.silent_days <= LONGEST_SILENCE:
        said = _("%(value)d days after the last mail is not possible: choose from 1 to %(most)d.")
        found.append(said % {"value": draft.silent_days, "most": LONGEST_SILENCE})
    return found


def _of_conditions(draft: Draft, organization: Organization) -> list[str]:
    if draft.trigger not in Trigger.values:
        return []
    try:
        validation.read(dict(draft.conditions), catalogue.of(root(draft.trigger), organization))
    except BadCondition as bad:
        return [problem.message for problem in bad.problems]
    return []

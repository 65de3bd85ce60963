"""A rule in plain words, as somebody may read it: when, if, then. Properties hidden from a role are not named to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.accounts import access
from surveys.accounts.models import Membership
from surveys.automation import acts
from surveys.automation.acts import KINDS
from surveys.automation.checking import Draft
from surveys.automation.known import Known
from surveys.automation.looking import Looker, fields, sentence
from surveys.automation.models import Rule, Trigger
from surveys.automation.subjects import root
from surveys.core.conditions.catalogue import Catalogue

Plan = Draft | Rule


@dataclass(frozen=True)
class ActWords:
    """`more` is the text that a mail or note has; "" where there is none. `is_wait`: it does nothing by itself."""

    said: str
    kind: str
    subject: str = ""
    text: str = ""

    @property
    def is_wait(self) -> bool:
        return self.kind == "wait"


@dataclass(frozen=True)
class Told:
    """`condition` is "" when there is none, or when `is_secret`: it asks about what this person may not see."""

    when: str
    condition: str
    acts: list[ActWords]
    is_secret: bool = False


class Reader:
    """Reads many rules of one organization to one person; what they name is looked up once."""

    def __init__(self, by: Membership) -> None:
        self._by = by
        self._looker = Looker(by.organization)

    @cached_property
    def known(self) -> Known:
        return Known.of(self._by.organization)

    @cached_property
    def _sees_all(self) -> bool:
        return access.sees_hidden_properties(self._by)

    def told(self, plan: Plan) -> Told:
        is_secret = self.is_secret(plan.conditions, plan.trigger)
        return Told(
            when=when(plan),
            condition="" if is_secret else self.condition(plan.conditions, plan.trigger),
            acts=[self.act(act) for act in plan.actions],
            is_secret=is_secret,
        )

    def condition(self, conditions: Mapping[str, Any], trigger: str) -> str:
        return sentence(conditions, self.catalogue(trigger)) if any(conditions.values()) else ""

    def is_secret(self, part: Mapping[str, Any], trigger: str) -> bool:
        if self._sees_all or not part:
            return False
        known = self.catalogue(trigger)
        return any((found := known.get(key)) is not None and not found.is_open for key in fields(part))

    def act(self, act: Mapping[str, Any]) -> ActWords:
        kind = str(act.get("kind"))
        if kind == "property" and not self._may_see(str(act.get("property"))):
            return ActWords(str(KINDS[kind].label), kind)
        text = str(act.get("text") or "") if kind == "email" else str(act.get("note") or "")
        return ActWords(acts.said(act, self.known), kind, str(act.get("subject") or ""), text)

    def _may_see(self, key: str) -> bool:
        declared = self.known.properties.get(key)
        return self._sees_all or declared is None or declared.visible_to_agents

    def catalogue(self, trigger: str) -> Catalogue:
        return self._looker.catalogue(root(trigger))


def when(plan: Plan) -> str:
    """ "No answer, 7 days after the last mail"."""
    days = plan.silent_days
    if plan.trigger == Trigger.SILENT and days is not None:
        return ngettext(
            "Still no answer %(days)d day after the last mail",
            "Still no answer %(days)d days after the last mail",
            days,
        ) % {"days": days}
    if plan.trigger == Trigger.SILENT:
        return _("No answer until the survey takes none any more")
    return str(_WHEN.get(plan.trigger, plan.trigger))


_WHEN: Final = {each.value: each.label for each in Trigger}

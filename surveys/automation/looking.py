"""Whether the conditions of a rule hold, and why: part by part, as the log shows it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from surveys.accounts.models import Organization
from surveys.automation.models import Rule
from surveys.automation.subjects import BEFORE, COMPARES, Subject, root
from surveys.core.conditions import catalogue, evaluator, facts, validation, words
from surveys.core.conditions.catalogue import Catalogue, Root, Type
from surveys.core.conditions.facts import Facts
from surveys.core.conditions.tree import All, Comparison, Group, Part
from surveys.core.conditions.validation import BadCondition

# What is read out of a comment comes a moment after the comment itself.
READ_LATER: Final = frozenset({"theme", "sentiment", "comment_language"})
OF_COMMENTS: Final = READ_LATER | {"comment"}
_KEPT: Final = frozenset(
    {"score", "category", "score_before", "category_before", "sentiment", "theme", "tag", "campaign"}
)


@dataclass(frozen=True)
class Look:
    """`why`: for each part of the conditions {"part": its JSON, "held": …, "found": …}. What customers wrote is not in it."""

    holds: bool
    why: list[dict[str, Any]] = field(default_factory=list)


class Looker:
    """Looks at some subjects of one organization; what can be asked about is gathered once, when it is needed."""

    def __init__(self, organization: Organization) -> None:
        self._organization = organization
        self._catalogues: dict[Root, Catalogue] = {}

    def catalogue(self, of: Root) -> Catalogue:
        if of not in self._catalogues:
            self._catalogues[of] = catalogue.of(of, self._organization)
        return self._catalogues[of]

    def tree(self, rule: Rule) -> Group:
        """Raises BadCondition: what it asks about is gone."""
        return self.parsed(rule.conditions, rule.trigger)

    def parsed(self, conditions: Mapping[str, Any], trigger: str) -> Group:
        """Raises BadCondition."""
        return validation.parse(dict(conditions), self.catalogue(root(trigger)))

    def look(self, rule: Rule, subject: Subject, at: datetime) -> Look:
        """Raises BadCondition."""
        if not rule.conditions:
            return Look(holds=True)
        about = subject.response.pk if root(rule.trigger) is Root.RESPONSE and subject.response else subject.customer_id
        if about is None or (root(rule.trigger) is Root.RESPONSE and subject.response is None):
            return Look(False, [{"part": rule.conditions, "held": False}])
        tree, known = self.tree(rule), self.catalogue(root(rule.trigger))
        found = facts.load([about], tree, known).get(about)
        parts = _parts(tree)
        if found is None:
            return Look(False, [{"part": part.to_json(), "held": False} for part in parts])
        found = _as_compared(found, rule.trigger, subject.score_before)
        why = [_weighed(part, found, known, at) for part in parts]
        return Look(all(each["held"] for each in why), why)

    def against(self, rule: Rule, compared: Mapping[int, int | None], at: datetime) -> dict[int, list[dict[str, Any]]]:
        """Of responses (customers, where the conditions are about them) with the score that each is compared with: the
        parts that do not hold. Raises BadCondition."""
        tree, known = self.tree(rule), self.catalogue(root(rule.trigger))
        found = facts.load(compared, tree, known)
        about = {pk: _as_compared(of_it, rule.trigger, compared[pk]) for pk, of_it in found.items()}
        return {
            pk: [part.to_json() for part in _parts(tree) if not evaluator.holds(All((part,)), of_it, known, at)]
            for pk, of_it in about.items()
        }

    def asked(self, rule: Rule) -> list[dict[str, Any]]:
        """The parts of its conditions as they are now, as `why` names them. Raises BadCondition."""
        return [part.to_json() for part in _parts(self.tree(rule))] if rule.conditions else []


def _parts(tree: Group) -> tuple[Part, ...]:
    return tree.parts if isinstance(tree, All) else (tree,)


def _as_compared(found: Facts, trigger: str, score_before: int | None) -> Facts:
    """Of a rule that compares: "the answer before" is what it compares with, also this one before it was changed."""
    if trigger not in COMPARES:
        return found
    said = () if score_before is None else (Decimal(score_before),)
    return {**found, **{key: said for key in BEFORE if key in found}}


def _weighed(part: Part, found: Facts, known: Catalogue, at: datetime) -> dict[str, Any]:
    """What was found is said of single comparisons with numbers and choices: the log keeps no text of customers."""
    said: dict[str, Any] = {"part": part.to_json(), "held": evaluator.holds(All((part,)), found, known, at)}
    if isinstance(part, Comparison) and _may_be_kept(part.field, known) and part.field in found:
        said["found"] = [_plain(value) for value in found[part.field]]
    return said


def _may_be_kept(key: str, known: Catalogue) -> bool:
    return key in _KEPT and known[key].type in (Type.NUMBER, Type.CHOICE)


def _plain(value: Any) -> int:
    return int(value)


def fields(conditions: Mapping[str, Any]) -> frozenset[str]:
    """The keys of all that the conditions ask about."""
    return frozenset(_fields(conditions))


def _fields(part: Any) -> Iterator[str]:
    if not isinstance(part, Mapping):
        return
    if "field" in part:
        yield str(part["field"])
        return
    for parts in part.values():
        for inner in parts if isinstance(parts, list) else ():
            yield from _fields(inner)


def sentence(part: Mapping[str, Any], known: Catalogue) -> str:
    """A part of `why` in words; also when what it asked about is gone."""
    whole = {All.word: [part]} if "field" in part else dict(part)
    try:
        return words.sentence(validation.parse(whole, known), known)
    except BadCondition:
        return words.rough(part)

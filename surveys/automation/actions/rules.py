"""Rules are written, switched on and off, and deleted.

A change counts the version up. What is under way goes on with what its run was given; whether it still fits is asked of
the rule as it is now.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy

from surveys.accounts import access, audit
from surveys.accounts.models import Membership, Organization
from surveys.accounts.permissions import Permission
from surveys.automation import checking
from surveys.automation.actions import stopping
from surveys.automation.checking import Draft, Refused
from surveys.automation.models import Rule, Trigger
from surveys.customers.actions import relying
from surveys.customers.models import ConditionUser

_SWITCHED_OFF: Final = gettext_lazy("The rule was switched off.")
_DELETED: Final = gettext_lazy("The rule was deleted.")


class ChangedMeanwhile(ValueError):
    """A colleague changed the rule since the page was shown; `args[0]` is the rule as it is now."""


class NameTaken(ValueError):
    """Another rule has this name; `args[0]` is that rule."""


class TooMany(ValueError):
    """An organization has at most so many rules."""


class Gone(ValueError):
    """The rule was deleted, or is not deleted any more."""


def create(*, draft: Draft, by: Membership, at: datetime) -> Rule:
    """Switched off. It may still have problems: those keep it from being switched on.

    Raises Refused, NameTaken, TooMany.
    """
    access.require(by, Permission.EDIT_AUTOMATION)
    _require_shape(draft)
    with transaction.atomic():
        Organization.objects.select_for_update(no_key=True).get(pk=by.organization_id)
        mine = Rule.objects.filter(organization=by.organization, deleted_at=None)
        if mine.count() >= checking.MOST_RULES:
            raise TooMany(checking.MOST_RULES)
        last = mine.aggregate(last=Max("position"))["last"]
        rule = Rule(organization=by.organization, created_by_id=by.user_id, created_at=at)
        rule.position = 0 if last is None else last + 1
        _store(rule, draft, at)
        audit.record(by, "rule.created", rule, at=at)
    return rule


def change(*, rule: Rule, draft: Draft, seen: int, by: Membership, at: datetime) -> None:
    """`seen` is the version that was edited. One that is on must stay one that can be on.

    Another trigger, or another time of silence, begins anew: what happened before starts nothing.
    Raises Refused, NameTaken, ChangedMeanwhile, Gone.
    """
    access.require(by, Permission.EDIT_AUTOMATION)
    _require_shape(draft)
    with transaction.atomic():
        held = _held(rule, by)
        if held.version != seen:
            raise ChangedMeanwhile(held)
        if held.is_on:
            _require_sound(draft, by.organization)
        begins_anew = (held.trigger, held.silent_days) != (draft.trigger, draft.silent_days)
        if held.is_on and begins_anew:
            held.live_since = held.swept_until = at
        held.version += 1
        _store(held, draft, at)
        audit.record(by, "rule.changed", held, at=at)


def switch_on(*, rule: Rule, by: Membership, at: datetime) -> None:
    """From now on it acts; what happened before starts nothing. Raises Refused, Gone."""
    access.require(by, Permission.EDIT_AUTOMATION)
    with transaction.atomic():
        held = _held(rule, by)
        if held.is_on:
            return
        _require_sound(draft_of(held), by.organization)
        Rule.objects.filter(pk=held.pk).update(
            is_on=True, live_since=at, swept_until=at, stopped_reason="", updated_at=at
        )
        audit.record(by, "rule.switched_on", held, at=at)


def switch_off(*, rule: Rule, by: Membership, at: datetime) -> int:
    """It starts nothing any more, and what it has begun goes no further; returns how many runs that are. Raises Gone."""
    access.require(by, Permission.EDIT_AUTOMATION)
    with transaction.atomic():
        held = _held(rule, by)
        if not held.is_on:
            return 0
        Rule.objects.filter(pk=held.pk).update(is_on=False, updated_at=at)
        audit.record(by, "rule.switched_off", held, at=at)
        return stopping.stop_runs(rule=held, reason=str(_SWITCHED_OFF), at=at)


def delete(*, rule: Rule, by: Membership, at: datetime) -> None:
    """Its log goes on being shown. Raises Gone."""
    access.require(by, Permission.EDIT_AUTOMATION)
    with transaction.atomic():
        held = _held(rule, by)
        Rule.objects.filter(pk=held.pk).update(is_on=False, deleted_at=at, updated_at=at)
        relying.release(kind=ConditionUser.RULE, user_id=held.pk, organization=by.organization)
        stopping.stop_runs(rule=held, reason=str(_DELETED), at=at)
        audit.record(by, "rule.deleted", held, at=at)


def restore(*, rule: Rule, by: Membership, at: datetime) -> None:
    """It is there again, switched off. Raises NameTaken, Gone."""
    access.require(by, Permission.EDIT_AUTOMATION)
    with transaction.atomic():
        mine = Rule.objects.select_for_update(no_key=True).filter(organization=by.organization, pk=rule.pk)
        held = mine.exclude(deleted_at=None).first()
        if held is None:
            raise Gone(rule)
        held.deleted_at = None
        _store(held, draft_of(held), at)
        audit.record(by, "rule.restored", held, at=at)


def move(*, rule: Rule, up: bool, by: Membership, at: datetime) -> None:
    """One place up or down. Rules look in their order. Raises Gone."""
    access.require(by, Permission.EDIT_AUTOMATION)
    with transaction.atomic():
        Organization.objects.select_for_update(no_key=True).get(pk=by.organization_id)
        held = _held(rule, by)
        order = list(Rule.objects.filter(organization=by.organization, deleted_at=None).order_by("position", "pk"))
        place = next(n for n, each in enumerate(order) if each.pk == held.pk)
        other = place - 1 if up else place + 1
        if not 0 <= other < len(order):
            return
        order[place], order[other] = order[other], order[place]
        for position, each in enumerate(order):
            Rule.objects.filter(pk=each.pk).update(position=position)
        audit.record(by, "rule.moved", held, at=at)


def draft_of(rule: Rule) -> Draft:
    return Draft(
        rule.name,
        rule.trigger,
        rule.conditions,
        rule.actions,
        rule.holdout_percent,
        rule.silent_days,
        rule.play,
    )


# ── Pieces ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _held(rule: Rule, by: Membership) -> Rule:
    mine = Rule.objects.select_for_update(no_key=True).filter(organization=by.organization, pk=rule.pk)
    held = mine.filter(deleted_at=None).first()
    if held is None:
        raise Gone(rule)
    return held


def _require_shape(draft: Draft) -> None:
    if found := checking.shape_problems(draft):
        raise Refused(found)


def _require_sound(draft: Draft, organization: Organization) -> None:
    if found := checking.problems(draft, organization):
        raise Refused(found)


def _store(rule: Rule, draft: Draft, at: datetime) -> None:
    for name, value in asdict(draft).items():
        setattr(rule, name, list(value) if name == "actions" else value)
    if rule.trigger != Trigger.SILENT:
        rule.silent_days = None
    rule.name, rule.updated_at = draft.name.strip(), at
    try:
        with transaction.atomic():
            rule.save()
    except IntegrityError as taken:
        others = Rule.objects.filter(organization=rule.organization_id, deleted_at=None).exclude(pk=rule.pk)
        raise NameTaken(others.filter(name__iexact=rule.name).first()) from taken
    relying.rely(
        kind=ConditionUser.RULE,
        user_id=rule.pk,
        organization=rule.organization,
        conditions=_relied_on(draft),
    )


def _relied_on(draft: Draft) -> dict[str, Any]:
    """What it asks about the customer, and what it sets, in the words of conditions about customers."""
    sets = [{"field": f"p.{act.get('property')}"} for act in draft.actions if act.get("kind") == "property"]
    return {"all": [_about_customers(draft.conditions), *sets]}


def _about_customers(part: Mapping[str, Any]) -> dict[str, Any]:
    if "field" in part:
        return {**part, "field": str(part["field"]).removeprefix("customer.")}
    return {
        word: [_about_customers(each) for each in parts if isinstance(each, Mapping)]
        for word, parts in part.items()
        if isinstance(parts, list)
    }

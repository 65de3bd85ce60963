"""Pages about rules: the list, one of them, and what is done to one."""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.automation import checking, pages, queries, showing
from surveys.automation.actions import rules as actions
from surveys.automation.actions import trials
from surveys.automation.actions.rules import Gone, NameTaken, TooMany
from surveys.automation.caps import Allowance
from surveys.automation.checking import Refused
from surveys.automation.models import Rule
from surveys.automation.pages import editors_only, may_edit, rule_of, to_rule, to_rules
from surveys.automation.plays import PLAYS
from surveys.automation.rule_words import Reader
from surveys.core.conditions.validation import BadCondition
from surveys.customers.list_filters import is_id

PERIODS: Final = (7, 30, 90, 365)  # days of a trial
_TRIED: Final = 90


@require_safe
def rules(request: OrganizationRequest) -> HttpResponse:
    gone = request.GET.get("deleted", "")
    found = showing.listed(request.membership, timezone.now())
    context: dict[str, Any] = {
        "rows": found,
        "groups": [] if found or not may_edit(request) else showing.offered(request.membership),
        "deleted": queries.deleted(request.organization, int(gone)) if is_id(gone) else None,
        "can_edit": may_edit(request),
    }
    return render(request, "automation/rules.html", context)


@require_safe
def rule(request: OrganizationRequest, pk: int) -> HttpResponse:
    """Links to it from elsewhere go on leading somewhere when it is deleted: to its log."""
    found = access.get(request.membership, Rule, pk)
    if found.deleted_at is not None:
        return to_rule(request, pk, "log")
    return _page(request, found)


def _page(request: OrganizationRequest, found: Rule) -> HttpResponse:
    problems = checking.problems(actions.draft_of(found), request.organization) if not found.is_on else []
    context = {
        "rule": found,
        "told": Reader(request.membership).told(found),
        "problems": problems,
        "lately": showing.lately(found, timezone.now()),
        "trial": showing.shown_trial(found, request.membership),
        "periods": PERIODS,
        "usual_period": _TRIED,
        "has_mail": any(act.get("kind") == "email" for act in found.actions),
        "allowance": Allowance.of(request.organization),
        "play": PLAYS.get(found.play),
        "can_edit": may_edit(request),
    }
    return render(request, "automation/rule.html", context)


# ── What is done to one ──────────────────────────────────────────────────────────────────────────────────────────────


@editors_only
@require_POST
def switch(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = rule_of(request, pk)
    try:
        said = _on(request, found) if request.POST.get("on") == "1" else _off(request, found)
    except Gone:
        return pages.is_gone(request)
    except Refused:
        messages.error(request, _("“%(name)s” cannot be switched on yet: see what is missing.") % {"name": found})
        return to_rule(request, pk)
    messages.success(request, said)
    return to_rules(request) if request.POST.get("from") == "list" else to_rule(request, pk)


def _on(request: OrganizationRequest, found: Rule) -> str:
    actions.switch_on(rule=found, **pages.hand(request))
    return _("“%(name)s” is on: it looks at what happens from now on.") % {"name": found}


def _off(request: OrganizationRequest, found: Rule) -> str:
    stopped = actions.switch_off(rule=found, **pages.hand(request))
    if not stopped:
        return _("“%(name)s” is off.") % {"name": found}
    said = ngettext(
        "“%(name)s” is off. %(n)d run that was under way goes no further.",
        "“%(name)s” is off. %(n)d runs that were under way go no further.",
        stopped,
    )
    return said % {"name": found, "n": stopped}


@editors_only
@require_POST
def move(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = rule_of(request, pk)
    return _done(request, lambda: actions.move(rule=found, up=request.POST.get("up") == "1", **pages.hand(request)))


@editors_only
@require_POST
def delete(request: OrganizationRequest, pk: int) -> HttpResponse:
    """The list offers to take it back."""
    found = rule_of(request, pk)
    query = "?" + urlencode({"deleted": pk})
    return _done(request, lambda: actions.delete(rule=found, **pages.hand(request)), query)


def _done(request: OrganizationRequest, act: Callable[[], None], query: str = "") -> HttpResponse:
    try:
        act()
    except Gone:
        return pages.is_gone(request)
    return to_rules(request, query)


@editors_only
@require_POST
def restore(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, Rule, pk)
    try:
        actions.restore(rule=found, **pages.hand(request))
    except Gone:
        pass  # a colleague brought it back already
    except NameTaken:
        messages.error(request, _("Another rule has this name now. Rename that one, then bring this one back."))
        return to_rules(request, "?" + urlencode({"deleted": pk}))
    else:
        messages.success(request, _("“%(name)s” is back, switched off.") % {"name": found})
    return to_rule(request, pk)


@editors_only
@require_POST
def try_out(request: OrganizationRequest, pk: int) -> HttpResponse:
    """What it would have done with the past; what was found stays on its page."""
    found = rule_of(request, pk)
    days = request.POST.get("days", "")
    if checking.problems(actions.draft_of(found), request.organization):
        messages.error(request, _("The rule is not finished, so it cannot be tried: see what is missing."))
        return to_rule(request, pk)
    try:
        trials.try_out(rule=found, days=int(days) if is_id(days) else _TRIED, **pages.hand(request))
    except BadCondition as bad:
        messages.error(request, _("It cannot be tried: %(why)s") % {"why": bad.problems[0].message})
    return to_rule(request, pk)


# ── Plays ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@require_safe
def plays(request: OrganizationRequest) -> HttpResponse:
    context = {"groups": showing.offered(request.membership), "can_edit": may_edit(request)}
    return render(request, "automation/plays.html", context)


@editors_only
@require_POST
def play_use(request: OrganizationRequest) -> HttpResponse:
    """A rule of one's own, switched off; the second of its kind has a number behind its name."""
    play = PLAYS.get(request.POST.get("play", ""))
    if play is None:
        return to_rules(request)
    taken = {each.name.casefold() for each in queries.rules(request.organization)}
    names = (str(play.name) if n == 1 else f"{play.name} ({n})" for n in range(1, len(taken) + 2))
    try:
        made = actions.create(
            draft=play.draft(next(name for name in names if name.casefold() not in taken)), **pages.hand(request)
        )
    except TooMany:
        messages.error(request, too_many())
        return to_rules(request)
    except NameTaken:
        messages.info(request, _("A colleague did the same just now: here it is."))
        return to_rules(request)
    messages.success(request, _("The rule is there, switched off. Read its words, try it, then switch it on."))
    return to_rule(request, made.pk)


def too_many() -> str:
    said = _("There are %(most)d rules, which is as many as can be. Delete one that you do not need.")
    return said % {"most": checking.MOST_RULES}

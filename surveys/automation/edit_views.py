"""Writing a rule: one page for a new one and for one that is there. Only "save" stores; every other button shows the page
again with its change, and everything that was typed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from surveys.accounts.access import OrganizationRequest
from surveys.accounts.models import AuditEntry, Membership
from surveys.automation import pages, previewing, queries
from surveys.automation.act_words import Stored
from surveys.automation.actions import rules as actions
from surveys.automation.actions.rules import ChangedMeanwhile, Gone, NameTaken, TooMany
from surveys.automation.caps import Allowance
from surveys.automation.checking import Draft, Refused
from surveys.automation.models import Rule
from surveys.automation.pages import editors_only, rule_of
from surveys.automation.previewing import Example, Shown
from surveys.automation.rule_forms import TypedRule, beginning, copy_of
from surveys.automation.rule_views import too_many
from surveys.automation.rule_words import Reader, Told
from surveys.customers.list_filters import is_id


@editors_only
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: OrganizationRequest) -> HttpResponse:
    """`play` begins with a play, `like` with another rule."""
    if request.method != "POST":
        return _page(request, TypedRule.of(_begun(request), request.organization), None)
    typed = TypedRule.read(request.POST, request.organization)
    return _saved(request, typed, None, lambda draft: actions.create(draft=draft, **pages.hand(request)))


def _begun(request: OrganizationRequest) -> Draft:
    like = request.GET.get("like", "")
    if not is_id(like):
        return beginning(request.GET.get("play", ""))
    found = rule_of(request, int(like))
    return copy_of(actions.draft_of(found), _("%(name)s (copy)") % {"name": found.name})


@editors_only
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = rule_of(request, pk)
    if request.method != "POST":
        typed = TypedRule.of(actions.draft_of(found), request.organization, found.version)
        typed.judge()
        return _page(request, typed, found)

    def change(draft: Draft) -> Rule:
        seen = typed.form.cleaned_data["seen"] or 0
        actions.change(rule=found, draft=draft, seen=seen, **pages.hand(request))
        return found

    typed = TypedRule.read(request.POST, request.organization)
    return _saved(request, typed, found, change)


def _saved(
    request: OrganizationRequest, typed: TypedRule, found: Rule | None, act: Callable[[Draft], Rule]
) -> HttpResponse:
    """`save` with the value "draft" stores one that is off with what it lacks still."""
    if "save" not in request.POST:
        return _page(request, typed, found)
    typed.judge()
    draft = typed.draft
    may_lack = request.POST["save"] == "draft" and not (found and found.is_on)
    if draft is None or not (typed.acts.is_sound or may_lack):
        return _page(request, typed, found)
    try:
        stored = act(draft)
    except ChangedMeanwhile as clash:
        return _clash(request, clash.args[0], draft)
    except Gone:
        return pages.is_gone(request)
    except (NameTaken, TooMany, Refused) as refused:
        _tell(typed, refused)
        return _page(request, typed, found)
    messages.success(request, _("The rule is saved."))
    return pages.to_rule(request, stored.pk)


def _tell(typed: TypedRule, refused: NameTaken | TooMany | Refused) -> None:
    if isinstance(refused, NameTaken):
        typed.form.add_error("name", _("Another rule is called so. Choose a name of its own."))
    elif isinstance(refused, TooMany):
        typed.form.add_error(None, too_many())
    else:
        for problem in refused.problems:
            typed.form.add_error(None, problem.message)


# ── Two at once ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Difference:
    """A part of the rule that is one way as it is kept now, and another in what was typed here."""

    label: str
    theirs: list[str]
    yours: list[str]


@dataclass(frozen=True)
class Clash:
    """`entry` says who changed it, and when."""

    entry: AuditEntry | None
    differences: list[Difference]


def _clash(request: OrganizationRequest, now: Rule, draft: Draft) -> HttpResponse:
    """Saving again puts what was typed in the place of the other's."""
    data = request.POST.copy()
    data["seen"] = str(now.version)
    typed = TypedRule.read(data, request.organization)
    typed.judge()
    clash = Clash(queries.last_change(now), _differences(request.membership, now, draft))
    return _page(request, typed, now, clash, status=409)


def _differences(by: Membership, theirs: Rule, yours: Draft) -> list[Difference]:
    reader = Reader(by)
    told, typed = reader.told(theirs), reader.told(yours)
    parts = [
        Difference(_("Name"), [theirs.name], [yours.name]),
        Difference(_("When"), [told.when], [typed.when]),
        Difference(_("If"), [told.condition], [typed.condition]),
        _of_acts(_lines(told), _lines(typed)),
        Difference(_("Held out"), [f"{theirs.holdout_percent} %"], [f"{yours.holdout_percent} %"]),
    ]
    return [part for part in parts if part.theirs != part.yours]


def _of_acts(theirs: list[str], yours: list[str]) -> Difference:
    """What only one of the two does; all of it where they do the same in another order."""
    mine = [line for line in yours if line not in theirs]
    other = [line for line in theirs if line not in yours]
    return Difference(_("Then"), other, mine) if mine or other else Difference(_("Then"), theirs, yours)


def _lines(told: Told) -> list[str]:
    return ["\n".join(filter(None, [act.said, act.text])) for act in told.acts]


# ── The page ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _page(
    request: OrganizationRequest, typed: TypedRule, found: Rule | None, clash: Clash | None = None, status: int = 200
) -> HttpResponse:
    plan, is_saving = typed.plan, "save" in request.POST
    is_whole = typed.draft is not None and not typed.form.errors
    context: dict[str, Any] = {
        "rule": found,
        "typed": typed,
        "form": typed.form,
        "builder": typed.builder,
        "acts": typed.acts,
        "clash": clash,
        "told": Reader(request.membership).told(plan) if plan else None,
        "plan": plan,
        "here": request.get_full_path(),
        "is_unsaved": request.method == "POST",
        "has_errors": is_saving and not (is_whole and typed.acts.is_sound),
        "may_lack": is_saving and is_whole and not (found and found.is_on),
        "allowance": Allowance.of(request.organization),
        **_previews(request, typed, plan),
    }
    return render(request, "automation/rule_form.html", context, status=status)


def _previews(request: OrganizationRequest, typed: TypedRule, plan: Draft | None) -> dict[str, Any]:
    """The acts, each mail beside how somebody would get it."""
    mails = [act for act in typed.acts.acts if act.is_mail]
    if not mails:
        return {"act_rows": [(act, None) for act in typed.acts.acts]}
    about = plan or Draft(name="", trigger=typed.trigger)
    example = previewing.example(about, request.organization, timezone.now())
    shown = {act.key: _shown(act.stored, example, request, typed) for act in mails}
    return {"example": example, "previews": shown, "act_rows": [(act, shown.get(act.key)) for act in typed.acts.acts]}


def _shown(act: Stored, example: Example, request: OrganizationRequest, typed: TypedRule) -> Shown:
    return previewing.shown(act, example, request.membership, typed.acts.known.colleagues)

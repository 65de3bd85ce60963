"""Who is at risk by the organization's rule, and changing the rule."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.analytics import showing
from surveys.analytics.actions import risk as actions
from surveys.analytics.over_time import change_lists, risk, risk_parts
from surveys.analytics.over_time.risk import People
from surveys.analytics.over_time.risk_forms import RiskRuleForm
from surveys.analytics.over_time.risk_parts import USUAL, Kind, Rule
from surveys.analytics.over_time.risk_sql import Asked
from surveys.analytics.pages import AnalyticsPage
from surveys.core import places
from surveys.core.conditions.builder import Builder
from surveys.core.conditions.tree import EVERYONE
from surveys.customers.models import Customer, Property, PropertyType
from surveys.customers.queries.segments import customer_catalogue


@dataclass(frozen=True)
class RiskList:
    """`sentences` are the rule's parts in words."""

    page: AnalyticsPage
    found: People
    asked: Asked
    sentences: list[str]
    worth: Property | None

    @property
    def rows(self) -> list[tuple[risk.Person, str]]:
        return [(person, change_lists.worth_of(person.customer, self.worth)) for person in self.found.people]

    @property
    def count(self) -> str:
        return change_lists.people_said(self.found.count, is_more=self.found.is_more)

    @property
    def next_url(self) -> str:
        return self.page.url(self.page.look, after=self.found.after) if self.found.after else ""


@require_GET
def people(request: OrganizationRequest) -> HttpResponse:
    page = showing.page(request, "analytics:risk", _("At risk"), own=("after",))
    sees_hidden = access.sees_hidden_properties(request.membership)

    def figures() -> dict[str, Any]:
        asked = risk.asked(page.organization, timezone.now(), page.look.filters)
        sentences = [risk_parts.sentence(part, asked.known, sees_hidden=sees_hidden) for part in asked.rule.parts]
        found = risk.page(asked, request.GET.get("after", ""), sees_hidden=sees_hidden)
        worth = change_lists.worth_property(page.organization, sees_hidden=sees_hidden)
        return {
            "people": RiskList(page, found, asked, sentences, worth),
            "lists": change_lists.TABS,
            "table": "risk",
            "query": page.url(page.look, after=None).partition("?")[2],
            "can_export": access.can(request.membership, Permission.EXPORT_CUSTOMERS),
            "can_edit": access.can(request.membership, Permission.EDIT_SEGMENTS),
        }

    return showing.rendered(request, page, "analytics/risk.html", figures)


# ── The rule ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Effect:
    """How many are listed, and how many would be."""

    before: int
    after: int
    customers: int


@access.permitted(Permission.EDIT_SEGMENTS)
@require_http_methods(["GET", "HEAD", "POST"])
def rule(request: OrganizationRequest) -> HttpResponse:
    """The first "save" shows what the change does; "save" with the value "all" carries it out."""
    now = risk.rule_of(request.organization)
    known = customer_catalogue(request.organization)
    if request.method != "POST":
        own = now.part(Kind.WHO)
        return _form(request, _rule_form(request, now), Builder.of_json(own["where"] if own else {}, known))
    form = _rule_form(request, now)
    builder = Builder.typed(request.POST, known, is_strict="save" in request.POST)
    wanted = _wanted(form, builder) if "save" in request.POST and form.is_valid() else None
    if wanted is None:
        return _form(request, form, builder)
    if request.POST["save"] != "all":
        return _form(request, form, builder, _effect(request, now, wanted))
    try:
        actions.change_rule(rule=wanted, by=request.membership, at=timezone.now())
    except actions.ChangedMeanwhile:
        form.add_error(None, _("Somebody else changed the rule meanwhile. Open it again and repeat your change."))
        return _form(request, form, builder)
    messages.success(request, _("The rule is saved."))
    return redirect(access.url(request.organization, "analytics:risk"))


def _rule_form(request: OrganizationRequest, now: Rule) -> RiskRuleForm:
    numbers = Property.objects.filter(organization=request.organization, type=PropertyType.NUMBER)
    return RiskRuleForm(request.POST or None, numbers=list(numbers.order_by("position", "id")), rule=now)


def _wanted(form: RiskRuleForm, builder: Builder) -> Rule | None:
    """None where the own condition is not complete; the form or the builder then says what is missing."""
    if not form.cleaned_data[Kind.WHO.value]:
        return form.rule({})
    tree = builder.tree
    if tree is None:
        return None
    if tree == EVERYONE:
        form.add_error(Kind.WHO.value, _("Add a condition below: without one this part applies to everybody."))
        return None
    return form.rule(tree.to_json())


def _effect(request: OrganizationRequest, now: Rule, wanted: Rule) -> Effect:
    at = timezone.now()
    before, after = (risk.count(risk.asked(request.organization, at, rule=rule)) for rule in (now, wanted))
    return Effect(before, after, Customer.objects.filter(organization=request.organization).count())


def _form(
    request: OrganizationRequest, form: RiskRuleForm, builder: Builder, effect: Effect | None = None
) -> HttpResponse:
    now = risk.rule_of(request.organization)
    context = {
        "form": form,
        "builder": builder,
        "here": request.get_full_path(),
        "is_unsaved": request.method == "POST",
        "effect": effect,
        "rule": now,
        "is_usual": now.to_json() == USUAL.to_json(),
    }
    return render(request, "analytics/risk_rule.html", context)


@access.permitted(Permission.EDIT_SEGMENTS)
@require_POST
def reset(request: OrganizationRequest) -> HttpResponse:
    version = places.key(request.POST.get("version", ""))
    try:
        actions.reset_rule(version=-1 if version is None else version, by=request.membership, at=timezone.now())
        messages.success(request, _("The rule is the usual one again."))
    except actions.ChangedMeanwhile:
        messages.error(request, _("Somebody else changed the rule meanwhile: nothing was reset."))
    return redirect(access.url(request.organization, "analytics:risk_rule"))

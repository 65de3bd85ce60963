"""The step "When": what sets a campaign off, its hours, how many it asks, and its end."""

from dataclasses import replace
from typing import Any, Final

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.campaigns import actions, pages, queries, rule_words
from surveys.campaigns.actions.versions import Part
from surveys.campaigns.models import Campaign, Kind, Trigger
from surveys.campaigns.rule_forms import RulesForm
from surveys.campaigns.rules import Rules
from surveys.core.conditions.builder import Builder
from surveys.customers.queries.events import event_catalogue

EVENTS: Final = "e"  # the letter of the builder about events


@access.permitted(Permission.EDIT_CAMPAIGNS)
@require_http_methods(["GET", "HEAD", "POST"])
def when(request: OrganizationRequest, pk: int) -> HttpResponse:
    """Adding and removing conditions on events posts here too, and so does looking what it means; only "save" stores."""
    campaign = access.get(request.membership, Campaign, pk)
    if campaign.is_over and request.method != "POST":
        return pages.to(request, "detail", pk)
    dates = queries.date_properties(request.organization)
    form = RulesForm(request.POST or None, campaign=campaign, dates=dates, at=timezone.now())
    builder = _builder(request, campaign, form)
    rules = _rules(form, builder)
    if rules is None or "save" not in request.POST:
        return _page(request, campaign, form, builder, rules)
    return pages.edited(
        request,
        campaign,
        Part.RULES,
        lambda: actions.choose_rules(campaign=campaign, rules=rules, **pages.hand(request)),
        lambda seen: _page(request, campaign, form, builder, rules, seen),
    )


def _builder(request: OrganizationRequest, campaign: Campaign, form: RulesForm) -> Builder | None:
    """Of the conditions on events, with the fields of the kind that is typed; what was launched keeps them."""
    if campaign.kind != Kind.TRIGGERED or not campaign.is_draft:
        return None
    kind = str(form["event_kind"].value() or "").strip().lower()
    known = event_catalogue(request.organization, kind)
    if request.method == "POST":
        is_strict = "save" in request.POST and request.POST.get("trigger") == Trigger.EVENT
        return Builder.typed(request.POST, known, is_strict=is_strict, letter=EVENTS)
    return Builder.of_json(campaign.event_conditions, known, EVENTS)


def _rules(form: RulesForm, builder: Builder | None) -> Rules | None:
    """What was typed, if it is complete; of a form that was just opened, what is stored."""
    if not form.is_bound:
        return form.was
    if not form.is_valid():
        return None
    rules = form.rules()
    if builder is None or rules.trigger != Trigger.EVENT:
        return rules
    return replace(rules, event_conditions=builder.tree.to_json()) if builder.tree is not None else None


def _page(
    request: OrganizationRequest,
    campaign: Campaign,
    form: RulesForm,
    builder: Builder | None,
    rules: Rules | None,
    seen: str = "",
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "builder": builder,
        "here": request.get_full_path(),
        "is_unsaved": request.method == "POST",
        "meaning": meaning(campaign, rules) if rules else None,
        "event_kinds": queries.event_kinds(request.organization) if builder else [],
    }
    return pages.step(request, "campaigns/when.html", campaign, Part.RULES, seen=seen, **context)


def meaning(campaign: Campaign, rules: Rules) -> rule_words.Meaning:
    """In words, with how many a day that is now."""
    organization = campaign.organization
    reach = queries.reach(organization, rules, at=timezone.now()) if rules.kind == Kind.RECURRING else None
    known = rule_words.Known(
        date_label=dict(queries.date_properties(organization)).get(rules.date_property, ""),
        event_conditions=queries.about_events(organization, rules),
        reach=reach.with_address if reach else None,
    )
    return rule_words.meaning(rules, organization, known)

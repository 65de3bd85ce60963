"""Pages about what is kept: the rules of an organization, and everything about one customer."""

from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings as django_settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.models import Organization
from surveys.accounts.permissions import Permission
from surveys.customers import queries as customers
from surveys.customers.actions import bulk
from surveys.customers.models import BulkAct, BulkKind, Customer
from surveys.privacy import actions, contributions, files, person, queries, reading
from surveys.privacy.actions import Rule
from surveys.privacy.forms import RetentionForm, SelfServiceForm, act_words
from surveys.privacy.models import Act, RetentionRule, Subject

_FORMS: Final = {"json": "application/json", "zip": "application/zip"}


@dataclass(frozen=True)
class Effect:
    """What a rule would change if it were applied now."""

    subject: Subject
    act: Act
    months: int
    count: int
    is_new: bool

    @property
    def act_label(self) -> str:
        return act_words(self.subject, self.act)


@access.permitted(Permission.MANAGE_ORGANIZATION)
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: OrganizationRequest) -> HttpResponse:
    """The rules. What they would remove today is shown before they are saved."""
    organization = Organization.objects.get(pk=request.organization.pk)
    stored = queries.rules(organization)
    form = RetentionForm(stored, organization.erasure_keeps_counts, request.POST or None)
    context: dict[str, Any] = {"form": form, "effects": _effects(organization, _rules_of(stored), stored)}
    if request.method == "POST" and form.is_valid():
        if "save" in request.POST:
            return _save(request, form)
        context |= {"effects": _effects(organization, form.rules(), stored), "is_preview": True}
    context["self_service"] = _own(organization)
    context["contact"] = organization.reply_to or organization.sender_email
    runs = [(run, act_words(run.subject, run.act)) for run in queries.runs(organization)]
    return render(
        request, "accounts/settings_privacy.html", context | {"runs": runs, "rules": stored, "now": timezone.now()}
    )


@access.permitted(Permission.MANAGE_ORGANIZATION)
@require_POST
def self_service(request: OrganizationRequest) -> HttpResponse:
    """What customers may do themselves."""
    form = SelfServiceForm(request.POST)
    if form.is_valid():
        actions.let_customers(may=form.cleaned_data, by=request.membership, at=timezone.now())
        messages.success(request, _("Saved."))
    return redirect(access.url(request.organization, "privacy:settings"))


def _own(organization: Organization) -> SelfServiceForm:
    return SelfServiceForm(initial={name: getattr(organization, name) for name in actions.SELF_SERVICE})


def _save(request: OrganizationRequest, form: RetentionForm) -> HttpResponse:
    actions.set_rules(
        rules=form.rules(),
        keeps_counts=form.cleaned_data["keeps_counts"],
        by=request.membership,
        at=timezone.now(),
    )
    messages.success(request, _("Saved. New rules begin tomorrow at this time; until then you can change them freely."))
    return redirect(access.url(request.organization, "privacy:settings"))


def _rules_of(stored: dict[str, RetentionRule]) -> dict[Subject, Rule]:
    return {Subject(subject): Rule(Act(rule.act), rule.months) for subject, rule in stored.items()}


def _effects(organization: Organization, rules: dict[Subject, Rule], stored: dict[str, RetentionRule]) -> list[Effect]:
    at = timezone.now()
    before = _rules_of(stored)
    return [
        Effect(
            subject,
            rule.act,
            rule.months,
            queries.affected(organization, subject, rule.act, queries.months_before(at, rule.months)).count(),
            is_new=before.get(subject) != rule,
        )
        for subject, rule in rules.items()
    ]


# ── One customer ──


@access.permitted(Permission.EXPORT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def known(request: OrganizationRequest, pk: int) -> HttpResponse:
    """Everything that is kept about somebody. POST downloads it, and stays in the audit trail."""
    customer = access.get(request.membership, Customer, pk)
    at = timezone.now()
    document = person.everything(customer, at=at)
    declared = {known.key: known for known in customers.declared_properties(request.organization)}
    form = request.POST.get("form", "")
    if request.method == "POST" and form in _FORMS:
        actions.note_export(customer=customer, form=form, by=request.membership, at=at)
        title = customer.name or _("Customer")
        more = contributions.files(customer)
        content = files.as_json(document) if form == "json" else files.as_zip(document, declared, title, more)
        name = f"customer-{customer.pk}.{form}"
        return HttpResponse(
            content, content_type=_FORMS[form], headers={"Content-Disposition": f'attachment; filename="{name}"'}
        )
    return render(
        request, "privacy/person.html", {"customer": customer, "sections": reading.sections(document, declared)}
    )


@access.permitted(Permission.DELETE_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def farewell(request: OrganizationRequest, pk: int) -> HttpResponse:
    """What deleting and erasing would remove; POST does one of them after the time to undo."""
    customer = access.get(request.membership, Customer, pk)
    kind = request.POST.get("kind", "")
    if request.method == "POST" and kind in (BulkKind.DELETE, BulkKind.ERASE):
        if not queries.leaving(customer):
            return _farewell(request, customer, BulkKind(kind))
        return redirect(customer)
    context = {
        "customer": customer,
        "contents": queries.contents(customer),
        "keeps_counts": request.organization.erasure_keeps_counts,
        "seconds": django_settings.UNDO_SECONDS,
        "leaving": queries.leaving(customer),
    }
    return render(request, "privacy/farewell.html", context)


def _farewell(request: OrganizationRequest, customer: Customer, kind: BulkKind) -> HttpResponse:
    try:
        actions.say_farewell(customer=customer, kind=kind, by=request.membership, at=timezone.now())
    except bulk.Nobody:
        messages.error(request, _("This customer is not there any more: merged, deleted or erased. Nothing was done."))
        return redirect(access.url(request.organization, "customers:list"))
    return redirect(customer)


@access.permitted(Permission.DELETE_CUSTOMERS)
@require_POST
def stay(request: OrganizationRequest, pk: int) -> HttpResponse:
    """Undo, as long as the work has not begun."""
    customer = access.get(request.membership, Customer, pk)
    act: BulkAct | None = queries.leaving(customer)
    try:
        if act:
            bulk.stop(act=act, by=request.membership, at=timezone.now())
    except bulk.NotNow:
        messages.error(request, _("It was too late to undo this."))
    else:
        messages.success(request, _("%(customer)s stays.") % {"customer": customer})
    return redirect(customer)

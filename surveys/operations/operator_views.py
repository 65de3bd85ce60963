"""The operator's pages: for instance administrators alone; to everybody else they do not exist."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, Final, ParamSpec

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from surveys.accounts import audit, trail_words
from surveys.accounts.models import Organization, User
from surveys.accounts.queries import security
from surveys.delivery.hooks import roads as hooks
from surveys.operations import broker, queries, signs
from surveys.operations.actions import operating
from surveys.operations.forms import LimitsForm, SuspensionForm
from surveys.operations.queries import mail

P = ParamSpec("P")

STATES: Final = (
    ("", gettext_lazy("All")),
    ("active", gettext_lazy("Active")),
    ("suspended", gettext_lazy("Suspended")),
    ("ending", gettext_lazy("Being deleted")),
)
LONGEST_SEARCH: Final = 100


class OperatorRequest(HttpRequest):
    user: User


View = Callable[Concatenate[OperatorRequest, P], HttpResponse]


def for_operators(view: View[P]) -> View[P]:
    """404 to who is no instance administrator. With NPS_OPERATOR_MFA a second factor is asked for."""

    @wraps(view)
    def wrapper(request: OperatorRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not (request.user.is_authenticated and request.user.is_staff):
            raise Http404
        if settings.OPERATOR_MFA and not security.has_second_factor(request.user):
            return render(request, "operations/second_factor.html", status=403)
        return view(request, *args, **kwargs)

    return wrapper


@for_operators
@require_safe
def organizations(request: OperatorRequest) -> HttpResponse:
    words = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST_SEARCH]
    state = request.GET.get("state", "")
    page = queries.organization_page(words=words, state=state, after=request.GET.get("after", ""), at=timezone.now())
    query = request.GET.copy()
    query["after"] = page.after
    context = {
        "page": page,
        "words": words,
        "state": state,
        "states": STATES,
        "next_url": f"?{query.urlencode()}" if page.after else "",
    }
    return render(request, "operations/organizations.html", context)


@for_operators
@require_safe
def organization(request: OperatorRequest, pk: int) -> HttpResponse:
    return _shown(request, get_object_or_404(Organization, pk=pk))


def _shown(
    request: OperatorRequest,
    found: Organization,
    limits: LimitsForm | None = None,
    suspension: SuspensionForm | None = None,
) -> HttpResponse:
    now = {name: getattr(found, name) for name in LimitsForm.base_fields}
    context = {
        "found": found,
        "summary": queries.summary(found, at=timezone.now()),
        "owners": queries.owners(found),
        "acts": trail_words.tell(found, queries.operator_acts(found)),
        "limits": limits or LimitsForm(initial=now),
        "suspension": suspension or SuspensionForm(),
    }
    return render(request, "operations/organization.html", context)


@for_operators
@require_POST
def limits(request: OperatorRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Organization, pk=pk)
    form = LimitsForm(request.POST)
    if not form.is_valid():
        return _shown(request, found, limits=form)
    try:
        operating.change_limits(
            organization=found,
            **form.cleaned_data,
            by=request.user,
            origin=audit.origin_of(request),
            at=timezone.now(),
        )
    except operating.NothingToDo:
        messages.info(request, _("Nothing was changed."))
    else:
        messages.success(request, _("The limits are changed."))
    return redirect("operator:organization", pk=pk)


@for_operators
@require_POST
def suspend(request: OperatorRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Organization, pk=pk)
    form = SuspensionForm(request.POST)
    if not form.is_valid():
        return _shown(request, found, suspension=form)
    try:
        operating.suspend(
            organization=found,
            reason=form.cleaned_data["reason"],
            by=request.user,
            origin=audit.origin_of(request),
            at=timezone.now(),
        )
    except operating.NothingToDo:
        messages.info(request, _("It is suspended already."))
    else:
        messages.success(request, _("%(name)s is suspended.") % {"name": found})
    return redirect("operator:organization", pk=pk)


@for_operators
@require_POST
def lift(request: OperatorRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Organization, pk=pk)
    try:
        operating.lift_suspension(
            organization=found, by=request.user, origin=audit.origin_of(request), at=timezone.now()
        )
    except operating.NothingToDo:
        messages.info(request, _("It is not suspended."))
    else:
        messages.success(request, _("%(name)s goes on where it stopped.") % {"name": found})
    return redirect("operator:organization", pk=pk)


@for_operators
@require_safe
def mail_page(request: OperatorRequest) -> HttpResponse:
    """How mail gets on: queues, roads, doubts."""
    at = timezone.now()
    context = {
        "at": at,
        "pulse": mail.pulse(at=at),
        "found": mail.lines(at=at),
        "roads": mail.roads(at=at),
        "doubts": mail.doubts(),
        "stopped": mail.stopped(at=at),
        "leases": mail.leases(at=at),
        "slowed": [(*pace.key.removeprefix("domain:").rpartition(":")[::2], pace) for pace in mail.slowed(at=at)],
        "unread": mail.unread(),
        "signs": signs.ages(at=at),
        "policy": broker.policy(),
        "most": mail.MOST,
        "hook": hooks.address(hooks.OPERATORS, settings.WEBHOOK_PROVIDER) if settings.WEBHOOK_PROVIDER else "",
    }
    return render(request, "operations/mail.html", context)


@for_operators
@require_safe
def system(request: OperatorRequest) -> HttpResponse:
    context = {
        "queues": queries.queues(),
        "work": queries.work(at=timezone.now()),
        "workers": queries.workers(),
        "versions": queries.versions(),
        "signup": settings.SIGNUP,
        "mails": queries.failed_system_mails(),
    }
    return render(request, "operations/system.html", context)

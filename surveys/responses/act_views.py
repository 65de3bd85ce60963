"""Acts on many responses: which and what, with what it changes; then the act on its way, with Undo."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import HTMX_STOP_POLLING

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.analytics import queries as analytics
from surveys.core.filters import NO_FILTERS
from surveys.core.nps import Split, signed
from surveys.core.periods import Period
from surveys.responses import mark_queries, views
from surveys.responses.actions import acts, tagging
from surveys.responses.actions.acts import Chosen, Nothing, NotNow
from surveys.responses.mark_forms import ActForm, ExcludeForm, IncludeForm, PutTagForm, TakeTagForm
from surveys.responses.mark_queries import Foreseen, NotUnderstood
from surveys.responses.mark_views import too_many
from surveys.responses.models import MarkKind, MarkStatus, ResponseAct, Tag

MOST_PICKED: Final = 1000
PREVIEW: Final = 5


@dataclass(frozen=True)
class Offer:
    """One thing that can be done with them: `count` of them would change, and the score of their days with them."""

    form: ActForm
    kind: MarkKind
    count: int
    before: str = ""
    after: str = ""


@access.permitted(Permission.MARK_RESPONSES)
@require_http_methods(["GET", "HEAD", "POST"])
def bulk(request: OrganizationRequest) -> HttpResponse:
    """Which were chosen, and what would change; without a choice, what was done lately."""
    if "scope" not in request.GET:
        return render(request, "responses/acts.html", {"acts": mark_queries.acts(request.organization)})
    try:
        return _bulk(request, _chosen(request), timezone.now())
    except NotUnderstood as bad:
        messages.error(request, str(bad))
        return redirect("responses:feed", slug=request.organization.slug)


def _bulk(request: OrganizationRequest, chosen: Chosen, at: datetime) -> HttpResponse:
    """Raises NotUnderstood."""
    found = chosen.responses(request.organization, at)
    foreseen = mark_queries.foreseen(found)
    if not foreseen.total:
        messages.info(request, _("No response is selected. Tick some in the list first."))
        return redirect(_back(request, chosen))
    offers = _offers(request, foreseen)
    if request.method == "POST" and (act := _confirmed(request, chosen, offers, at)):
        return redirect(act)
    context = {
        "foreseen": foreseen,
        "offers": offers,
        "tags": mark_queries.tags(request.organization),
        "some": found.select_related("customer", "campaign").order_by("-responded_at", "-id")[:PREVIEW],
        "query": request.GET.urlencode(),
        "back": _back(request, chosen),
        "form": _form(request),
    }
    return render(request, "responses/bulk.html", context)


def _form(request: OrganizationRequest) -> UUID:
    """Tells this page from others: sent twice, it makes one act."""
    try:
        return UUID(request.POST.get("form", ""))
    except ValueError:
        return uuid4()


def _chosen(request: OrganizationRequest) -> Chosen:
    """Raises NotUnderstood."""
    filters = views.understood(request, views.known_of(request, views.visible_properties(request)))
    if filters.problems:
        raise NotUnderstood(" ".join(filters.problems))
    ids = {
        int(text)
        for text in request.GET.getlist("id")[:MOST_PICKED]
        if text.isascii() and text.isdigit() and len(text) < 19
    }
    return Chosen(filters.to_query(), None if request.GET["scope"] == "all" else tuple(sorted(ids)))


def _back(request: OrganizationRequest, chosen: Chosen) -> str:
    feed = access.url(request.organization, "responses:feed")
    return f"{feed}?{chosen.query}" if chosen.query else feed


def _offers(request: OrganizationRequest, foreseen: Foreseen) -> list[Offer]:
    """The form that was sent is bound; the others are as new."""
    sent = request.POST.get("kind", "") if request.method == "POST" else ""
    data = {kind: request.POST if kind == sent else None for kind in MarkKind}
    before = _score_of_these_days(request, foreseen)
    on_them = [
        (tag, foreseen.tags[tag.pk]) for tag in mark_queries.tags(request.organization) if tag.pk in foreseen.tags
    ]
    offers = [Offer(PutTagForm(data[MarkKind.TAG]), MarkKind.TAG, foreseen.total)]
    if on_them:
        offers.append(Offer(TakeTagForm(on_them, data[MarkKind.UNTAG]), MarkKind.UNTAG, max(foreseen.tags.values())))
    if foreseen.total > foreseen.junk:
        after = _score(_without(before, foreseen.counting))
        count = foreseen.total - foreseen.junk
        offers.append(Offer(ExcludeForm(data[MarkKind.EXCLUDE]), MarkKind.EXCLUDE, count, _score(before), after))
    if foreseen.junk:
        after = _score(before + foreseen.returning)
        offers.append(
            Offer(IncludeForm(data[MarkKind.INCLUDE]), MarkKind.INCLUDE, foreseen.junk, _score(before), after)
        )
    return offers


def _score_of_these_days(request: OrganizationRequest, foreseen: Foreseen) -> Split:
    """Of everybody who answered on the days of the chosen ones."""
    if foreseen.first is None or foreseen.last is None:
        return Split(0, 0, 0)
    return analytics.split(request.organization, Period(foreseen.first, foreseen.last), NO_FILTERS)


def _without(split: Split, gone: Split) -> Split:
    return Split(split.promoters - gone.promoters, split.passives - gone.passives, split.detractors - gone.detractors)


def _score(split: Split) -> str:
    return "—" if split.score is None else signed(split.score)


def _confirmed(request: OrganizationRequest, chosen: Chosen, offers: list[Offer], at: datetime) -> ResponseAct | None:
    """None when there is something to correct in the form."""
    form = next((offer.form for offer in offers if offer.form.is_bound), None)
    if form is None or not form.is_valid():
        return None
    try:
        change = form.change(_tag(request, form, at))
        return acts.confirm(chosen=chosen, change=change, by=request.membership, at=at, form=_form(request))
    except tagging.TooMany:
        form.add_error("name", too_many())
    except Nothing:
        messages.info(request, _("None of these responses is there any more."))
    return None


def _tag(request: OrganizationRequest, form: ActForm, at: datetime) -> Tag | None:
    """Raises tagging.TooMany."""
    if isinstance(form, PutTagForm):
        return tagging.find_or_make_tag(name=form.cleaned_data["name"], by=request.membership, at=at)
    if isinstance(form, TakeTagForm):
        return access.get(request.membership, Tag, int(form.cleaned_data["tag"]))
    return None


@access.permitted(Permission.MARK_RESPONSES)
@require_safe
@vary_on_headers("HX-Request")
def act(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, ResponseAct, pk)
    at = timezone.now()
    context = {
        "act": found,
        "is_waiting": found.status == MarkStatus.WAITING,
        "seconds_left": max(0, int((found.starts_at - at).total_seconds())),
        "may_act": True,
        "may_undo": acts.may_undo(found, at),
        "undo_until": found.created_at + acts.UNDO_FOR,
    }
    if request.htmx:
        status = 200 if found.is_in_work else HTMX_STOP_POLLING
        return render(request, "responses/_act.html", context, status=status)
    return render(request, "responses/act.html", context)


@access.permitted(Permission.MARK_RESPONSES)
@require_POST
def act_stop(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, ResponseAct, pk)
    try:
        acts.stop(act=found, by=request.membership, at=timezone.now())
    except NotNow:
        messages.info(request, _("It was over already."))
    return redirect(found)


@access.permitted(Permission.MARK_RESPONSES)
@require_POST
def act_undo(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, ResponseAct, pk)
    try:
        acts.undo(act=found, by=request.membership, at=timezone.now())
    except NotNow:
        messages.info(request, _("This cannot be undone any more."))
    return redirect(found)

"""The bell, what stands behind it, and how each is told. See docs/alerts.md."""

from itertools import islice
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.alerts import queries, saying, words
from surveys.alerts.actions import choosing, seeing
from surveys.alerts.forms import ChoicesForm
from surveys.alerts.gathering import Gathered, gathered
from surveys.alerts.models import Notification
from surveys.customers.queries import segments as segment_queries
from surveys.inbox import queries as inbox

SHOWN_BY_BELL = 5


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


@require_safe
@vary_on_headers("HX-Request")
def alerts(request: OrganizationRequest) -> HttpResponse:
    """One's own, the newest first. To the bell the latest alone."""
    if request.htmx:
        return _latest(request)
    only_unseen = request.GET.get("show") == "unseen"
    before = _number(request.GET.get("before", ""))
    found = queries.subjects(request.membership, only_unseen=only_unseen, before=before)
    shown = _gathered(request, found[: queries.PAGE])
    is_more = len(found) > queries.PAGE
    context = {
        "told": shown,
        "only_unseen": only_unseen,
        "newest": found[0].newest if found and before is None else 0,
        "unseen": queries.unseen(request.membership),
        "next_url": f"?{'show=unseen&' if only_unseen else ''}before={found[len(shown) - 1].newest}" if is_more else "",
        "is_first_page": before is None,
    }
    return render(request, "alerts/list.html", context)


def _gathered(request: OrganizationRequest, subjects: list[queries.Subject]) -> list[Gathered]:
    """All that they say is looked up together."""
    said = iter(words.lines(request.organization, [each for subject in subjects for each in subject.told]))
    return [gathered(list(islice(said, len(subject.told))), subject.count) for subject in subjects]


def _latest(request: OrganizationRequest, waiting: inbox.Waiting | None = None) -> HttpResponse:
    found = queries.subjects(request.membership, most=SHOWN_BY_BELL)[:SHOWN_BY_BELL]
    context = {
        "told": _gathered(request, found),
        "newest": found[0].newest if found else 0,
        "has_new": queries.has_new(request.membership),
        "in_head": waiting,
    }
    return render(request, "alerts/_latest.html", context)


@require_safe
def bell(request: OrganizationRequest) -> HttpResponse:
    """The numbers in the head of pages: those that stay open ask for them."""
    return render(request, "alerts/_in_head.html", {"in_head": inbox.waiting(request.membership)})


def _own(request: OrganizationRequest, pk: int) -> Notification:
    """A colleague's is a 404, as another organization's."""
    found = access.get(request.membership, Notification, pk)
    if found.user_id != request.user.pk:
        return access.get(request.membership, Notification, 0)
    return found


@require_safe
def go(request: OrganizationRequest, pk: int) -> HttpResponse:
    """To what it is about; it is seen then."""
    found = _own(request, pk)
    if request.method == "GET":
        seeing.see(notification=found, by=request.membership, at=timezone.now())
    line = words.lines(request.organization, [found])[0]
    if not line.path:
        messages.info(request, line.sentence)
    return redirect(line.path or access.url(request.organization, "alerts:list"))


@require_POST
def see(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = _own(request, pk)
    seeing.see(notification=found, by=request.membership, at=timezone.now())
    return redirect(_back(request))


@require_POST
def see_all(request: OrganizationRequest) -> HttpResponse:
    until = _number(request.POST.get("until", "")) or 0
    seeing.see_all(until=until, by=request.membership, at=timezone.now())
    if request.htmx:
        return _latest(request, inbox.waiting(request.membership))
    return redirect(_back(request))


def _back(request: OrganizationRequest) -> str:
    address = access.url(request.organization, "alerts:list")
    return f"{address}?show=unseen" if request.POST.get("show") == "unseen" else address


# ── How I am told ────────────────────────────────────────────────────────────────────────────────────────────────────


def _segments(request: OrganizationRequest) -> dict[int, str]:
    """Those whose conditions this person may know: who is in them would tell."""
    found = segment_queries.segments(request.membership)
    return {each.segment.pk: each.segment.name for each in found if not each.who.is_secret}


@require_http_methods(["GET", "HEAD", "POST"])
def choices(request: OrganizationRequest) -> HttpResponse:
    wish, segments = queries.wish_of(request.membership), _segments(request)
    form = ChoicesForm(wish, segments, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        choosing.choose(wish=form.wish(), by=request.membership, at=timezone.now())
        messages.success(request, _("Saved. It holds from now on, also for mails that wait."))
        return redirect(access.url(request.organization, "alerts:choices"))
    zone = request.organization.time_zone
    context: dict[str, Any] = {
        "form": form,
        "said": saying.said(wish, segments, zone),
        "has_chosen": queries.choice_of(request.membership) is not None,
    }
    return render(request, "alerts/choices.html", context)


@require_POST
def preview(request: OrganizationRequest) -> HttpResponse:
    """What the form says, in words; nothing is stored."""
    segments = _segments(request)
    form = ChoicesForm(queries.wish_of(request.membership), segments, request.POST)
    is_valid = form.is_valid()
    context = {
        "said": saying.said(form.wish(), segments, request.organization.time_zone) if is_valid else [],
        "problems": [error for errors in form.errors.values() for error in errors],
        "is_new": True,
    }
    return render(request, "alerts/_said.html", context)


@require_POST
def reset(request: OrganizationRequest) -> HttpResponse:
    choosing.reset(by=request.membership, at=timezone.now())
    messages.success(request, _("You are told as is usual for your role."))
    return redirect(access.url(request.organization, "alerts:choices"))

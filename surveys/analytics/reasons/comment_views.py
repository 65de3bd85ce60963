"""Comments: found by words and filters, explained one by one, and corrected by hand."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.analytics import showing
from surveys.analytics.reasons.comments_page import CommentsPage, corrected, languages
from surveys.analytics.reasons.reading import reading
from surveys.comments import actions
from surveys.comments.models import Theme
from surveys.responses import queries as responses
from surveys.responses.models import Response
from surveys.responses.queries import Page

LONGEST_KEY: Final = 18  # digits
_SENTIMENTS: Final = {"-1": -1, "0": 0, "1": 1}


@require_GET
@vary_on_headers("HX-Request")
def comments(request: OrganizationRequest) -> HttpResponse:
    """Fifty at a time; with `after`, htmx gets the next ones alone."""
    page, after = showing.page(request, "analytics:comments", _("Comments")), request.GET.get("after", "")

    def figures() -> dict[str, Any]:
        filters = page.look.answers.narrowed(has_comment=True)
        nothing = page.look.filters.has_comment is False
        found = Page([], "") if nothing else responses.page(page.organization, filters, after)
        by = corrected(page.organization, found.responses)
        return {"shown": CommentsPage(page, found, by, [] if is_more else languages(page))}

    is_more = bool(request.htmx and after)
    if is_more:
        return render(request, "analytics/why/_comment_rows.html", {"page": page, **figures()})
    return showing.rendered(request, page, "analytics/why/comments.html", figures)


@require_GET
@vary_on_headers("HX-Request")
def comment(request: OrganizationRequest, pk: int) -> HttpResponse:
    """Why it was read as it was; with the choices of those who may correct it."""
    return _explained(request, access.get(request.membership, Response, pk))


def _explained(request: OrganizationRequest, response: Response) -> HttpResponse:
    can_mark = access.can(request.membership, Permission.MARK_RESPONSES)
    context = {"shown": reading(request.organization, response), "can_mark": can_mark}
    return render(request, f"analytics/why/{'_reading' if request.htmx else 'comment'}.html", context)


def _corrected(request: OrganizationRequest, response: Response, act: Callable[..., None]) -> HttpResponse:
    """With htmx the comment as it is read now; else its page."""
    try:
        act(response=response, by=request.membership, at=timezone.now())
    except actions.NotCommented:
        messages.info(request, _("The comment is not there any more: there is nothing to correct."))
    except actions.Gone:
        messages.info(request, _("Somebody else deleted this theme meanwhile."))
    if request.htmx:
        return _explained(request, access.get(request.membership, Response, response.pk))
    return redirect(access.url(request.organization, "analytics:comment", pk=response.pk))


_may = access.permitted(Permission.MARK_RESPONSES)


@_may
@require_POST
def put_on(request: OrganizationRequest, pk: int) -> HttpResponse:
    """POST `theme`, as for the two below."""
    return _about_theme(request, pk, partial(actions.rule_theme, belongs=True))


@_may
@require_POST
def take_off(request: OrganizationRequest, pk: int) -> HttpResponse:
    return _about_theme(request, pk, partial(actions.rule_theme, belongs=False))


@_may
@require_POST
def unrule(request: OrganizationRequest, pk: int) -> HttpResponse:
    """What somebody said about this theme is taken back."""
    return _about_theme(request, pk, actions.unrule_theme)


def _about_theme(request: OrganizationRequest, pk: int, act: Callable[..., None]) -> HttpResponse:
    key, by = request.POST.get("theme", ""), request.membership
    response = access.get(by, Response, pk)
    if not key.isdecimal() or len(key) > LONGEST_KEY:
        messages.info(request, _("Choose a theme first."))
        return redirect(access.url(request.organization, "analytics:comment", pk=pk))
    theme = access.get(by, Theme, int(key))
    return _corrected(request, response, partial(act, theme=theme))


@_may
@require_POST
def feel(request: OrganizationRequest, pk: int) -> HttpResponse:
    """POST `sentiment`: -1, 0 or 1."""
    response = access.get(request.membership, Response, pk)
    sentiment = _SENTIMENTS.get(request.POST.get("sentiment", ""))
    if sentiment is None:
        return HttpResponseBadRequest(_("Expected sentiment=-1, 0 or 1."))
    return _corrected(request, response, partial(actions.rule_sentiment, sentiment=sentiment))


@_may
@require_POST
def unfeel(request: OrganizationRequest, pk: int) -> HttpResponse:
    return _corrected(request, access.get(request.membership, Response, pk), actions.unrule_sentiment)

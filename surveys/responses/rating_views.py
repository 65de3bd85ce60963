"""The page behind a rating row: links in mails and pages of others, signed for a campaign and for nobody. See docs/links.md.

Who clicks is what the address says, and anybody can write an address. So the page is the same for everybody: it shows
nothing about a person, neither before nor after an answer, and does not tell whether the address belongs to a customer.
"""

from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone, translation

from surveys.accounts import limits
from surveys.core import nps, tokens
from surveys.core.tokens import Purpose
from surveys.delivery import link_queries as links
from surveys.delivery.actions import linking
from surveys.delivery.link_queries import Asking
from surveys.responses import actions, evidence, public_http, recommending, survey_queries, visits
from surveys.responses.forms import AnswerForm
from surveys.responses.models import Act
from surveys.responses.public_http import signed_page
from surveys.responses.public_views import SEE_OTHER, score_of, survey_context, thanks_context, watched
from surveys.responses.style_views import is_current, stylesheet

_PERSON: Final = ("email", "id")
_SCORES: Final = {str(score): score for score in nps.SCALE}


@signed_page(Purpose.RATING, "GET", "POST")
def rate(request: HttpRequest, campaign: int, score: int) -> HttpResponse:
    """A click on the row. Of a customer it is the answer, provisionally; everybody may press the page's button."""
    at = timezone.now()
    asking = links.asking(campaign, request.GET.get("lang", ""))
    if request.method == "POST" or asking is None or not asking.is_open:
        return _page_or_act(request, asking, at, picked=score)
    if evidence.is_prefetch(request):
        return HttpResponse(status=503)  # the client then asks again when somebody really clicks
    if not evidence.is_preview(request):
        _record(request, asking, score, at)
    return _show(request, asking, at, picked=score)


@signed_page(Purpose.RATING, "GET", "POST")
def page(request: HttpRequest, campaign: int) -> HttpResponse:
    """The same without a click; where the form goes, and what it leads to."""
    asking = links.asking(campaign, request.GET.get("lang", ""))
    return _page_or_act(request, asking, timezone.now(), picked=_SCORES.get(request.GET.get("answered", "")))


# ── What its page tells ──────────────────────────────────────────────────────────────────────────────────────────────


@signed_page(Purpose.RATING, "GET")
def style(request: HttpRequest, campaign: int, colour: str, version: str, logo: str = "") -> HttpResponse:
    """The page's stylesheet from an address of its own, as of an answer by mail: for everybody the same."""
    if evidence.is_loaded(request) and is_current(version):
        at, score = timezone.now(), score_of(request.GET.get("score", ""))
        invitation = _standing(request, campaign, at)
        if invitation is not None:
            actions.tell(invitation=invitation, kind=Act.STYLE, score=score, evidence=evidence.of(request), at=at)
    return stylesheet(request, colour, version, logo)


@signed_page(Purpose.RATING, "POST")
def seen(request: HttpRequest, campaign: int) -> HttpResponse:
    at, score = timezone.now(), score_of(request.POST.get("score", ""))
    is_ours = evidence.is_same_origin(request) and visits.read(request.POST.get("nonce", ""), campaign) is not None
    if not is_ours or score is None:
        return HttpResponse(status=403)
    invitation = _standing(request, campaign, at)
    if invitation is not None:
        actions.saw(invitation=invitation, score=score, evidence=evidence.of_script(request), at=at)
    return HttpResponse(status=204)


@signed_page(Purpose.RATING, "GET")
def more(request: HttpRequest, campaign: int) -> HttpResponse:
    """The trap: a link that no person sees."""
    at = timezone.now()
    invitation = _standing(request, campaign, at) if evidence.is_loaded(request) else None
    if invitation is not None:
        actions.trapped(invitation=invitation, evidence=evidence.of(request), at=at)
    return _page_or_act(request, links.asking(campaign, request.GET.get("lang", "")), at, picked=None)


def _standing(request: HttpRequest, campaign: int, at: datetime) -> int | None:
    """What a click of the customer whom the address names belonged to."""
    asking = links.asking(campaign, request.GET.get("lang", ""))
    customer = _customer(request, asking) if asking is not None and asking.is_open else None
    if asking is None or customer is None:
        return None
    return linking.standing_row(campaign=asking.campaign, customer=customer, at=at)


# ── Showing and acting ───────────────────────────────────────────────────────────────────────────────────────────────


def _page_or_act(request: HttpRequest, asking: Asking | None, at: datetime, *, picked: int | None) -> HttpResponse:
    if asking is None:
        return public_http.not_found()
    if request.method == "POST" and asking.is_open:
        return _act(request, asking, at)
    is_answered = "answered" in request.GET and picked is not None
    if is_answered and "done" in request.GET and picked is not None and asking.is_open:
        return _thanks(request, asking, picked, at)
    return _show(request, asking, at, picked=picked, is_saved=is_answered)


# ── Whose it is ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _customer(request: HttpRequest, asking: Asking) -> int | None:
    email, external_id = (request.GET.get(name, "") for name in _PERSON)
    return links.customer_of_click(asking.campaign.organization, email=email, external_id=external_id)


def _record(request: HttpRequest, asking: Asking, score: int, at: datetime) -> None:
    """Of nobody known nothing is kept: the button remains."""
    customer = _customer(request, asking)
    if customer is None:
        return
    invitation = linking.row_invitation(
        campaign=asking.campaign, customer=customer, language=asking.wording.language, at=at
    )
    if invitation is not None:
        actions.record_click(invitation=invitation, score=score, evidence=evidence.of(request), at=at)


def _invitation(request: HttpRequest, asking: Asking, visit: str, at: datetime) -> int | None:
    """Where an answer belongs; None when too many came from strangers."""
    language = asking.wording.language
    customer = _customer(request, asking)
    if customer is not None:
        known = linking.row_invitation(campaign=asking.campaign, customer=customer, language=language, at=at)
        if known is not None:
            return known
    if not limits.is_within(request, "rating_of_anyone", key=str(asking.campaign.pk)):
        return None
    return linking.anyones_invitation(campaign=asking.campaign, visit=visit, language=language, at=at)


# ── Acting ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _act(request: HttpRequest, asking: Asking, at: datetime) -> HttpResponse:
    visit = visits.read(request.POST.get("nonce", ""), asking.campaign.pk)
    with translation.override(asking.wording.language):
        form = AnswerForm(asking.design, request.POST)
        problem = "" if form.is_valid() else str(next(iter(form.errors.values()))[0])
    if problem:
        return _show(request, asking, at, status=400, problem=problem, picked=form.picked, **form.typed)
    if visit is None or not evidence.is_same_origin(request):
        return _show(request, asking, at, status=403, is_stale=True, picked=form.picked, **form.typed)
    invitation = _invitation(request, asking, visit, at)
    survey = None if invitation is None else survey_queries.survey_of(invitation)
    if survey is None:
        return _show(request, asking, at, status=429, is_crowded=True, picked=form.picked, **form.typed)
    try:
        actions.answer(to=survey, answer=form.answer, evidence=evidence.of_form(request), at=at)
    except actions.Closed:
        return _closed(asking, at)
    except actions.Crowded:
        return _show(request, asking, at, status=429, is_crowded=True, picked=form.picked, **form.typed)
    return _answered(request, asking, form)


def _answered(request: HttpRequest, asking: Asking, form: AnswerForm) -> HttpResponse:
    """The visit goes along, so that a change of mind changes this answer and adds none."""
    said = {"answered": str(form.answer.score), "visit": request.POST.get("nonce", "")}
    done = {"done": "1"} if form.is_done else {}
    return HttpResponseRedirect(_action(request, asking, **said, **done), status=SEE_OTHER)


# ── Showing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _show(
    request: HttpRequest,
    asking: Asking,
    at: datetime,
    *,
    picked: int | None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    if not asking.is_open:
        return _closed(asking, at)
    survey = survey_queries.survey_of_words(asking.campaign, asking.design, asking.wording, name="", email="", at=at)
    action = _action(request, asking)
    page, _mark, query = action.partition("?")
    context = {
        **survey_context(survey, picked, more.pop("back", None)),
        **watched(survey, page, picked, f"?{query}" if query else ""),
        "is_saved": False,
        "is_unsaved": not more.get("is_saved"),
        "action": action,
        "nonce": _visit(request, asking.campaign.pk),
        **more,
    }
    return public_http.page("public/survey.html", context, language=survey.language, status=status)


def _thanks(request: HttpRequest, asking: Asking, score: int, at: datetime) -> HttpResponse:
    survey = survey_queries.survey_of_words(asking.campaign, asking.design, asking.wording, name="", email="", at=at)
    again = _action(request, asking, answered=str(score), visit=request.GET.get("visit", ""))
    recommended = recommending.shown(survey, score, at)
    context = {**thanks_context(survey, score), "recommended": recommended, "action": again}
    return public_http.page("public/thanks.html", context, language=survey.language)


def _visit(request: HttpRequest, campaign: int) -> str:
    """That of the form or address that was sent, or a new one."""
    for given in (request.POST.get("nonce", ""), request.GET.get("visit", "")):
        if visits.read(given, campaign) is not None:
            return given
    return visits.begin(campaign)


def _action(request: HttpRequest, asking: Asking, **more: str) -> str:
    """Where the form goes: the person whom the address names stays in it."""
    kept = {name: request.GET[name] for name in ("lang", *_PERSON) if name in request.GET}
    address = reverse("public:rating", args=[tokens.make(Purpose.RATING, asking.campaign.pk)])
    query = urlencode(kept | more)
    return f"{address}?{query}" if query else address


def _closed(asking: Asking, at: datetime) -> HttpResponse:
    survey = survey_queries.survey_of_words(asking.campaign, asking.design, asking.wording, name="", email="", at=at)
    context = {**survey_context(survey, None), "is_gone": False}
    return public_http.page("public/closed.html", context, language=survey.language)

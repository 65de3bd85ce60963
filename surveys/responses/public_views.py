"""The customer's own pages: the survey behind the links of a mail, and actions. See docs/clicks.md."""

import gzip
from datetime import datetime
from functools import cache, lru_cache
from hashlib import sha256
from typing import Any, Final

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from surveys.accounts.queries import logos
from surveys.core import brand, nps, tokens
from surveys.core.tokens import Purpose
from surveys.responses import actions, evidence, public_http, queries
from surveys.responses.forms import AnswerForm, fingerprint
from surveys.responses.public_http import signed_page
from surveys.responses.survey import Survey

DEFAULT_COLOUR: Final = "#0b6e66"
SEE_OTHER: Final = 303
SCORES: Final = tuple(map(str, nps.SCALE))  # texts, because formatting numbers is half of the time of this page


@signed_page(Purpose.ANSWER, "GET", "POST")
def answer(request: HttpRequest, invitation: int, score: int) -> HttpResponse:
    """A link of the mail. Opening it is the answer, until a robot gives itself away; see responses.verdicts."""
    at = timezone.now()
    if request.method == "POST":
        return _act(request, invitation, at)
    if evidence.is_prefetch(request):
        return HttpResponse(status=503)  # the client then asks again when somebody really clicks
    if evidence.is_preview(request):
        return _show(queries.survey_of(invitation), at, picked=score)
    survey = actions.record_click(invitation=invitation, score=score, evidence=evidence.of(request), at=at)
    return _show(survey, at, picked=score)


@signed_page(Purpose.ANSWER, "GET", "POST")
def page(request: HttpRequest, invitation: int) -> HttpResponse:
    """The survey as it stands; opening it says nothing. The page's own form comes here."""
    at = timezone.now()
    if request.method == "POST":
        return _act(request, invitation, at)
    survey = queries.survey_of(invitation)
    return _show(survey, at, picked=survey.score if survey else None)


def _act(request: HttpRequest, invitation: int, at: datetime) -> HttpResponse:
    survey = queries.survey_of(invitation)
    form = AnswerForm(request.POST)
    if survey is None or not survey.is_open(at):
        return _show(survey, at, picked=None)
    if not form.is_valid():
        return _show(survey, at, status=400, problem=_problem(form), is_saved=False, picked=form.picked, **form.typed)
    if not (evidence.is_same_origin(request) and public_http.is_nonce(form.cleaned_data["nonce"], invitation)):
        return _show(survey, at, status=403, is_stale=True, is_saved=False, picked=form.picked, **form.typed)
    try:
        actions.answer(to=survey, answer=form.answer, evidence=evidence.of(request), at=at)
    except actions.Closed:
        return _show(queries.survey_of(invitation), at, picked=None)
    return HttpResponseRedirect(reverse("public:page", args=[_token(invitation)]), status=SEE_OTHER)


def _problem(form: AnswerForm) -> str:
    return str(next(iter(form.errors.values()))[0])


def _token(invitation: int) -> str:
    return tokens.make(Purpose.ANSWER, invitation)


def _show(survey: Survey | None, at: datetime, *, picked: int | None, status: int = 200, **more: Any) -> HttpResponse:
    if survey is None:
        return public_http.not_found()
    if not survey.is_open(at):
        context = {**_branded(survey), "is_gone": survey.customer is None and not survey.is_anyones}
        return public_http.page("public/closed.html", context, language=survey.language)
    context = {
        **survey_context(survey, picked),
        "action": reverse("public:page", args=[_token(survey.invitation)]),
        "unsubscribe": None if survey.is_anyones else _unsubscribe_link(survey.invitation),
        "nonce": public_http.make_nonce(survey.invitation),
        **more,
    }
    return public_http.page("public/survey.html", context, language=survey.language, status=status)


def _unsubscribe_link(invitation: int) -> str:
    return reverse("public:unsubscribe", args=[tokens.make(Purpose.UNSUBSCRIBE, invitation)])


def survey_context(survey: Survey, picked: int | None) -> dict[str, Any]:
    """What the page of a survey shows, but for where its form goes."""
    comment = survey.comment or ""
    return {
        **_branded(survey),
        "survey": survey,
        "scores": SCORES,
        "picked": None if picked is None else str(picked),
        "thanks": None if picked is None else survey.thanks(picked),
        "is_saved": survey.is_confirmed and picked == survey.score,
        "would_change": survey.is_confirmed and picked is not None and picked != survey.score,
        "comment": comment,
        "seen": fingerprint(comment),
    }


def _branded(survey: Survey) -> dict[str, Any]:
    logo = logos.look(survey.logo_digest, survey.logo_width, survey.logo_height)
    return {"brand_name": survey.company, "logo": logo, "style_url": style_url(survey.brand_color)}


# ── Links of test sends ──


@signed_page(Purpose.TEST, "GET", "POST")
def trial(request: HttpRequest, campaign: int, score: int | None = None) -> HttpResponse:
    """The same page for colleagues who try a campaign; nothing is recorded, whatever they press."""
    at = timezone.now()
    survey = queries.survey_of_test(campaign, at)
    if survey is None:
        return public_http.not_found()
    form = AnswerForm(request.POST)
    context = {
        **survey_context(survey, form.picked if request.method == "POST" else score),
        **(form.typed if request.method == "POST" else {}),
        "is_test": True,
        "action": reverse("public:test_page", args=[tokens.make(Purpose.TEST, campaign)]),
    }
    return public_http.page("public/survey.html", context, language=survey.language)


@signed_page(Purpose.TEST, "GET", "POST")
def trial_unsubscribe(request: HttpRequest, campaign: int) -> HttpResponse:
    survey = queries.survey_of_test(campaign, timezone.now())
    if survey is None:
        return public_http.not_found()
    context = {**_branded(survey), "survey": survey, "is_test": True}
    return public_http.page("public/unsubscribe.html", context, language=survey.language)


# ── Unsubscribing ──


@signed_page(Purpose.UNSUBSCRIBE, "GET", "POST")
def unsubscribe(request: HttpRequest, invitation: int) -> HttpResponse:
    """GET shows a button; POST acts: the person's button, or a mail client's by RFC 8058 (no cookie, no redirect).

    These links never expire. Undoing asks for the page's nonce, so that only somebody who sees the page can.
    """
    at = timezone.now()
    survey = queries.survey_of(invitation)
    if survey is None:
        return public_http.not_found()
    is_undoing = _is_undoing(request, invitation)
    if request.method == "POST":
        survey = _changed(request, survey, is_undoing, at)
    context = {
        **_branded(survey),
        "survey": survey,
        "is_undone": is_undoing and not survey.is_unsubscribed,
        "nonce": public_http.make_nonce(invitation),
    }
    return public_http.page("public/unsubscribe.html", context, language=survey.language)


def _is_undoing(request: HttpRequest, invitation: int) -> bool:
    return evidence.is_same_origin(request) and public_http.is_nonce(request.POST.get("undo", ""), invitation)


def _changed(request: HttpRequest, survey: Survey, is_undoing: bool, at: datetime) -> Survey:
    if request.POST.get("List-Unsubscribe") == "One-Click":
        actions.unsubscribe(survey=survey, at=at)
    elif is_undoing:
        actions.resubscribe(survey=survey, at=at)
    return queries.survey_of(survey.invitation) or survey


# ── The one stylesheet ──


def style_url(colour: str) -> str:
    return reverse("public:style", args=[colour.removeprefix("#"), _version()])


@cache
def _version() -> str:
    return sha256(brand.public_stylesheet(DEFAULT_COLOUR).encode()).hexdigest()[:8]


@login_not_required
@require_safe
def style(request: HttpRequest, colour: str, version: str) -> HttpResponse:
    """The look of customers' pages in one organization's colour. Its address changes with its content."""
    if version != _version():
        return public_http.not_found()
    is_zipped = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(_zipped(colour) if is_zipped else _plain(colour), content_type="text/css; charset=utf-8")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.headers["Vary"] = "Accept-Encoding"
    if is_zipped:
        response.headers["Content-Encoding"] = "gzip"
    return response


@lru_cache(maxsize=256)
def _plain(colour: str) -> bytes:
    return brand.public_stylesheet(f"#{colour}").encode()


@lru_cache(maxsize=256)
def _zipped(colour: str) -> bytes:
    return gzip.compress(_plain(colour), mtime=0)

"""The customer's own pages: the survey behind the links of a mail, and actions. See docs/clicks.md."""

from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone, translation

from surveys.core import nps, tokens
from surveys.core.tokens import Purpose
from surveys.responses import actions, evidence, public_http, recommending, survey_queries
from surveys.responses.forms import AnswerForm
from surveys.responses.models import Act
from surveys.responses.public_brand import branded, preferences_url
from surveys.responses.public_http import signed_page
from surveys.responses.questionnaire import NOTHING, Returned, fingerprint
from surveys.responses.style_views import is_current, style_name, stylesheet
from surveys.responses.survey import Survey

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
        return _show(survey_queries.survey_of(invitation), at, picked=score)
    survey = actions.record_click(invitation=invitation, score=score, evidence=evidence.of(request), at=at)
    status = 429 if survey is not None and survey.is_crowded else 200
    return _show(survey, at, picked=score, status=status)


@signed_page(Purpose.ANSWER, "GET", "POST")
def page(request: HttpRequest, invitation: int) -> HttpResponse:
    """The survey as it stands; opening it says nothing. The page's own form comes here."""
    at = timezone.now()
    if request.method == "POST":
        return _act(request, invitation, at)
    survey = survey_queries.survey_of(invitation)
    if survey is not None and _is_seen(request, survey, at):
        actions.note_opened(invitation=invitation, at=at)
    return _show(survey, at, picked=survey.score if survey else None)


def _is_seen(request: HttpRequest, survey: Survey, at: datetime) -> bool:
    """For the first time, by somebody who can answer."""
    return evidence.is_loaded(request) and survey.opened_at is None and survey.is_open(at)


@signed_page(Purpose.ANSWER, "GET")
def more(request: HttpRequest, invitation: int) -> HttpResponse:
    """The trap: a link that no person sees. Whoever follows it by hand after all finds the survey."""
    at = timezone.now()
    survey = survey_queries.survey_of(invitation)
    if evidence.is_loaded(request) and survey is not None and survey.is_open(at):
        actions.trapped(invitation=invitation, evidence=evidence.of(request), at=at)
    return _show(survey, at, picked=None)


@signed_page(Purpose.ANSWER, "GET")
def style(request: HttpRequest, invitation: int, colour: str, version: str, logo: str = "") -> HttpResponse:
    """The page's stylesheet from an address of its own: that it was loaded is evidence."""
    if evidence.is_loaded(request) and is_current(version):
        score = score_of(request.GET.get("score", ""))
        told = evidence.of(request)
        actions.tell(invitation=invitation, kind=Act.STYLE, score=score, evidence=told, at=timezone.now())
    return stylesheet(request, colour, version, logo)


@signed_page(Purpose.ANSWER, "POST")
def seen(request: HttpRequest, invitation: int) -> HttpResponse:
    """What the page's script saw. Good evidence lets the answer count at once."""
    score = score_of(request.POST.get("score", ""))
    is_ours = evidence.is_same_origin(request) and public_http.is_nonce(request.POST.get("nonce", ""), invitation)
    if not is_ours or score is None:
        return HttpResponse(status=403)
    actions.saw(invitation=invitation, score=score, evidence=evidence.of_script(request), at=timezone.now())
    return HttpResponse(status=204)


@signed_page(Purpose.ANSWER, "GET")
def thanks(request: HttpRequest, invitation: int) -> HttpResponse:
    """What stands at the end, also while what was sent settles. Who has not answered yet is shown the survey."""
    at = timezone.now()
    survey = survey_queries.survey_of(invitation)
    if survey is None or survey.score is None or not (survey.is_open(at) and survey_queries.is_said(survey)):
        return _show(survey, at, picked=survey.score if survey else None)
    recommended = recommending.shown(survey, survey.score, at)
    context = {**thanks_context(survey, survey.score), "recommended": recommended, **_ways(survey, _page(invitation))}
    return public_http.page("public/thanks.html", context, language=survey.language)


def _act(request: HttpRequest, invitation: int, at: datetime) -> HttpResponse:
    survey = survey_queries.survey_of(invitation)
    if survey is None:
        return public_http.not_found()
    with translation.override(survey.language):
        form = AnswerForm(survey.design, request.POST)
        refusal = _refusal(request, survey, form, at)
    if refusal is not None:
        return refusal
    try:
        actions.answer(to=survey, answer=form.answer, evidence=evidence.of_form(request), at=at)
    except actions.Closed:
        return _show(survey_queries.survey_of(invitation), at, picked=None)
    except actions.Crowded:
        said: dict[str, Any] = {"status": 429, "is_crowded": True}
        return _show(survey, at, is_saved=False, picked=form.picked, **form.typed, **said)
    if form.is_quiet:
        return _saved_quietly(survey_queries.survey_of(invitation), form)
    address = f"{_page(invitation)}thanks/" if form.is_done else _page(invitation)
    return HttpResponseRedirect(address, status=SEE_OTHER)


def _refusal(request: HttpRequest, survey: Survey, form: AnswerForm, at: datetime) -> HttpResponse | None:
    """Why the form cannot be taken, on the page with all that was typed, or None."""
    if not survey.is_open(at):
        return _show(survey, at, picked=None)
    if not form.is_valid():
        said: dict[str, Any] = {"status": 400, "problem": _problem(form)}
    elif not (evidence.is_same_origin(request) and public_http.is_nonce(form.cleaned_data["nonce"], survey.invitation)):
        said = {"status": 403, "is_stale": True}
    else:
        return None
    return _show(survey, at, is_saved=False, picked=form.picked, **form.typed, **said)


def _problem(form: AnswerForm) -> str:
    return str(next(iter(form.errors.values()))[0])


def _saved_quietly(survey: Survey | None, form: AnswerForm) -> HttpResponse:
    """For the page's script: what it has to send with the next change, of what was saved."""
    stored = survey.fingerprints if survey else {}
    typed = form.fingerprints
    return JsonResponse({"seen": {key: seen for key, seen in typed.items() if seen == stored.get(key, NOTHING)}})


def _page(invitation: int) -> str:
    return reverse("public:page", args=[tokens.make(Purpose.ANSWER, invitation)])


def _show(survey: Survey | None, at: datetime, *, picked: int | None, status: int = 200, **more: Any) -> HttpResponse:
    if survey is None:
        return public_http.not_found()
    if not survey.is_open(at):
        context = {**branded(survey), "is_gone": survey.customer is None and not survey.is_anyones}
        return public_http.page("public/closed.html", context, language=survey.language)
    page = _page(survey.invitation)
    context = {
        **survey_context(survey, picked, more.pop("back", None)),
        **_ways(survey, page),
        **watched(survey, page, picked),
        "nonce": public_http.make_nonce(survey.invitation),
        "is_unsaved": survey.is_crowded,
        "saves_quietly": picked is not None,
        **more,
    }
    return public_http.page("public/survey.html", context, language=survey.language, status=status)


def _ways(survey: Survey, page: str) -> dict[str, str]:
    unsubscribe = reverse("public:unsubscribe", args=[tokens.make(Purpose.UNSUBSCRIBE, survey.invitation)])
    if survey.is_anyones:
        return {"action": page}
    return {"action": page, "unsubscribe": unsubscribe, "preferences": preferences_url(survey.invitation)}


def watched(survey: Survey, page: str, picked: int | None, query: str = "") -> dict[str, str | None]:
    """The addresses by which this page tells that it was loaded and looked at. `query` begins with "?"."""
    score = "" if picked is None else f"{'&' if query else '?'}score={picked}"
    return {
        "style_url": f"{page}{style_name(_colour(survey), survey.logo_digest)}{query}{score}",
        "seen_url": None if picked is None else f"{page}seen/{query}",
        "trap_url": f"{page}more/{query}",
    }


def survey_context(survey: Survey, picked: int | None, back: Returned | None = None) -> dict[str, Any]:
    """What the page of a survey shows, but for where its form goes. `back` is what was sent and could not be taken."""
    comment = survey.comment or ""
    return {
        **branded(survey),
        "survey": survey,
        "scores": SCORES,
        "picked": None if picked is None else str(picked),
        "prompt": survey.prompt(picked),
        "questions": survey.asked(picked, back),
        "is_saved": survey.is_confirmed and picked == survey.score,
        "would_change": bool(survey.is_firm) and survey.is_confirmed and picked not in (None, survey.score),
        "comment": comment,
        "seen": fingerprint(comment),
    }


def thanks_context(survey: Survey, score: int) -> dict[str, Any]:
    return {**branded(survey), "survey": survey, "thanks": survey.thanks(score), "links": survey.links(score)}


def _colour(survey: Survey) -> str:
    return survey.design.brand_color or survey.brand_color


def score_of(text: str) -> int | None:
    return int(text) if text in SCORES else None


# ── Links of test sends ──


@signed_page(Purpose.TEST, "GET", "POST")
def trial(request: HttpRequest, campaign: int, score: int | None = None) -> HttpResponse:
    """The same page for colleagues who try a campaign; nothing is recorded, whatever they press."""
    at = timezone.now()
    survey = survey_queries.survey_of_test(campaign, at)
    if survey is None:
        return public_http.not_found()
    action = reverse("public:test_page", args=[tokens.make(Purpose.TEST, campaign)])
    if request.method == "POST":
        return _tried(survey, AnswerForm(survey.design, request.POST), action, at)
    context = {**survey_context(survey, score), "is_test": True, "action": action}
    return public_http.page("public/survey.html", context, language=survey.language)


def _tried(survey: Survey, form: AnswerForm, action: str, at: datetime) -> HttpResponse:
    """What would come next, with all that was typed."""
    tried: dict[str, Any] = {"is_test": True, "action": action}
    with translation.override(survey.language):
        is_valid = form.is_valid()
        typed = form.typed
    if is_valid and form.is_done and form.picked is not None:
        template, context = "public/thanks.html", thanks_context(survey, form.picked)
        tried["recommended"] = recommending.tried(survey, form.picked, at)
    else:
        template, context = "public/survey.html", survey_context(survey, form.picked, typed.pop("back")) | typed
        tried |= {} if is_valid else {"problem": _problem(form)}
    return public_http.page(template, context | tried, language=survey.language)

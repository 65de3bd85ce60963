"""Unsubscribing: by the button of a page, and by a mail client's POST as RFC 8058 has it. See docs/clicks.md."""

from datetime import datetime
from typing import Final

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone

from surveys.core.tokens import Purpose
from surveys.customers.actions.preferences import NotThere, TooOften
from surveys.responses import actions, evidence, public_http, survey_queries
from surveys.responses.public_brand import branded, preferences_url
from surveys.responses.public_http import signed_page
from surveys.responses.survey import Survey

ONE_CLICK: Final = ("List-Unsubscribe", "One-Click")
LONGEST_BODY: Final = 10_000  # bytes, of a request that does not say what its body is


@signed_page(Purpose.UNSUBSCRIBE, "GET", "POST")
def unsubscribe(request: HttpRequest, invitation: int) -> HttpResponse:
    """GET shows a button; POST acts: the person's button, or a mail client's by RFC 8058 (no cookie, no redirect).

    These links never expire. Undoing asks for the page's nonce, so that only somebody who sees the page can.
    """
    at = timezone.now()
    survey = survey_queries.survey_of(invitation)
    if survey is None:
        return public_http.not_found()
    sent = _sent(request)
    is_undoing = evidence.is_same_origin(request) and public_http.is_nonce(sent.get("undo", ""), invitation)
    status = 200
    try:
        survey = _changed(survey, sent, is_undoing, at) if request.method == "POST" else survey
    except (TooOften, NotThere):  # to unsubscribe is never too much, to take it back is; or they are merged just now
        status = 429
    context = {
        **branded(survey),
        "survey": survey,
        "is_undone": is_undoing and not survey.is_unsubscribed,
        "nonce": public_http.make_nonce(invitation),
        "preferences": None if survey.customer is None else preferences_url(invitation),
    }
    return public_http.page("public/unsubscribe.html", context, language=survey.language, status=status)


def _sent(request: HttpRequest) -> QueryDict:
    """The fields of the body, whatever its Content-Type says about a charset: all that counts is ASCII. Some clients do
    not say what the body is."""
    request.encoding = "utf-8"
    said = request.headers.get("Content-Type", "")
    if said or request.method != "POST":
        return request.POST
    return QueryDict(request.body[:LONGEST_BODY], encoding="utf-8")


def _changed(survey: Survey, sent: QueryDict, is_undoing: bool, at: datetime) -> Survey:
    name, value = ONE_CLICK
    if sent.get(name) == value:
        actions.unsubscribe(survey=survey, at=at)
    elif is_undoing:
        actions.resubscribe(survey=survey, at=at)
    return survey_queries.survey_of(survey.invitation) or survey


@signed_page(Purpose.TEST, "GET", "POST")
def trial(request: HttpRequest, campaign: int) -> HttpResponse:
    """Behind the links of test mails: nothing is recorded."""
    survey = survey_queries.survey_of_test(campaign, timezone.now())
    if survey is None:
        return public_http.not_found()
    context = {**branded(survey), "survey": survey, "is_test": True}
    return public_http.page("public/unsubscribe.html", context, language=survey.language)

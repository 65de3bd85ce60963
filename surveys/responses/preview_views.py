"""The customer's page, shown to the people who write it."""

from typing import Any

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.campaigns import previews
from surveys.campaigns import queries as campaigns
from surveys.campaigns.design import Design
from surveys.campaigns.models import Campaign, Wording
from surveys.campaigns.question_forms import PART, QuestionsForm
from surveys.campaigns.texts import Words
from surveys.core import nps
from surveys.responses import public_http, recommending, survey_queries
from surveys.responses.public_views import survey_context, thanks_context
from surveys.responses.survey import Survey


@previews.in_a_frame
@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: OrganizationRequest, pk: int, score: int) -> HttpResponse:
    """The page after a click on `score`. GET shows the stored words, POST those that are being typed; neither writes."""
    survey = _survey(request, pk, score)
    return _shown("public/survey.html", survey, survey_context(survey, score))


@previews.in_a_frame
@require_http_methods(["GET", "HEAD", "POST"])
def preview_thanks(request: OrganizationRequest, pk: int, score: int) -> HttpResponse:
    """The page after the button, in the same way."""
    survey = _survey(request, pk, score)
    recommended = recommending.tried(survey, score, timezone.now())
    return _shown("public/thanks.html", survey, {**thanks_context(survey, score), "recommended": recommended})


def _survey(request: OrganizationRequest, pk: int, score: int) -> Survey:
    campaign = access.get(request.membership, Campaign, pk)
    if score not in nps.SCALE:
        raise Http404
    design, words = _said(request, campaign)
    at = timezone.now()
    return survey_queries.survey_of_words(campaign, design, words, name=previews.NAME, email=previews.EMAIL, at=at)


def _said(request: OrganizationRequest, campaign: Campaign) -> tuple[Design, Wording]:
    """As stored, or as the step that was posted has it."""
    if request.POST.get("part") != PART:
        return previews.design(campaign, request), previews.wording(campaign, request)
    form, stored = QuestionsForm.typed(request.POST), campaigns.wording(campaign)
    words = form.words(Words.of(stored)).as_dict()
    return form.design(campaigns.design(campaign)), Wording(language=stored.language, version=stored.version, **words)


def _shown(template: str, survey: Survey, context: dict[str, Any]) -> HttpResponse:
    return public_http.page(template, {**context, "is_test": True}, language=survey.language)

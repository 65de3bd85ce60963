"""The customer's page, shown to the people who write it."""

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.campaigns import previews
from surveys.campaigns.models import Campaign
from surveys.core import nps
from surveys.responses import public_http, queries
from surveys.responses.public_views import survey_context


@previews.in_a_frame
@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: OrganizationRequest, pk: int, score: int) -> HttpResponse:
    """The page after a click on `score`. GET shows the stored words, POST those that are being typed; neither writes."""
    campaign = access.get(request.membership, Campaign, pk)
    if score not in nps.SCALE:
        raise Http404
    words = previews.wording(campaign, request)
    survey = queries.survey_of_words(campaign, words, name=previews.NAME, email=previews.EMAIL, at=timezone.now())
    context = {**survey_context(survey, score), "is_test": True}
    return public_http.page("public/survey.html", context, language=survey.language)

"""Where customers' links to review sites, and links to recommend a company, lead through: see docs/reviews-and-referrals.md."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from surveys.accounts import limits
from surveys.automation import tracked
from surveys.automation.actions import visiting
from surveys.automation.models import TrackedLink
from surveys.responses import evidence, public_http
from surveys.responses.public_http import opened_by


@opened_by(tracked.link_of, "GET")
def go(request: HttpRequest, link: int) -> HttpResponse:
    """On to the stored address. People always get there; of one network only so many visits a minute are counted."""
    if evidence.is_prefetch(request):
        return HttpResponse(status=503)  # the client then asks again when somebody really clicks
    try:
        found = visiting.standing(link)
    except visiting.NoSuchLink:
        language = public_http.preferred_language(request)
        return public_http.page("public/link_gone.html", {}, language=language, status=410)
    if not evidence.is_preview(request):
        _count(request, found)
    return HttpResponseRedirect(visiting.leads_to(found), headers={"Referrer-Policy": "no-referrer"})


def _count(request: HttpRequest, link: TrackedLink) -> None:
    if limits.is_within(request, "link_visit"):
        visiting.visit(link=link, evidence=evidence.of(request), at=timezone.now())

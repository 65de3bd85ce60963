"""A customer's score in the sidebar of a help desk: a small page that is opened by a signed address, and shows no more than
this. No session, no cookie, no script. It is the one page that pages of others may show in a frame: those of its key."""

from typing import Any, Final

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils import timezone

from surveys.accounts import limits
from surveys.inbox import card_queries
from surveys.inbox.actions import cards as actions
from surveys.inbox.cards import Ask
from surveys.inbox.models import CardKey
from surveys.responses import public_http

OFTEN: Final = 429
_POLICY: Final = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors {framed}"


@login_not_required
def card(request: HttpRequest, key: int) -> HttpResponse:
    """What does not open it is a 404 of the same bytes, whatever was wrong."""
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    at = timezone.now()
    ask = Ask.read(request.GET.dict())
    if not limits.is_within(request, "score_card_tries"):
        return _page(request, "inbox/card_often.html", {}, status=OFTEN)
    found = card_queries.key_for(key, ask, at=at) if ask and key < 2**63 else None
    if ask is None or found is None:
        return public_http.not_found()
    if not limits.is_within(request, "score_card", key=str(found.pk)):
        return _page(request, "inbox/card_often.html", {}, found, status=OFTEN)
    actions.note_use(key=found, at=at)
    shown = {
        "card": card_queries.card(found.organization, ask),
        "ask": ask,
        "organization": found.organization,
        "public_url": settings.PUBLIC_URL,
    }
    return _page(request, "inbox/card.html", shown, found)


def _page(
    request: HttpRequest, template: str, context: dict[str, Any], key: CardKey | None = None, status: int = 200
) -> HttpResponse:
    language = public_http.preferred_language(request)
    response = public_http.page(template, context, language=language, status=status)
    framed = " ".join(key.frame_origins) if key and key.frame_origins else "'none'"
    response.headers["Content-Security-Policy"] = _POLICY.format(framed=framed)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Content-Length"] = str(len(response.content))
    return response

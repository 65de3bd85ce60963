"""Figures for people without an account, and the end of a mail with figures. No session, no cookie."""

from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from surveys.accounts import limits
from surveys.accounts.queries import logos
from surveys.analytics.actions import digests, links
from surveys.analytics.counting.scanning import Unfinished
from surveys.analytics.models import Digest, ShareLink
from surveys.analytics.sharing import page_sheets, sheets
from surveys.analytics.sharing.asking import MeansNothing
from surveys.analytics.waiting import ACCEPTED, asking_again, progress
from surveys.core import languages
from surveys.core.tokens import Purpose
from surveys.responses import public_http
from surveys.responses.public_http import opened_by, signed_page

GONE: Final = 410
OFTEN: Final = 429


@opened_by(lambda token: token, "GET")
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """The figures of a saved view. What does not work says so, whyever it does not."""
    if not limits.is_within(request, "shared_figures"):
        return _page("analytics/shared_gone.html", {"is_often": True}, status=OFTEN)
    at = timezone.now()
    link = links.open_link(secret=token, at=at)
    if link is None:
        return _page("analytics/shared_gone.html", {}, status=GONE)
    try:
        shown = _shown(link, at)
    except MeansNothing:
        return _page("analytics/shared_gone.html", {}, status=GONE)
    except Unfinished as unfinished:
        waiting = {"scanning": progress(unfinished), **_around(link)}
        return asking_again(_page("analytics/counting.html", waiting, status=ACCEPTED))
    return _page("analytics/shared.html", shown | _around(link))


def _shown(link: ShareLink, at: datetime) -> dict[str, Any]:
    """Raises MeansNothing, Unfinished."""
    view = link.view
    asked = page_sheets.kept(view, at=at, sees_hidden=True)
    if view.page in page_sheets.PAGES:
        return {"sheet": page_sheets.of(view.page, asked, view.name)}
    sheet = sheets.with_annotations(sheets.sheet(asked, view.name))
    return {"sheet": sheet, "dashboard": sheet.dashboard}


def _around(link: ShareLink) -> dict[str, Any]:
    return {"link": link, "organization": link.organization, "logo": logos.of(link.organization)}


@signed_page(Purpose.DIGEST, "GET", "POST")
def unsubscribe(request: HttpRequest, digest: int) -> HttpResponse:
    """GET shows a button, because mail scanners open links; POST ends it, by hand or by the mail program (RFC 8058)."""
    if request.method == "POST":
        digests.stop_by_link(digest_id=digest, at=timezone.now())
    found = Digest.objects.select_related("organization", "view").filter(pk=digest).first()
    return _page("analytics/digest_stopped.html", {"digest": found})


def _page(template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    shown = {"product_name": settings.PRODUCT_NAME, **context}
    response = public_http.page(template, shown, language=languages.SOURCE, status=status)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response

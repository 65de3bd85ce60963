"""The end of mails with alerts, by the link in them. No session, no cookie."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from surveys.accounts.models import Membership
from surveys.alerts import queries
from surveys.alerts.actions import choosing
from surveys.alerts.models import How
from surveys.core import languages
from surveys.core.tokens import Purpose
from surveys.responses import public_http
from surveys.responses.public_http import signed_page


@signed_page(Purpose.ALERTS, "GET", "POST")
def stop(request: HttpRequest, membership: int) -> HttpResponse:
    """GET shows a button, because mail scanners open links; POST ends them, by hand or by the mail program (RFC 8058)."""
    if request.method == "POST":
        choosing.end_mails(membership=membership, at=timezone.now())
    by = Membership.objects.select_related("organization").filter(pk=membership).first()
    how = queries.wish_of(by).how.values() if by else ()
    context = {
        "product_name": settings.PRODUCT_NAME,
        "organization": by.organization if by else None,
        "is_mailed": any(each in (How.AT_ONCE, How.DIGEST) for each in how),
    }
    response = public_http.page("alerts/stopped.html", context, language=languages.SOURCE)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response

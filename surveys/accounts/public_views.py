"""What people and mail programs reach without signing in: a logo, and the link that confirms a sender address."""

from typing import Final

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from surveys.accounts import audit, limits
from surveys.accounts.actions import senders as actions
from surveys.accounts.queries import logos, senders
from surveys.core import tokens
from surveys.core.tokens import Purpose

LOGO_HEADERS: Final = {
    "Cache-Control": "public, max-age=31536000, immutable",  # another picture has another digest
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",  # mails are read at other sites
}


@login_not_required
@require_safe
def logo(request: HttpRequest, digest: str) -> HttpResponse:
    png = logos.picture(digest)
    if png is None:
        raise Http404
    return HttpResponse(png, content_type="image/png", headers=LOGO_HEADERS)


@login_not_required
@limits.limited("confirm_sender", also_get=True)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_sender(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows a button and POST acts: scanners of mail open links."""
    pk = tokens.read(Purpose.SENDER, token)
    sender = None if pk is None else senders.sender_of_link(pk)
    if sender is None:
        raise Http404
    at = timezone.now()
    is_open = senders.is_open(sender, sender.organization, at)
    if request.method == "POST" and not sender.verified_at:
        try:
            sender = actions.confirm(sender=sender.pk, origin=audit.origin_of(request), at=at)
        except actions.NotWaiting:
            is_open = False
    context = {"sender": sender, "is_open": is_open}
    return render(
        request, "accounts/confirm_sender.html", context, status=200 if is_open or sender.verified_at else 410
    )

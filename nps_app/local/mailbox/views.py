"""Everybody who reaches the machine may read the mailbox: it exists in local mode only, on 127.0.0.1."""

import re
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from nps_app.local.mailbox import answering
from nps_app.local.mailbox.store import NoSuchMessage, Store, Stored

PAGE = 50
MOST_AS_JSON = 1000
# The mail may show pictures and its own styles, may open links, and may run nothing.
POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation; "
    "default-src 'none'; img-src 'self' data: https: http:; style-src 'unsafe-inline'; frame-ancestors 'self'"
)
HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)


def _store() -> Store:
    return Store(settings.DATA_DIR / "mailbox")


def _message(message_id: str) -> Stored:
    try:
        return _store().get(message_id)
    except NoSuchMessage:
        raise Http404 from None


@login_not_required
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    page = Paginator(_store().ids(), PAGE).get_page(request.GET.get("page"))
    context = {
        "mails": [_listed(stored) for stored in _store().heads(list(page.object_list))],
        "summary": f"{page.start_index()}–{page.end_index()} / {page.paginator.count}",
        "previous_url": f"?page={page.previous_page_number()}" if page.has_previous() else "",
        "next_url": f"?page={page.next_page_number()}" if page.has_next() else "",
    }
    return render(request, "mailbox/index.html", context)


@login_not_required
@require_GET
def message(request: HttpRequest, message_id: str) -> HttpResponse:
    stored = _message(message_id)
    context = {
        "mail": _listed(stored),
        "html": bool(stored.html),
        "text": stored.text,
        "headers": stored.headers,
        "addressee": answering.addressee(stored),
    }
    return render(request, "mailbox/message.html", context)


@login_not_required
@require_POST
def answer(request: HttpRequest, message_id: str) -> HttpResponse:
    """As its recipient would, by SMTP: what is for the product comes in there."""
    stored, text = _message(message_id), request.POST.get("text", "").strip()
    try:
        answering.send(stored, text)
    except (OSError, SMTPException) as error:
        messages.error(request, f"The answer could not be sent: {error}")
    else:
        messages.success(request, f"Sent to {answering.addressee(stored)}.")
    return redirect("mailbox:message", message_id=message_id)


@login_not_required
@require_GET
def html(request: HttpRequest, message_id: str) -> HttpResponse:
    """The HTML part as a mail client shows it, links opening beside it."""
    content = _message(message_id).html
    if not content:
        raise Http404
    base = '<base target="_blank">'
    content = HEAD.sub(lambda head: head[0] + base, content, count=1) if HEAD.search(content) else base + content
    return HttpResponse(content, headers={"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"})


@login_not_required
@require_GET
def source(request: HttpRequest, message_id: str) -> HttpResponse:
    return HttpResponse(_message(message_id).source, content_type="text/plain; charset=utf-8")


@login_not_required
@require_GET
def as_json(request: HttpRequest) -> JsonResponse:
    """Newest first: at most `limit`, only older ones than the id `before`, only those to the address `to`."""
    limit = _limit(request.GET.get("limit", ""))
    before, to = request.GET.get("before"), request.GET.get("to", "").lower()
    store = _store()
    ids = [message_id for message_id in store.ids() if not before or message_id < before]
    if to:
        ids = [head.id for head in store.heads(ids) if to in [address.lower() for address in head.recipients]]
    found = [_whole(store.get(message_id)) for message_id in ids[:limit]]
    return JsonResponse(found, safe=False)


def _limit(value: str) -> int:
    return min(int(value), MOST_AS_JSON) if value.isdecimal() else MOST_AS_JSON


def _listed(stored: Stored) -> dict[str, Any]:
    return {
        "id": stored.id,
        "from": stored.header("From"),
        "to": stored.header("To") or ", ".join(stored.recipients),
        "subject": stored.header("Subject"),
        "date": stored.header("Date"),
    }


def _whole(stored: Stored) -> dict[str, Any]:
    body = {"headers": stored.headers, "html": stored.html, "text": stored.text}
    return _listed(stored) | {"recipients": stored.recipients} | body

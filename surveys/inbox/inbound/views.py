"""Where mails of customers are posted to: by the operator's provider, or whole by a mail server. Answers are short: 2xx is
taken, 4xx is refused, 5xx is to be sent again."""

import hmac
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from surveys.delivery.hooks import signatures, sns
from surveys.delivery.hooks.posted import FORM, Posted
from surveys.delivery.hooks.views import is_signed_in, said
from surveys.inbox.inbound import forms_posted, receiving, refusing, roads, spending, turns

_SNS: Final = "amazon_ses"
_MAILGUN: Final = "mailgun"  # whose signatures cover neither the mail nor the form
_SIGNED: Final = (
    "mailersend",
    "mailgun",
    "mandrill",
    "postal",
)  # who sign mails as they sign reports; others sign reports alone
_MIME: Final = "message/rfc822"
_KINDS: Final = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain")
_INFLATED: Final = 1.5  # a mail within JSON or a form is so much larger, at most


@login_not_required
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def mail(request: HttpRequest, provider: str, token: str) -> HttpResponse:
    """GET and HEAD say that the address is right, and nothing else: some providers ask before they use it."""
    if not roads.is_ours(provider, token):
        return said("There is nothing here.", 404)
    if request.method != "POST":
        return said("This address takes mails that came in.", 200)
    if settings.INBOUND_LOGIN and not is_signed_in(request, settings.INBOUND_LOGIN):
        return said("The user name or the password is wrong.", 401, {"WWW-Authenticate": 'Basic realm="mail"'})
    if (request.content_type or "").lower() not in _KINDS:
        return said("Post JSON (application/json) or a form.", 400)
    with turns.turn(request) as is_ours:
        return _posted(request, provider) if is_ours else _later()


def _posted(request: HttpRequest, provider: str) -> HttpResponse:
    body = _read(request, int(settings.INBOUND_LIMIT * _INFLATED))
    if body is None:
        return _too_large()
    posted = Posted(body, (request.content_type or "").lower(), request.headers, settings.PUBLIC_URL + request.path)
    return _from_sns(posted) if provider == _SNS else _from_others(provider, posted)


def _from_others(provider: str, posted: Posted) -> HttpResponse:
    at, key = timezone.now(), settings.INBOUND_KEY
    if not key or provider not in _SIGNED:
        return _take(provider, posted, at)
    try:
        signed = _signed_fields(posted) if provider == _MAILGUN else posted
    except ValueError:
        return said("The form is malformed.", 400)
    if not signatures.is_signed(provider, signed, key):
        refusing.note("The signature is missing or wrong. Is the key that of incoming mail?", provider, at=at)
        return said("The signature is wrong.", 403)
    return _take(provider, posted, at, signed.form if provider == _MAILGUN else None)


def _take(provider: str, posted: Posted, at: datetime, signed: QueryDict | None = None) -> HttpResponse:
    """What is not understood is noted for people, and taken: it would be no better the next time."""
    try:
        came = roads.mails(provider, posted)
        with transaction.atomic():
            if signed is not None:
                spending.spend(provider, str(signed["timestamp"]), str(signed["token"]), came, at=at)
            for each in came:
                receiving.receive_all(
                    raw=each.raw, recipients=each.recipients, sender=each.sender, road=provider, at=at
                )
    except receiving.TooLarge:
        return _too_large()
    except roads.NotUnderstood as error:
        refusing.keep(posted, str(error), provider, at=at)
    except spending.Spent as error:
        refusing.note(str(error), provider, at=at)
        return said("The signature is too old, or was used before.", 403)
    return said("Thank you.", 200)


def _from_sns(posted: Posted) -> HttpResponse:
    """Signed by Amazon, and of a topic that the settings name."""
    at, message = timezone.now(), sns.message_in(posted)
    try:
        if message is None or not sns.is_signed(message, at=at) or message["TopicArn"] not in settings.SNS_TOPICS:
            refusing.note(
                "The signature of Amazon SNS is wrong, or its topic is not named in the settings.", _SNS, at=at
            )
            return said("The signature is wrong.", 403)
        if message["Type"] == sns.SUBSCRIPTION:
            sns.confirm(message)
        elif message["Type"] == sns.NOTIFICATION:
            return _take(_SNS, posted, at)
    except sns.Unanswered:
        return said("Amazon SNS could not be asked. Please send it again.", 503)
    return said("Thank you.", 200)


@login_not_required
@csrf_exempt
@require_POST
def mime(request: HttpRequest) -> HttpResponse:
    """A whole mail from a mail server of the operator's own: `Authorization: Bearer …`, its envelope in `?to=…&from=…`."""
    if not settings.INBOUND_TOKEN:
        return said("There is nothing here.", 404)
    if not _bears(request, settings.INBOUND_TOKEN):
        return said("The token is missing or wrong.", 401, {"WWW-Authenticate": "Bearer"})
    if (request.content_type or "").lower() != _MIME:
        return said(f"Post the mail as it is, as {_MIME}.", 415)
    with turns.turn(request) as is_ours:
        return _whole(request) if is_ours else _later()


def _whole(request: HttpRequest) -> HttpResponse:
    raw = _read(request, settings.INBOUND_LIMIT)
    if raw is None:
        return _too_large()
    if not raw.strip():
        return said("There is no mail in it.", 400)
    at, sender = timezone.now(), request.GET.get("from")
    receiving.receive_all(raw=raw, recipients=request.GET.getlist("to"), sender=sender, road="http", at=at)
    return said("Thank you.", 200)


def _read(request: HttpRequest, most: int) -> bytes | None:
    """None when it is more; never reads more than that and one byte, whatever the headers say."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdecimal() and int(length) > most:
        return None
    body = request.read(most + 1)
    return body if len(body) <= most else None


def _too_large() -> HttpResponse:
    return said(
        f"This mail has more than {settings.INBOUND_LIMIT // 1024**2} MB, which is the most that is taken.", 413
    )


def _later() -> HttpResponse:
    return said("Another large mail is being taken. Please send it again.", 503, {"Retry-After": "60"})


def _bears(request: HttpRequest, secret: str) -> bool:
    scheme, _space, given = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), secret.encode())


def _signed_fields(posted: Posted) -> Posted:
    """Of Mailgun's form, which may have files in it and be as large as a mail. Raises ValueError."""
    form = forms_posted.form(posted)
    texts: dict[str, object] = {name: form.texts[name] for name in spending.SIGNED if name in form.texts}
    return Posted(urlencode(texts).encode(), FORM, posted.headers, posted.address)

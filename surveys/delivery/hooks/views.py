"""The one address of each road. Providers are answered shortly: 2xx is taken, 4xx is refused, 5xx is to be sent again."""

import binascii
import hmac
from base64 import b64decode

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from surveys.delivery.hooks import posted as wire
from surveys.delivery.hooks import receiving, roads, signatures, sns, splitting
from surveys.delivery.hooks.posted import Posted
from surveys.delivery.hooks.roads import Road

_SNS = "amazon_ses"


@login_not_required
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def mail(request: HttpRequest, provider: str, token: str) -> HttpResponse:
    """GET and HEAD say that the address is right, and nothing else: some providers ask before they use it."""
    road = roads.found(provider, token)
    if road is None:
        return said("There is nothing here.", 404)
    if request.method != "POST":
        return said("This address takes reports of what became of mails.", 200)
    if road.login and not is_signed_in(request, road.login):
        return said("The user name or the password is wrong.", 401, {"WWW-Authenticate": 'Basic realm="mail reports"'})
    try:
        posted = wire.read(request, settings.PUBLIC_URL + request.path)
    except wire.TooLarge:
        return said("This is more than 5 MB.", 413)
    except wire.NotTaken:
        return said("Post JSON (application/json) or a form (application/x-www-form-urlencoded).", 400)
    try:
        return _from_sns(road, posted) if road.provider == _SNS else _from_others(road, posted)
    except splitting.TooMany:
        return said(f"These are more than {splitting.MOST_PARTS:,} events in one report.", 413)


def _from_others(road: Road, posted: Posted) -> HttpResponse:
    at = timezone.now()
    if road.key and road.provider in signatures.SCHEMES and not signatures.is_signed(road.provider, posted, road.key):
        receiving.refuse(road, "The signature is missing or wrong. Is the key here that of the provider's page?", at=at)
        return _refused()
    receiving.receive(road, posted, at=at)
    return said("Thank you.", 200)


def _from_sns(road: Road, posted: Posted) -> HttpResponse:
    """Signed by Amazon, and of a topic that the road names: anybody can have a topic, and Amazon signs for all."""
    at = timezone.now()
    message = sns.message_in(posted)
    try:
        if message is None or not sns.is_signed(message, at=at):
            receiving.refuse(road, "The signature of Amazon SNS is missing or wrong.", at=at)
            return _refused()
        if message["TopicArn"] not in road.topics:
            receiving.refuse(road, f"The topic {message['TopicArn'][:200]} is not named in the settings.", at=at)
            return _refused()
        if message["Type"] == sns.NOTIFICATION:
            receiving.receive(road, posted, at=at)
        else:
            receiving.subscribe(road, posted, at=at)
    except sns.Unanswered:
        return said("Amazon SNS could not be asked. Please send it again.", 503)
    return said("Thank you.", 200)


def _refused() -> HttpResponse:
    return said("The signature is wrong.", 403)


def said(words: str, status: int, headers: dict[str, str] | None = None) -> HttpResponse:
    kept = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
    return HttpResponse(
        f"{words}\n", status=status, content_type="text/plain; charset=utf-8", headers=kept | (headers or {})
    )


def is_signed_in(request: HttpRequest, login: str) -> bool:
    """HTTP basic authentication, RFC 7617."""
    scheme, _space, given = request.headers.get("Authorization", "").partition(" ")
    try:
        said = b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        return False
    return scheme.lower() == "basic" and hmac.compare_digest(said, login.encode())

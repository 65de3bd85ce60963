"""A company's server tells that somebody signed up by a referral: see docs/reviews-and-referrals.md.

Answers are JSON, with `error` in words for whoever writes the server. Telling twice is as good as telling once.
"""

import hmac
import json
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables

from surveys.accounts import limits
from surveys.automation import secrets
from surveys.automation.actions import visiting

MOST_BYTES: Final = 10_000
LONGEST_ID: Final = 200


class Malformed(ValueError):
    """What was posted says no sign-up; the message why."""


@dataclass(frozen=True)
class SignUp:
    ref: str
    id: str


@login_not_required
@csrf_exempt
@sensitive_variables()
def signed_up(request: HttpRequest, organization: int) -> JsonResponse:
    if request.method != "POST":
        return _refused(405, "Post the sign-up as JSON.", {"Allow": "POST"})
    if not _bears(request, secrets.hash_of(organization)):
        return _refused(401, "The secret is missing or wrong: Authorization: Bearer …", {"WWW-Authenticate": "Bearer"})
    if not limits.is_within(request, "referral_signup", key=str(organization)):
        return _refused(429, "Too many requests: wait a minute, and send it again.", {"Retry-After": "60"})
    try:
        told = _read(request)
    except Malformed as error:
        return _refused(400, str(error))
    return _counted(organization, told)


def _counted(organization: int, told: SignUp) -> JsonResponse:
    try:
        is_new = visiting.tell_signup(organization_id=organization, code=told.ref, key=told.id, at=timezone.now())
    except visiting.NoSuchLink:
        return _refused(404, f"There is no referral with the code {told.ref!r}, or whose it was is gone.")
    except visiting.CountedElsewhere:
        return _refused(409, f"The sign-up {told.id!r} was counted already, for another code.")
    return JsonResponse({"counted": is_new}, status=201 if is_new else 200)


def _read(request: HttpRequest) -> SignUp:
    """Raises Malformed. Never reads more than so much, whatever the headers say."""
    body = request.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise Malformed(f"That is more than {MOST_BYTES} bytes: ref and id are enough.")
    try:
        said: Any = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise Malformed('Post a JSON object: {"ref": "…", "id": "…"}')
    return SignUp(
        _text(said, "ref", "the code in the address where they landed"), _text(said, "id", "your own id of it")
    )


def _text(said: dict[str, Any], name: str, what: str) -> str:
    value = said.get(name)
    if isinstance(value, int) and not isinstance(value, bool) and name == "id":
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        raise Malformed(f'"{name}" is missing: {what}, a text.')
    if len(value) > LONGEST_ID or not value.isprintable():
        raise Malformed(f'"{name}" has at most {LONGEST_ID} printable characters; this one is another.')
    return value.strip()


def _bears(request: HttpRequest, expected: str) -> bool:
    scheme, _space, given = request.headers.get("Authorization", "").partition(" ")
    is_right = hmac.compare_digest(secrets.hashed(given.strip()), expected or "no secret was made")
    return is_right and scheme.lower() == "bearer"


def _refused(status: int, error: str, headers: dict[str, str] | None = None) -> JsonResponse:
    return JsonResponse({"error": error}, status=status, headers=headers)

"""Where somebody is signed in: one row of allauth.usersessions for each session, with network, browser and when last seen."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from allauth.usersessions.internal.flows import sessions as flows
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from surveys.accounts import browsers
from surveys.accounts.models import User

SEEN_EVERY: Final = timedelta(minutes=5)
_SEEN: Final = "seen"  # in the session, which is read anyway: most requests cost nothing


class SessionsMiddleware:
    """Notes now and then that a session is in use. (allauth's own middleware writes at every request.)"""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            _note_seen(request, timezone.now())
        return self.get_response(request)


def _note_seen(request: HttpRequest, at: datetime) -> None:
    seen = request.session.get(_SEEN, 0)
    if at.timestamp() - seen < SEEN_EVERY.total_seconds():
        return
    request.session[_SEEN] = int(at.timestamp())
    UserSession.objects.create_from_request(request)


@dataclass(frozen=True)
class Place:
    """A session as the page shows it."""

    pk: int
    browser: str
    is_handheld: bool
    network: str
    since: datetime
    last_seen: datetime
    is_current: bool


def places(user: User) -> list[Place]:
    """Where the person is signed in now, this browser first, then the latest. Rows of dead sessions go."""
    found = [_place(row) for row in UserSession.objects.purge_and_list(user)]
    return sorted(found, key=lambda place: (not place.is_current, -place.last_seen.timestamp()))


def _place(row: UserSession) -> Place:
    return Place(
        pk=row.pk,
        browser=browsers.in_words(row.user_agent),
        is_handheld=browsers.is_handheld(row.user_agent),
        network=row.ip,
        since=row.created_at,
        last_seen=row.last_seen_at,
        is_current=row.is_current(),
    )


def end(request: HttpRequest, *, user: User, pk: int) -> bool:
    """Sign that session out, this one too. False when it was over already or is not the person's."""
    found = list(UserSession.objects.filter(user=user, pk=pk))
    flows.end_sessions(request, found)
    return bool(found)


def end_others(request: HttpRequest, *, user: User) -> None:
    flows.end_other_sessions(request, user)


def forget_ended() -> None:
    """Rows whose session has expired and was removed."""
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()

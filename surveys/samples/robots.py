"""Clicks that count for nothing, or not yet: programs that try the links of a mail, and people who clicked a moment ago.

Through the same doors as those of real ones: see docs/clicks.md.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.db import transaction

from surveys.accounts.models import Organization
from surveys.delivery.models import Invitation
from surveys.responses import actions as responses
from surveys.responses.models import ClickEvent
from surveys.responses.survey import Evidence

# Their mail has gone through a new filter for a few days, which opens all links at once; before, it was one here and there.
_FILTERED: Final = ("globex", "hooli", "stark", "tyrell")
_FILTER_CAME_DAYS_AGO: Final = 6
_LATELY: Final = 13
_BEFORE: Final = (30, 330)  # days ago
_EVERY: Final = 90  # of the asks of that time
_TRIED: Final = (0, 5, 10)  # scores
_SETTLING: Final = ((9, 1), (10, 3), (7, 5), (3, 7))  # score, minutes ago
_SCANNER: Final = Evidence("203.0.113.0/24", "Mozilla/5.0 (compatible; LinkCheck/4.2; +https://filter.example/about)")
_PERSON: Final = Evidence(
    "198.51.100.0/24", "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", {"rules": 2}
)


def click(organization: Organization, at: datetime) -> None:
    """All of it or nothing; a second time nothing. What is long past is judged; what was clicked a moment ago settles."""
    with transaction.atomic():
        Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        if ClickEvent.objects.filter(organization=organization).exists():
            return
        asks = _unanswered(organization, at)
        began, newest, oldest = (at - timedelta(days=days) for days in (_FILTER_CAME_DAYS_AGO, *_BEFORE))
        _try_links([ask for ask in asks if ask.sent_at >= began][-_LATELY:])
        _try_links([ask for ask in asks if oldest <= ask.sent_at < newest][::_EVERY])
        _answer_now([ask for ask in asks if ask.sent_at < began][-len(_SETTLING) :], at)
    responses.settle(at=at)


class _Asked(NamedTuple):
    invitation: int
    sent_at: datetime


def _unanswered(organization: Organization, at: datetime) -> list[_Asked]:
    """Asks of a year behind the filter, oldest first, of which nothing has come yet."""
    since = at - timedelta(days=_BEFORE[1])
    asks = Invitation.objects.filter(organization=organization, response=None, sent_at__range=(since, at))
    open_ones = asks.filter(bounced_at=None, unsubscribed_at=None, complained_at=None)
    filtered = open_ones.filter(customer__email__regex=f"@({'|'.join(_FILTERED)})[.]")
    rows = filtered.order_by("sent_at", "pk").values_list("pk", "sent_at")
    return [_Asked(invitation, sent_at) for invitation, sent_at in rows if sent_at]


def _try_links(asks: Sequence[_Asked]) -> None:
    for ask in asks:
        for second, score in enumerate(_TRIED, start=3):
            at = ask.sent_at + timedelta(seconds=second)
            responses.record_click(invitation=ask.invitation, score=score, evidence=_SCANNER, at=at)


def _answer_now(asks: Sequence[_Asked], at: datetime) -> None:
    for ask, (score, minutes) in zip(asks, _SETTLING, strict=True):
        clicked = at - timedelta(minutes=minutes)
        responses.record_click(invitation=ask.invitation, score=score, evidence=_PERSON, at=clicked)

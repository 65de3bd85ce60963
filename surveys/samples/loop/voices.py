"""The answers that conversations of the sample are about, and what is known of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from surveys.accounts.models import Organization
from surveys.core import nps
from surveys.core.choices import Category
from surveys.delivery.models import Invitation
from surveys.responses.models import Response
from surveys.samples import words

CALL_DAYS: Final = 39  # after an answer; who was not asked how a call went by then was not called

_MUCH: Final = 3


@dataclass(frozen=True)
class Voice:
    """One answer. `is_called`: somebody called them about it; None where nobody can know yet. `next_…` is their next answer."""

    response: int
    customer: int
    campaign: int
    invitation: int | None
    score: int
    before: int | None  # of their answer before
    comment: str
    language: str
    at: datetime
    name: str
    address: str
    zone: ZoneInfo
    owner: int | None
    owner_name: str
    is_called: bool | None
    next_at: datetime | None
    next_score: int | None

    @property
    def category(self) -> Category:
        return nps.classify(self.score)

    @property
    def is_won_back(self) -> bool:
        """Their next answer was much better, as it is when somebody cared."""
        return self.next_score is not None and self.next_score >= self.score + _MUCH

    @property
    def first_name(self) -> str:
        return self.name.split()[0]

    @property
    def topic(self) -> str:
        """What the comment begins with; "" where nobody can tell."""
        said = words.SAID.get(self.language, words.SAID["en"])[self.category]
        found = (topic for topic, sentences in said.items() if self.comment.startswith(sentences))
        return next(found, "")


def voices(organization: Organization, *, since: datetime, called: int, at: datetime) -> list[Voice]:
    """What counts since then, oldest first; two statements. `called` is the campaign that asks how a call went."""
    counted = Response.objects.counted().filter(organization=organization, customer__isnull=False)
    rows = list(counted.select_related("customer__owner").order_by("responded_at", "pk"))
    calls = Invitation.objects.filter(organization=organization, campaign=called, sent_at__gt=since)
    asked: dict[int | None, list[datetime]] = {}
    for customer, sent_at in calls.order_by("sent_at").values_list("customer", "sent_at"):
        if sent_at is not None:
            asked.setdefault(customer, []).append(sent_at)
    following = _neighbours(rows)
    return [
        _voice(row, *following[row.pk], asked.get(row.customer_id, []), at) for row in rows if row.responded_at >= since
    ]


def _neighbours(rows: Sequence[Response]) -> dict[int, tuple[Response | None, Response | None]]:
    """Of each: the customer's answer before, and their next one."""
    found: dict[int, tuple[Response | None, Response | None]] = {}
    last: dict[int | None, Response] = {}
    for row in rows:
        before = last.get(row.customer_id)
        found[row.pk] = (before, None)
        if before:
            found[before.pk] = (found[before.pk][0], row)
        last[row.customer_id] = row
    return found


def _voice(
    row: Response, before: Response | None, following: Response | None, calls: Sequence[datetime], at: datetime
) -> Voice:
    customer = row.customer
    assert customer is not None
    until = row.responded_at + timedelta(days=CALL_DAYS)
    is_called = any(row.responded_at < sent_at <= until for sent_at in calls) or (None if until > at else False)
    return Voice(
        response=row.pk,
        customer=customer.pk,
        campaign=row.campaign_id,
        invitation=row.invitation_id,
        score=row.score,
        before=before.score if before else None,
        comment=row.comment,
        language=row.language,
        at=row.responded_at,
        name=customer.name,
        address=customer.email or "",
        zone=ZoneInfo(customer.time_zone),
        owner=customer.owner_id,
        owner_name=str(customer.owner or ""),
        is_called=is_called,
        next_at=following.responded_at if following else None,
        next_score=following.score if following else None,
    )

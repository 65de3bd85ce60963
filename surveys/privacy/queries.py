"""Reads about what is kept, for how long, and what an act would remove."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Q, QuerySet

from surveys.accounts.models import Organization
from surveys.customers.models import BulkAct, BulkKind, BulkStatus, Customer, CustomerChange
from surveys.customers.queries import retention as customers
from surveys.delivery.models import Delivery, Invitation, State
from surveys.privacy.models import Act, RetentionRule, RetentionRun, Subject
from surveys.responses import queries as responses
from surveys.responses.models import ClickEvent, Response

MOST_RUNS: Final = 30


def months_before(at: datetime, months: int) -> datetime:
    """The same day and hour so many months ago; the last day of a shorter month."""
    year, month = divmod(at.year * 12 + at.month - 1 - months, 12)
    for day in (at.day, 30, 29, 28):
        try:
            return at.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    raise ValueError(months)


_AFFECTED: Final[dict[tuple[str, str], Callable[[Organization, datetime], QuerySet[Any]]]] = {
    (Subject.RESPONSES, Act.DELETE): responses.aged,
    (Subject.RESPONSES, Act.ANONYMIZE): responses.aged_with_names,
    (Subject.COMMENTS, Act.DELETE): responses.aged_with_comments,
    (Subject.COMMENTS, Act.ANONYMIZE): responses.aged_with_comments,
    (Subject.PEOPLE, Act.DELETE): customers.idle,
    (Subject.PEOPLE, Act.ANONYMIZE): customers.idle,
}


def affected(organization: Organization, subject: str, act: str, before: datetime) -> QuerySet[Any]:
    """Rows that the act would still change: responses or customers. Of comments, those that would be looked at."""
    return _AFFECTED[subject, act](organization, before)


def rules(organization: Organization) -> dict[str, RetentionRule]:
    """By subject; what has none is kept."""
    return {rule.subject: rule for rule in RetentionRule.objects.filter(organization=organization)}


def runs(organization: Organization) -> list[RetentionRun]:
    """The reports, newest first."""
    return list(RetentionRun.objects.filter(organization=organization).order_by("-pk")[:MOST_RUNS])


# ── One person ──


@dataclass(frozen=True)
class Contents:
    """What is kept about one person, in numbers."""

    changes: int
    invitations: int
    unsent: int
    responses: int
    counted: int
    comments: int
    clicks: int


def contents(customer: Customer) -> Contents:
    """A fixed number of statements."""
    mine: dict[str, Any] = {"organization": customer.organization_id, "customer": customer}
    invitations = list(Invitation.objects.filter(**mine).values_list("pk", flat=True))
    answers = Response.objects.filter(**mine)
    waiting = (State.DUE, State.CLAIMED, State.UNCERTAIN)
    return Contents(
        changes=CustomerChange.objects.filter(**mine).count(),
        invitations=len(invitations),
        unsent=Delivery.objects.filter(invitation__in=invitations, state__in=waiting).count(),
        responses=answers.count(),
        counted=answers.counted().count(),
        comments=answers.exclude(comment="").count(),
        clicks=ClickEvent.objects.filter(organization=customer.organization_id, invitation_id__in=invitations).count(),
    )


def leaving(customer: Customer) -> BulkAct | None:
    """The act that is about to delete or erase this one person, while it can be taken back or is in work."""
    acts = BulkAct.objects.filter(
        Q(kind=BulkKind.DELETE) | Q(kind=BulkKind.ERASE),
        organization=customer.organization_id,
        status__in=[BulkStatus.WAITING, BulkStatus.RUNNING],
        ids=[customer.pk],
    )
    return acts.order_by("-pk").first()

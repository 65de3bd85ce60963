"""What happened to customers: campaigns look at each event once, and wait for the time after it at which they ask."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction
from psycopg2.sql import SQL, Composable

from surveys.accounts.models import Organization
from surveys.campaigns import actions as campaigns
from surveys.campaigns.models import Campaign, Kind, Status, Trigger
from surveys.core.conditions import compiler
from surveys.customers.models import CustomerEvent
from surveys.customers.queries import segments
from surveys.customers.queries.events import event_catalogue

EVENTS: Final = 5000  # a slice

_LAUNCHED: Final = (Status.SCHEDULED, Status.LIVE, Status.PAUSED)  # or about to be: then we wait for it


@dataclass(frozen=True)
class _Line:
    """Events of one kind that nobody has looked at."""

    organization: Organization
    kind: str


def plan_events(*, at: datetime, limit: int = EVENTS) -> int:
    """Look at the next events of every kind; returns how many. Paused campaigns look, too, and wait."""
    return sum(_look(line, at, limit) for line in _lines())


def _lines() -> list[_Line]:
    unplanned = CustomerEvent.objects.filter(planned_at=None).order_by().values_list("organization_id", "kind")
    lines = sorted(set(unplanned.distinct()))
    working = Organization.objects.filter(suspended_at=None, deletes_at=None)
    found = working.in_bulk({organization for organization, _kind in lines})
    return [_Line(found[organization], kind) for organization, kind in lines if organization in found]


def _look(line: _Line, at: datetime, limit: int) -> int:
    """All campaigns of the kind in one transaction. They are locked first: none begins or ends between its looking and
    the mark that the events are looked at."""
    with transaction.atomic():
        triggered = Campaign.objects.filter(
            organization=line.organization, kind=Kind.TRIGGERED, trigger=Trigger.EVENT, event_kind=line.kind
        )
        locked = triggered.filter(status__in=_LAUNCHED).select_for_update(no_key=True, of=("self",)).order_by("pk")
        running = [campaign for campaign in locked if campaign.status != Status.SCHEDULED]
        unplanned = CustomerEvent.objects.filter(organization=line.organization, kind=line.kind, planned_at=None)
        events = unplanned.select_for_update(skip_locked=True).order_by("pk").values_list("pk", flat=True)
        ids = list(events[:limit])
        for campaign in running:
            _wait(line, campaign, ids, at)
        return CustomerEvent.objects.filter(pk__in=ids).update(planned_at=at)


_WAIT = SQL("""
    INSERT INTO surveys_plandecision
        (organization_id, campaign_id, customer_id, occasion, reason, until, event_id, decided_at)
    SELECT e.organization_id, %(campaign)s, e.customer_id, 'event:' || e.id, 'waiting', e.occurred_at + %(delay)s, e.id,
           %(at)s
    FROM surveys_customerevent e JOIN surveys_customer c ON c.id = e.customer_id
    WHERE e.id = ANY(%(ids)s) AND e.received_at >= %(launched_at)s AND ({matches}) ORDER BY e.id
    ON CONFLICT (organization_id, campaign_id, customer_id, occasion) DO NOTHING
""")


def _wait(line: _Line, campaign: Campaign, ids: Sequence[int], at: datetime) -> None:
    """A decision for each event that fits the campaign's conditions; none for those that do not."""
    params: dict[str, Any] = {
        "campaign": campaign.pk,
        "delay": timedelta(minutes=campaign.delay_minutes),
        "at": at,
        "ids": list(ids),
        "launched_at": campaign.launched_at,
    }
    matches = _matching(line, campaign, params, at)
    if matches is not None:
        with connection.cursor() as cursor:
            cursor.execute(_WAIT.format(matches=matches), params)


def _matching(line: _Line, campaign: Campaign, params: dict[str, Any], at: datetime) -> Composable | None:
    """Conditions that cannot be understood any more pause the campaign; events that come meanwhile are not asked about."""
    if not campaign.event_conditions:
        return SQL("TRUE")
    known = event_catalogue(line.organization, line.kind)
    found = segments.who(campaign.event_conditions, known)
    if found.tree is None:
        campaigns.pause_because(campaign=campaign, reason=" ".join(found.problems), at=at)
        return None
    where = compiler.compile_where(found.tree, known, "e", at, prefix="event")
    params |= where.params
    return where.sql

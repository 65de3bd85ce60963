"""Planning a wave for a million customers (NPS_BENCH_CUSTOMERS=…) and for a tenth of that.

The floor writes the same decisions, invitations and messages with one INSERT … SELECT for each table. `growth` is the
time per customer at the large size against that at the small one; `memory` is what the process has grown by meanwhile.
One wave is for everybody; the other's audience asks about an earlier campaign, which is worked out in every slice.
"""

import os
import resource
from collections.abc import Iterator
from datetime import UTC, datetime
from time import perf_counter
from typing import Any, Final

from django.db import connection

from surveys.accounts.models import Organization
from surveys.campaigns.models import Campaign, Status
from surveys.delivery import actions
from tests import factories

CUSTOMERS: Final = int(os.environ.get("NPS_BENCH_CUSTOMERS", "1000000"))
SMALLER: Final = max(CUSTOMERS // 10, 1000)
AT: Final = datetime(2026, 3, 1, tzinfo=UTC)

Figure = dict[str, Any]

# One in ten has no address, one in twenty has unsubscribed, one in five was asked within 90 days: by the campaign before.
_CUSTOMERS: Final = """
    INSERT INTO surveys_customer
        (organization_id, email, name, language, time_zone, properties, suppression, created_at, updated_at,
         last_asked_at, asked_count, answered_count)
    SELECT %(organization)s, CASE WHEN n %% 10 > 0 THEN 'customer' || n || '@example.com' END, 'Customer ' || n, 'en',
           (ARRAY['', 'Europe/Berlin', 'America/New_York'])[1 + n %% 3],
           jsonb_build_object('company', 'Company ' || n %% 50000, 'seats', n %% 500),
           CASE WHEN n %% 20 = 1 THEN 'unsubscribed' ELSE '' END, %(at)s, %(at)s,
           CASE WHEN n %% 5 = 2 THEN %(at)s - interval '30 days' END, (n %% 5 = 2)::int, 0
    FROM generate_series(1, %(customers)s) n
"""
_ASKED_BEFORE: Final = """
    INSERT INTO surveys_invitation
        (organization_id, campaign_id, customer_id, occasion, version, language, created_at, claimed_at, sent_at)
    SELECT organization_id, %(campaign)s, id, 'wave:1', 1, 'en', last_asked_at, last_asked_at, last_asked_at
    FROM surveys_customer WHERE organization_id = %(organization)s AND last_asked_at IS NOT NULL
"""
_SAME_ROWS: Final = (
    """
    INSERT INTO surveys_plandecision
        (organization_id, campaign_id, customer_id, occasion, reason, until, event_id, blocker, decided_at)
    SELECT organization_id, %(other)s, customer_id, occasion, reason, until, event_id, blocker, decided_at
    FROM surveys_plandecision WHERE organization_id = %(organization)s AND campaign_id = %(campaign)s ORDER BY customer_id
    """,
    """
    INSERT INTO surveys_invitation
        (organization_id, campaign_id, customer_id, occasion, event_id, version, language, created_at, due_at)
    SELECT organization_id, %(other)s, customer_id, occasion, event_id, version, language, created_at, due_at
    FROM surveys_invitation WHERE organization_id = %(organization)s AND campaign_id = %(campaign)s ORDER BY customer_id
    """,
    """
    INSERT INTO surveys_delivery
        (organization_id, campaign_id, invitation_id, customer_id, kind, queue, state, reason, due_at, lease_owner,
         attempts, to_address, message_id, created_at, last_error)
    SELECT organization_id, campaign_id, id, customer_id, 'ask', 'bulk', 'due', '', due_at, '', 0, '', '', created_at, ''
    FROM surveys_invitation WHERE organization_id = %(organization)s AND campaign_id = %(other)s ORDER BY id
    """,
)


def run() -> Iterator[Figure]:
    small, large = _organization(SMALLER), _organization(CUSTOMERS)
    for name in ("everybody", "not_asked_before"):
        little, _grown, _floor = _planned(small, name)
        seconds, grown, floor = _planned(large, name)
        yield _figure(name, seconds, floor, (seconds / CUSTOMERS) / (little / SMALLER), grown)


def _figure(name: str, seconds: float, floor: float, growth: float, grown: int) -> Figure:
    ratio = floor / seconds
    return {
        "name": f"plan.{name}",
        "value": round(CUSTOMERS / seconds),
        "unit": f"decisions/s, growth {growth:.2f}, memory {grown:+} MB",
        "floor": round(CUSTOMERS / floor),
        "ratio": round(ratio, 2),
        "target": ">= 0.5",
        "met": ratio >= 0.5 and growth < 1.5,
    }


def _planned(organization: Organization, name: str) -> tuple[float, int, float]:
    """Seconds to plan a wave, megabytes that the process grew by, and seconds of the floor; nothing is left of it."""
    campaign = _live(organization, name)
    campaign.audience = {} if name == "everybody" else _not_asked_before(organization)
    campaign.save()
    before = _memory()
    seconds = _timed(lambda: _plan(campaign))
    grown = _memory() - before
    other = _live(organization, f"{name} again")
    scope = {"organization": organization.pk, "campaign": campaign.pk, "other": other.pk}
    floor = sum(_timed(lambda statement=statement: _execute(statement, scope)) for statement in _SAME_ROWS)
    _forget(organization, campaign, other)
    return seconds, grown, floor


def _live(organization: Organization, name: str) -> Campaign:
    return factories.campaign(organization, name, Status.LIVE, wave=1, launched_at=AT)


def _not_asked_before(organization: Organization) -> dict[str, Any]:
    before = Campaign.objects.get(organization=organization, name="Before")
    return {"none": [{"field": f"asked.{before.pk}", "op": "in_last", "value": 7}]}


def _plan(campaign: Campaign) -> None:
    while actions.plan(campaign=campaign, at=AT).considered:
        pass


def _organization(customers: int) -> Organization:
    owner = factories.user(f"bench{customers}@example.com")
    organization = factories.organization(owner, f"Bench {customers}").organization
    before = factories.campaign(organization, "Before", Status.ENDED, wave=1)
    scope = {"organization": organization.pk, "campaign": before.pk, "customers": customers, "at": AT}
    for statement in (_CUSTOMERS, _ASKED_BEFORE):
        _execute(statement, scope)
    return organization


def _forget(organization: Organization, *campaigns: Campaign) -> None:
    scope = {"campaigns": [campaign.pk for campaign in campaigns]}
    for table in ("delivery", "invitation", "plandecision"):
        _execute(f"DELETE FROM surveys_{table} WHERE campaign_id = ANY(%(campaigns)s)", scope)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE surveys_delivery, surveys_invitation, surveys_plandecision, surveys_customer")


def _execute(statement: str, scope: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, scope)


def _memory() -> int:
    """Megabytes, the most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _timed(act: Any) -> float:
    began = perf_counter()
    act()
    return perf_counter() - began

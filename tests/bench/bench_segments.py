"""Counting and previewing conditions at a million customers (NPS_BENCH_CUSTOMERS=…) and at a hundredth of that.

The floor is the same question by hand, the fastest of the forms printed here. Each figure is a count and the newest ten
people, as the builder shows them; `growth` is the time per customer at the large size against that at the small one.
"""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from statistics import median
from time import perf_counter
from typing import Any, Final

from django.db import connection

from surveys.accounts.models import Organization
from surveys.campaigns.models import Campaign, Status
from surveys.core.conditions import catalogue, validation
from surveys.core.conditions.catalogue import Root
from surveys.customers.models import Property
from surveys.customers.queries import segments
from tests import factories

CUSTOMERS: Final = int(os.environ.get("NPS_BENCH_CUSTOMERS", "1000000"))
SMALLER: Final = max(CUSTOMERS // 100, 1000)
ROUNDS: Final = 5
AT: Final = datetime(2026, 3, 1, tzinfo=UTC)

Figure = dict[str, Any]

_PROPERTY_SETS = """
    INSERT INTO surveys_propertyset (organization_id, values)
    SELECT %(organization)s, jsonb_build_object('plan', p, 'region', r, 'size', s)
    FROM unnest(ARRAY['Free', 'Pro', 'Team', 'Enterprise']) p, unnest(ARRAY['EU', 'US', 'UK', 'APAC', 'LATAM']) r,
         unnest(ARRAY['1–9', '10–49', '50–249', '250–999', '1000+']) s
"""
# Seven in ten were asked within 400 days, two in ten answered; every other one of them was asked by the campaign.
_CUSTOMERS = """
    INSERT INTO surveys_customer
        (organization_id, email, name, language, time_zone, properties, property_set_id, suppression, created_at,
         updated_at, last_asked_at, last_answered_at, last_score, asked_count, answered_count)
    SELECT %(organization)s, 'customer' || n || '@example.com', 'Customer ' || n, 'en', '',
           sets.values || jsonb_build_object('seats', n %% 500, 'company', 'Company ' || n %% 50000),
           sets.id, '', %(at)s, %(at)s, r.asked, CASE WHEN r.x < 0.2 THEN r.asked END,
           CASE WHEN r.x < 0.2 THEN floor(r.y * 11) END, (r.asked IS NOT NULL)::int, (r.x < 0.2)::int
    FROM generate_series(1, %(customers)s) n
    CROSS JOIN LATERAL (SELECT random() AS x, random() AS y,
        CASE WHEN random() + n * 0 < 0.7 THEN %(at)s - random() * interval '400 days' END AS asked) r
    JOIN (SELECT id, values, row_number() OVER (ORDER BY id) AS place
          FROM surveys_propertyset WHERE organization_id = %(organization)s) sets
      ON sets.place = 1 + n::bigint * 7919 %% 100
"""
_INVITATIONS = """
    INSERT INTO surveys_invitation
        (organization_id, campaign_id, customer_id, occasion, version, language, created_at, claimed_at, sent_at)
    SELECT organization_id, %(campaign)s, id, 'wave:1', 1, 'en', last_asked_at, last_asked_at, last_asked_at
    FROM surveys_customer
    WHERE organization_id = %(organization)s AND last_asked_at IS NOT NULL AND id %% 2 = 0
"""

_BY_HAND = {
    "plan": "c.property_set_id IN (SELECT id FROM surveys_propertyset"
    " WHERE organization_id = %(organization)s AND values ->> 'plan' = 'Pro')",
    "score": "c.properties ->> 'plan' IN ('Pro', 'Team') AND c.last_score <= 6",
    "rested": "(c.last_asked_at IS NULL OR c.last_asked_at < '2025-12-01')",
    "asked": "EXISTS (SELECT FROM surveys_invitation i WHERE i.organization_id = %(organization)s"
    " AND i.campaign_id = %(campaign)s AND i.customer_id = c.id AND i.claimed_at IS NOT NULL)",
    "text": "strpos(lower(c.properties ->> 'company'), 'any 77') > 0",
}
_COUNT = (
    "SELECT count(*), count(*) FILTER (WHERE c.email <> '') FROM surveys_customer c"
    " WHERE c.organization_id = %(organization)s AND {}"
)
_TEN = "SELECT * FROM surveys_customer c WHERE c.organization_id = %(organization)s AND {} ORDER BY c.id DESC LIMIT 10"


def run() -> Iterator[Figure]:
    small, large = _loaded("small", SMALLER), _loaded("large", CUSTOMERS)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    print(";\n".join([_COUNT, _TEN, *_BY_HAND.values()]))
    for name, by_hand in _BY_HAND.items():
        yield _figure(name, by_hand, small, large)


def _loaded(name: str, customers: int) -> Organization:
    organization = factories.organization(factories.user(f"{name}@bench.example"), name).organization
    for key, kind, segmentable in (
        ("plan", "text", True),
        ("region", "text", True),
        ("size", "text", True),
        ("seats", "number", False),
        ("company", "text", False),
    ):
        Property.objects.create(organization=organization, key=key, label=key, type=kind, segmentable=segmentable)
    campaign = factories.campaign(organization, status=Status.ENDED, wave=1)
    scope: dict[str, Any] = {"organization": organization.pk, "customers": customers, "campaign": campaign.pk, "at": AT}
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        for statement in (_PROPERTY_SETS, _CUSTOMERS, _INVITATIONS):
            cursor.execute(statement, scope)
    return organization


def _conditions(campaign: Campaign) -> dict[str, Any]:
    plans = {"field": "p.plan", "op": "one_of"}
    return {
        "plan": {"all": [plans | {"value": ["Pro"]}]},
        "score": {"all": [plans | {"value": ["Pro", "Team"]}, {"field": "last_score", "op": "at_most", "value": 6}]},
        "rested": {"none": [{"field": "last_asked", "op": "in_last", "value": 90}]},
        "asked": {"all": [{"field": f"asked.{campaign.pk}", "op": "is_set"}]},
        "text": {"all": [{"field": "p.company", "op": "contains", "value": "any 77"}]},
    }


def _figure(name: str, by_hand: str, small: Organization, large: Organization) -> Figure:
    times: dict[str, list[float]] = {"ours": [], "floor": [], "small": []}
    product, floor = _ours(name, large), _by_hand(by_hand, large)
    of_small = _ours(name, small)
    for _ in range(ROUNDS):
        times["ours"].append(_timed(product))
        times["floor"].append(_timed(floor))
        times["small"].append(_timed(of_small))
    took, least, little = (median(times[which]) * 1000 for which in ("ours", "floor", "small"))
    growth = (took / CUSTOMERS) / (little / SMALLER)
    return {
        "name": f"segment.{name}",
        "value": took,
        "unit": f"ms, {little:.3g} ms at {SMALLER:,}, growth {growth:.2f}",
        "floor": least,
        "ratio": took / least,
        "target": "<= 1.5, 1 s",
        "met": took / least <= 1.5 and took < 1000,
    }


def _ours(name: str, organization: Organization) -> Callable[[], object]:
    """Reading the conditions is part of it, and so is the catalogue."""
    data = _conditions(Campaign.objects.get(organization=organization))[name]

    def show() -> object:
        known = catalogue.of(Root.CUSTOMER, organization)
        tree = validation.read(data, known)
        return segments.size(organization, tree, known, at=AT), segments.newest(organization, tree, known, at=AT)

    return show


def _by_hand(condition: str, organization: Organization) -> Callable[[], object]:
    campaign = Campaign.objects.get(organization=organization)
    scope: dict[str, Any] = {"organization": organization.pk, "campaign": campaign.pk}

    def ask() -> object:
        with connection.cursor() as cursor:
            cursor.execute(_COUNT.format(condition), scope)
            counted = cursor.fetchone()
            cursor.execute(_TEN.format(condition), scope)
            return counted, cursor.fetchall()

    return ask


def _timed(act: Callable[[], object]) -> float:
    began = perf_counter()
    act()
    return perf_counter() - began

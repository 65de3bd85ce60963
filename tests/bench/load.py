"""Fills an organization with N counted responses of believable shape, made by PostgreSQL itself.

Two years of days, three campaigns, 960 combinations of four segmentable properties, six languages; plans differ in
their scores and there is a dip in the second spring. Customers and invitations are left out: dashboards read neither.
"""

from datetime import date, timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.utils import timezone

from surveys.accounts.models import Organization
from surveys.analytics import rollups
from surveys.campaigns.models import Campaign, Status
from surveys.customers.models import Property

LAST: Final = date(2025, 6, 30)
FIRST: Final = LAST - timedelta(days=729)
VALUES: Final = {
    "plan": ["Free", "Pro", "Team", "Enterprise"],
    "region": ["EU", "US", "UK", "APAC", "LATAM", "Africa"],
    "size": ["1–9", "10–49", "50–249", "250–999", "1000+"],
    "industry": ["Retail", "Software", "Finance", "Health", "Education", "Public", "Media", "Other"],
}

_PROPERTY_SETS = """
    INSERT INTO surveys_propertyset (organization_id, values)
    SELECT %(organization)s, jsonb_build_object('plan', p, 'region', r, 'size', s, 'industry', i)
    FROM unnest(%(plan)s) p, unnest(%(region)s) r, unnest(%(size)s) s, unnest(%(industry)s) i
"""
_RESPONSES = """
    INSERT INTO surveys_response
        (organization_id, campaign_id, property_set_id, channel, language, score, comment, verdict, verdict_reasons,
         confirmed_at, day, responded_at, updated_at)
    SELECT %(organization)s, (%(campaigns)s::bigint[])[1 + n %% 3], sets.id,
           'email', (ARRAY['en', 'en', 'en', 'de', 'fr', 'es', 'ja', 'pt'])[1 + floor(a.x * 8)::int],
           greatest(0, least(10, round(10.6 - 3.4 * abs(a.y) - sets.lift - a.dip)))::int,
           CASE WHEN a.z < 0.3 THEN 'The reason for my score is number ' || n ELSE '' END,
           'confirmed', '[]', a.at, a.at::date, a.at, a.at
    FROM generate_series(1, %(responses)s) n
    CROSS JOIN LATERAL (SELECT %(first)s::timestamptz + interval '1 day' * (730 * random()) AS at,
                               random() AS x, random() AS z, random() AS w,
                               (random() + random() + random() - 1.5) * 1.6 AS y, n AS again) r
    CROSS JOIN LATERAL (SELECT r.*, CASE WHEN r.at BETWEEN '2025-03-01' AND '2025-04-15' THEN 1.2 ELSE 0 END AS dip) a
    JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place,
                 CASE values ->> 'plan' WHEN 'Enterprise' THEN -0.4 WHEN 'Free' THEN 0.9 ELSE 0.2 END AS lift
          FROM surveys_propertyset WHERE organization_id = %(organization)s) sets
      ON sets.place = 1 + floor(a.w * 960)::int
"""


def load(organization: Organization, responses: int) -> list[Campaign]:
    """The responses alone, without rollups; returns the campaigns."""
    at = timezone.now()
    campaigns = [
        Campaign.objects.create(
            organization=organization, name=name, status=Status.ENDED, created_at=at, updated_at=at, wave=1
        )
        for name in ("Relationship", "Onboarding", "After support")
    ]
    for position, key in enumerate(VALUES):
        Property.objects.create(
            organization=organization, key=key, label=key.capitalize(), segmentable=True, position=position
        )
    parameters: dict[str, Any] = {
        "organization": organization.pk,
        "campaigns": [campaign.pk for campaign in campaigns],
        "responses": responses,
        "first": FIRST,
        **VALUES,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        cursor.execute(_PROPERTY_SETS, parameters)
        cursor.execute(_RESPONSES, parameters)
    return campaigns


def build_rollups(organization: Organization) -> None:
    for piece in rollups.slices(organization.pk):
        rollups.repair(piece)

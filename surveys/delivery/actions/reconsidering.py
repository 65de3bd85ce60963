"""A rule of how often people are asked was changed: who waits because of it is decided about anew, by the rule of now."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction

from surveys.accounts.models import Organization
from surveys.delivery.models import AccountAsk

_RECONSIDER: Final = """
    UPDATE surveys_plandecision SET until = %(at)s WHERE id IN (
        SELECT p.id FROM surveys_campaign c JOIN surveys_plandecision p ON p.campaign_id = c.id
        WHERE c.organization_id = %(organization)s AND c.status IN ('live', 'paused')
          AND (%(campaign)s IS NULL OR c.id = %(campaign)s)
          AND p.reason IN ('resting', 'throttled', 'company', 'outranked') AND p.until > %(at)s
        ORDER BY p.id FOR UPDATE OF p)
"""
_LATEST_OF_COMPANIES: Final = """
    INSERT INTO surveys_accountask (organization_id, value, last_asked_at)
    SELECT %(organization)s, left(i.properties ->> %(property)s, 255) AS value, max(i.claimed_at)
    FROM surveys_invitation i
    WHERE i.organization_id = %(organization)s AND i.claimed_at > %(since)s AND i.properties ->> %(property)s <> ''
    GROUP BY 2 ORDER BY 2
    ON CONFLICT (organization_id, value) DO UPDATE
    SET last_asked_at = greatest(surveys_accountask.last_asked_at, excluded.last_asked_at)
"""


def reconsider(*, organization_id: int, campaign_id: int | None = None, at: datetime) -> int:
    """Those who wait for one campaign, or for any of the organization; returns how many. The next planning does it."""
    params = {"organization": organization_id, "campaign": campaign_id, "at": at}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_RECONSIDER, params)
        return int(cursor.rowcount)


_RECONSIDER_PERSON: Final = """
    UPDATE surveys_plandecision SET until = %(at)s WHERE id IN (
        SELECT p.id FROM surveys_plandecision p
        WHERE p.organization_id = %(organization)s AND p.customer_id = %(customer)s
          AND p.reason IN ('resting', 'throttled', 'company', 'outranked') AND p.until > %(at)s
        ORDER BY p.id FOR UPDATE OF p)
"""


def reconsider_person(*, organization_id: int, customer_id: int, at: datetime) -> int:
    """Whatever this person waits for; returns of how many occasions. The next planning does it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_RECONSIDER_PERSON, {"organization": organization_id, "customer": customer_id, "at": at})
        return int(cursor.rowcount)


def restate_companies(*, organization_id: int, is_another_property: bool, at: datetime) -> None:
    """The rule of one ask per company counts what was sent before it was made."""
    organization = Organization.objects.get(pk=organization_id)
    params: dict[str, Any] = {
        "organization": organization_id,
        "property": organization.account_property,
        "since": at - timedelta(days=organization.account_gap_days),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        if is_another_property:
            AccountAsk.objects.filter(organization_id=organization_id).delete()
        if organization.account_property and organization.account_gap_days:
            cursor.execute(_LATEST_OF_COMPANIES, params)

"""Who is asked, and why not: one rule in SQL, for planning, for the preflight before it, and for claiming after it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg2 import sql

from surveys.accounts.models import Organization
from surveys.campaigns import queries as campaigns
from surveys.campaigns.models import Campaign
from surveys.core.conditions import compiler

# Of a customer `c`. The values are those of delivery.models.Reason; a suppression is its own reason.
REASON = sql.SQL("""
    CASE WHEN c.suppression <> '' THEN c.suppression
         WHEN c.email IS NULL OR c.email = '' THEN 'no_address'
         WHEN c.last_asked_at > %(asked_before)s THEN 'throttled'
         ELSE 'invited' END
""")


class UnknownAudience(ValueError):
    """The campaign's audience asks about something that does not exist any more."""


@dataclass(frozen=True)
class Rule:
    """SQL about customers `c` of one organization, with its parameters."""

    sql: sql.Composable
    params: dict[str, Any]


def gap(organization: Organization, campaign: Campaign) -> timedelta:
    """How long a person is left alone between two asks: the organization's rule, or the campaign's stricter one."""
    return timedelta(days=max(organization.throttle_days, campaign.throttle_days or 0))


def audience(organization: Organization, campaign: Campaign, *, at: datetime) -> Rule:
    """Those whom the campaign is for. Raises UnknownAudience."""
    known = campaigns.customer_catalogue(organization)
    found = campaigns.audience(campaign, known)
    if found.tree is None:
        raise UnknownAudience(" ".join(found.problems))
    where = compiler.compile_where(found.tree, known, "c", at=at)
    return Rule(
        sql.SQL("c.organization_id = %(organization)s AND {}").format(where.sql),
        {"organization": organization.pk, **where.params},
    )


def moment(organization: Organization, campaign: Campaign, at: datetime) -> dict[str, Any]:
    """The parameters of REASON, and what planning stores."""
    leave_alone = gap(organization, campaign)
    return {"at": at, "gap": leave_alone, "asked_before": at - leave_alone}

"""Work that changes what dashboards show while it goes on, for a note on them."""

from dataclasses import dataclass
from typing import Final

from django.db import connection

from surveys.accounts.models import Organization
from surveys.analytics.models import Regrouping
from surveys.customers.models import PropertyWork


@dataclass(frozen=True)
class UnderWay:
    """`zone`: days are computed anew for it. `label`: of the property that asks and answers of the past follow; `work`
    is the key of the order."""

    zone: str = ""
    is_paused: bool = False
    label: str = ""
    work: int | None = None


_UNDER_WAY: Final = """
    SELECT coalesce(z.after, ''), coalesce(z.state = 'paused', FALSE), coalesce(g.label, ''), g.work_id
    FROM (VALUES (%(organization)s)) AS o(id)
    LEFT JOIN surveys_zonechange z ON z.organization_id = o.id AND z.state IN ('running', 'paused')
    LEFT JOIN LATERAL (
        SELECT r.work_id, w.label FROM surveys_regrouping r JOIN surveys_propertywork w ON w.id = r.work_id
        WHERE r.organization_id = o.id AND r.status = 'running' ORDER BY r.id LIMIT 1
    ) g ON TRUE
"""


def under_way(organization: Organization) -> UnderWay:
    """One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_UNDER_WAY, {"organization": organization.pk})
        return UnderWay(*cursor.fetchone())


def past_of(work: PropertyWork) -> Regrouping | None:
    """How far the past has followed this change of a property; None while customers themselves are not done."""
    return Regrouping.objects.filter(organization=work.organization_id, work=work).first()

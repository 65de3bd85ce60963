"""Who belongs together by the organization's rule for one ask per company."""

from dataclasses import dataclass
from typing import Final

from django.db import connection

from surveys.accounts.models import Organization
from surveys.customers.models import Property

_SHARING: Final = """
    SELECT coalesce(sum(people), 0), count(*), count(*) FILTER (WHERE people > 1),
           (array_agg(company ORDER BY people DESC, company))[1], coalesce(max(people), 0)
    FROM (
        SELECT properties ->> %(key)s AS company, count(*) AS people FROM surveys_customer
        WHERE organization_id = %(organization)s AND properties ? %(key)s GROUP BY 1
    ) AS companies
"""


@dataclass(frozen=True)
class CompanyRule:
    """One ask in `days` for all customers who share a value of the property, and whom that concerns now."""

    label: str
    days: int
    customers: int
    companies: int
    shared: int  # companies of more than one customer
    largest: str
    people_of_largest: int


def rule(organization: Organization) -> CompanyRule | None:
    """None while it is off; else one statement over the organization's customers."""
    key = organization.account_property
    found = Property.objects.filter(organization=organization, key=key).first() if key else None
    if found is None or not organization.account_gap_days:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_SHARING, {"organization": organization.pk, "key": key})
        customers, companies, shared, largest, people = cursor.fetchone()
    return CompanyRule(
        found.label, organization.account_gap_days, int(customers), companies, shared, largest or "", people
    )

"""Interning: each distinct combination of segmentable values gets a row, and the customer carries its id."""

from typing import Any

from django.db import connection

from surveys.accounts.models import Organization
from surveys.customers.models import Property

# The combination as it is stored, of the properties in {properties} (jsonb): values as text, unset ones absent.
VALUES_SQL = (
    "(SELECT coalesce(jsonb_object_agg(e.key, e.value), '{{}}'::jsonb)"
    " FROM jsonb_each_text({properties}) e WHERE e.key = ANY(%(segmentable)s::text[]))"
)


def segmentable_keys(organization: Organization) -> list[str]:
    return list(Property.objects.filter(organization=organization, segmentable=True).values_list("key", flat=True))


_INTERN = """
INSERT INTO surveys_propertyset (organization_id, "values")
SELECT %(org)s, found."values" FROM ({found}) found ("values")
 WHERE NOT EXISTS (SELECT FROM surveys_propertyset known
                    WHERE known.organization_id = %(org)s AND known.digest = md5(found."values"::text))
    ON CONFLICT DO NOTHING
"""


def intern(found: str, parameters: dict[str, Any]) -> None:
    """Make a row for each combination that the SELECT `found` yields; `parameters` hold `org` besides its own."""
    with connection.cursor() as cursor:
        cursor.execute(_INTERN.format(found=found), parameters)


_REFRESH = f"""
UPDATE surveys_customer c SET property_set_id = s.id
  FROM surveys_customer now
       JOIN surveys_propertyset s ON s.organization_id = %(org)s
        AND s.digest = md5({VALUES_SQL.format(properties="now.properties")}::text)
 WHERE c.id = now.id AND now.organization_id = %(org)s AND now.id = ANY(%(ids)s)
   AND c.property_set_id IS DISTINCT FROM s.id
"""


def refresh(organization: Organization, customer_ids: list[int]) -> None:
    """Bring the property sets of these customers up to their properties. Call it where the properties change."""
    scope: dict[str, Any] = {"org": organization.pk, "ids": customer_ids, "segmentable": segmentable_keys(organization)}
    values = VALUES_SQL.format(properties="properties")
    intern(
        f"SELECT DISTINCT {values} FROM surveys_customer WHERE organization_id = %(org)s AND id = ANY(%(ids)s)", scope
    )
    with connection.cursor() as cursor:
        cursor.execute(_REFRESH, scope)

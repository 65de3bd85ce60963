"""Interning: each distinct combination of segmentable values gets a row, and the customer carries its id."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from surveys.accounts.models import Organization
from surveys.customers.models import Property


def segmentable_keys(organization: Organization) -> list[str]:
    return list(Property.objects.filter(organization=organization, segmentable=True).values_list("key", flat=True))


def values_sql(properties: str, keys: Sequence[str]) -> str:
    """The combination as it is stored, of the jsonb `properties`: values as text, unset ones absent.

    Its parameters are those of `values_parameters`.
    """
    members = ", ".join(f"%(key{n})s::text, {properties} ->> %(key{n})s" for n in range(len(keys)))
    return f"jsonb_strip_nulls(jsonb_build_object({members}))"


def values_parameters(keys: Sequence[str]) -> dict[str, str]:
    return {f"key{n}": key for n, key in enumerate(keys)}


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


_REFRESH = """
UPDATE surveys_customer c SET property_set_id = s.id
  FROM surveys_customer now
       JOIN surveys_propertyset s ON s.organization_id = %(org)s AND s.digest = md5({values}::text)
 WHERE c.id = now.id AND now.organization_id = %(org)s AND now.id = ANY(%(ids)s)
   AND c.property_set_id IS DISTINCT FROM s.id
"""


def refresh(organization: Organization, customer_ids: list[int]) -> None:
    """Bring the property sets of these customers up to their properties. Call it where the properties change."""
    keys = segmentable_keys(organization)
    scope: dict[str, Any] = {"org": organization.pk, "ids": customer_ids} | values_parameters(keys)
    values = values_sql("properties", keys)
    intern(
        f"SELECT DISTINCT {values} FROM surveys_customer WHERE organization_id = %(org)s AND id = ANY(%(ids)s)", scope
    )
    with connection.cursor() as cursor:
        cursor.execute(_REFRESH.format(values=values_sql("now.properties", keys)), scope)

"""Who is on the phone: found by what they can say of themselves, quick enough to look while they speak.

Each way of finding reads an index from a place on and stops after a few rows, so it costs the same among ten people and
among a million, however common a name is.
"""

from typing import Any, Final

from django.db import connection

from surveys.accounts.models import Organization
from surveys.customers import phones
from surveys.customers.models import Customer

SHOWN: Final = 8
LONGEST: Final = 254
SHORTEST_WORD: Final = (
    3  # characters of a later word, such as a family name: an index of trigrams finds it from then on
)

# First who is named exactly, then whose name or address begins so, then in whose name a later word does.
_FOUND: Final = """
    SELECT id, min(rank) FROM (
        SELECT id, 0 AS rank FROM surveys_customer
        WHERE organization_id = %(organization)s AND email_key = lower(%(words)s)
        UNION ALL
        SELECT id, 0 FROM surveys_customer WHERE organization_id = %(organization)s AND external_id = %(words)s
        UNION ALL
        (SELECT id, 1 FROM surveys_customer
         WHERE organization_id = %(organization)s AND search_key >= lower(%(words)s) AND search_key < lower(%(words)s) || %(last)s
         ORDER BY search_key, id LIMIT %(shown)s)
        UNION ALL
        (SELECT id, 2 FROM surveys_customer
         WHERE organization_id = %(organization)s AND email_key >= lower(%(words)s) AND email_key < lower(%(words)s) || %(last)s
         ORDER BY email_key LIMIT %(shown)s)
        {more}
    ) AS found
    GROUP BY id ORDER BY 2, 1 LIMIT %(shown)s
"""
_PHONE: Final = """
        UNION ALL
        SELECT id, 0 FROM surveys_customer WHERE organization_id = %(organization)s AND phone = ANY(%(phones)s)
"""
_LATER_WORD: Final = """
        UNION ALL
        (SELECT id, 3 FROM surveys_customer
         WHERE organization_id = %(organization)s AND search_key LIKE '%% ' || lower(%(like)s) || '%%' LIMIT %(shown)s)
"""


def found(organization: Organization, words: str) -> list[Customer]:
    """At most SHOWN, who is named exactly first; two statements. Nobody for nothing."""
    told = words.replace("\0", "").strip()[:LONGEST]
    if not told:
        return []
    statement, params = search(organization, told)
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        ids = [pk for pk, _rank in cursor.fetchall()]
    people = Customer.objects.filter(organization=organization).select_related("owner", "organization").in_bulk(ids)
    return [people[pk] for pk in ids if pk in people]


def search(organization: Organization, told: str) -> tuple[str, dict[str, Any]]:
    """The statement and its parameters: a test reads its plan."""
    numbers = _phones(told)
    more = [_PHONE] if numbers else []
    more += [_LATER_WORD] if len(told) >= SHORTEST_WORD else []
    params: dict[str, Any] = {
        "organization": organization.pk,
        "words": told,
        "phones": numbers,
        "like": _escaped(told),
        "last": "\U0010ffff",  # nothing that begins so comes after it
        "shown": SHOWN,
    }
    return _FOUND.replace("{more}", "".join(more)), params


def _phones(told: str) -> list[str]:
    """As the number may be stored: with a plus or without."""
    digits = phones.digits(told)
    if digits is None:
        return []
    bare = digits.lstrip("+")
    return [bare, f"+{bare}"]


def _escaped(told: str) -> str:
    return told.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")

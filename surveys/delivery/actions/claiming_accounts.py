"""The organization's rule of one ask per company: a claim takes the company with the person, and an end gives it back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

_OF_PEOPLE: Final = """
    SELECT c.id, o.id, left(c.properties ->> o.account_property, 255)
    FROM surveys_customer c JOIN surveys_organization o ON o.id = c.organization_id
    WHERE c.id = ANY(%s) AND o.account_property <> '' AND o.account_gap_days > 0
      AND c.properties ->> o.account_property <> ''
"""
_BEGIN: Final = """
    INSERT INTO surveys_accountask (organization_id, value)
    SELECT t.organization, t.value FROM unnest(%s::bigint[], %s::text[]) AS t(organization, value)
    ORDER BY t.organization, t.value
    ON CONFLICT DO NOTHING
"""
_LOCK: Final = """
    SELECT a.organization_id, a.value, a.last_asked_at
    FROM unnest(%s::bigint[], %s::text[]) AS t(organization, value)
    JOIN surveys_accountask a ON a.organization_id = t.organization AND a.value = t.value
    ORDER BY a.organization_id, a.value FOR UPDATE OF a
"""
_TAKE: Final = """
    UPDATE surveys_accountask a SET last_asked_at = %s
    FROM unnest(%s::bigint[], %s::text[]) AS t(organization, value)
    WHERE a.organization_id = t.organization AND a.value = t.value
"""


@dataclass(frozen=True)
class Account:
    """One company of one organization, and when somebody of it was last asked."""

    organization: int
    value: str
    before: datetime | None


def locked(people: Sequence[int]) -> dict[int, Account]:
    """The companies of these people, where their organization has the rule. In the order of their names, so that no two
    claims wait for each other in a circle."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_PEOPLE, [list(people)])
        named = {pk: (organization, value) for pk, organization, value in cursor.fetchall()}
        if not named:
            return {}
        keys = sorted(set(named.values()))
        columns = [[organization for organization, _value in keys], [value for _organization, value in keys]]
        cursor.execute(_BEGIN, columns)
        cursor.execute(_LOCK, columns)
        before = {(organization, value): at for organization, value, at in cursor.fetchall()}
    return {pk: Account(*key, before[key]) for pk, key in named.items()}


def first_of_each(people: Iterable[int], accounts: Mapping[int, Account]) -> set[int]:
    """Of several people of one company the first."""
    chosen: dict[object, int] = {}
    for pk in people:
        account = accounts.get(pk)
        chosen.setdefault((account.organization, account.value) if account else pk, pk)
    return set(chosen.values())


def take(accounts: Iterable[Account], at: datetime) -> None:
    keys = sorted({(account.organization, account.value) for account in accounts})
    if keys:
        with connection.cursor() as cursor:
            cursor.execute(_TAKE, [at, [key[0] for key in keys], [key[1] for key in keys]])


_GIVE_BACK: Final = (
    """
    SELECT a.id FROM surveys_accountask a JOIN surveys_invitation i
        ON i.organization_id = a.organization_id AND i.account = a.value
    WHERE i.id = ANY(%s) AND i.account <> '' ORDER BY a.organization_id, a.value FOR UPDATE OF a
    """,
    """
    UPDATE surveys_accountask a SET last_asked_at = i.account_before FROM surveys_invitation i
    WHERE i.id = ANY(%s) AND i.account <> '' AND a.organization_id = i.organization_id AND a.value = i.account
      AND a.last_asked_at = i.claimed_at
    """,
)


def give_back(invitations: Sequence[int]) -> None:
    """Of asks that ended without having been sent. A later ask of the same company stands."""
    with connection.cursor() as cursor:
        for statement in _GIVE_BACK:
            cursor.execute(statement, [list(invitations)])

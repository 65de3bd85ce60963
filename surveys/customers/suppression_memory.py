"""Suppressions and new people meet: who adds customers holds the memory still, so that no suppression slips in between
reading it and adding them. The locks end with the transaction; that of the whole server is taken before an organization's.
"""

from typing import Any, Final

from django.conf import settings
from django.db import connection

from surveys.customers import addresses

_SPACE: Final = 7031  # tells these advisory locks from others
EVERYWHERE: Final = 0  # in the place of an organization

# How Suppression.source calls those that nobody has said himself.
MAIL_SERVER: Final = "mail server"
PROVIDER: Final = "provider"
SERIES: Final = "provider, several bounces in a row"
SHARED: Final = "known on this server"


def hold_still(organization_id: int) -> None:
    """Taken by whoever adds people or changes their addresses; many may hold it at once."""
    if settings.SHARED_SUPPRESSIONS:
        _lock("pg_advisory_xact_lock_shared", EVERYWHERE)
    _lock("pg_advisory_xact_lock_shared", organization_id)


def change(organization_id: int) -> None:
    """Taken by whoever suppresses an address: waits until those who are adding people (a slice of an import) are done."""
    _lock("pg_advisory_xact_lock", organization_id)


def change_everywhere() -> None:
    """Taken before `change` by whoever suppresses an address for all organizations."""
    _lock("pg_advisory_xact_lock", EVERYWHERE)


def _lock(function: str, organization_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [_SPACE, organization_id % 2**31])


# Addresses {keys} (a query of one column `key`, normalized) that no customer here has yet, and the server knows.
_HERE: Final = addresses.HASH_SQL.format(key="k.key")
_RECALL: Final = f"""
    INSERT INTO surveys_suppression (organization_id, address_hash, reason, source, at)
    SELECT %(organization)s, {_HERE}, y.reason, %(source)s, y.at
    FROM ({{keys}}) k
    JOIN surveys_sharedsuppression y ON y.address_hash = {_HERE.replace("%(organization)s", "%(everywhere)s")}
    WHERE k.key <> '' AND NOT EXISTS (
        SELECT 1 FROM surveys_customer c WHERE c.organization_id = %(organization)s AND c.email_key = k.key)
    ON CONFLICT DO NOTHING
"""


def recall(organization_id: int, keys: str, params: dict[str, Any]) -> None:
    """People with these addresses are about to be added: what is known of them on the server becomes the organization's.

    `keys` is SQL, a query of one column `key`. The caller has taken `hold_still`.
    """
    if not settings.SHARED_SUPPRESSIONS:
        return
    scope: dict[str, Any] = {"everywhere": EVERYWHERE, "source": SHARED}
    with connection.cursor() as cursor:
        cursor.execute(_RECALL.format(keys=keys), {**params, **addresses.hash_parameters(organization_id), **scope})

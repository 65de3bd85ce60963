"""By which road mail leaves: the operator's (the settings EMAIL_*), or an organization's own account with a provider.

A road is a string, so that it stands in rows and in SQL: "" is the operator's, "account:7" that of MailAccount 7.
"""

from typing import Any, Final

from django.conf import settings
from django.db import connection

OPERATOR: Final = ""
_ACCOUNT: Final = "account:"

# The road of an organization `o`, '' where there is none. Takes `params()`.
OF_ORGANIZATION: Final = """
    coalesce((SELECT 'account:' || a.id FROM surveys_mailaccount a
              WHERE a.organization_id = o.id AND a.is_on AND %(own_accounts)s), '')
"""
# Of a single mail `d` and its organization `o` (which may be missing): a test of an account names its road itself, and
# mails of the product itself take the operator's.
OF_SINGLE_MAIL: Final = f"""
    CASE WHEN d.kind = 'system' THEN '' ELSE coalesce(d.content ->> 'route', {OF_ORGANIZATION}) END
"""


def params() -> dict[str, Any]:
    """What the fragments above need to be told."""
    return {"own_accounts": settings.OWN_MAIL_ACCOUNTS}


def of(organization: int | None) -> str:
    if organization is None:
        return OPERATOR
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {OF_ORGANIZATION} FROM surveys_organization o WHERE o.id = %(organization)s",
            params() | {"organization": organization},
        )
        found = cursor.fetchone()
    return str(found[0]) if found else OPERATOR


def of_account(account: int) -> str:
    return f"{_ACCOUNT}{account}"


def account_of(route: str) -> int | None:
    """None for the operator's road."""
    return int(route.removeprefix(_ACCOUNT)) if route.startswith(_ACCOUNT) else None

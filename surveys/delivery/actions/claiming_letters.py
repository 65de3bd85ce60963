"""Mails of rules to people who were suppressed between the writing and the sending."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import connection
from django.utils.translation import gettext as _

from surveys.delivery.actions.claims import Due
from surveys.delivery.models import Kind

_STOP: Final = """
    UPDATE surveys_delivery d SET state = 'cancelled', reason = %(reason)s, finished_at = %(at)s
    FROM surveys_customer c
    WHERE d.id = ANY(%(ids)s) AND d.state = 'due' AND c.id = d.customer_id AND c.suppression <> ''
    RETURNING d.id
"""


def without_unwanted(rows: Sequence[Due], at: datetime) -> list[Due]:
    """Without those, which are cancelled. For a claim, which has locked them. A colleague's reply goes: it answers them."""
    letters = [row.pk for row in rows if row.kind == Kind.AUTOMATION]
    if not letters:
        return list(rows)
    reason = _("The customer wants no more mail, or the address takes none.")
    with connection.cursor() as cursor:
        cursor.execute(_STOP, {"ids": letters, "at": at, "reason": reason})
        stopped = {pk for (pk,) in cursor.fetchall()}
    return [row for row in rows if row.pk not in stopped]

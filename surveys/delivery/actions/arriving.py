"""Doubtful messages of which something else tells that they arrived: who has answered or unsubscribed has the mail."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import connection, transaction

from surveys.delivery.actions.claims import Due
from surveys.delivery.actions.outcomes import tell

_ARRIVED: Final = """
    UPDATE surveys_delivery d
    SET state = 'sent', reason = '', sent_at = coalesce(d.sending_at, d.uncertain_at), finished_at = %(at)s
    FROM surveys_invitation i
    WHERE i.id = d.invitation_id AND (i.answered_at <= %(at)s OR i.unsubscribed_at <= %(at)s)
"""


def settle_answered(*, at: datetime) -> int:
    """Of what is uncertain, whatever its sender knows; returns how many."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"{_ARRIVED} AND d.state = 'uncertain' RETURNING d.id", {"at": at})
            arrived = [pk for (pk,) in cursor.fetchall()]
        tell(arrived, at=at)
    return len(arrived)


def without_arrived(rows: Sequence[Due], at: datetime) -> list[Due]:
    """Without asks that were doubted, are due again, and have reached their people meanwhile: those are sent.

    For a claim, which has locked them. `tell_untold` tells their invitations, whose locks come after those of people.
    """
    doubted = [row.pk for row in rows if row.may_have_arrived]
    if not doubted:
        return list(rows)
    only = f"{_ARRIVED} AND d.id = ANY(%(ids)s) AND d.state = 'due' AND d.kind = 'ask' RETURNING d.id"
    with connection.cursor() as cursor:
        cursor.execute(only, {"at": at, "ids": doubted})
        arrived = {pk for (pk,) in cursor.fetchall()}
    return [row for row in rows if row.pk not in arrived]

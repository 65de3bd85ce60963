"""Doubtful messages of which something else tells that they arrived: who has answered or unsubscribed has the mail."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import connection, transaction

from surveys.delivery.actions.claims import Due
from surveys.delivery.actions.outcomes import tell
from surveys.delivery.models import Kind

_TELLS: Final = "(i.answered_at <= %(at)s OR i.unsubscribed_at <= %(at)s)"
_ARRIVED: Final = """
    UPDATE surveys_delivery d
    SET state = 'sent', reason = '', sent_at = coalesce(d.sending_at, d.uncertain_at), finished_at = %(at)s
"""
_DOUBTFUL: Final = f"""
    {_ARRIVED} FROM (
        SELECT l.id FROM surveys_delivery l JOIN surveys_invitation i ON i.id = l.invitation_id
        WHERE l.state = 'uncertain' AND {_TELLS} ORDER BY l.id FOR UPDATE OF l SKIP LOCKED
    ) arrived
    WHERE d.id = arrived.id RETURNING d.id
"""
_DUE_AGAIN: Final = f"""
    {_ARRIVED} FROM surveys_invitation i
    WHERE i.id = d.invitation_id AND {_TELLS} AND d.id = ANY(%(ids)s) AND d.state = 'due' RETURNING d.id
"""


def settle_answered(*, at: datetime) -> int:
    """Of what is uncertain, whatever its sender knows; returns how many. Those that their sender is at are left to it."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_DOUBTFUL, {"at": at})
            arrived = [pk for (pk,) in cursor.fetchall()]
        tell(arrived, at=at)
    return len(arrived)


def without_arrived(rows: Sequence[Due], at: datetime) -> list[Due]:
    """Without asks that were doubted, are due again, and have reached their people meanwhile: those are sent.

    For a claim, which has locked them. `tell_untold` tells their invitations, whose locks come after those of people.
    """
    doubted = [row.pk for row in rows if row.may_have_arrived and row.kind == Kind.ASK]
    if not doubted:
        return list(rows)
    with connection.cursor() as cursor:
        cursor.execute(_DUE_AGAIN, {"at": at, "ids": doubted})
        arrived = {pk for (pk,) in cursor.fetchall()}
    return [row for row in rows if row.pk not in arrived]

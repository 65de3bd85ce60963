"""What delivery does when customers are deleted or erased. Runs in the transaction that removes them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.utils.translation import gettext as _

from surveys.delivery.actions import claiming_accounts
from surveys.delivery.models import Invitation
from surveys.outbox import actions as outbox

_INVITATIONS: Final = """
    SELECT id FROM surveys_invitation WHERE organization_id = %(organization)s AND customer_id = ANY(%(people)s)
"""
_LOCK: Final = (
    f"""
    SELECT id FROM surveys_delivery WHERE invitation_id IN ({_INVITATIONS}) ORDER BY id FOR UPDATE
""",
    """
    SELECT id FROM surveys_invitation WHERE organization_id = %(organization)s AND customer_id = ANY(%(people)s)
    ORDER BY id FOR UPDATE
""",
)


def hold(*, organization_id: int, people: Sequence[int]) -> None:
    """Messages and invitations of these people stand still until the transaction ends: no claim, click or settling is
    about them meanwhile. Messages first, because that is what claims take first."""
    with connection.cursor() as cursor:
        for statement in _LOCK:
            cursor.execute(statement, {"organization": organization_id, "people": list(people)})


# A message that its sender has marked as on its way cannot be called back; how it ends is still written down.
_CANCEL: Final = f"""
    UPDATE surveys_delivery
    SET state = 'cancelled', reason = %(reason)s, finished_at = %(at)s, lease_owner = '', lease_until = NULL
    WHERE invitation_id IN ({_INVITATIONS}) AND state IN ('due', 'claimed', 'uncertain')
"""
# Claimed and never tried: their companies were not asked.
_UNSENT: Final = f"""
    SELECT invitation_id FROM surveys_delivery
    WHERE invitation_id IN ({_INVITATIONS}) AND kind = 'ask' AND state IN ('due', 'claimed') AND uncertain_at IS NULL
"""
# What colleagues and rules wrote to them, and about their own wishes, belongs to no invitation.
_NOTES: Final = "organization_id = %(organization)s AND campaign_id IS NULL AND customer_id = ANY(%(people)s)"
_LET_GO: Final = (
    f"""
    UPDATE surveys_delivery
    SET state = 'cancelled', reason = %(reason)s, finished_at = %(at)s, lease_owner = '', lease_until = NULL
    WHERE {_NOTES} AND state IN ('due', 'claimed', 'uncertain')
    """,
    f"UPDATE surveys_delivery SET customer_id = NULL, content = NULL WHERE {_NOTES}",
    f"UPDATE surveys_delivery SET customer_id = NULL WHERE invitation_id IN ({_INVITATIONS})",
    "DELETE FROM surveys_plandecision WHERE organization_id = %(organization)s AND customer_id = ANY(%(people)s)",
)
_LET_INVITATIONS_GO: Final = f"""
    UPDATE surveys_invitation SET customer_id = NULL, properties = NULL WHERE id IN ({_INVITATIONS}) RETURNING id
"""
_BLANK: Final = (
    f"""
    UPDATE surveys_deliveryevent SET address_hash = '', domain = '', said = ''
    WHERE delivery_id IN (SELECT id FROM surveys_delivery WHERE invitation_id IN ({_INVITATIONS}))
""",
    f"""
    UPDATE surveys_delivery SET to_address = '', content = NULL, last_error = ''
    WHERE invitation_id IN ({_INVITATIONS})
""",
)


_BLANK_NOTES: Final = f"UPDATE surveys_delivery SET to_address = '', content = NULL, last_error = '' WHERE {_NOTES}"


def let_go(*, organization_id: int, people: Sequence[int], at: datetime) -> None:
    """What is due to these people is not sent, not even when a sender has claimed it; what was sent is nobody's."""
    scope: dict[str, Any] = {"organization": organization_id, "people": list(people)}
    scope |= {"at": at, "reason": _("The customer was deleted.")}
    with connection.cursor() as cursor:
        cursor.execute(_UNSENT, scope)
        claiming_accounts.give_back([pk for (pk,) in cursor.fetchall()])
        for statement in (_CANCEL, *_LET_GO):
            cursor.execute(statement, scope)
        cursor.execute(_LET_INVITATIONS_GO, scope)
        forgotten = [pk for (pk,) in cursor.fetchall()]
    _publish_forgotten(organization_id, forgotten, at)


def _publish_forgotten(organization_id: int, invitations: Sequence[int], at: datetime) -> None:
    """What was known about who was asked is gone: whoever counted by it counts anew."""
    if invitations:
        first = Invitation(pk=invitations[0], organization_id=organization_id)
        outbox.publish("invitations.forgotten", first, at=at, invitations=list(invitations))


def blank(*, organization_id: int, people: Sequence[int]) -> None:
    """Addresses, texts and what mail servers said of them. Before `let_go`, which forgets whose messages they are."""
    with connection.cursor() as cursor:
        cursor.execute(_BLANK_NOTES, {"organization": organization_id, "people": list(people)})
        for statement in _BLANK:
            cursor.execute(statement, {"organization": organization_id, "people": list(people)})


_ANSWERED: Final = """
    SELECT invitation_id FROM surveys_response
    WHERE organization_id = %(organization)s AND id = ANY(%(responses)s) AND invitation_id IS NOT NULL
"""


def hold_answered(*, organization_id: int, responses: Sequence[int]) -> list[int]:
    """As `hold`, for what was answered by these responses; returns the keys of the invitations."""
    scope: dict[str, Any] = {"organization": organization_id, "responses": list(responses)}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM surveys_delivery WHERE invitation_id IN ({_ANSWERED}) ORDER BY id FOR UPDATE", scope
        )
        cursor.execute(f"SELECT id FROM surveys_invitation WHERE id IN ({_ANSWERED}) ORDER BY id FOR UPDATE", scope)
        return [pk for (pk,) in cursor.fetchall()]


_NOBODYS: Final = (
    "UPDATE surveys_deliveryevent SET address_hash = '', domain = '', said = '' WHERE delivery_id IN"
    " (SELECT id FROM surveys_delivery WHERE invitation_id = ANY(%(invitations)s))",
    "UPDATE surveys_delivery SET customer_id = NULL, to_address = '', content = NULL, last_error = ''"
    " WHERE invitation_id = ANY(%(invitations)s)",
    "UPDATE surveys_invitation SET customer_id = NULL, properties = NULL"
    " WHERE organization_id = %(organization)s AND id = ANY(%(invitations)s)",
)


def let_go_of(*, organization_id: int, invitations: Sequence[int], at: datetime) -> None:
    """These were sent and answered long ago; from now on they are nobody's."""
    with connection.cursor() as cursor:
        for statement in _NOBODYS:
            cursor.execute(statement, {"organization": organization_id, "invitations": list(invitations)})
    _publish_forgotten(organization_id, invitations, at)

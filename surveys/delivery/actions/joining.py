"""What two customers who become one were asked. Runs in the transaction that merges them, after `forgetting.hold`."""

from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.utils.translation import gettext as _

# Asks of both on one occasion. The person was asked twice, and both stand; but what was not sent yet is not sent to
# somebody who has the other one, and of two that wait one goes.
_TWICE: Final = """
    SELECT theirs.id AS theirs, ours.id AS ours, theirs.sent_at IS NOT NULL AS theirs_sent, ours.sent_at IS NOT NULL AS ours_sent,
           theirs.answered_at IS NOT NULL OR theirs.unsubscribed_at IS NOT NULL AS theirs_answered
      FROM surveys_invitation theirs
      JOIN surveys_invitation ours
        ON ours.organization_id = theirs.organization_id + 0 AND ours.campaign_id = theirs.campaign_id
       AND ours.occasion = theirs.occasion AND ours.customer_id = %(survivor)s
     WHERE theirs.organization_id = %(organization)s AND theirs.customer_id = %(gone)s
"""
_STATEMENTS: Final = (
    f"""
    UPDATE surveys_delivery d
       SET state = 'cancelled', reason = %(reason)s, finished_at = %(at)s, lease_owner = '', lease_until = NULL
      FROM ({_TWICE}) twice
     WHERE d.state IN ('due', 'claimed', 'uncertain')
       AND (d.invitation_id = twice.theirs AND NOT twice.theirs_sent
            OR d.invitation_id = twice.ours AND NOT twice.ours_sent AND twice.theirs_sent
            OR d.kind LIKE 'reminder-%%' AND (d.invitation_id = twice.theirs AND twice.ours_sent
                                              OR d.invitation_id = twice.ours AND twice.theirs_answered))
    """,
    # One of the two goes on to remind, if there is a reason to.
    f"""
    UPDATE surveys_invitation i SET remind_at = NULL
      FROM ({_TWICE}) twice
     WHERE i.id = twice.theirs AND twice.ours_sent OR i.id = twice.ours AND twice.theirs_answered
    """,
    # The occasion says that this one came by another row; nothing else reads what stands behind the colon.
    f"""
    UPDATE surveys_invitation i SET occasion = left(i.occasion, 38) || ':of:' || i.customer_id
      FROM ({_TWICE}) twice WHERE i.id = twice.theirs
    """,
    """
    UPDATE surveys_invitation SET customer_id = %(survivor)s
     WHERE organization_id = %(organization)s AND customer_id = %(gone)s
    """,
    """
    UPDATE surveys_delivery d SET customer_id = %(survivor)s
      FROM surveys_invitation i
     WHERE i.organization_id = %(organization)s AND i.customer_id = %(survivor)s AND d.invitation_id = i.id
       AND d.customer_id = %(gone)s
    """,
    """
    UPDATE surveys_delivery SET customer_id = %(survivor)s
     WHERE organization_id = %(organization)s AND campaign_id IS NULL AND customer_id = %(gone)s
    """,
    """
    DELETE FROM surveys_plandecision theirs
     WHERE theirs.organization_id = %(organization)s AND theirs.customer_id = %(gone)s
       AND EXISTS (SELECT FROM surveys_plandecision ours
                    WHERE ours.organization_id = %(organization)s AND ours.campaign_id = theirs.campaign_id
                      AND ours.occasion = theirs.occasion AND ours.customer_id = %(survivor)s)
    """,
    """
    UPDATE surveys_plandecision SET customer_id = %(survivor)s
     WHERE organization_id = %(organization)s AND customer_id = %(gone)s
    """,
)


def join(*, organization_id: int, survivor: int, gone: int, at: datetime) -> None:
    """All that `gone` was sent is the survivor's."""
    scope: dict[str, Any] = {"organization": organization_id, "survivor": survivor, "gone": gone, "at": at}
    with connection.cursor() as cursor:
        for statement in _STATEMENTS:
            cursor.execute(
                statement, scope | {"reason": _("The customer was merged with one who has this survey already.")}
            )

"""Reminders: who has not answered is asked again, in the thread of the first mail. docs/delivery.md says when.

An invitation carries the moment of its next reminder, which is one at which its campaign may send. When it comes, the
message is made and can go at once; so nothing that is due has to be called back when somebody answers. Whether it still
should go is asked when it is made, and again when it is claimed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from surveys.campaigns.models import Campaign
from surveys.delivery.actions import claiming_words
from surveys.delivery.actions.claims import Claim, Claimed, Due
from surveys.delivery.actions.ending import cancel

SLICE: Final = 2000
SETTLING: Final = "1 hour"  # so long a reminder waits for a click that may be a robot's


class Stop(TextChoices):
    """Why somebody is not reminded any more."""

    ENDED = "ended", _("The campaign has ended.")
    ENOUGH = "enough", _("The campaign sends fewer reminders now.")
    GONE = "gone", _("The customer was deleted.")
    ANSWERED = "answered", _("They have answered.")
    UNSUBSCRIBED = "unsubscribed", _("They have unsubscribed.")
    RESTING = "resting", _("They asked on their preference page to be left alone, or to be asked less often.")
    SUPPRESSED = "suppressed", _("They must not be mailed any more.")
    NO_ADDRESS = "no_address", _("There is no address any more.")
    CLOSED = "closed", _("The survey takes no answers any more.")
    LATE = "late", _("It could not be sent in time.")


# Of an invitation `i`, its campaign `c`, organization `o` and customer `p` (outer), at %(at)s.
# By the campaign's link, or by another ask of a customer that was merged with this one.
_ANSWERED_ELSEWHERE: Final = """
    EXISTS (SELECT 1 FROM surveys_invitation x
            WHERE x.organization_id = i.organization_id + 0 AND x.customer_id = i.customer_id
              AND x.campaign_id = i.campaign_id AND x.answered_at >= i.sent_at)
"""
# They did answer, only a colleague found that it means nothing: asking again would bring more of it.
_ANSWERED_WITH_JUNK: Final = """
    EXISTS (SELECT 1 FROM surveys_response x
            WHERE x.organization_id = i.organization_id + 0 AND x.invitation_id = i.id AND x.excluded_at IS NOT NULL)
"""
_STOP: Final = f"""
    CASE WHEN c.status NOT IN ('live', 'paused') OR c.ends_at <= %(at)s THEN 'ended'
         WHEN p.id IS NULL THEN 'gone'
         WHEN i.answered_at IS NOT NULL OR {_ANSWERED_ELSEWHERE} OR {_ANSWERED_WITH_JUNK} THEN 'answered'
         WHEN i.unsubscribed_at IS NOT NULL THEN 'unsubscribed'
         WHEN p.suppression <> '' OR i.bounced_at IS NOT NULL THEN 'suppressed'
         WHEN p.email IS NULL OR p.email = '' THEN 'no_address'
         WHEN p.rest_days > 0 OR p.resting_until > %(at)s THEN 'resting'
         WHEN i.sent_at + c.answer_window_days * interval '1 day' <= %(at)s THEN 'closed'
         ELSE '' END
"""
# An answer that is not sure yet: it will be one, or it was a robot's.
_SETTLES: Final = """
    EXISTS (SELECT 1 FROM surveys_response r
            WHERE r.invitation_id = i.id AND r.organization_id = i.organization_id + 0 AND r.verdict = 'provisional')
"""
# When another reminder may go, for all that was made before: not within the distance of one that was sent, counted from
# when it was made, or from when it left where a pause or the mail server has held it back for more than a day; while one
# is still on its way, in a day at least. A message that is made already keeps the distance it was made with.
_APART: Final = """
    (SELECT max(CASE WHEN r.state IN ('due', 'claimed', 'sending', 'uncertain')
                     THEN greatest(r.due_at, %(at)s) + interval '1 day'
                     WHEN r.sent_at > r.created_at + interval '1 day' THEN r.sent_at + c.reminder_days * interval '1 day'
                     ELSE {least} END)
     FROM surveys_delivery r WHERE r.invitation_id = i.id AND r.kind LIKE 'reminder-%%' AND r.kind < {before})
"""
_TO_MAKE: Final = _APART.format(before="'reminder-9'", least="r.created_at + c.reminder_days * interval '1 day'")
_TO_GO: Final = _APART.format(before="d.kind", least="r.sent_at + interval '1 day'")
_ALLOWED: Final = (
    "surveys_allowed_at({at}, surveys_zone(p.time_zone, o.time_zone), c.send_from, c.send_until, c.send_days)"
)
_TABLES: Final = """
    surveys_invitation i
    JOIN surveys_campaign c ON c.id = i.campaign_id
    JOIN surveys_organization o ON o.id = i.organization_id
    LEFT JOIN surveys_customer p ON p.id = i.customer_id AND p.organization_id = i.organization_id + 0
"""

# ── The first one's moment ───────────────────────────────────────────────────────────────────────────────────────────
# In the SET of an UPDATE of invitations `i` that were sent at {sent}; null without reminders.
_FIRST: Final = """
    UPDATE surveys_invitation i SET remind_at = {allowed}
    FROM surveys_campaign c, surveys_organization o, surveys_customer p
    WHERE i.id = ANY(%(ids)s) AND c.id = i.campaign_id AND o.id = i.organization_id AND p.id = i.customer_id
      AND p.organization_id = i.organization_id + 0 AND c.reminders > 0 AND i.sent_at IS NOT NULL AND i.reminded = 0
""".format(allowed=_ALLOWED.format(at="i.sent_at + c.reminder_days * interval '1 day'"))


def expect(invitations: Sequence[int]) -> None:
    """These were sent a moment ago: note when their first reminder is. In the transaction that says so."""
    with connection.cursor() as cursor:
        cursor.execute(_FIRST, {"ids": list(invitations)})


# ── Making them ──────────────────────────────────────────────────────────────────────────────────────────────────────
# Of what is decided here either the moment moves (an answer settles; it is not allowed now), or a message is made and the
# moment is the next one's, or there are no more. The next one keeps its whole distance to this one, which may be late:
# the campaign was paused, or does not send on each day.
_PLAN: Final = f"""
    WITH due AS (
        SELECT i.id FROM surveys_invitation i
        JOIN surveys_campaign c ON c.id = i.campaign_id
        JOIN surveys_organization o ON o.id = i.organization_id
        WHERE i.remind_at <= %(at)s AND c.status <> 'paused' AND o.suspended_at IS NULL AND o.deletes_at IS NULL
        ORDER BY i.remind_at LIMIT %(limit)s FOR UPDATE OF i SKIP LOCKED
    ), judged AS (
        SELECT i.id, i.organization_id, i.campaign_id, i.customer_id, i.reminded, c.reminders,
               c.reminder_days * interval '1 day' AS gap,
               {_STOP} <> '' OR i.reminded >= c.reminders
                   OR i.remind_at + greatest(c.late_days, 1) * interval '1 day' < %(at)s AS is_over,
               {_SETTLES} AS settles, {_ALLOWED.format(at="moment.at")} AS allowed_at,
               surveys_zone(p.time_zone, o.time_zone) AS zone, c.send_from, c.send_until, c.send_days
        FROM {_TABLES}
        CROSS JOIN LATERAL (SELECT greatest(%(at)s::timestamptz, {_TO_MAKE}) AS at) moment
        WHERE i.id IN (SELECT id FROM due)
    ), decided AS (
        SELECT *, NOT is_over AND NOT settles AND allowed_at <= %(at)s AS is_made FROM judged
    ), moved AS (
        UPDATE surveys_invitation i SET reminded = d.reminded + d.is_made::int, remind_at = CASE
            WHEN d.is_over OR d.is_made AND d.reminded + 1 >= d.reminders THEN NULL
            WHEN d.settles THEN %(at)s + %(settling)s::interval
            WHEN NOT d.is_made THEN d.allowed_at
            ELSE surveys_allowed_at(%(at)s + d.gap, d.zone, d.send_from, d.send_until, d.send_days)
            END
        FROM decided d WHERE i.id = d.id
    ), made AS (
        INSERT INTO surveys_delivery
            (organization_id, campaign_id, invitation_id, customer_id, kind, queue, state, reason, due_at,
             lease_owner, attempts, to_address, message_id, created_at, last_error)
        SELECT organization_id, campaign_id, id, customer_id, 'reminder-' || (reminded + 1), 'bulk', 'due', '', %(at)s,
               '', 0, '', '', %(at)s, ''
        FROM decided WHERE is_made ORDER BY id
        ON CONFLICT (organization_id, invitation_id, kind) DO NOTHING
        RETURNING id
    )
    SELECT (SELECT count(*) FROM decided), (SELECT count(*) FROM made)
"""


@dataclass(frozen=True)
class Reminded:
    """What one slice did; nothing is left to do when `considered` is 0."""

    considered: int
    made: int


def remind(*, at: datetime, limit: int = SLICE) -> Reminded:
    """Make the reminders whose moment has come, of live campaigns. Two at once share the work."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_PLAN, {"at": at, "limit": limit, "settling": SETTLING})
        return Reminded(*cursor.fetchone())


# ── A campaign changes its mind ──────────────────────────────────────────────────────────────────────────────────────
# Only who would not be reminded too late. Who had as many as there are now, gets no more.
_REPLAN: Final = f"""
    WITH open AS (
        SELECT i.id, i.reminded < c.reminders AND {_STOP} = ''
                     AND i.sent_at + c.reminder_days * (i.reminded + 1) * interval '1 day'
                         + greatest(c.late_days, 1) * interval '1 day' >= %(at)s AS is_to_come,
               {
    _ALLOWED.format(at="greatest(i.sent_at + c.reminder_days * (i.reminded + 1) * interval '1 day', %(at)s)")
} AS moment
        FROM {_TABLES}
        WHERE i.organization_id = %(organization)s AND i.campaign_id = %(campaign)s
          AND i.sent_at >= %(at)s - (c.reminder_days * 3 + c.late_days) * interval '1 day'
           OR i.organization_id = %(organization)s AND i.campaign_id = %(campaign)s AND i.remind_at IS NOT NULL
        ORDER BY i.id FOR UPDATE OF i
    )
    UPDATE surveys_invitation i SET remind_at = CASE WHEN open.is_to_come THEN open.moment END
    FROM open WHERE i.id = open.id AND i.remind_at IS DISTINCT FROM CASE WHEN open.is_to_come THEN open.moment END
"""


def replan(*, campaign: Campaign, at: datetime) -> int:
    """The campaign sends more reminders than before, or fewer, or at other distances; returns for how many it matters."""
    with transaction.atomic(), connection.cursor() as cursor:
        params: dict[str, Any] = {"organization": campaign.organization_id, "campaign": campaign.pk, "at": at}
        cursor.execute(_REPLAN, params)
        return int(cursor.rowcount)


# ── Claiming them ────────────────────────────────────────────────────────────────────────────────────────────────────
_ADDRESSEES: Final = f"""
    SELECT d.id, CASE WHEN {_STOP} <> '' THEN {_STOP}
                      WHEN right(d.kind, 1)::int > c.reminders THEN 'enough'
                      WHEN d.created_at + greatest(c.late_days, 1) * interval '1 day' < %(at)s THEN 'late' ELSE '' END,
           CASE WHEN {_SETTLES} THEN %(at)s + %(settling)s::interval ELSE {_ALLOWED.format(at="moment.at")} END,
           p.id, coalesce(p.email, ''), coalesce(p.name, ''),
           (SELECT ask.message_id FROM surveys_delivery ask WHERE ask.invitation_id = i.id AND ask.kind = 'ask')
    FROM surveys_delivery d JOIN {_TABLES} ON d.invitation_id = i.id
    CROSS JOIN LATERAL (SELECT greatest(%(at)s::timestamptz, {_TO_GO}) AS at) moment
    WHERE d.id = ANY(%(ids)s)
"""
_LATER: Final = """
    UPDATE surveys_delivery d SET due_at = later.due_at
    FROM unnest(%(ids)s::bigint[], %(moments)s::timestamptz[]) AS later (id, due_at) WHERE d.id = later.id
"""


@dataclass(frozen=True)
class _Addressee:
    """To whom a reminder goes, if nothing stops it, and from when on."""

    stop: str  # a Stop, or nothing
    allowed_at: datetime | None
    customer: int | None
    email: str
    name: str
    asked: str  # the Message-ID of the ask


def claim_rows(claim: Claim, rows: Sequence[Due], at: datetime) -> list[Claimed]:
    """Those of the due reminders that are sent. Who must not be reminded any more is left out for good; outside the
    campaign's hours, and while an answer settles, a reminder stays due."""
    if not rows:
        return []
    found = _addressees([row.pk for row in rows], at)
    for stop in Stop:
        stopped = [row for row in rows if found[row.pk].stop == stop]
        _leave_out(stopped, stop, at)
    wanted = [row for row in rows if not found[row.pk].stop]
    _put_off({row.pk: moment for row in wanted if (moment := found[row.pk].allowed_at) and moment > at})
    return [_reminder(claim, row, found[row.pk]) for row in wanted if (found[row.pk].allowed_at or at) <= at]


def _addressees(ids: Sequence[int], at: datetime) -> dict[int, _Addressee]:
    with connection.cursor() as cursor:
        cursor.execute(_ADDRESSEES, {"ids": list(ids), "at": at, "settling": SETTLING})
        return {pk: _Addressee(*row) for pk, *row in cursor.fetchall()}


def _leave_out(rows: Sequence[Due], stop: Stop, at: datetime) -> None:
    if rows:
        cancel([row.pk for row in rows], reason=str(stop.label), at=at)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE surveys_invitation SET remind_at = NULL WHERE id = ANY(%s)",
                [[row.invitation_id for row in rows]],
            )


def _put_off(moments: dict[int, datetime]) -> None:
    if moments:
        with connection.cursor() as cursor:
            cursor.execute(_LATER, {"ids": list(moments), "moments": list(moments.values())})


def _reminder(claim: Claim, row: Due, to: _Addressee) -> Claimed:
    return Claimed(
        delivery=row.pk,
        organization=row.organization_id,
        campaign=row.campaign_id,
        invitation=row.invitation_id,
        customer=to.customer,
        kind=row.kind,
        to_address=to.email,
        message_id=row.lasting_message_id,
        attempts=row.attempts,
        name=to.name,
        version=row.version,
        language=claiming_words.language(claim, row, ""),
        variant=row.variant,
        asked=to.asked,
    )

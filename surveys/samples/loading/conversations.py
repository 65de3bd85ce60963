"""Very many conversations about a load's answers, each with its messages: set-wise, in pieces. Everything follows from the seed."""

from collections.abc import Iterator
from datetime import datetime
from time import perf_counter
from typing import Any, Final

from django.db import connection, transaction

from surveys.accounts import permissions
from surveys.accounts.models import Membership, Organization, Role
from surveys.accounts.permissions import Permission
from surveys.inbox.models import Team
from surveys.samples.loading.filling import Done
from surveys.samples.loop import words

PIECE: Final = 50_000
TOLD: Final = 10_000  # notifications of each who answers, at most
_TEAMS: Final = ("Billing", "Technical support", "Key accounts")
_TABLES: Final = (
    "surveys_conversation",
    "surveys_message",
    "surveys_conversationchange",
    "surveys_notification",
)


class NotEnough(Exception):
    """There are not so many answers without a conversation; `args[0]` says how many."""


# Detractors first. `u` are numbers from 0 to 1, eight of each answer, as even as digests are.
_PICK: Final = """
    CREATE TEMPORARY TABLE load_pick ON COMMIT DROP AS
    SELECT row_number() OVER () AS n, p.*,
           ARRAY(SELECT ('x' || substr(p.digest, 4 * k + 1, 4))::bit(16)::int / 65536.0 FROM generate_series(0, 7) k) AS u
    FROM (
        SELECT r.id AS response, r.customer_id AS customer, r.score, r.campaign_id AS campaign, r.responded_at AS at,
               md5(%(seed)s || ':' || r.id) AS digest
        FROM surveys_response r
        WHERE r.organization_id = %(organization)s AND r.customer_id IS NOT NULL AND r.verdict = 'confirmed'
          AND r.excluded_at IS NULL AND r.responded_at < %(at)s - interval '1 hour' AND NOT EXISTS (
              SELECT FROM surveys_conversation v WHERE v.organization_id = r.organization_id AND v.response_id = r.id)
        ORDER BY r.score > 6, md5(r.id || ':' || %(seed)s) LIMIT %(count)s
    ) p
"""
# One of eight or so is not closed; those were opened in the last two weeks.
_CONVERSATIONS: Final = """
    INSERT INTO surveys_conversation (organization_id, customer_id, response_id, subject, status, close_reason, priority,
        assignee_id, team_id, score, campaign_id, opened_at, turn_at, due_at, overdue_at, first_due_at, first_reply_at,
        first_reply_by_id, last_reply_at, last_heard_at, touched_at, snoozed_until, closed_at, closed_by_id, version)
    SELECT %(organization)s, customer, response, '', status,
           CASE WHEN status <> 'closed' THEN '' WHEN heard_at IS NULL THEN 'no_answer'
                ELSE (ARRAY['solved', 'solved', 'passed_on', 'explained'])[1 + floor(u[3] * 4)::int] END,
           CASE WHEN u[5] < 0.1 THEN 0 WHEN u[5] < 0.75 THEN 1 WHEN u[5] < 0.95 THEN 2 ELSE 3 END,
           CASE WHEN replied_at IS NOT NULL OR u[8] < 0.4 THEN whose END,
           CASE WHEN u[7] < 0.6 THEN (%(teams)s::bigint[])[1 + floor(u[7] / 0.6 * cardinality(%(teams)s::bigint[]))::int] END,
           score, campaign, opened_at, turn_at, turn_at + interval '8 hours',
           CASE WHEN turn_at + interval '8 hours' < %(at)s THEN turn_at + interval '8 hours' END,
           opened_at + interval '8 hours', replied_at, CASE WHEN replied_at IS NOT NULL THEN whose END,
           CASE WHEN heard_at IS NOT NULL AND status = 'closed' THEN closed_at ELSE replied_at END, heard_at,
           greatest(opened_at, replied_at, heard_at, closed_at),
           CASE WHEN status = 'waiting' AND u[6] < 0.1 THEN %(at)s + interval '3 days' END,
           closed_at, CASE WHEN closed_at IS NOT NULL THEN whose END, 5
    FROM load_pick
    CROSS JOIN LATERAL (SELECT
        CASE WHEN u[1] < 0.88 THEN 'closed' WHEN u[1] < 0.94 THEN 'waiting' ELSE 'open' END AS status,
        (%(users)s::bigint[])[1 + floor(u[2] * cardinality(%(users)s::bigint[]))::int] AS whose) AS a
    CROSS JOIN LATERAL (SELECT
        CASE WHEN status = 'closed' THEN at + interval '4 minutes'
             ELSE greatest(at + interval '4 minutes', %(at)s - interval '1 hour' - u[4] * interval '14 days') END AS opened_at) AS b
    CROSS JOIN LATERAL (SELECT
        CASE WHEN status <> 'open' OR u[3] < 0.5 THEN
            least(opened_at + u[5] * u[6] * interval '30 hours', %(at)s - interval '40 minutes') END AS replied_at) AS c
    CROSS JOIN LATERAL (SELECT
        CASE WHEN replied_at IS NOT NULL AND (status = 'open' OR status = 'closed' AND u[7] < 0.7) THEN
            least(replied_at + u[8] * interval '40 hours', %(at)s - interval '20 minutes') END AS heard_at) AS d
    CROSS JOIN LATERAL (SELECT
        CASE WHEN status = 'open' THEN coalesce(heard_at, opened_at) END AS turn_at,
        CASE WHEN status = 'closed' THEN
            least(coalesce(heard_at, replied_at) + u[4] * interval '50 hours', %(at)s) END AS closed_at) AS e
    WHERE n > %(after)s AND n <= %(until)s
    ORDER BY opened_at
"""
_MADE: Final = """
    FROM load_pick p JOIN surveys_conversation v ON v.organization_id = %(organization)s AND v.response_id = p.response
    WHERE p.n > %(after)s AND p.n <= %(until)s
"""
# A reply, what the customer answers, and a reply to that, where there are such; a note in one of five.
_MESSAGES: Final = f"""
    INSERT INTO surveys_message (organization_id, conversation_id, kind, author_id, text, html, quoted, mentions,
        from_address, is_from_another, is_automatic, message_id, key, at)
    SELECT %(organization)s, id, kind, author, text, '', '', '[]', '', false, false, '', '', at FROM (
        SELECT v.id, 'reply' AS kind, v.first_reply_by_id AS author, v.first_reply_at AS at,
               (%(replies)s::text[])[1 + floor(u[1] * 997)::int %% cardinality(%(replies)s::text[])] AS text {_MADE}
        UNION ALL
        SELECT v.id, 'inbound', NULL, v.last_heard_at,
               (%(answers)s::text[])[1 + floor(u[2] * 997)::int %% cardinality(%(answers)s::text[])]
                   || ' (' || floor(u[3] * 10000) || ')' {_MADE}
        UNION ALL
        SELECT v.id, 'reply', v.assignee_id, CASE WHEN v.last_reply_at > v.last_heard_at THEN v.last_reply_at END,
               (%(replies)s::text[])[1 + floor(u[4] * 997)::int %% cardinality(%(replies)s::text[])] {_MADE}
        UNION ALL
        SELECT v.id, 'note', v.assignee_id, v.first_reply_at,
               (%(notes)s::text[])[1 + floor(u[5] * 997)::int %% cardinality(%(notes)s::text[])] {_MADE} AND u[6] < 0.2
    ) AS written WHERE at IS NOT NULL ORDER BY at
"""
_CHANGES: Final = f"""
    INSERT INTO surveys_conversationchange (organization_id, conversation_id, at, actor_id, kind, facts, version)
    SELECT %(organization)s, id, at, actor, kind, facts, version FROM (
        SELECT v.id, v.opened_at AS at, NULL::bigint AS actor, 'opened' AS kind, '{{}}'::jsonb AS facts, 1 AS version {_MADE}
        UNION ALL
        SELECT v.id, CASE WHEN v.assignee_id IS NOT NULL THEN v.opened_at END, NULL, 'assigned',
               jsonb_build_object('to', v.assignee_id, 'team', v.team_id), 2 {_MADE}
        UNION ALL
        SELECT v.id, v.closed_at, v.closed_by_id, 'closed', jsonb_build_object('reason', v.close_reason), 5 {_MADE}
    ) AS done WHERE at IS NOT NULL ORDER BY at, version
"""
# What rang for whom, the latest; a few of it new.
_TOLD: Final = """
    INSERT INTO surveys_notification (organization_id, user_id, key, matter, response_id, conversation_id, facts, at, seen_at,
        mailing, is_for_digest)
    SELECT organization_id, assignee_id, 'load:' || id, CASE WHEN last_heard_at IS NULL THEN 'assigned' ELSE 'replied' END,
           response_id, id, jsonb_build_object('customer', customer_id), coalesce(last_heard_at, opened_at),
           CASE WHEN place > 12 THEN %(at)s END, 'none', false
    FROM (SELECT *, row_number() OVER (PARTITION BY assignee_id ORDER BY coalesce(last_heard_at, opened_at) DESC) AS place
          FROM surveys_conversation WHERE organization_id = %(organization)s AND assignee_id IS NOT NULL) AS theirs
    WHERE place <= %(told)s ORDER BY coalesce(last_heard_at, opened_at)
    ON CONFLICT DO NOTHING
"""


def load(organization: Organization, *, count: int, at: datetime, seed: int = 1) -> Iterator[Done]:
    """All or nothing; yields when it is there, and when it is analyzed. Raises NotEnough."""
    began = perf_counter()
    scope = _scope(organization, count, at, seed)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_PICK, scope)
        if cursor.rowcount < count:
            raise NotEnough(cursor.rowcount)
        cursor.execute("CREATE INDEX ON load_pick (n)")
        cursor.execute("ANALYZE load_pick")
        for after in range(0, count, PIECE):
            for statement in (_CONVERSATIONS, _MESSAGES, _CHANGES):
                cursor.execute(statement, scope | {"after": after, "until": after + PIECE})
        cursor.execute(_TOLD, scope | {"told": TOLD})
    yield Done("conversation", count, perf_counter() - began)
    began = perf_counter()
    with connection.cursor() as cursor:
        for table in _TABLES:
            cursor.execute(f"VACUUM ANALYZE {table}")
    yield Done("analyzed", count, perf_counter() - began)


def _scope(organization: Organization, count: int, at: datetime, seed: int) -> dict[str, Any]:
    roles = [role for role in Role if permissions.allows(role, Permission.ANSWER_CUSTOMERS)]
    answering = Membership.objects.filter(organization=organization, role__in=roles).order_by("pk")
    for position, name in enumerate(_TEAMS):
        made = {"position": position, "created_at": at}
        Team.objects.get_or_create(organization=organization, name=name, defaults=made)
    teams = Team.objects.filter(organization=organization).order_by("position", "pk")
    return {
        "organization": organization.pk,
        "count": count,
        "at": at,
        "seed": str(seed),
        "users": list(answering.values_list("user", flat=True)),
        "teams": list(teams.values_list("pk", flat=True)),
        "replies": [text for each in words.FIRST["en"].values() for text in each],
        "answers": [text for each in words.ANSWERS["en"].values() for text in each],
        "notes": list(words.NOTES),
    }

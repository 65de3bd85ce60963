"""What colleagues say about some responses at once, in the caller's transaction: junk or not, and tags.

The rows are locked, their invitations first, as everywhere; who stands as is wanted already is left alone and has no
line in the history. Counts follow by `responses.remarked` before and `responses.marked` after the change.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from surveys.outbox import actions as outbox
from surveys.responses.actions import forgetting, retiring
from surveys.responses.models import Response, ResponseAct


@dataclass(frozen=True)
class Marker:
    """Whose responses, who marks them and when, and in which act on many."""

    organization: int
    user: int | None
    at: datetime
    act: int | None = None


@dataclass(frozen=True)
class Junk:
    """Why a response means nothing: a JunkReason, and perhaps in own words."""

    reason: str
    note: str = ""


_WANTED: Final = """
    SELECT r.id FROM surveys_response r WHERE r.organization_id = %(organization)s AND r.id = ANY(%(ids)s) AND {condition}
    ORDER BY r.id
"""
_CHANGE: Final = """
    WITH before AS (
        SELECT r.id, r.tags, r.excluded_reason AS reason, r.excluded_note AS note, r.excluded_by_id AS who
        FROM surveys_response r WHERE r.organization_id = %(organization)s AND r.id = ANY(%(ids)s)
    ), changed AS (
        UPDATE surveys_response r SET {assignment} FROM before {more} WHERE r.id = before.id {matching}
        RETURNING r.id, {changes} AS changes
    )
    INSERT INTO surveys_responsechange (organization_id, response_id, at, act, actor_id, changes)
    SELECT %(organization)s, id, %(at)s, %(act)s, %(user)s, changes FROM changed ORDER BY id
"""
_JUNK: Final = """
    jsonb_build_object(
        'junk', jsonb_build_array(nullif(before.reason, ''), nullif(r.excluded_reason, '')),
        'note', jsonb_build_array(before.note, r.excluded_note), 'by', jsonb_build_array(before.who, r.excluded_by_id))
"""
_TAGS: Final = "jsonb_build_object('tags', jsonb_build_array(to_jsonb(before.tags), to_jsonb(r.tags)))"


@dataclass(frozen=True)
class _Mark:
    condition: str
    assignment: str
    changes: str
    more: str = ""
    matching: str = ""


_EXCLUDE: Final = _Mark(
    "(r.excluded_at IS NULL OR (r.excluded_reason, r.excluded_note) <> (%(reason)s, %(note)s))",
    "excluded_at = %(at)s, excluded_by_id = %(user)s, excluded_reason = %(reason)s, excluded_note = %(note)s",
    _JUNK,
)
_INCLUDE: Final = _Mark(
    "r.excluded_at IS NOT NULL",
    "excluded_at = NULL, excluded_by_id = NULL, excluded_reason = '', excluded_note = ''",
    _JUNK,
)
# What was said of each before an act counted them again.
_EXCLUDE_AGAIN: Final = _Mark(
    "r.excluded_at IS NULL",
    "excluded_at = h.at, excluded_by_id = (h.changes #>> '{by,0}')::bigint,"
    " excluded_reason = h.changes #>> '{junk,0}', excluded_note = coalesce(h.changes #>> '{note,0}', '')",
    _JUNK,
    ", surveys_responsechange h",
    "AND h.organization_id = %(organization)s AND h.act = %(taken_back)s AND h.response_id = r.id",
)
_TAG: Final = _Mark(
    "NOT r.tags @> ARRAY[%(tag)s::bigint]",
    "tags = ARRAY(SELECT t FROM unnest(r.tags || %(tag)s::bigint) AS t ORDER BY t)",
    _TAGS,
)
_UNTAG: Final = _Mark("r.tags @> ARRAY[%(tag)s::bigint]", "tags = array_remove(r.tags, %(tag)s::bigint)", _TAGS)
_RETAG: Final = _Mark(
    "r.tags @> ARRAY[%(tag)s::bigint]",
    "tags = ARRAY(SELECT DISTINCT t FROM unnest(array_replace(r.tags, %(tag)s::bigint, %(into)s::bigint)) AS t ORDER BY t)",
    _TAGS,
)


def exclude(marker: Marker, ids: Sequence[int], junk: Junk) -> list[int]:
    """They count no more. Returns which were changed; another reason or note is a change too."""
    changed = _mark(marker, ids, _EXCLUDE, reason=junk.reason, note=junk.note)
    _uncounted(marker, changed)
    return changed


def include(marker: Marker, ids: Sequence[int]) -> list[int]:
    """They are not junk any more; those that are confirmed count again."""
    changed = _mark(marker, ids, _INCLUDE)
    _counted_again(marker, changed)
    return changed


def exclude_again(marker: Marker, ids: Sequence[int], act: ResponseAct) -> list[int]:
    """Junk as they were before `act` counted them again."""
    changed = _mark(marker, ids, _EXCLUDE_AGAIN, taken_back=act.pk)
    _uncounted(marker, changed)
    return changed


def tag(marker: Marker, ids: Sequence[int], tag: int) -> list[int]:
    return _mark(marker, ids, _TAG, tag=tag)


def untag(marker: Marker, ids: Sequence[int], tag: int) -> list[int]:
    return _mark(marker, ids, _UNTAG, tag=tag)


def retag(marker: Marker, ids: Sequence[int], tag: int, into: int) -> list[int]:
    """One tag becomes another."""
    return _mark(marker, ids, _RETAG, tag=tag, into=into)


def _mark(marker: Marker, ids: Sequence[int], mark: _Mark, **values: Any) -> list[int]:
    held = forgetting.hold(marker.organization, ids)
    scope = {**vars(marker), **values, "ids": held}
    with connection.cursor() as cursor:
        cursor.execute(_WANTED.format(condition=mark.condition), scope)
        wanted = [pk for (pk,) in cursor.fetchall()]
    if wanted:
        _tell("responses.remarked", marker, wanted)
        statement = _CHANGE.format(
            assignment=mark.assignment, changes=mark.changes, more=mark.more, matching=mark.matching
        )
        with connection.cursor() as cursor:
            cursor.execute(statement, scope | {"ids": wanted})
        _tell("responses.marked", marker, wanted)
    return wanted


def _tell(kind: str, marker: Marker, ids: list[int]) -> None:
    first = Response(pk=ids[0], organization_id=marker.organization)
    outbox.publish(kind, first, at=marker.at, responses=ids)


# As for those that a colleague judges: nobody answered, as far as campaigns and customers are concerned.
_UNANSWERED: Final = """
    UPDATE surveys_invitation i
    SET answered_at = NULL, opened_at = CASE WHEN i.opened_at = r.responded_at THEN NULL ELSE i.opened_at END
    FROM surveys_response r
    WHERE r.organization_id = %s AND r.id = ANY(%s) AND i.id = r.invitation_id AND i.answered_at IS NOT NULL
"""
_ANSWERED: Final = """
    UPDATE surveys_invitation i
    SET answered_at = r.responded_at, opened_at = coalesce(i.opened_at, r.responded_at)
    FROM surveys_response r
    WHERE r.organization_id = %s AND r.id = ANY(%s) AND i.id = r.invitation_id AND i.answered_at IS NULL
      AND r.verdict = 'confirmed' AND r.excluded_at IS NULL
"""


def _uncounted(marker: Marker, ids: list[int]) -> None:
    _follow(marker, ids, _UNANSWERED)


def _counted_again(marker: Marker, ids: list[int]) -> None:
    _follow(marker, ids, _ANSWERED)


def _follow(marker: Marker, ids: list[int], statement: str) -> None:
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(statement, [marker.organization, ids])
    retiring.restate(marker.organization, retiring.people_of(ids))

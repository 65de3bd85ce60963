"""What is read out of comments stands on the response and is counted by: how it is kept, and forgotten when the comment changes.

What a comment is about, comments decides; see docs/comments.md.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from surveys.outbox import actions as outbox
from surveys.responses.models import Response


def unread() -> dict[str, Any]:
    """What stands on a response whose comment is new, another, or gone."""
    return {"themes": [], "sentiment": None, "comment_language": "", "read_at": None}


@dataclass(frozen=True)
class Kept:
    """What was read out of one comment: `comment` as it was read. There is no sentiment in one that cannot be read."""

    key: int
    comment: str
    themes: list[int]
    sentiment: int | None
    language: str

    def differs(self, response: Response) -> bool:
        now = (response.themes, response.sentiment, response.comment_language)
        return now != (self.themes, self.sentiment, self.language)


def keep(*, held: Mapping[int, Response], readings: Sequence[Kept], at: datetime) -> tuple[list[int], int]:
    """Keep what was read. Returns whose it was kept, and how many of them say something else now. Counts follow.

    The caller holds them by `hold`. Left out is whose comment is another by now, or is not among the held.
    """
    current = [each for each in readings if each.key in held and held[each.key].comment == each.comment]
    changed = [each.key for each in current if each.differs(held[each.key])]
    if current:
        organization_id = held[current[0].key].organization_id
        _tell("responses.remarked", organization_id, changed, at)
        _write(organization_id, current, at)
        _tell("responses.marked", organization_id, changed, at)
        _tell("responses.read", organization_id, [each.key for each in current], at)
    return [each.key for each in current], len(changed)


_INVITATIONS: Final = """
    SELECT i.id FROM surveys_invitation i JOIN surveys_response r ON r.invitation_id = i.id
    WHERE r.organization_id = %s AND r.id = ANY(%s) ORDER BY i.id FOR NO KEY UPDATE OF i {skip}
"""


def hold(*, organization_id: int, responses: Sequence[int], only_free: bool = False) -> dict[int, Response]:
    """Locked, their invitations first as everywhere; `only_free`: without those that somebody else holds."""
    keys = list(responses)
    with connection.cursor() as cursor:
        cursor.execute(_INVITATIONS.format(skip="SKIP LOCKED" if only_free else ""), [organization_id, keys])
        invitations = {pk for (pk,) in cursor.fetchall()}
    rows = Response.objects.filter(organization=organization_id, pk__in=keys).order_by("pk")
    locked = rows.select_for_update(no_key=True, skip_locked=only_free)
    return {row.pk: row for row in locked if row.invitation_id is None or row.invitation_id in invitations}


_WRITE: Final = """
    UPDATE surveys_response r
    SET themes = k.themes, sentiment = k.sentiment, comment_language = k.language, read_at = %(at)s
    FROM jsonb_to_recordset(%(kept)s::jsonb) AS k(key bigint, themes bigint[], sentiment smallint, language text)
    WHERE r.organization_id = %(organization)s + 0 AND r.id = k.key
"""


def _write(organization_id: int, readings: Sequence[Kept], at: datetime) -> None:
    kept = json.dumps([{**asdict(each), "comment": None} for each in readings])
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, {"at": at, "kept": kept, "organization": organization_id})


def read_again(*, organization_id: int, responses: Sequence[int]) -> None:
    """What was read stays until somebody has read the comment again."""
    Response.objects.filter(organization=organization_id, pk__in=responses).update(read_at=None)


def _tell(kind: str, organization_id: int, responses: Sequence[int], at: datetime) -> None:
    if responses:
        first = Response(pk=responses[0], organization_id=organization_id)
        outbox.publish(kind, first, at=at, responses=list(responses))


def hold_one(*, organization_id: int, response: int) -> Response | None:
    """Locked, its invitation first. None when it is gone."""
    return hold(organization_id=organization_id, responses=[response]).get(response)


def mark(*, response: Response, themes: list[int], sentiment: int | None, at: datetime) -> None:
    """A person decides what the comment says. The caller holds it; whether it was read stays as it is."""
    if (response.themes, response.sentiment) == (themes, sentiment):
        return
    _tell("responses.remarked", response.organization_id, [response.pk], at)
    response.themes, response.sentiment = themes, sentiment
    response.save(update_fields=["themes", "sentiment"])
    _tell("responses.marked", response.organization_id, [response.pk], at)

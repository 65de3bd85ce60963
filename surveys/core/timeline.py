"""What happened, from several domains, as one list: each gives its part as a SELECT, and they are read together."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from surveys.core import places

PAGE: Final = 30


@dataclass(frozen=True)
class Part:
    """A SELECT (or several, joined by UNION ALL) of at, kind, id and details (jsonb), with named parameters.

    `kind` and `id` together are unique in the whole timeline. Rows whose `at` is null are left out.
    """

    sql: str
    params: dict[str, Any]


@dataclass(frozen=True)
class Happening:
    at: datetime
    kind: str
    id: int
    details: dict[str, Any]

    @property
    def cursor(self) -> str:
        return f"{places.encoded(self.at, self.id)}_{self.kind}"


@dataclass(frozen=True)
class Page:
    """Newest first; `after` is the cursor of the next page, "" on the last."""

    happenings: list[Happening]
    after: str


_PAGE: Final = """
    SELECT at, kind, id, details::text FROM ({parts}) AS t (at, kind, id, details)
    WHERE at IS NOT NULL {only} {behind} ORDER BY at DESC, kind DESC, id DESC LIMIT {limit}
"""
_ONLY: Final = "AND kind = ANY(%(kinds)s)"
_BEHIND: Final = "AND (at, kind, id) < (%(cursor_at)s, %(cursor_kind)s, %(cursor_id)s)"


def page(parts: Sequence[Part], after: str = "", limit: int = PAGE, kinds: Collection[str] = ()) -> Page:
    """Behind the cursor, of these kinds or of all; one statement. A cursor that was not made here is the first page."""
    params: dict[str, Any] = {"kinds": list(kinds)} if kinds else {}
    for part in parts:
        params |= part.params
    cursor_params = _parsed(after)
    union = " UNION ALL ".join(part.sql for part in parts)
    behind = _BEHIND if cursor_params else ""
    statement = _PAGE.format(parts=union, only=_ONLY if kinds else "", behind=behind, limit=limit + 1)
    with connection.cursor() as cursor:
        cursor.execute(statement, params | cursor_params)
        found = [Happening(at, kind, pk, _loaded(details)) for at, kind, pk, details in cursor.fetchall()]
    shown = found[:limit]
    return Page(shown, shown[-1].cursor if len(found) > limit else "")


def _loaded(details: str) -> dict[str, Any]:
    return dict(json.loads(details))


def _parsed(after: str) -> dict[str, Any]:
    moment, _, rest = after.partition("_")
    number, _, kind = rest.partition("_")
    at, pk = places.moment(moment), places.key(number)
    if at is None or pk is None or "\0" in kind:
        return {}
    return {"cursor_at": at, "cursor_id": pk, "cursor_kind": kind[:40]}

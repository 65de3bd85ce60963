"""Reads about what colleagues say of responses: tags, junk, acts on many."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db.models import Count, Exists, F, Func, IntegerField, Max, Min, OuterRef, Q
from django.http import QueryDict

from surveys.accounts.models import Organization, User
from surveys.core import nps
from surveys.core.choices import Category
from surveys.core.filters import Filters, Known
from surveys.core.nps import Split
from surveys.customers import queries as customers
from surveys.responses import filtering, queries
from surveys.responses.models import MarkKind, Response, ResponseAct, ResponseChange, ResponseQuerySet, Tag, Verdict

LATEST: Final = 30
SHOWN_CHANGES: Final = 50


# ── Which responses ──


class NotUnderstood(ValueError):
    """Part of a query means nothing (any more). Without that part it would be about others, so it is not left out."""


def meant(organization: Organization, ids: Sequence[int] | None, query: str, at: datetime) -> ResponseQuerySet:
    """Those picked, or all that match the feed's query, in no order. Raises NotUnderstood."""
    if ids is not None:
        return Response.objects.filter(organization=organization, pk__in=ids)
    filters = Filters.from_query(QueryDict(query))
    found = filtering.understood(organization, filters, _named(organization, filters), sees_hidden=True, at=at)
    if found.problems:
        raise NotUnderstood(" ".join(found.problems))
    return queries.matching(organization, found)


def _named(organization: Organization, filters: Filters) -> Known:
    """What the filters name: of an unknown theme, tag, campaign or property there simply is no response."""
    return Known(
        properties=[key for key, _values in filters.properties],
        campaigns={filters.campaign: ""} if filters.campaign is not None else {},
        segments=dict(customers.segments_with_names(organization)) if filters.segment is not None else {},
        themes=dict.fromkeys(filters.themes, ""),
        tags=dict.fromkeys(filters.tags, ""),
    )


def not_junk(organization: Organization, ids: Sequence[int]) -> list[int]:
    found = Response.objects.filter(organization=organization, pk__in=ids, excluded_at=None)
    return list(found.order_by("pk").values_list("pk", flat=True))


def tagged(organization: Organization, tag: int, limit: int) -> list[int]:
    """The first that have this tag, in the order of their keys."""
    found = Response.objects.filter(organization=organization, tags__contains=[tag])
    return list(found.order_by("pk").values_list("pk", flat=True)[:limit])


def untouched_since(act: ResponseAct, ids: Sequence[int]) -> list[int]:
    """Of those that the act changed: whom nobody has called junk, or not junk, since. A tag shows by itself."""
    if act.kind not in (MarkKind.EXCLUDE, MarkKind.INCLUDE):
        return list(ids)
    mine = ResponseChange.objects.filter(organization=act.organization, act=act.pk, response__in=ids)
    later = ResponseChange.objects.filter(
        organization=act.organization, response=OuterRef("response"), id__gt=OuterRef("id"), changes__has_key="junk"
    )
    return sorted(mine.exclude(Exists(later)).values_list("response", flat=True))


# ── What an act would do ──


@dataclass(frozen=True)
class Foreseen:
    """Of the responses chosen: `counting` count now, `returning` are junk and would count again."""

    total: int
    junk: int
    counting: Split
    returning: Split
    first: date | None
    last: date | None
    tags: dict[int, int]  # how many have each tag


_COUNTING: Final = Q(verdict=Verdict.CONFIRMED, excluded_at=None)
_RETURNING: Final = Q(verdict=Verdict.CONFIRMED, excluded_at__isnull=False)
_CATEGORIES: Final = {
    category: [score for score in nps.SCALE if nps.classify(score) is category] for category in Category
}


def foreseen(found: ResponseQuerySet) -> Foreseen:
    """Two statements."""
    sums: dict[str, Any] = {
        f"{name}_{category}": Count("pk", filter=condition & Q(score__in=scores))
        for name, condition in (("counting", _COUNTING), ("returning", _RETURNING))
        for category, scores in _CATEGORIES.items()
    }
    told = found.order_by().aggregate(
        total=Count("pk"),
        junk=Count("pk", filter=Q(excluded_at__isnull=False)),
        first=Min("day"),
        last=Max("day"),
        **sums,
    )
    return Foreseen(
        told["total"],
        told["junk"],
        _split(told, "counting"),
        _split(told, "returning"),
        told["first"],
        told["last"],
        _tags_on(found),
    )


def _split(told: dict[str, Any], name: str) -> Split:
    return Split(*(told[f"{name}_{category}"] for category in Category))


def _tags_on(found: ResponseQuerySet) -> dict[int, int]:
    each = Func(F("tags"), function="unnest", output_field=IntegerField())
    rows = found.order_by().exclude(tags=[]).annotate(each=each).values("each").annotate(responses=Count("pk"))
    return dict(rows.values_list("each", "responses"))


# ── Tags ──


def tags(organization: Organization) -> list[Tag]:
    """By name; one statement."""
    return sorted(Tag.objects.filter(organization=organization), key=lambda tag: tag.name.casefold())


def tag_sizes(organization: Organization) -> dict[int, int]:
    """How many responses have each tag, counted or not."""
    return _tags_on(Response.objects.filter(organization=organization))


def tags_going(organization: Organization) -> dict[int, ResponseAct]:
    """The acts in work that end tags, by tag."""
    acts = ResponseAct.objects.in_work().filter(organization=organization, kind__in=[MarkKind.MERGE, MarkKind.DROP])
    return {act.tag_id: act for act in acts if act.tag_id is not None}


# ── History and acts ──


@dataclass(frozen=True)
class Marked:
    """One change of what colleagues say: codes of reasons, names of tags (None: a tag that is gone)."""

    change: ResponseChange
    who: User | None
    junk: tuple[str | None, str | None] | None
    note: str
    added: list[str | None]
    removed: list[str | None]


def marks_of(response: Response) -> list[Marked]:
    """Newest first; three statements."""
    changes = list(
        ResponseChange.objects.filter(organization=response.organization_id, response=response).order_by("-id")[
            :SHOWN_CHANGES
        ]
    )
    people = User.objects.in_bulk({change.actor_id for change in changes if change.actor_id is not None})
    names = dict(Tag.objects.filter(organization=response.organization_id).values_list("pk", "name"))
    return [_marked(change, people, names) for change in changes]


def _marked(change: ResponseChange, people: dict[int, User], names: dict[int, str]) -> Marked:
    said = change.changes
    before, after = (set(keys) for keys in said.get("tags", [[], []]))
    return Marked(
        change=change,
        who=people.get(change.actor_id or 0),
        junk=tuple(said["junk"]) if "junk" in said else None,
        note=said.get("note", ["", ""])[1],
        added=[names.get(key) for key in sorted(after - before)],
        removed=[names.get(key) for key in sorted(before - after)],
    )


def acts(organization: Organization) -> list[ResponseAct]:
    """The latest, newest first."""
    return list(
        ResponseAct.objects.filter(organization=organization).select_related("created_by").order_by("-pk")[:LATEST]
    )

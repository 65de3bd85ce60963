"""The list of conversations: its boxes, its filters, what is new in it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final
from urllib.parse import urlencode
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import HTMX_STOP_POLLING

from surveys.accounts import access, view_menus
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.models import User
from surveys.accounts.permissions import Permission
from surveys.comments import queries as comments
from surveys.core import places
from surveys.customers import list_columns
from surveys.customers import list_words as customer_words
from surveys.customers import queries as customers
from surveys.customers.list_columns import Column
from surveys.customers.queries import BadCondition
from surveys.inbox import conversation_words, filter_queries, list_queries, list_words, queries
from surveys.inbox.conversation_words import Due
from surveys.inbox.filters import WAITED, InboxFilters
from surveys.inbox.list_queries import BoxCount, Page, Row
from surveys.inbox.models import CloseReason, Priority, Team
from surveys.responses import queries as responses

PAGE: Final = "inbox"  # of its saved views
KEPT_FRESH: Final = timedelta(hours=8)  # a page that is open for longer is not told what is new any more
# Filters that the form has a field for; the others go along unseen and are shown as parts of the sentence.
FIELDS: Final = frozenset(
    {"q", "assignee", "team", "priority", "category", "campaign", "theme", "owner", "segment", "overdue", "waited"}
    | {"reason"}
)
WITHOUT: Final = {  # in these boxes a filter has no field
    "assignee": ("mine", "unassigned"),
    "waited": ("closed",),
    "reason": ("mine", "unassigned", "open", "waiting", "snoozed"),
}
FOLDED: Final = FIELDS - {"q", "category", "overdue"}


@dataclass(frozen=True)
class Look:
    """What this person looks at, and what its filters can name."""

    request: OrganizationRequest
    at: datetime

    @cached_property
    def filters(self) -> InboxFilters:
        query = self.request.GET.copy()
        if "box" not in query and not access.can(self.request.membership, Permission.ANSWER_CUSTOMERS):
            query["box"] = "open"  # nothing is ever theirs
        return list_queries.for_person(InboxFilters.from_query(query), self.request.membership)

    @property
    def kept(self) -> list[tuple[str, str]]:
        """The saved view goes along, so that the page can say what of it was changed."""
        view = self.request.GET.get(view_menus.PARAMETER, "")
        return [(view_menus.PARAMETER, view)] if view else []

    def url(self, filters: InboxFilters, *more: tuple[str, str]) -> str:
        return "?" + urlencode([*filters.pairs(), *self.kept, *more])

    @cached_property
    def colleagues(self) -> list[User]:
        return queries.answering(self.request.organization)

    @cached_property
    def teams(self) -> list[Team]:
        return queries.teams(self.request.organization)

    @cached_property
    def campaigns(self) -> list[tuple[int, str]]:
        return responses.campaigns_with_names(self.request.organization)

    @cached_property
    def themes(self) -> dict[int, str]:
        return comments.theme_names(self.request.organization)

    @cached_property
    def segments(self) -> list[tuple[int, str]]:
        return customers.segments_with_names(self.request.organization)

    @cached_property
    def owners(self) -> list[User]:
        return customers.members(self.request.organization)

    @cached_property
    def columns(self) -> list[Column]:
        found = list_columns.available(customers.visible_properties(self.request.membership))
        return [column for column in found if column.key.startswith("p.")]

    @property
    def names(self) -> list_words.Names:
        of_customers = customer_words.Names(
            properties={column.key.removeprefix("p."): str(column.label) for column in self.columns},
            owners={str(owner.pk): str(owner) for owner in self.owners},
            segment=dict(self.segments).get(self.filters.customers.segment or 0, ""),
            condition=self._condition,
        )
        return list_words.Names(
            colleagues={str(each.pk): str(each) for each in [*self.owners, *self.assignees]},
            teams={str(team.pk): str(team) for team in [*self.teams, *self.of_team]},
            campaigns=dict(self.campaigns),
            themes=self.themes,
            customers=of_customers,
        )

    @cached_property
    def assignees(self) -> list[User]:
        """Who may be chosen, and who is asked for now: who has left, or cannot answer, by an address alone."""
        asked = self.filters.assignee
        if not asked.isdecimal() or any(str(each.pk) == asked for each in self.colleagues):
            return self.colleagues
        found = filter_queries.assigned_person(self.request.organization, int(asked))
        return [*self.colleagues, found] if found else self.colleagues

    @cached_property
    def of_team(self) -> list[Team]:
        """One that was deleted, likewise."""
        asked = self.filters.team
        if not asked.isdecimal() or any(str(team.pk) == asked for team in self.teams):
            return []
        found = filter_queries.team(self.request.organization, int(asked))
        return [found] if found else []

    @property
    def _condition(self) -> str:
        where = self.filters.customers.where
        try:
            return customers.sentence(self.request.organization, where) if where else ""
        except BadCondition:
            return ""


@dataclass(frozen=True)
class Box:
    key: str
    label: str
    url: str
    is_current: bool
    count: BoxCount | None  # none of those where it would say nothing


@dataclass(frozen=True)
class Line:
    """A row with when an answer is owed."""

    row: Row
    due: Due | None


@require_safe
@vary_on_headers("HX-Request")
def inbox(request: OrganizationRequest) -> HttpResponse:
    elsewhere = view_menus.opening(request, PAGE)
    if elsewhere:
        return redirect(elsewhere)
    look = Look(request, timezone.now())
    problems = list(look.filters.problems)
    try:
        page = list_queries.page(request.membership, look.filters, request.GET.get("after", ""), at=look.at)
    except BadCondition as bad:
        page = Page([], "", 0, is_more=False)
        problems += [str(problem.message) for problem in bad.problems]
    context = _rows(look, page) | {"problems": problems}
    if request.htmx and not request.htmx.history_restore_request:
        return render(request, "inbox/_rows.html", context)
    return render(request, "inbox/list.html", context | _controls(look))


def _rows(look: Look, page: Page) -> dict[str, Any]:
    zone = ZoneInfo(look.request.organization.time_zone)
    lines = [Line(row, conversation_words.due(row.conversation, zone, look.at)) for row in page.rows]
    return {
        "page": page,
        "lines": lines,
        "filters": look.filters,
        "can_answer": access.can(look.request.membership, Permission.ANSWER_CUSTOMERS),
        "first_url": look.url(look.filters),
        "next_url": look.url(look.filters, ("after", page.after)) if page.after else "",
        "is_top": not look.request.GET.get("after"),
    }


def _controls(look: Look) -> dict[str, Any]:
    """What stands around the rows."""
    request, filters = look.request, look.filters
    address = access.url(request.organization, "inbox:list")
    return {
        "boxes": _boxes(look),
        "parts": list_words.parts(filters, look.names),
        "hidden": _hidden(filters) + look.kept,
        "is_open": any(name in FOLDED for name, _value in filters.narrowing()),
        "query": filters.to_query(),
        "colleagues": look.colleagues,
        "assignees": look.assignees,
        "away": queries.away(request.organization, look.at),
        "teams": look.teams,
        "of_teams": [*look.teams, *look.of_team],
        "campaigns": look.campaigns,
        "themes": look.themes.items(),
        "segments": look.segments,
        "owners": look.owners,
        "columns": look.columns,
        "sorts": list_words.SORTS.items(),
        "categories": list_words.CATEGORIES.items(),
        "priorities": Priority.choices,
        "reasons": CloseReason.choices,
        "waits": [(days, list_words.at_least(days)) for days in WAITED],
        "filter_url": access.url(request.organization, "inbox:filter") + look.url(filters),
        "news_url": _news_url(look),
        "form": uuid4(),
        "list_url": address,
        "menu": view_menus.menu(
            request, page=PAGE, address=address, everything=_("The inbox"), query=filters.to_query()
        ),
    }


def _hidden(filters: InboxFilters) -> list[tuple[str, str]]:
    """What no field of the form holds in this box, and of several values of one filter all but the last."""
    held = {
        name: value
        for name, value in filters.narrowing()
        if name in FIELDS and filters.box not in WITHOUT.get(name, ())
    }
    return [(name, value) for name, value in filters.pairs() if name != "sort" and held.get(name) != value]


def _boxes(look: Look) -> list[Box]:
    """A tab keeps the filters; its number is that of the whole box."""
    counts = list_queries.box_counts(look.request.membership)
    now = look.filters
    return [
        Box(box, str(label), look.url(now.in_box(box)), now.box == box, counts.get(box))
        for box, label in list_words.BOXES.items()
    ]


# ── What is new ──


def _news_url(look: Look) -> str:
    return access.url(look.request.organization, "inbox:news") + _since(look, look.at, 0)


def _since(look: Look, since: datetime, said: int) -> str:
    return "?" + urlencode([*look.filters.pairs(), ("since", since.isoformat()), ("said", said)])


@require_safe
def news(request: OrganizationRequest) -> HttpResponse:
    """How many conversations changed since the page was made, in a line above them: what one reads does not move."""
    look = Look(request, timezone.now())
    url = access.url(request.organization, "inbox:list") + look.url(look.filters)
    since = places.moment(request.GET.get("since", ""))
    if since is None or since < look.at - KEPT_FRESH:
        return render(request, "inbox/_news.html", {"url": url}, status=HTMX_STOP_POLLING)
    try:
        count = list_queries.changed_since(request.membership, look.filters, since, at=look.at)
    except BadCondition:
        return HttpResponse(status=HTMX_STOP_POLLING)
    if str(count) == request.GET.get("said"):
        return HttpResponse(status=204)  # what is said is still so
    context = {"count": count, "is_more": count > list_queries.PAGE, "url": url}
    return render(request, "inbox/_news.html", context | {"news_url": request.path + _since(look, since, count)})

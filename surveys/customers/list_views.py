"""The list of customers: its pages, its columns, its files."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from surveys.accounts import access, view_menus
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.actions.saved_views import choose_columns
from surveys.accounts.models import SavedView
from surveys.accounts.permissions import Permission
from surveys.accounts.queries import saved_views as accounts
from surveys.core.spreadsheets import as_file
from surveys.customers import list_columns, list_files, list_words, queries
from surveys.customers.actions import lists
from surveys.customers.list_columns import Column
from surveys.customers.list_filters import ListFilters
from surveys.customers.list_words import Names
from surveys.customers.queries import BadCondition, Cursor

PAGE: Final = lists.PAGE


@dataclass(frozen=True)
class Look:
    """What this person looks at: the filters of the address, or those of the view that it names."""

    request: OrganizationRequest

    @cached_property
    def views(self) -> list[SavedView]:
        return accounts.saved_views(self.request.membership, PAGE)

    @cached_property
    def view(self) -> SavedView | None:
        return next((view for view in self.views if str(view.pk) == self.request.GET.get("view")), None)

    @cached_property
    def filters(self) -> ListFilters:
        filters = ListFilters.from_query(self.request.GET)
        if self.view and not filters.to_query():
            filters = ListFilters.from_text(self.view.query)
        return queries.for_person(filters, self.request.membership)

    @cached_property
    def columns_there_are(self) -> list[Column]:
        return list_columns.available(queries.visible_properties(self.request.membership))

    @cached_property
    def columns(self) -> list[Column]:
        names = self.filters.columns
        if names is None:
            names = accounts.habit(self.request.membership, PAGE).columns
        return list_columns.chosen(names, self.columns_there_are)

    @property
    def kept(self) -> list[tuple[str, str]]:
        """The view goes along, so that the page can say what of it was changed."""
        return [("view", str(self.view.pk))] if self.view else []

    def url(self, *more: tuple[str, str]) -> str:
        return "?" + urlencode([*self.filters.pairs(), *self.filters.looks(), *self.kept, *more])


@require_safe
@vary_on_headers("HX-Request")
def customers(request: OrganizationRequest) -> HttpResponse:
    opens_with = None if request.GET else accounts.habit(request.membership, PAGE).opens_with_id
    if opens_with:
        return redirect(f"{request.path}?view={opens_with}")
    look = Look(request)
    cursor = Cursor(*(request.GET.get(name, "") for name in ("after", "before", "from")))
    context = _asked(look, cursor)
    template = "customers/_list.html" if request.htmx and not request.htmx.history_restore_request else _WHOLE
    return render(request, template, context)


_WHOLE: Final = "customers/list.html"


def _asked(look: Look, cursor: Cursor) -> dict[str, Any]:
    """The page, or why there is none: a condition that cannot be understood shows nobody, and says so."""
    request, filters = look.request, look.filters
    problems = [*filters.problems, *queries.misfits(request.organization, filters)]
    try:
        page = queries.page(request.organization, filters, at=timezone.now(), cursor=cursor)
    except BadCondition as bad:
        page, problems = None, [*problems, *(str(problem.message) for problem in bad.problems)]
    context = {
        "page": page,
        "rows": [(person, list_columns.cells(person, look.columns)) for person in page.customers] if page else [],
        "columns": _headed(look),
        "problems": problems,
        "is_narrowed": filters.is_narrowed,
        "is_top": cursor == queries.TOP,
        "first_url": look.url(),
        "next_url": look.url(("after", page.after)) if page and page.after else "",
        "previous_url": look.url(("before", page.before)) if page and page.before else "",
    }
    return context | _permissions(request) | _controls(look, cursor)


@dataclass(frozen=True)
class Head:
    """A column's title; `url` sorts by it, and turns the order round when it is sorted so already."""

    column: Column
    url: str
    direction: str  # of aria-sort


def _headed(look: Look) -> list[Head]:
    return [_head(look, column) for column in look.columns]


def _head(look: Look, column: Column) -> Head:
    if not column.sort:
        return Head(column, "", "")
    now = look.filters.sort
    is_down = column.sort != "name"
    direction = {
        column.sort: ("ascending", "descending")[is_down],
        f"-{column.sort}": ("descending", "ascending")[is_down],
    }
    turned = f"-{column.sort}" if now == column.sort else column.sort
    query = urlencode([*look.filters.sorted_by(turned).pairs(), *look.filters.sorted_by(turned).looks(), *look.kept])
    return Head(column, f"?{query}", direction.get(now, "none"))


def _controls(look: Look, cursor: Cursor) -> dict[str, Any]:
    """What stands around the rows."""
    request, filters = look.request, look.filters
    owners = queries.members(request.organization)
    segments = queries.segments_with_names(request.organization)
    return {
        "filters": filters,
        "name_head": _head(look, Column("name", _("Customer"), sort="name")),
        "parts": list_words.parts(filters, _names(look, owners, segments)),
        "hidden": _without_field(filters) + look.kept,
        "carried": [*filters.pairs(), *filters.looks(), *look.kept],
        "choices": _CHOICES,
        "sorts": list_words.SORTS.items(),
        "owners": owners,
        "segments": segments,
        "own_columns": [column for column in look.columns_there_are if column.key.startswith("p.")],
        "all_columns": look.columns_there_are,
        "shown_columns": [column.key for column in look.columns],
        "view": look.view,
        "menu": view_menus.menu(
            request,
            page=PAGE,
            address=access.url(request.organization, "customers:list"),
            everything=_("All customers"),
            query=filters.to_query(),
        ),
        "jump": _JUMPS.get(filters.sort.removeprefix("-"), ""),
        "start": cursor.start,
        "languages": list_files.LANGUAGES,
    }


_JUMPS: Final = {"name": "text", "score": "number", "answer": "date"}
_CHOICES: Final = {
    "mail": list_words.MAIL.items(),
    "category": list_words.CATEGORIES.items(),
    "asked": list_words.ASKED.items(),
    "answered": list_words.ANSWERED.items(),
}


def _names(look: Look, owners: Sequence[Any], segments: Sequence[tuple[int, str]]) -> Names:
    return Names(
        properties={column.key.removeprefix("p."): str(column.label) for column in look.columns_there_are},
        owners={str(owner.pk): str(owner) for owner in owners},
        segment=dict(segments).get(look.filters.segment or 0, ""),
        condition=_condition(look),
    )


def parts_of(look: Look, filters: ListFilters) -> list[list_words.Part]:
    """In words, for pages besides the list."""
    organization = look.request.organization
    names = _names(look, queries.members(organization), queries.segments_with_names(organization))
    return list_words.parts(filters, names)


def _condition(look: Look) -> str:
    try:
        return queries.sentence(look.request.organization, look.filters.where) if look.filters.where else ""
    except BadCondition:
        return ""


# Filters that the form has a field for; the others go along unseen and are shown as parts of the sentence.
FIELDS: Final = frozenset({"q", "mail", "category", "asked", "answered", "owner", "language", "segment", "sort"})


def _without_field(filters: ListFilters) -> list[tuple[str, str]]:
    pairs = [*filters.pairs(), *filters.looks()]
    return [pair for pair in pairs if pair[0] not in FIELDS and pair != ("unset", "language")]


def _permissions(request: OrganizationRequest) -> dict[str, Any]:
    return {
        "can_edit": access.can(request.membership, Permission.EDIT_CUSTOMERS),
        "can_import": access.can(request.membership, Permission.IMPORT_CUSTOMERS),
        "can_export": access.can(request.membership, Permission.EXPORT_CUSTOMERS),
        "can_delete": access.can(request.membership, Permission.DELETE_CUSTOMERS),
    }


@require_POST
def columns(request: OrganizationRequest) -> HttpResponse:
    """Remember the columns and show the list with them; without any, the usual ones."""
    look = Look(request)
    names = [column.key for column in look.columns_there_are if column.key in request.POST.getlist("col")]
    is_usual = "usual" in request.POST or not names
    choose_columns(page=PAGE, columns=None if is_usual else names, by=request.membership)
    filters = look.filters.showing(None if is_usual else tuple(names))
    query = urlencode([*filters.pairs(), *filters.looks(), *look.kept])
    return redirect(access.url(request.organization, "customers:list") + (f"?{query}" if query else ""))


@require_POST
def export(request: OrganizationRequest, form: str) -> HttpResponseBase:
    """The list as a file: its filters, its order, its columns."""
    access.require(request.membership, Permission.EXPORT_CUSTOMERS)
    look = Look(request)
    at = timezone.now()
    try:
        rows = queries.rows(request.organization, look.filters, fields=list_columns.fields(look.columns), at=at)
    except BadCondition as bad:
        messages.error(request, " ".join(str(problem.message) for problem in bad.problems))
        return redirect(access.url(request.organization, "customers:list") + look.url())
    lists.note_export(
        filters=look.filters, columns=[column.key for column in look.columns], form=form, by=request.membership, at=at
    )
    name = f"{request.organization.slug}-customers-{at:%Y-%m-%d}"
    return as_file(list_files.sheet(rows, look.columns, request.organization), form, name)

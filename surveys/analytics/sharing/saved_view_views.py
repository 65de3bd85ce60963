"""Saved views of every page: named, shared, opened with, renamed, deleted."""

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.actions import saved_views as acts
from surveys.accounts.actions.saved_views import ViewNameTaken
from surveys.accounts.models import SavedView
from surveys.accounts.queries import saved_views
from surveys.analytics import queries
from surveys.analytics.actions import views as actions
from surveys.analytics.sharing import view_pages
from surveys.analytics.sharing.view_pages import ViewPage

_TAKEN: Final = gettext_lazy("You have a view called “%(name)s” already. Choose another name.")


class ViewForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    is_shared = forms.BooleanField(label=gettext_lazy("Colleagues see it too"), required=False)


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: OrganizationRequest, page: str) -> HttpResponse:
    """All views of a page to manage; POST saves the query under a name."""
    found = view_pages.PAGES.get(page)
    if found is None:
        raise Http404
    query = found.clean(request.GET)
    form = ViewForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        view = _saved(request, found, query, form)
        if view:
            messages.success(request, _("The view “%(view)s” is saved.") % {"view": view})
            return redirect(_shown(view))
    return render(request, "analytics/views.html", _context(request, found, query, form))


def _saved(request: OrganizationRequest, page: ViewPage, query: str, form: ViewForm) -> SavedView | None:
    given = form.cleaned_data
    try:
        return actions.save(page=page.key, query=query, **given, by=request.membership, at=timezone.now())
    except ViewNameTaken:
        form.add_error("name", _TAKEN % {"name": given["name"]})
        return None


def _context(request: OrganizationRequest, page: ViewPage, query: str, form: ViewForm) -> dict[str, Any]:
    found = saved_views.saved_views(request.membership, page.key)
    leaning = queries.leaning_on(request.organization, [view.pk for view in found])
    rows = [(view, acts.may_change(view, request.membership), leaning.get(view.pk, [])) for view in found]
    return {
        "form": form,
        "query": query,
        "views": rows,
        "page": page,
        "opens_with": saved_views.habit(request.membership, page.key).opens_with_id,
        "page_url": access.url(request.organization, page.name),
    }


def _shown(view: SavedView) -> str:
    return access.url(view.organization, view_pages.PAGES[view.page].name) + f"?view={view.pk}"


def _managed(view: SavedView) -> str:
    return access.url(view.organization, "views:page", page=view.page)


def _get(request: OrganizationRequest, pk: int) -> SavedView:
    """A view of somebody else that is not shared is as little there as one of another organization."""
    view = saved_views.visible_view(request.membership, pk)
    if view is None or view.page not in view_pages.PAGES:
        raise Http404
    return view


@require_http_methods(["GET", "HEAD", "POST"])
def view(request: OrganizationRequest, pk: int) -> HttpResponse:
    """GET leads to the page it is of. POST changes it: a new name; or, with `query` in the form, what is shown now."""
    found = _get(request, pk)
    if request.method != "POST":
        return redirect(_shown(found))
    if "query" in request.POST:
        return _replaced(request, found)
    _rename(request, found)
    return redirect(_managed(found))


def _replaced(request: OrganizationRequest, found: SavedView) -> HttpResponse:
    try:
        actions.change(view=found, query=request.POST["query"], by=request.membership, at=timezone.now())
        messages.success(request, _("The view “%(view)s” shows this now.") % {"view": found})
    except actions.Published:
        said = _(
            "Others read “%(view)s” by a link, so it stays as it is. Save this as a view of its own, or ask an admin."
        )
        messages.error(request, said % {"view": found})
    return redirect(_shown(found))


def _rename(request: OrganizationRequest, found: SavedView) -> None:
    form = ViewForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("A view needs a name of at most 60 characters."))
        return
    try:
        actions.change(view=found, by=request.membership, at=timezone.now(), **form.cleaned_data)
    except ViewNameTaken:
        messages.error(request, _TAKEN % {"name": form.cleaned_data["name"]})
    else:
        messages.success(request, _("Saved."))


@require_POST
def delete(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = _get(request, pk)
    actions.delete(view=found, by=request.membership, at=timezone.now())
    messages.success(request, _("The view “%(view)s” is deleted. What it showed is as it was.") % {"view": found})
    return redirect(_managed(found))


@require_POST
def open_with(request: OrganizationRequest, pk: int) -> HttpResponse:
    """The page opens with this view; with it already, it opens without."""
    found = _get(request, pk)
    is_now = saved_views.habit(request.membership, found.page).opens_with_id == found.pk
    acts.open_with(page=found.page, view=None if is_now else found, by=request.membership)
    return redirect(_managed(found))

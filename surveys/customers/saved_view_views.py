"""Saved views of the list: named, shared, opened with, deleted."""

from typing import Final

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
from surveys.customers.actions import lists
from surveys.customers.list_filters import ListFilters

_TAKEN: Final = gettext_lazy("You have a view called “%(name)s” already. Choose another name.")


class ViewForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    is_shared = forms.BooleanField(label=gettext_lazy("Colleagues see it too"), required=False)


@require_http_methods(["GET", "HEAD", "POST"])
def views(request: OrganizationRequest) -> HttpResponse:
    """All views to manage; POST saves the list of the query under a name."""
    filters = ListFilters.from_query(request.GET)
    form = ViewForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            view = lists.save_list_view(**form.cleaned_data, filters=filters, by=request.membership, at=timezone.now())
        except ViewNameTaken:
            form.add_error("name", _TAKEN % {"name": form.cleaned_data["name"]})
        else:
            messages.success(request, _("The view “%(view)s” is saved.") % {"view": view})
            return redirect(_shown(view))
    found = saved_views.saved_views(request.membership, lists.PAGE)
    context = {
        "form": form,
        "query": filters.to_query(),
        "views": [(view, acts.may_change(view, request.membership)) for view in found],
        "opens_with": saved_views.habit(request.membership, lists.PAGE).opens_with_id,
        "list_url": access.url(request.organization, "customers:list"),
    }
    return render(request, "customers/views.html", context)


def _shown(view: SavedView) -> str:
    return access.url(view.organization, "customers:list") + f"?view={view.pk}"


def _get(request: OrganizationRequest, pk: int) -> SavedView:
    """A view of somebody else that is not shared is as little there as one of another organization."""
    view = saved_views.saved_view(request.membership, lists.PAGE, pk)
    if view is None:
        raise Http404
    return view


@require_POST
def change(request: OrganizationRequest, pk: int) -> HttpResponse:
    """A new name; or, with `query` in the form, what the list shows now."""
    view = _get(request, pk)
    back = access.url(request.organization, "customers:views")
    if "query" in request.POST:
        query = ListFilters.from_text(request.POST["query"]).to_query()
        lists.change_list_view(view=view, query=query, by=request.membership, at=timezone.now())
        messages.success(request, _("The view “%(view)s” shows this now.") % {"view": view})
        return redirect(_shown(view))
    form = ViewForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("A view needs a name of at most 60 characters."))
        return redirect(back)
    try:
        lists.change_list_view(view=view, by=request.membership, at=timezone.now(), **form.cleaned_data)
    except ViewNameTaken:
        messages.error(request, _TAKEN % {"name": form.cleaned_data["name"]})
    else:
        messages.success(request, _("Saved."))
    return redirect(back)


@require_POST
def delete(request: OrganizationRequest, pk: int) -> HttpResponse:
    view = _get(request, pk)
    lists.delete_list_view(view=view, by=request.membership, at=timezone.now())
    messages.success(request, _("The view “%(view)s” is deleted. The customers are as they were.") % {"view": view})
    return redirect(access.url(request.organization, "customers:views"))


@require_POST
def open_with(request: OrganizationRequest, pk: int) -> HttpResponse:
    """The list opens with this view; with it already, it opens without."""
    view = _get(request, pk)
    is_now = saved_views.habit(request.membership, lists.PAGE).opens_with_id == view.pk
    acts.open_with(page=lists.PAGE, view=None if is_now else view, by=request.membership)
    return redirect(access.url(request.organization, "customers:views"))

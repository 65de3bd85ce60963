"""Mails with figures to oneself, and links with figures for others."""

from typing import Any, Final

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.models import SavedView
from surveys.accounts.permissions import Permission
from surveys.accounts.queries import saved_views
from surveys.analytics import queries
from surveys.analytics.actions import digests as digest_actions
from surveys.analytics.actions import links as link_actions
from surveys.analytics.actions.links import Wish
from surveys.analytics.models import Digest, Frequency, ShareLink
from surveys.analytics.sharing import page_sheets, view_pages
from surveys.analytics.sharing.asking import MeansNothing

_SECRET: Final = "share_link"  # in the session, until it was shown once


def _views(request: OrganizationRequest) -> list[SavedView]:
    """Those with figures that this person sees."""
    pages = [page.key for page in view_pages.PAGES.values() if page.has_figures]
    return [view for page in pages for view in saved_views.saved_views(request.membership, page)]


def _named(views: list[SavedView]) -> list[tuple[str, str]]:
    """With their pages, for views of different pages may have one name."""
    return [(str(view.pk), f"{view} · {view_pages.PAGES[view.page].label}") for view in views]


class DigestForm(forms.Form):
    view = forms.ChoiceField(label=gettext_lazy("What"), required=False)
    frequency = forms.ChoiceField(
        label=gettext_lazy("How often"), choices=Frequency.choices, initial=Frequency.WEEKLY, widget=forms.RadioSelect
    )

    def __init__(self, views: list[SavedView], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by_key = {str(view.pk): view for view in views}
        field = self.fields["view"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("Overview")), *_named(views)]


@require_http_methods(["GET", "HEAD", "POST"])
def digests(request: OrganizationRequest) -> HttpResponse:
    """One's own; POST subscribes."""
    given = request.POST if request.method == "POST" else None
    form = DigestForm(_views(request), given, initial={"view": request.GET.get("view", "")})
    if given is not None and form.is_valid():
        view = form.by_key.get(form.cleaned_data["view"])
        frequency = form.cleaned_data["frequency"]
        try:
            digest_actions.subscribe(view=view, frequency=frequency, by=request.membership, at=timezone.now())
            messages.success(request, _("You will get it by mail, when there is something new."))
            return redirect(access.url(request.organization, "analytics:digests"))
        except MeansNothing as nothing:
            form.add_error("view", _without_meaning(nothing))
    context = {
        "form": form,
        "digests": queries.digests_of(request.membership),
        "others": queries.digests_of_others(request.membership),
        "hour": settings.DIGEST_HOUR,
    }
    return render(request, "analytics/digests.html", context)


@require_POST
def digest_stop(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, Digest, pk)
    digest_actions.stop(digest=found, by=request.membership, at=timezone.now())
    messages.success(request, _("You will not get it any more."))
    return redirect(access.url(request.organization, "analytics:digests"))


class LinkForm(forms.Form):
    view = forms.ChoiceField(label=gettext_lazy("View"))
    label = forms.CharField(
        label=gettext_lazy("For whom"), max_length=100, help_text=gettext_lazy("Only you and your colleagues see this.")
    )
    days = forms.TypedChoiceField(
        label=gettext_lazy("Works for"),
        coerce=int,
        initial=30,
        choices=[(days, ngettext_lazy("%(n)s day", "%(n)s days", days) % {"n": days}) for days in link_actions.DAYS],
    )
    shows_comments = forms.BooleanField(
        label=gettext_lazy("With comments"),
        required=False,
        help_text=gettext_lazy(
            "On views of the overview: the newest ones, without names. What people wrote may name somebody."
        ),
    )

    def __init__(self, views: list[SavedView], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by_key = {str(view.pk): view for view in views}
        field = self.fields["view"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = _named(views)


@access.permitted(Permission.SHARE_FIGURES)
@require_http_methods(["GET", "HEAD", "POST"])
def links(request: OrganizationRequest) -> HttpResponse:
    """All of the organization; POST makes one, whose address is shown once."""
    given = request.POST if request.method == "POST" else None
    views = _views(request)
    form = LinkForm(views, given, initial={"view": request.GET.get("view", "")})
    if given is not None and form.is_valid():
        said = form.cleaned_data
        wish = Wish(said["label"], said["days"], said["shows_comments"])
        view = form.by_key[said["view"]]
        try:
            link, secret = link_actions.make_link(view=view, wish=wish, by=request.membership, at=timezone.now())
            request.session[_SECRET] = [link.pk, secret]
            return redirect(access.url(request.organization, "analytics:links"))
        except MeansNothing as nothing:
            form.add_error("view", _without_meaning(nothing))
    return render(request, "analytics/links.html", _about_links(request, form, views))


def _without_meaning(nothing: MeansNothing) -> str:
    said = _("This view asks for something that is not there (any more). Open it, choose anew, and replace it. %(why)s")
    return said % {"why": nothing}


def _about_links(request: OrganizationRequest, form: LinkForm, views: list[SavedView]) -> dict[str, Any]:
    made, secret = request.session.pop(_SECRET, (None, ""))
    found, at = queries.share_links(request.organization), timezone.now()
    open_ones = [link for link in found if link.is_open(at)]
    nothing = page_sheets.meaningless([link.view for link in open_ones], at=at)
    here = queries.members(request.organization) if open_ones else set()
    left = {link.pk: _("who made it has left.") for link in open_ones if link.created_by_id not in here}
    return {
        "form": form,
        "views": views,
        "links": [(link, left.get(link.pk) or nothing.get(link.view_id, "")) for link in found],
        "made": made,
        "address": settings.PUBLIC_URL + reverse("shared:view", args=[secret]) if secret else "",
        "at": at,
    }


@require_POST
def link_revoke(request: OrganizationRequest, pk: int) -> HttpResponse:
    found = access.get(request.membership, ShareLink, pk)
    link_actions.revoke(link=found, by=request.membership, at=timezone.now())
    messages.success(request, _("The link does not work any more."))
    return redirect(access.url(request.organization, "analytics:links"))

"""Themes by hand: the list, their words with a preview, switching off, merging, deleting; finding groups."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.actions.saved_views import StillAsked
from surveys.accounts.permissions import Permission
from surveys.analytics import showing
from surveys.analytics.reasons import theme_queries
from surveys.analytics.reasons.theme_forms import MergeThemesForm, ThemeForm
from surveys.comments import actions
from surveys.comments import queries as comments
from surveys.comments.models import Reading, ReadingStatus, Theme, ThemeOrigin, ThemeState

_may = access.permitted(Permission.EDIT_THEMES)


@require_GET
def themes(request: OrganizationRequest) -> HttpResponse:
    deleted = request.GET.get("deleted", "")
    page = showing.page(request, "analytics:themes", _("Themes"))
    context = {
        "page": page,
        "themes": theme_queries.listed(request.organization, page.today),
        "starters": comments.starters(request.organization),
        "reading": comments.progress(request.organization),
        "unread": comments.unread(request.organization),
        "unreadable": comments.unreadable(request.organization),
        "lesson": comments.lesson(request.organization),
        "deletion": theme_queries.deletion(request.organization, int(deleted)) if _is_key(deleted) else None,
        "can_edit": access.can(request.membership, Permission.EDIT_THEMES),
    }
    return render(request, "analytics/why/themes.html", context)


def _is_key(text: str) -> bool:
    return text.isdecimal() and len(text) < 19


@require_GET
def progress(request: OrganizationRequest) -> HttpResponse:
    """Of the reading of all comments; asked for again as long as it is in work."""
    found = comments.progress(request.organization)
    is_over = found is None or found.status != ReadingStatus.RUNNING
    context = {"reading": found, "can_edit": access.can(request.membership, Permission.EDIT_THEMES)}
    return render(request, "analytics/why/_progress.html", context, status=286 if is_over else 200)


# ── Writing one ──────────────────────────────────────────────────────────────────────────────────────────────────────


@_may
@require_http_methods(["GET", "HEAD", "POST"])
def theme_new(request: OrganizationRequest) -> HttpResponse:
    """POST `save` stores it; without, what its words would bring is shown."""

    def make(name: str, words: Sequence[str]) -> Theme:
        return actions.make_theme(name=name, words=words, by=request.membership, at=timezone.now())

    form = ThemeForm(request.POST) if request.method == "POST" else ThemeForm()
    return _written(request, form, make)


@_may
@require_http_methods(["GET", "HEAD", "POST"])
def theme_edit(request: OrganizationRequest, pk: int) -> HttpResponse:
    theme = access.get(request.membership, Theme, pk)

    def change(name: str, words: Sequence[str]) -> Theme:
        return actions.change_theme(theme=theme, name=name, words=words, by=request.membership, at=timezone.now())

    form = ThemeForm(request.POST) if request.method == "POST" else ThemeForm.of(theme)
    return _written(request, form, change, theme)


def _written(
    request: OrganizationRequest,
    form: ThemeForm,
    act: Callable[[str, Sequence[str]], Theme],
    theme: Theme | None = None,
) -> HttpResponse:
    if "save" in request.POST and form.is_valid():
        try:
            stored = act(form.cleaned_data["name"], form.typed_words)
        except actions.BadTheme as bad:
            form.refuse(bad)
        except actions.Gone:
            return _gone(request)
        else:
            messages.success(
                request, _("The theme “%(name)s” is kept. Comments are being read with it.") % {"name": stored}
            )
            return redirect(_list(request))
    return _form(request, form.as_typed() if form.is_bound and "save" not in request.POST else form, theme)


def _form(request: OrganizationRequest, form: ThemeForm, theme: Theme | None) -> HttpResponse:
    others = [other for other in comments.themes(request.organization) if theme and other.pk != theme.pk]
    shown = theme_queries.previewed(request.organization, form.typed_words) if form.typed_words else None
    context = {"form": form, "theme": theme, "shown": shown, "merging": MergeThemesForm(others) if others else None}
    return render(request, "analytics/why/theme_form.html", context)


@_may
@require_POST
def preview(request: OrganizationRequest) -> HttpResponse:
    """What the words that are being typed would bring."""
    words = ThemeForm(request.POST).typed_words
    shown = theme_queries.previewed(request.organization, words) if words else None
    return render(request, "analytics/why/_preview.html", {"shown": shown})


# ── What happens to one ──────────────────────────────────────────────────────────────────────────────────────────────


@_may
@require_POST
def switch(request: OrganizationRequest, pk: int) -> HttpResponse:
    """POST `state`: on or off. A found one that is switched off is dismissed."""
    theme = access.get(request.membership, Theme, pk)
    state = ThemeState.ON if request.POST.get("state") == ThemeState.ON else ThemeState.OFF

    def act() -> None:
        actions.switch_theme(theme=theme, state=state, by=request.membership, at=timezone.now())

    said = _("“%(name)s” is on.") if state == ThemeState.ON else _("“%(name)s” is off: no comment is counted under it.")
    return _done(request, act, said % {"name": theme.name})


@_may
@require_POST
def adopt(request: OrganizationRequest, pk: int) -> HttpResponse:
    """A found theme becomes the organization's own, as it is."""
    theme = access.get(request.membership, Theme, pk)

    def act() -> None:
        actions.change_theme(theme=theme, name=theme.name, words=theme.words, by=request.membership, at=timezone.now())

    return _done(request, act, _("“%(name)s” is yours now: searches leave it as it is.") % {"name": theme.name})


@_may
@require_POST
def merge(request: OrganizationRequest, pk: int) -> HttpResponse:
    """POST `into`: the key of the theme that stays."""
    theme, into = access.get(request.membership, Theme, pk), request.POST.get("into", "")
    if not _is_key(into):
        messages.error(request, _("Choose a theme to merge “%(name)s” with.") % {"name": theme.name})
        return redirect(access.url(request.organization, "analytics:theme_edit", pk=pk))
    staying = access.get(request.membership, Theme, int(into))

    def act() -> None:
        actions.merge_themes(theme=theme, into=staying, by=request.membership, at=timezone.now())

    return _done(request, act, _("“%(one)s” is part of “%(other)s” now.") % {"one": theme.name, "other": staying.name})


@_may
@require_POST
def delete(request: OrganizationRequest, pk: int) -> HttpResponse:
    theme = access.get(request.membership, Theme, pk)
    is_found = theme.origin == ThemeOrigin.FOUND
    try:
        actions.delete_theme(theme=theme, by=request.membership, at=timezone.now())
    except actions.Gone:
        return _gone(request)
    except StillAsked as asked:
        messages.error(request, asked.sentence)
        return redirect(access.url(request.organization, "analytics:theme_edit", pk=pk))
    return redirect(_list(request) if is_found else f"{_list(request)}?deleted={pk}")


@_may
@require_POST
def restore(request: OrganizationRequest, pk: int) -> HttpResponse:
    """A deleted theme is back, with its key, name and words; what was ruled about single comments is not."""
    deletion = theme_queries.deletion(request.organization, pk)
    if deletion is None:
        access.get(request.membership, Theme, pk)  # it is there, or it is nothing of ours
        return redirect(_list(request))

    def act() -> None:
        actions.restore_theme(deletion=deletion, by=request.membership, at=timezone.now())

    return _done(request, act, _("“%(name)s” is back.") % {"name": deletion.target_name})


def _done(request: OrganizationRequest, act: Callable[[], Any], said: str) -> HttpResponse:
    try:
        act()
    except actions.BadTheme as bad:
        messages.error(request, " ".join(problem for problems in bad.problems.values() for problem in problems))
    except StillAsked as asked:
        messages.error(request, asked.sentence)
    except actions.Gone:
        return _gone(request)
    else:
        messages.success(request, said)
    return redirect(_list(request))


def _list(request: OrganizationRequest) -> str:
    return access.url(request.organization, "analytics:themes")


def _gone(request: OrganizationRequest) -> HttpResponse:
    messages.info(request, _("This theme is not there any more."))
    return redirect(_list(request))


# ── All comments ─────────────────────────────────────────────────────────────────────────────────────────────────────


@_may
@require_POST
def search(request: OrganizationRequest) -> HttpResponse:
    def act() -> None:
        actions.search_themes(by=request.membership, at=timezone.now())

    return _done(request, act, _("Groups of similar comments are being looked for."))


@_may
@require_POST
def read_anew(request: OrganizationRequest) -> HttpResponse:
    def act() -> None:
        actions.read_anew(by=request.membership, at=timezone.now())

    return _done(request, act, _("All comments are being read anew."))


@_may
@require_POST
def stop(request: OrganizationRequest, pk: int) -> HttpResponse:
    reading = access.get(request.membership, Reading, pk)
    stopped = actions.stop_reading(reading=reading, by=request.membership, at=timezone.now())
    messages.info(request, _("Reading stopped.") if stopped else _("Reading was over already."))
    return redirect(_list(request))


@_may
@require_POST
def begin(request: OrganizationRequest) -> HttpResponse:
    """POST `starter`s: those of the shipped start that the organization wants."""
    keys = request.POST.getlist("starter")
    if not keys:
        messages.info(request, _("Choose at least one theme to begin with."))
        return redirect(_list(request))

    def act() -> None:
        actions.adopt_starters(keys=keys, by=request.membership, at=timezone.now())

    return _done(request, act, _("These themes are yours now. Comments are being read with them."))

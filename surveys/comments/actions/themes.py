"""Writes of themes. A change of what they are about has all comments read anew, with progress."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from surveys.accounts import access, audit
from surveys.accounts.actions import saved_views
from surveys.accounts.models import AuditEntry, Membership
from surveys.accounts.permissions import Permission
from surveys.comments import queries, rules
from surveys.comments.actions.readings import wish
from surveys.comments.models import Theme, ThemeOrigin, ThemeRuling, ThemeState, Why

MOST_THEMES: Final = 100
LONGEST_NAME: Final = 60

Problems = dict[str, list[str]]


class BadTheme(ValueError):
    """It cannot be like that; `problems` are for people, by the field: "name", "words" or "" for the whole."""

    def __init__(self, problems: Problems) -> None:
        super().__init__(problems)
        self.problems = problems


class Gone(ValueError):
    """Somebody deleted it meanwhile."""


def make_theme(*, name: str, words: Sequence[str], by: Membership, at: datetime) -> Theme:
    """Raises BadTheme."""
    access.require(by, Permission.EDIT_THEMES)
    with transaction.atomic():
        theme = _make(name, words, by, at)
        _read_anew(by, at)
    return theme


def adopt_starters(*, keys: Sequence[str], by: Membership, at: datetime) -> list[Theme]:
    """Of the shipped start. Those that are there already, or whose name is taken, are left out. Raises BadTheme."""
    access.require(by, Permission.EDIT_THEMES)
    with transaction.atomic():
        offered = [starter for starter in queries.starters(by.organization) if starter.key in keys]
        made = [_make(each.name, each.words, by, at, starter=each.key) for each in offered]
        if made:
            _read_anew(by, at)
    return made


def restore_theme(*, deletion: AuditEntry, by: Membership, at: datetime) -> Theme:
    """Bring a deleted theme back under its old key: what asked about it asks about it again. What people ruled about
    single comments does not come back. Raises BadTheme."""
    access.require(by, Permission.EDIT_THEMES)
    was = deletion.details
    theme = Theme(pk=deletion.target_id, starter=was.get("starter", ""), version=was.get("version", 1))
    with transaction.atomic():
        _store_new(theme, deletion.target_name, was["words"], by, at)
        audit.record(by, "theme.restored", theme, at=at, words=theme.words)
        _read_anew(by, at)
    return theme


def _make(name: str, words: Sequence[str], by: Membership, at: datetime, *, starter: str = "") -> Theme:
    theme = Theme(starter=starter)
    _store_new(theme, name, words, by, at)
    audit.record(by, "theme.made", theme, at=at, words=theme.words)
    return theme


def _store_new(theme: Theme, name: str, words: Sequence[str], by: Membership, at: datetime) -> None:
    there = Theme.objects.filter(organization=by.organization)
    if there.count() >= MOST_THEMES:
        raise BadTheme({"": [_("There are %(most)d themes already; delete one first.") % {"most": MOST_THEMES}]})
    theme.organization, theme.origin = by.organization, ThemeOrigin.OWN
    theme.created_by, theme.created_at = by.user, at
    _store(theme, name, words, at)


def change_theme(*, theme: Theme, name: str, words: Sequence[str], by: Membership, at: datetime) -> Theme:
    """A found one becomes the organization's own: later searches leave it as it is. Raises BadTheme, Gone."""
    access.require(by, Permission.EDIT_THEMES)
    with transaction.atomic():
        locked = _locked(theme, by)
        before = {"name": locked.name, "words": list(locked.words)}
        locked.origin = ThemeOrigin.OWN
        _store(locked, name, words, at)
        after = {"name": locked.name, "words": locked.words}
        changed = {key: [before[key], after[key]] for key in after if before[key] != after[key]}
        if changed:
            audit.record(by, "theme.changed", locked, at=at, changed=changed)
        if "words" in changed:
            _read_anew(by, at)
    return locked


def switch_theme(*, theme: Theme, state: ThemeState, by: Membership, at: datetime) -> None:
    """Off: it brings no comment any more, and the same group is not found again. Raises Gone."""
    access.require(by, Permission.EDIT_THEMES)
    with transaction.atomic():
        locked = _locked(theme, by)
        if locked.state == state:
            return
        locked.state, locked.version, locked.updated_at = state, locked.version + 1, at
        locked.save(update_fields=["state", "version", "updated_at"])
        said = "theme.switched_on" if state == ThemeState.ON else "theme.switched_off"
        audit.record(by, said, locked, at=at)
        _read_anew(by, at)


def merge_themes(*, theme: Theme, into: Theme, by: Membership, at: datetime) -> Theme:
    """Words and rulings of `theme` go over, and it is deleted; where people said both, what they said of `into` stands.

    Raises BadTheme when the two are one or have too many words together, Gone, StillAsked.
    """
    access.require(by, Permission.EDIT_THEMES)
    if theme.pk == into.pk:
        raise BadTheme({"": [_("Choose another theme to merge “%(name)s” with.") % {"name": theme.name}]})
    with transaction.atomic():
        first, second = (_locked(each, by) for each in sorted((theme, into), key=lambda each: each.pk))
        leaving, staying = (first, second) if first.pk == theme.pk else (second, first)
        saved_views.require_unasked(by.organization, "theme", leaving.pk)
        staying.origin = ThemeOrigin.OWN
        _store(staying, staying.name, [*staying.words, *leaving.words], at)
        _move_rulings(leaving, staying)
        audit.record(by, "theme.merged", staying, at=at, merged=leaving.name)
        leaving.delete()
        _read_anew(by, at)
    return staying


def _move_rulings(leaving: Theme, staying: Theme) -> None:
    rulings = ThemeRuling.objects.filter(organization=staying.organization_id)
    said = rulings.filter(theme=staying).values_list("response", flat=True)
    rulings.filter(theme=leaving).exclude(response__in=said).update(theme=staying)


def delete_theme(*, theme: Theme, by: Membership, at: datetime) -> None:
    """What people ruled about it goes too. A found one is switched off instead: it would be found again.

    Raises Gone, StillAsked.
    """
    access.require(by, Permission.EDIT_THEMES)
    if theme.origin == ThemeOrigin.FOUND:
        switch_theme(theme=theme, state=ThemeState.OFF, by=by, at=at)
        return
    with transaction.atomic():
        locked = _locked(theme, by)
        saved_views.require_unasked(by.organization, "theme", locked.pk)
        was = {"words": locked.words, "starter": locked.starter, "version": locked.version}
        audit.record(by, "theme.deleted", locked, at=at, **was)
        locked.delete()
        _read_anew(by, at)


def _locked(theme: Theme, by: Membership) -> Theme:
    same = Theme.objects.select_for_update().filter(organization=by.organization_id, pk=theme.pk)
    locked = same.first()
    if locked is None:
        raise Gone(theme)
    return locked


def _store(theme: Theme, name: str, words: Sequence[str], at: datetime) -> None:
    tidied, called = rules.tidy(words), " ".join(name.split())
    problems = {"name": _problems_of_name(called), "words": rules.problems(tidied)}
    if any(problems.values()):
        raise BadTheme({field: said for field, said in problems.items() if said})
    theme.name, theme.words, theme.updated_at = called, tidied, at
    theme.version = theme.version + 1 if theme.pk else 1
    try:
        with transaction.atomic():
            theme.save(force_insert=theme._state.adding)
    except IntegrityError:
        raise BadTheme({"name": [_("There is a theme “%(name)s” already.") % {"name": called}]}) from None


def _problems_of_name(name: str) -> list[str]:
    if not name:
        return [_("Give the theme a name.")]
    if len(name) > LONGEST_NAME:
        return [
            _("The name has %(number)d characters; at most %(most)d are possible.")
            % {"number": len(name), "most": LONGEST_NAME}
        ]
    return []


def _read_anew(by: Membership, at: datetime) -> None:
    wish(organization=by.organization, why=Why.THEMES, of=by.user, at=at)

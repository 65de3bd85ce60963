"""Themes that are found: the same group keeps its row between runs, and one that was dismissed is not found again. Heavy."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from surveys.accounts import audit
from surveys.accounts.models import Organization
from surveys.comments import wording
from surveys.comments.actions.themes import MOST_THEMES
from surveys.comments.mind import embedding, finding, language
from surveys.comments.mind.finding import Group
from surveys.comments.models import CommentNote, Theme, ThemeOrigin
from surveys.comments.rules import Rules
from surveys.responses.models import Response

MOST_COMMENTS: Final = 5000  # the newest: what people talk about now
_SAME_CENTER: Final = 0.85


def look(organization: int) -> list[Group]:
    """Groups in the newest comments, except what the organization's own themes are about. Writes nothing."""
    unreadable = CommentNote.objects.unreadable().filter(organization=organization).values("pk")
    rows = Response.objects.filter(organization=organization).exclude(comment="").exclude(pk__in=unreadable)
    said = rows.order_by("-responded_at", "-pk").values_list("comment", "comment_language", "language")
    newest = list(said[:MOST_COMMENTS])
    texts = [comment for comment, _read, _asked in newest]
    own = Theme.objects.filter(organization=organization, origin=ThemeOrigin.OWN).order_by("pk")
    rules = Rules({theme.pk: theme.words for theme in own})
    taken = [place for place, text in enumerate(texts) if rules.read(text)[0]]
    spoken = [language.of_words(read or asked) for _text, read, asked in newest]
    return finding.groups(texts, taken, spoken)


def keep(organization: Organization, groups: Sequence[Group], at: datetime) -> int:
    """In the caller's transaction. Returns how many are new."""
    known = list(Theme.objects.select_for_update().filter(organization=organization).order_by("pk"))
    met: list[Theme] = []  # in this search: a group that is near one of them says the same again
    new = 0
    for group in groups:
        if any(_is_same(theme, group) for theme in met):
            continue
        same = next((theme for theme in known if _is_same(theme, group)), None)
        if same is None and len(known) < MOST_THEMES:
            same = _make(organization, group, {theme.name.casefold() for theme in known}, at)
            known.append(same)
            new += 1
        elif same is not None and same.origin == ThemeOrigin.FOUND:
            _renew(same, group, at)
        met += [same] if same else []
    return new


def _is_same(theme: Theme, group: Group) -> bool:
    """By the phrase that is said most, or by the middle: what else is said beside it changes from week to week."""
    ours, theirs = ([wording.plain(word) for word in words] for words in (theme.words, group.words))
    if ours[:1] == theirs[:1] or (ours and ours[0] in theirs) or (theirs and theirs[0] in ours):
        return True
    return bool(theme.center) and float(embedding.restored(theme.center or b"") @ group.center) >= _SAME_CENTER


def _make(organization: Organization, group: Group, taken: set[str], at: datetime) -> Theme:
    theme = Theme.objects.create(
        organization=organization,
        name=_free(group.name, taken),
        origin=ThemeOrigin.FOUND,
        words=group.words,
        center=embedding.stored(group.center),
        reach=finding.REACH,
        created_at=at,
        updated_at=at,
    )
    audit.record_automatic(organization, "theme.found", theme, at=at, words=theme.words)
    return theme


def _free(name: str, taken: set[str]) -> str:
    names = [name, *(f"{name[:55]} {number}" for number in range(2, MOST_THEMES + 2))]
    return next(each for each in names if each.casefold() not in taken)


def _renew(theme: Theme, group: Group, at: datetime) -> None:
    """Its name stays, whatever is said most now."""
    theme.words, theme.center, theme.reach = group.words, embedding.stored(group.center), finding.REACH
    theme.version, theme.updated_at = theme.version + 1, at
    theme.save(update_fields=["words", "center", "reach", "version", "updated_at"])

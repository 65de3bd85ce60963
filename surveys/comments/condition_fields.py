"""What conditions can ask about the comment of a response: what was read out of it, and the tags on the response."""

from collections.abc import Iterator
from typing import Final

from django.utils.translation import gettext as _

from surveys.accounts.models import Organization
from surveys.comments import queries
from surveys.comments.models import Theme, ThemeState
from surveys.core import languages
from surveys.core.conditions.catalogue import Choice, Column, Elements, Field, Type
from surveys.core.conditions.tree import Op
from surveys.responses.models import Tag

_OF_SEVERAL: Final = (Op.ONE_OF, Op.IS_SET, Op.NOT_SET)


def of_responses(organization: Organization) -> Iterator[Field]:
    """Two statements."""
    group, known = _("Comment"), (_("is read"), _("is not read, or there is no comment"))
    yield Field(
        "theme",
        _("Theme"),
        Type.CHOICE,
        Elements("themes"),
        choices=_themes(organization),
        known_as=(_("is about a theme"), _("is about no theme")),
        group=group,
        only_ops=_OF_SEVERAL,
    )
    yield Field(
        "sentiment", _("Sentiment"), Type.CHOICE, Column("sentiment"), choices=sentiments(), known_as=known, group=group
    )
    yield Field(
        "comment_language",
        _("Language of the comment"),
        Type.CHOICE,
        Column("comment_language"),
        choices=tuple(Choice(code, languages.name(code)) for code in languages.ALL),
        reads=lambda code: Choice(code, languages.name(code)),
        known_as=known,
        group=group,
    )
    yield Field(
        "tag",
        _("Tag"),
        Type.CHOICE,
        Elements("tags"),
        choices=_tags(organization),
        known_as=(_("has a tag"), _("has no tag")),
        group=_("Response"),
        only_ops=_OF_SEVERAL,
    )


def sentiments() -> tuple[Choice, ...]:
    return (Choice(1, _("Positive")), Choice(0, _("Neutral or mixed")), Choice(-1, _("Negative")))


def _themes(organization: Organization) -> tuple[Choice, ...]:
    """Those that are switched off are still on responses that were not read anew, and in what is saved."""
    found = queries.themes(organization)
    return tuple(Choice(theme.pk, _name(theme)) for theme in found)


def _name(theme: Theme) -> str:
    return theme.name if theme.state == ThemeState.ON else _("%(theme)s (off)") % {"theme": theme.name}


def _tags(organization: Organization) -> tuple[Choice, ...]:
    found = Tag.objects.filter(organization=organization).order_by("name", "pk")
    return tuple(Choice(tag.pk, tag.name) for tag in found)

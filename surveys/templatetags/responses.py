"""Small words for pages that show answers."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from surveys.core import nps, readable
from surveys.responses import verdict_words
from surveys.responses.answer_queries import Told
from surveys.responses.models import Act, ClickEvent, JunkReason, Response
from surveys.responses.queries import KnownProperty

register = template.Library()


@register.filter
def category(score: int) -> str:
    """The category in words: 9 → "Promoter"."""
    return str(nps.classify(score).label)


@register.filter
def in_zone(at: datetime, zone: str) -> datetime:
    """A wall clock's time there, for `date`, which would otherwise show the server's zone."""
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@register.filter
def facts(response: Response, known: dict[str, KnownProperty]) -> list[tuple[str, str]]:
    """Label and value of the properties that the customer had when asked, in the order of `known`."""
    values = response.property_set.values if response.property_set else {}
    found = ((property, values[key]) for key, property in known.items() if key in values)
    return [(property.label, readable.property_value(property.kind, value)) for property, value in found]


@register.filter
def told_of(response: Response, told: dict[int, list[Told]]) -> list[Told]:
    """Their answers to the questions after the score."""
    return told.get(response.pk, [])


@register.filter
def named(names: dict[int, str], key: int) -> str:
    """What the tag is called; "" when it is gone."""
    return names.get(key, "")


@register.filter
def junk_reason(code: str) -> str:
    return str(JunkReason(code).label)


@register.filter
def highlighted(text: str, words: str) -> SafeString:
    """The text with what was searched for marked, in any case, as the search finds it."""
    if not words:
        return format_html("{}", text)
    pieces = re.split(f"({re.escape(words)})", text, flags=re.IGNORECASE)
    marked = ((format_html("<mark>{}</mark>", piece) if place % 2 else piece,) for place, piece in enumerate(pieces))
    return format_html_join("", "{}", marked)


@register.filter
def language(code: str) -> str:
    return readable.language(code)


@register.filter
def act(kind: str) -> str:
    """What a request was, in words."""
    return str(Act(kind).label)


@register.filter
def shows(event: ClickEvent) -> str:
    """What a request tells about who sent it, in words."""
    return verdict_words.told_by(event.kind, event.user_agent, event.signals)

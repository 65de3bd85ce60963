"""Small words for pages that show answers."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django import template

from surveys.core import nps, readable
from surveys.responses import verdict_words
from surveys.responses.answer_queries import Told
from surveys.responses.models import Act, ClickEvent, Response
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

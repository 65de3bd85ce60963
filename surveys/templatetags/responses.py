"""Small words for pages that show answers."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django import template

from surveys.core import nps
from surveys.responses.models import Act, Response

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
def facts(response: Response, labels: dict[str, str]) -> list[tuple[str, str]]:
    """Label and value of the properties that the customer had when asked, in the order of `labels`."""
    values = response.property_set.values if response.property_set else {}
    return [(label, values[key]) for key, label in labels.items() if key in values]


@register.filter
def act(kind: str) -> str:
    """What a request was, in words."""
    return str(Act(kind).label)

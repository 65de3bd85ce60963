"""Small words of the interface's language. Components with structure are templates/components/."""

from django import template
from django.utils import formats

from surveys.core import nps

register = template.Library()


@register.inclusion_tag("components/score_chip.html")
def score_chip(score: int) -> dict[str, object]:
    """The score with its category in words."""
    return {"score": score, "category": nps.classify(score), "is_short": False}


@register.inclusion_tag("components/score_chip.html")
def short_score_chip(score: int) -> dict[str, object]:
    """The score alone for the eye; the ear still hears the category."""
    return {"score": score, "category": nps.classify(score), "is_short": True}


@register.filter
def grouped(number: int) -> str:
    """A count as people read it: 4812 → "4,812", in the interface's language."""
    return formats.number_format(number, force_grouping=True)


@register.filter
def initials(name: str) -> str:
    """Up to two letters that stand for a person: "Ada Okafor" → "AO", "ada.okafor@example.com" → "AO"."""
    words = name.partition("@")[0].replace(".", " ").replace("_", " ").replace("-", " ").split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()

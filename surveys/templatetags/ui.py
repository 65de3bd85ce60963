"""Small words of the interface's language. Components with structure are templates/components/."""

import re

from django import template
from django.conf import settings
from django.utils import formats
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from surveys.core import nps, readable

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
def heading(label: str) -> str:
    """The name of a property at the head of something: "company_size" → "Company size"."""
    return readable.heading(label)


@register.filter
def initials(name: str) -> str:
    """Up to two letters that stand for a person: "Ada Okafor" → "AO", "ada.okafor@example.com" → "AO"."""
    words = name.partition("@")[0].replace(".", " ").replace("_", " ").replace("-", " ").split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


@register.filter(is_safe=True)
def own_links(text: str) -> SafeString:
    """Addresses of this installation become links, and no others: names that people chose stand in our mails."""
    pieces = re.split(rf"({re.escape(settings.PUBLIC_URL)}[^\s<>\"']*)", text)
    return format_html_join(
        "",
        "{}",
        ((format_html('<a href="{0}">{0}</a>', piece) if index % 2 else piece,) for index, piece in enumerate(pieces)),
    )

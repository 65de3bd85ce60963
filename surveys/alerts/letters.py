"""Mails with alerts: one thing, some that came together, or what a day brought. What is about one thing is one paragraph."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import ngettext

from surveys.accounts import access
from surveys.accounts.models import Organization
from surveys.alerts import words
from surveys.alerts.gathering import Paragraph, paragraphs
from surveys.alerts.words import Line
from surveys.core import placeholders, tokens
from surveys.core.tokens import Purpose

MOST: Final = 50  # paragraphs of a mail; the rest is counted


@dataclass(frozen=True)
class AlertLetter:
    subject: str
    text: str
    html: str
    unsubscribe_url: str


def letter(organization: Organization, membership: int, found: Sequence[Line], *, is_digest: bool) -> AlertLetter:
    """`found` has one line at least, the oldest first."""
    told = paragraphs(found)
    context = _context(organization, membership, told, is_digest)
    text = render_to_string("emails/alerts/body.txt", context)
    html = render_to_string("emails/alerts/body.html", context)
    subject = f"{_subject(told, is_digest)} · {organization}"
    return AlertLetter(placeholders.single_line(subject), text, html, context["unsubscribe_url"])


def _subject(told: Sequence[Paragraph], is_digest: bool) -> str:
    if len(told) == 1 and not is_digest:
        return words.subject(told[0].lines)
    said = (
        ngettext("%(n)d alert of the day", "%(n)d alerts of the day", len(told))
        if is_digest
        else ngettext("%(n)d alert", "%(n)d alerts", len(told))
    )
    return said % {"n": len(told)}


def _context(organization: Organization, membership: int, told: Sequence[Paragraph], is_digest: bool) -> dict[str, Any]:
    token = tokens.make(Purpose.ALERTS, membership)
    return {
        "organization": organization,
        "product_name": settings.PRODUCT_NAME,
        "entries": [(each.said, settings.PUBLIC_URL + each.path if each.path else "") for each in told[:MOST]],
        "left_out": len(told[MOST:]),
        "is_digest": is_digest,
        "alerts_url": settings.PUBLIC_URL + access.url(organization, "alerts:list"),
        "choices_url": settings.PUBLIC_URL + access.url(organization, "alerts:choices"),
        "unsubscribe_url": settings.PUBLIC_URL + reverse("alert_mails:stop", args=[token]),
    }

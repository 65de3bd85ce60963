"""What every page of a customer shows of the company that asks, and where its footer leads."""

from typing import Any

from django.urls import reverse

from surveys.core import bidi, tokens
from surveys.core.tokens import Purpose
from surveys.responses.style_views import style_url
from surveys.responses.survey import Survey


def branded(survey: Survey, language: str = "") -> dict[str, Any]:
    """For a page in `language`; unset, in that of the survey."""
    return {
        "brand_name": bidi.isolated(survey.company, language or survey.language),
        "has_logo": bool(survey.logo_digest),
        "style_url": style_url(survey.design.brand_color or survey.brand_color, survey.logo_digest),
    }


def preferences_url(invitation: int) -> str:
    return reverse("preferences:page", args=[tokens.make(Purpose.PREFERENCES, invitation)])

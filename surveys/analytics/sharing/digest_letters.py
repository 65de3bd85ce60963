"""What a mail with figures says: the page's figures, written with the page's words."""

from dataclasses import dataclass
from typing import Any

import mjml
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from surveys.accounts import access
from surveys.analytics.models import Digest
from surveys.analytics.sharing.sheets import FigureSheet
from surveys.core import brand, languages, placeholders, tokens
from surveys.core.periods import Period
from surveys.core.tokens import Purpose


@dataclass(frozen=True)
class DigestLetter:
    subject: str
    text: str
    html: str
    unsubscribe_url: str


def overview() -> str:
    return _("Overview")


def letter(digest: Digest, sheet: FigureSheet, period: Period, new: int) -> DigestLetter:
    context = _context(digest, sheet, period, new)
    subject = _("%(title)s: %(score)s · %(organization)s") % {
        "title": sheet.title,
        "score": context["headline"],
        "organization": digest.organization.name,
    }
    html = mjml.mjml2html(render_to_string("emails/digest/body.mjml", context), fonts={}, disable_comments=False)
    text = render_to_string("emails/digest/body.txt", context)
    return DigestLetter(placeholders.single_line(subject), text, html, context["unsubscribe_url"])


def no_figures(digest: Digest, problems: list[str]) -> DigestLetter:
    """What was asked for is not there any more: figures without it would be of others."""
    ways_out = _ways_out(digest)
    context = {
        "digest": digest,
        "organization": digest.organization,
        "problems": problems,
        "view_url": settings.PUBLIC_URL + access.url(digest.organization, "analytics:overview") + _query(digest),
        **ways_out,
    }
    subject = _("%(title)s: no figures · %(organization)s") % {
        "title": digest.view or overview(),
        "organization": digest.organization.name,
    }
    text = render_to_string("emails/digest/no_figures.txt", context)
    return DigestLetter(placeholders.single_line(subject), text, "", ways_out["unsubscribe_url"])


def _ways_out(digest: Digest) -> dict[str, str]:
    return {
        "digests_url": settings.PUBLIC_URL + access.url(digest.organization, "analytics:digests"),
        "unsubscribe_url": settings.PUBLIC_URL
        + reverse("shared:unsubscribe", args=[tokens.make(Purpose.DIGEST, digest.pk)]),
    }


def _context(digest: Digest, sheet: FigureSheet, period: Period, new: int) -> dict[str, Any]:
    organization, language = digest.organization, translation.get_language() or languages.SOURCE
    dashboard = sheet.dashboard
    headline = dashboard.chosen_scores if dashboard.counts_only else _("NPS %(score)s") % {"score": dashboard.score}
    return {
        "sheet": sheet,
        "dashboard": dashboard,
        "headline": headline,
        "new": new,
        "since": period,
        "organization": organization,
        "product_name": settings.PRODUCT_NAME,
        "language": language,
        "direction": "rtl" if languages.is_right_to_left(language) else "ltr",
        "start": "right" if languages.is_right_to_left(language) else "left",
        "brand_day": brand.readable_on(brand.LIGHT_GROUND, organization.brand_color),
        "brand_night": brand.readable_on(brand.DARK_GROUND, organization.brand_color),
        "page_url": settings.PUBLIC_URL + access.url(organization, "analytics:overview") + _query(digest),
        "feed_url": settings.PUBLIC_URL
        + access.url(organization, "responses:feed")
        + f"?{sheet.look.answers.to_query()}",
        "response_url": settings.PUBLIC_URL + access.url(organization, "responses:feed"),
        **_ways_out(digest),
    }


def _query(digest: Digest) -> str:
    return f"?view={digest.view_id}" if digest.view_id else ""

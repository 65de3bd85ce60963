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
from surveys.analytics.sharing import view_pages
from surveys.analytics.sharing.printed import Printed
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


@dataclass(frozen=True)
class Contents:
    """`tables` are those of the view's page where that is not the overview; `new` is how many answered `since`,
    `late` how many of the days of the last mail began to count after it."""

    sheet: FigureSheet
    tables: list[Printed]
    since: Period
    new: int
    late: int


def letter(digest: Digest, contents: Contents) -> DigestLetter:
    sheet, context = contents.sheet, _context(digest, contents)
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
        "view_url": _page_url(digest),
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


def _context(digest: Digest, contents: Contents) -> dict[str, Any]:
    sheet = contents.sheet
    organization, language = digest.organization, translation.get_language() or languages.SOURCE
    dashboard = sheet.dashboard
    headline = dashboard.chosen_scores if dashboard.counts_only else _("NPS %(score)s") % {"score": dashboard.score}
    return {
        "sheet": sheet,
        "dashboard": dashboard,
        "headline": headline,
        "tables": contents.tables,
        "new": contents.new,
        "late": contents.late,
        "since": contents.since,
        "organization": organization,
        "product_name": settings.PRODUCT_NAME,
        "language": language,
        "direction": "rtl" if languages.is_right_to_left(language) else "ltr",
        "start": "right" if languages.is_right_to_left(language) else "left",
        "brand_day": brand.readable_on(brand.LIGHT_GROUND, organization.brand_color),
        "brand_night": brand.readable_on(brand.DARK_GROUND, organization.brand_color),
        "page_url": _page_url(digest),
        "feed_url": settings.PUBLIC_URL
        + access.url(organization, "responses:feed")
        + f"?{sheet.look.answers.to_query()}",
        "response_url": settings.PUBLIC_URL + access.url(organization, "responses:feed"),
        **_ways_out(digest),
    }


def _page_url(digest: Digest) -> str:
    """The page with the view that it is about."""
    page = view_pages.PAGES[digest.view.page if digest.view else "overview"]
    query = f"?view={digest.view_id}" if digest.view_id else ""
    return settings.PUBLIC_URL + access.url(digest.organization, page.name) + query

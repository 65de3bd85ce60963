"""What a file, a mail or a printed page says it was made from: whose, which period, under which filters, when."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from surveys.accounts.models import Organization
from surveys.analytics import queries, words
from surveys.analytics.dimensions import Dimension
from surveys.analytics.look import Look
from surveys.analytics.tables import Asked
from surveys.core import nps
from surveys.core.filters import Filters
from surveys.responses import queries as responses


def about(page: str, asked: Asked) -> list[tuple[str, str]]:
    organization = asked.organization
    zone = ZoneInfo(organization.time_zone)
    return [
        (_("Organization"), organization.name),
        (_("Page"), page),
        (_("Period"), str(asked.look.period)),
        (_("Compared with"), str(asked.look.compared)),
        (_("Filters"), "; ".join(in_words(organization, asked.look.filters)) or _("none")),
        (_("Made"), f"{asked.at.astimezone(zone):%Y-%m-%d %H:%M} ({organization.time_zone})"),
    ]


def in_words(organization: Organization, filters: Filters) -> list[str]:
    """Each filter besides the days."""
    return list(_filters(organization, filters))


def _filters(organization: Organization, filters: Filters) -> Iterator[str]:
    if filters.campaign is not None:
        names = dict(responses.campaigns_with_names(organization))
        yield _("Campaign: %(name)s") % {"name": names.get(filters.campaign, str(filters.campaign))}
    if filters.category is not None:
        yield nps.plural(filters.category)
    if filters.has_comment is not None:
        yield _("With a comment") if filters.has_comment else _("Without a comment")
    known = {dimension.name: dimension for dimension in queries.dimensions(organization)}
    for label, _without in words.chips(filters, lambda name: known.get(name, Dimension(name, name))):
        yield label


def file_name(page: str, table: str, asked: Asked) -> str:
    """With the organization, the page and the days, and nothing that a header or a file system would trip over."""
    look: Look = asked.look
    days = f"{look.period.first:%Y-%m-%d}_{look.period.last:%Y-%m-%d}"
    return f"{asked.organization.slug}-{page}-{table}-{days}"

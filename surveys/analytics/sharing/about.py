"""What a file, a mail or a printed page says it was made from: whose, which period, under which filters, when."""

from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from surveys.analytics.choices import Choices
from surveys.analytics.tables import Asked
from surveys.core.filters import Filters


def about(page: str, asked: Asked) -> list[tuple[str, str]]:
    organization = asked.organization
    zone = ZoneInfo(organization.time_zone)
    return [
        (_("Organization"), organization.name),
        (_("Page"), page),
        (_("Period"), str(asked.look.period)),
        (_("Compared with"), str(asked.look.compared)),
        (_("Filters"), "; ".join(in_words(asked.choices, asked.look.filters)) or _("none")),
        *([(_("Not understood"), " ".join(asked.look.left_out))] if asked.look.left_out else []),
        (_("Made"), f"{asked.at.astimezone(zone):%Y-%m-%d %H:%M} ({organization.time_zone})"),
    ]


def in_words(choices: Choices, filters: Filters) -> list[str]:
    """Each filter besides the days."""
    return [label for label, _without in choices.all_chips(filters)]


def file_name(page: str, table: str, asked: Asked) -> str:
    """With the organization, the page and the days, and nothing that a header or a file system would trip over."""
    period = asked.look.period
    days = f"{period.first:%Y-%m-%d}_{period.last:%Y-%m-%d}"
    return f"{asked.organization.slug}-{page}-{table}-{days}"

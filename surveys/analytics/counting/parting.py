"""By what the responses of a period are told apart: what properties, languages, channels, campaigns, themes, tags and
saved segments have in common. Time does not grow with responses where rollups answer.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from surveys.accounts.models import Organization
from surveys.analytics.choices import Choices
from surveys.analytics.counting import campaign_counts, counts, funnels, member_counts
from surveys.analytics.counting.counts import Cells, Question
from surveys.analytics.counting.dimensions import Dimension
from surveys.analytics.counting.funnels import Funnel
from surveys.analytics.counting.member_counts import Member
from surveys.core.filters import Filters
from surveys.core.periods import Period
from surveys.customers.models import Segment

CAMPAIGN: Final = "campaign"
SEGMENT: Final = "segment"
OVERLAPPING: Final = (*counts.SEVERAL, SEGMENT)


@dataclass(frozen=True)
class Parted(Dimension):
    """`members` are saved segments, as they are now."""

    members: tuple[Member, ...] = ()

    @property
    def overlaps(self) -> bool:
        """A response may be of several segments or of none: they do not add up to everyone."""
        return self.name in OVERLAPPING


def dimensions(choices: Choices) -> list[Dimension]:
    """All that a table of segments can be made by; saved segments last."""
    campaigns = {str(key): name for key, name in choices.campaigns}
    segments = {str(key): name for key, name in choices.known.segments.items()}
    return [
        *choices.dimensions,
        Dimension(CAMPAIGN, _("Campaign"), names=campaigns),
        *choices.of_comments,
        Dimension(SEGMENT, _("Saved segment (members now)"), names=segments),
    ]


def of_asks(choices: Choices) -> list[Dimension]:
    """Those that people have who are asked, and that everybody is in one part of."""
    return [found for found in dimensions(choices) if found.is_property or found.name in ("language", CAMPAIGN)]


def parted(organization: Organization, found: Dimension, at: datetime) -> Parted:
    """No statement; a few for saved segments."""
    plain = Parted(found.name, found.label, found.kind, found.names)
    if found.name != SEGMENT:
        return plain
    rows = Segment.objects.filter(organization=organization).order_by(Lower("name"))
    return replace(plain, members=member_counts.members(organization, list(rows[: member_counts.MOST_MEMBERS]), at))


def scores(question: Question, parted: Parted) -> Cells:
    """Eleven counts per (bucket, value) of the question's dimension; one statement."""
    if parted.name == CAMPAIGN:
        return campaign_counts.scores(question)
    if parted.name == SEGMENT:
        return member_counts.scores(question, parted.members)
    found = counts.scores(question)
    return {cell: split for cell, split in found.items() if cell[1] or not parted.overlaps}


def asked(organization: Organization, period: Period, filters: Filters, parted: Parted) -> dict[str, Funnel] | None:
    """The funnel of each value; None where nobody can have been asked by it. One statement at most."""
    if parted.name == CAMPAIGN:
        return campaign_counts.funnels(organization, period, filters)
    if parted.name == SEGMENT:
        return member_counts.funnels(organization, period, filters, parted.members)
    return funnels.by_dimension(organization, period, filters, parted.name)


def everyone(question: Question) -> Cells:
    """The same without parts; one statement."""
    return counts.scores(replace(question, by=None))


def narrowed(filters: Filters, parted: Parted, value: str) -> Filters:
    """To one segment: what leads from its row to its responses."""
    if parted.name in (CAMPAIGN, SEGMENT):
        return filters.narrowed(**{parted.name: int(value)})
    return filters.by_dimension(parted.name, value)

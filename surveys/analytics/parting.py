"""By what the responses of a period are told apart: what properties, languages, channels, campaigns, themes, tags and
saved segments have in common. Time does not grow with responses where rollups answer.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from surveys.accounts.models import Organization
from surveys.analytics import campaign_counts, counts, funnels, member_counts
from surveys.analytics.choices import Choices
from surveys.analytics.counts import Cells, Question
from surveys.analytics.dimensions import Dimension
from surveys.analytics.funnels import Funnel
from surveys.analytics.member_counts import Member
from surveys.comments.models import Theme
from surveys.core.filters import Filters
from surveys.core.periods import Period
from surveys.customers.models import Segment
from surveys.responses.models import Tag

CAMPAIGN: Final = "campaign"
SEGMENT: Final = "segment"
THEME: Final = "theme"
TAG: Final = "tag"
ON_THE_ANSWER: Final = (THEME, TAG)  # those who did not answer have none, so nobody was asked by them
OVERLAPPING: Final = (THEME, TAG, SEGMENT)  # a response may have several, or none


@dataclass(frozen=True)
class Parted(Dimension):
    """`names` of the values, where they are keys; `members` are saved segments, as they are now."""

    names: Mapping[str, str] = field(default_factory=dict)
    members: tuple[Member, ...] = ()

    @property
    def overlaps(self) -> bool:
        """A response may be of several segments or of none: they do not add up to everyone."""
        return self.name in OVERLAPPING

    @property
    def has_asked(self) -> bool:
        return self.name not in ON_THE_ANSWER and self.name != "channel"

    def value(self, text: str) -> str:
        return self.names.get(text) or (_("(deleted)") if self.names else super().value(text))


def dimensions(choices: Choices) -> list[Dimension]:
    """All that a table of segments can be made by."""
    return [
        *choices.dimensions,
        Dimension(CAMPAIGN, _("Campaign")),
    ]


def parted(organization: Organization, choices: Choices, name: str, at: datetime) -> Parted:
    """One statement for the names of campaigns, themes, tags; a few for saved segments."""
    found = next(dimension for dimension in dimensions(choices) if dimension.name == name)
    plain = Parted(found.name, found.label, found.kind)
    if name == CAMPAIGN:
        return replace(plain, names={str(pk): label for pk, label in choices.campaigns})
    if name == THEME:
        return replace(plain, names=_names(Theme.objects.filter(organization=organization).values_list("pk", "name")))
    if name == TAG:
        return replace(plain, names=_names(Tag.objects.filter(organization=organization).values_list("pk", "name")))
    return _by_segments(organization, plain, at) if name == SEGMENT else plain


def _names(rows: Collection[tuple[int, str]]) -> dict[str, str]:
    return {str(pk): name for pk, name in rows}


def _by_segments(organization: Organization, plain: Parted, at: datetime) -> Parted:
    rows = Segment.objects.filter(organization=organization).order_by(Lower("name"))
    members = member_counts.members(organization, list(rows[: member_counts.MOST_MEMBERS]), at)
    return replace(plain, names={str(member.pk): member.name for member in members}, members=members)


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
    if not parted.has_asked:
        return None
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
    if parted.name == CAMPAIGN:
        return filters.narrowed(campaign=int(value))
    if parted.name == SEGMENT:
        return filters.narrowed(segment=int(value))
    if parted.name in (THEME, TAG):
        return filters.narrowed(**{f"{parted.name}s": (int(value),)})
    return filters.by_dimension(parted.name, value)

"""What the pages of an organization can be narrowed to and told apart by."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.utils.translation import gettext as _

from surveys.accounts.models import Organization
from surveys.analytics.counting.dimensions import Dimension
from surveys.analytics.look import Look
from surveys.comments import queries as comments
from surveys.core import nps
from surveys.core.filters import PROPERTY_PREFIX, Filters, Known, left_out
from surveys.customers import queries as customers
from surveys.responses import filter_words, filtering
from surveys.responses import queries as responses
from surveys.responses.queries import KnownProperty


@dataclass(frozen=True)
class Choices:
    """`dimensions`: the segmentable properties in their order, then language and channel.

    `of_comments`: theme, tag, sentiment and language of the comment, which only answers have.
    """

    organization: Organization
    properties: Mapping[str, KnownProperty]
    known: Known
    dimensions: list[Dimension] = field(init=False)
    of_comments: list[Dimension] = field(init=False)

    def __post_init__(self) -> None:
        own = [Dimension(PROPERTY_PREFIX + key, found.label, found.kind) for key, found in self.properties.items()]
        object.__setattr__(self, "dimensions", [*own, *_of_everybody()])
        object.__setattr__(self, "of_comments", _of_comments(self.known))

    def dimension(self, name: str) -> Dimension:
        """Raises LookupError."""
        found = {dimension.name: dimension for dimension in (*self.dimensions, *self.of_comments)}
        return found[name]

    def understood(self, look: Look, *, sees_hidden: bool, at: datetime) -> Look:
        """The look without what the organization does not have, with the meaning of its conditions.

        What was left out is named in its problems.
        """
        filters = filtering.understood(self.organization, look.filters, self.known, sees_hidden=sees_hidden, at=at)
        found = look.narrowed_to(filters)
        names = [dimension.name for dimension in (*self.dimensions, *self.of_comments)] + ["campaign", "segment"]
        if found.by is None or found.by in names:
            return found
        return replace(found, by=None, problems=(*found.problems, left_out("by", found.by, ", ".join(names))))

    @property
    def campaigns(self) -> list[tuple[int, str]]:
        return list(self.known.campaigns.items())

    def all_chips(self, filters: Filters) -> Iterator[filter_words.Chip]:
        """As `chips`, with campaign, category and comment."""
        if filters.campaign is not None:
            name = dict(self.campaigns).get(filters.campaign, str(filters.campaign))
            yield _("Campaign: %(name)s") % {"name": name}, filters.narrowed(campaign=None)
        if filters.category is not None:
            yield nps.plural(filters.category), filters.narrowed(category=None)
        if filters.has_comment is not None:
            label = _("With a comment") if filters.has_comment else _("Without a comment")
            yield label, filters.narrowed(has_comment=None)
        yield from self.chips(filters)

    def chips(self, filters: Filters) -> list[filter_words.Chip]:
        """Filters in force besides days, campaign, category and comment, each with those that are left without it."""
        return filter_words.chips(filters, self.known, dict(self.properties))


def choices(organization: Organization, *, sees_hidden: bool) -> Choices:
    """Of what somebody may see who may (not) see hidden properties. Five statements."""
    properties = responses.known_properties(organization, sees_hidden=sees_hidden)
    known = Known(
        properties=properties,
        campaigns=dict(responses.campaigns_with_names(organization)),
        segments=dict(customers.segments_with_names(organization)),
        themes=comments.theme_names(organization),
        tags=responses.tags(organization),
    )
    return Choices(organization, properties, known)


def _of_everybody() -> list[Dimension]:
    return [Dimension("language", _("Language")), Dimension("channel", _("Channel"))]


def _of_comments(known: Known) -> list[Dimension]:
    names = {"theme": known.themes, "tag": known.tags, "sentiment": {}, "comment_language": {}}
    return [
        Dimension(name, str(filter_words.NAMES[name]), names={str(key): value for key, value in found.items()})
        for name, found in names.items()
    ]

"""What the pages of an organization can be narrowed to and told apart by."""

from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from surveys.accounts.models import Organization
from surveys.analytics.dimensions import Dimension
from surveys.analytics.look import Look
from surveys.core.filters import PROPERTY_PREFIX, left_out
from surveys.responses import queries as responses


@dataclass(frozen=True)
class Choices:
    """`dimensions`: the segmentable properties in their order, then language and channel. `campaigns`: key and name."""

    dimensions: list[Dimension]
    campaigns: list[tuple[int, str]]

    def dimension(self, name: str) -> Dimension:
        return next(dimension for dimension in self.dimensions if dimension.name == name)

    def known(self, look: Look) -> Look:
        """The look without what the organization does not have; each is named in its problems."""
        names = [dimension.name for dimension in self.dimensions]
        known = look.knowing([name.removeprefix(PROPERTY_PREFIX) for name in names if name.startswith(PROPERTY_PREFIX)])
        if known.by is None or known.by in names:
            return known
        return replace(known, by=None, problems=(*known.problems, left_out("by", known.by, ", ".join(names))))


def choices(organization: Organization) -> Choices:
    """Two statements."""
    return Choices(dimensions(organization), responses.campaigns_with_names(organization))


def dimensions(organization: Organization) -> list[Dimension]:
    """The segmentable properties in their order, then language and channel; one statement."""
    known = responses.known_properties(organization)
    own = [Dimension(PROPERTY_PREFIX + key, found.label, found.kind) for key, found in known.items()]
    return [*own, Dimension("language", _("Language")), Dimension("channel", _("Channel"))]

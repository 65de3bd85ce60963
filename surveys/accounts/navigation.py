"""The places of an organization: what the navigation shows, in which order, and which pages belong to each."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from surveys.accounts import access
from surveys.accounts.models import Membership


@dataclass(frozen=True)
class Place:
    """`pages` are beginnings of names of addresses; a page belongs to the place that names most of it.

    `key`: pressed after "g" it leads there. `is_everyday`: in the bar of narrow screens; the others are under "More".
    """

    label: str | Promise
    url_name: str
    icon: str
    key: str
    pages: tuple[str, ...]
    is_everyday: bool = False


PLACES: Final = (
    Place(_("Overview"), "analytics:overview", "chart-bar", "d", ("analytics:", "effect:"), is_everyday=True),
    Place(
        _("Responses"),
        "responses:feed",
        "chat-bubble-left-ellipsis",
        "r",
        ("responses:", "analytics:exports"),
        is_everyday=True,
    ),
    Place(_("Inbox"), "inbox:list", "inbox", "i", ("inbox:", "inbox_acts:", "inbound:", "writing:"), is_everyday=True),
    Place(
        _("Customers"),
        "customers:list",
        "users",
        "c",
        ("customers:", "lookup:", "privacy:", "delivery:customer_link"),
        is_everyday=True,
    ),
    Place(_("Campaigns"), "campaigns:list", "envelope", "p", ("campaigns:", "delivery:", "analytics:campaign")),
    Place(_("Automation"), "automation:rules", "bolt", "m", ("automation:",)),
    Place(
        _("Settings"),
        "accounts:settings",
        "cog-6-tooth",
        "s",
        (
            "accounts:",
            "integrations:",
            "asking:",
            "audit:",
            "operations:",
            "privacy:settings",
            "delivery:account",
            "inbox_settings:",
            "writing:saved",
            "cards:",
            "links:",
        ),
    ),
)


@dataclass(frozen=True)
class Link:
    """A place, as `by` sees it from the page that is shown now."""

    place: Place
    by: Membership
    is_current: bool

    @property
    def label(self) -> str:
        return str(self.place.label)

    @cached_property
    def url(self) -> str:
        return access.url(self.by.organization, self.place.url_name)


def place_of(view_name: str) -> Place | None:
    """None for pages that belong nowhere, such as one's alerts."""
    claims = [(len(page), place) for place in PLACES for page in place.pages if view_name.startswith(page)]
    return max(claims, key=lambda claim: claim[0])[1] if claims else None


def links(by: Membership, view_name: str) -> list[Link]:
    here = place_of(view_name)
    return [Link(place, by, place is here) for place in PLACES]

"""A wish in words, for the page on which it is chosen."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.dates import WEEKDAYS
from django.utils.formats import time_format
from django.utils.translation import gettext as _

from surveys.alerts.models import How, Matter
from surveys.alerts.wishes import Wish
from surveys.core.choices import Category


@dataclass(frozen=True)
class Said:
    """A part of the wish: what it is about, and the sentence."""

    label: str
    text: str


def said(wish: Wish, segments: Mapping[int, str], zone: str) -> list[Said]:
    """`segments` are names by key."""
    found = [_by_how(wish, how) for how in How]
    return [*(each for each in found if each), _about(wish, segments), _when(wish, zone)]


def _by_how(wish: Wish, how: How) -> Said | None:
    matters = [str(matter.label) for matter in Matter if wish.how[matter] == how]
    return Said(str(how.label), "; ".join(matters)) if matters else None


def _about(wish: Wish, segments: Mapping[int, str]) -> Said:
    parts = [_categories(wish)]
    if wish.segments:
        names = [segments.get(key, f"#{key}") for key in sorted(wish.segments)]
        parts.append(_("in %(segments)s") % {"segments": _(" or ").join(f"“{name}”" for name in names)})
    if wish.only_owned:
        parts.append(_("of customers that I own"))
    return Said(_("About which answers"), ", ".join(parts))


def _categories(wish: Wish) -> str:
    chosen = [str(category.label).lower() for category in Category if category in wish.categories]
    return _(" or ").join(chosen) if 0 < len(chosen) < len(Category) else _("of any category")


def _when(wish: Wish, zone: str) -> Said:
    quiet, parts = wish.quiet, []
    if quiet.start is not None and quiet.end is not None:
        hours = {"from": time_format(quiet.start, "H:i"), "until": time_format(quiet.end, "H:i")}
        parts.append(_("not from %(from)s until %(until)s") % hours)
    if quiet.days:
        parts.append(_("not on %(days)s") % {"days": ", ".join(str(WEEKDAYS[day - 1]) for day in sorted(quiet.days))})
    parts = parts or [_("at any time")]
    if How.DIGEST in wish.how.values():
        parts.append(_("once a day at %(time)s") % {"time": time_format(wish.digest_at, "H:i")})
    return Said(_("When mails come (%(zone)s)") % {"zone": zone}, "; ".join(parts))

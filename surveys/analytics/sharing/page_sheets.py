"""Pages of figures besides the overview where nobody can click: their own tables and drawings, and what of a view they
cannot show to others."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from surveys.accounts.models import SavedView
from surveys.analytics.counting import parting
from surveys.analytics.over_time.change_page import ChangesPage
from surveys.analytics.over_time.changes import changes
from surveys.analytics.reasons.drivers import drivers
from surveys.analytics.reasons.drivers_page import DriversPage
from surveys.analytics.reasons.quotes import Quotes
from surveys.analytics.reasons.why import why
from surveys.analytics.reasons.why_page import WhyPage
from surveys.analytics.segments import representation_page, revenue_page, segment_page, side_by_side_page
from surveys.analytics.segments.representation_page import AnsweredPage
from surveys.analytics.segments.revenue_page import RevenuePage
from surveys.analytics.segments.segment_page import SegmentsPage, Wish
from surveys.analytics.segments.side_by_side_page import SideBySidePage, understood_sides
from surveys.analytics.sharing import asking, view_pages
from surveys.analytics.sharing.asking import MeansNothing
from surveys.analytics.sharing.sheets import Sheet, UnlinkedPage
from surveys.analytics.sharing.unlinked import unlinked
from surveys.analytics.tables import Asked
from surveys.comments import queries as comments
from surveys.core.filters import left_out
from surveys.core.periods import local_day
from surveys.customers import queries as customers

NOBODY: Final = Quotes([], [], "", "")  # what people wrote may name somebody


@dataclass(frozen=True)
class Page:
    """`figures` are what `template` draws; `problems` what of a query this page does not show, for people."""

    template: str
    own: tuple[str, ...]
    figures: Callable[[UnlinkedPage, Asked], dict[str, Any]]
    problems: Callable[[Asked], list[str]]


@dataclass(frozen=True)
class PageSheet(Sheet):
    label: str
    body: SafeString


def of(key: str, asked: Asked, title: str) -> PageSheet:
    """`key` is that of the page's views. Raises Unfinished."""
    found, known = PAGES[key], view_pages.PAGES[key]
    today = local_day(asked.at, ZoneInfo(asked.organization.time_zone))
    own = tuple((name, value) for name in found.own for value in asked.query.getlist(name) if value)
    page = UnlinkedPage(asked.organization, known.name, title, asked.look, today, asked.choices, own=own)
    context = {"page": page, "is_sheet": True, **found.figures(page, asked)}
    return PageSheet(asked, title, str(known.label), unlinked(render_to_string(found.template, context)))


def kept(view: SavedView, *, at: datetime, sees_hidden: bool) -> Asked:
    """What a view asks for, all of which its page shows to others. Raises MeansNothing."""
    asked = asking.kept(view.organization, view.query, at=at, sees_hidden=sees_hidden)
    problems = PAGES[view.page].problems(asked) if view.page in PAGES else []
    if problems:
        raise MeansNothing(problems)
    return asked


def meaningless(views: Iterable[SavedView], *, at: datetime) -> dict[int, str]:
    """Why views show nothing to others (any more), by their keys; without those that show something."""
    found = {}
    for view in {view.pk: view for view in views}.values():
        try:
            kept(view, at=at, sees_hidden=True)
        except MeansNothing as nothing:
            found[view.pk] = str(nothing)
    return found


# ── What pages cannot show ───────────────────────────────────────────────────────────────────────────────────────────


def _on_the_score(asked: Asked) -> list[str]:
    if not asked.look.filters.is_on_the_score:
        return []
    return [_("The filter on the score is not followed on this page: take it out of the view.")]


def _of_segments(asked: Asked) -> list[str]:
    return [*_on_the_score(asked), *Wish.of(asked.query, asked.look, parting.dimensions(asked.choices)).problems]


def _of_asks(asked: Asked) -> list[str]:
    return [*_on_the_score(asked), *Wish.of(asked.query, asked.look, parting.of_asks(asked.choices)).problems]


def _of_worth(asked: Asked) -> list[str]:
    """By a property that every role may see: links go further than pages."""
    known = [found.key for found in revenue_page.numbers(customers.open_properties(asked.organization))]
    if not known:
        return [_("There is no property with numbers that every role may see.")]
    wanted = asked.query.get("worth", "")
    return [
        *_on_the_score(asked),
        *([left_out("worth", wanted, ", ".join(known))] if wanted not in ("", *known) else []),
    ]


def _of_sides(asked: Asked) -> list[str]:
    """The sides are called by their filters, and words or conditions may name people."""
    sides = understood_sides(asked)
    found = [*_on_the_score(asked), *dict.fromkeys(problem for side in sides for problem in side.problems)]
    if any(side.words or side.where for side in sides):
        found.append(_("A side is chosen by words or conditions, which may name people: choose it by something else."))
    return found


def _nothing(_asked: Asked) -> list[str]:
    return []


# ── The pages ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _segments(page: UnlinkedPage, asked: Asked) -> dict[str, Any]:
    return {"segments": SegmentsPage.of(page, asked.query, asked.at)}


def _answered(page: UnlinkedPage, asked: Asked) -> dict[str, Any]:
    return {"answered": AnsweredPage.of(page, asked.query, asked.at)}


def _revenue(page: UnlinkedPage, asked: Asked) -> dict[str, Any]:
    return {"revenue": RevenuePage.of(page, asked.query, customers.open_properties(asked.organization), asked.at)}


def _compare(page: UnlinkedPage, asked: Asked) -> dict[str, Any]:
    return {"sides": SideBySidePage.of(page, asked.query, sees_hidden=False, at=asked.at)}


def _changes(page: UnlinkedPage, _asked: Asked) -> dict[str, Any]:
    return {"changes": ChangesPage(page, changes(page.organization, page.look))}


def _why(page: UnlinkedPage, _asked: Asked) -> dict[str, Any]:
    found = why(page.organization, page.look.cut_naturally())
    return {"shown": WhyPage(page, found, NOBODY, comments.unread(page.organization))}


def _drivers(page: UnlinkedPage, _asked: Asked) -> dict[str, Any]:
    return {"shown": DriversPage(page, drivers(page.organization, page.look, page.choices))}


PAGES: Final = {
    "segments": Page("analytics/segments.html", segment_page.OWN, _segments, _of_segments),
    "compare": Page("analytics/side_by_side.html", side_by_side_page.OWN, _compare, _of_sides),
    "answered": Page("analytics/answered.html", representation_page.OWN, _answered, _of_asks),
    "revenue": Page("analytics/revenue.html", revenue_page.OWN, _revenue, _of_worth),
    "changes": Page("analytics/changes.html", (), _changes, _nothing),
    "why": Page("analytics/why/themes_page.html", ("sort",), _why, _nothing),
    "drivers": Page("analytics/why/drivers.html", (), _drivers, _on_the_score),
}

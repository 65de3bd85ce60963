"""Answers as the people of the organization see them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from surveys.accounts import access, view_menus
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.permissions import Permission
from surveys.analytics import queries as figures
from surveys.comments import queries as comments
from surveys.core import filters as filters_of
from surveys.core.choices import Category
from surveys.core.filters import Filters
from surveys.core.periods import Period, Preset, local_day
from surveys.customers import queries as customers
from surveys.inbox import queries as inbox
from surveys.responses import (
    actions,
    answer_queries,
    filter_words,
    filtering,
    kept,
    mark_queries,
    queries,
    verdict_words,
    verdicts,
)
from surveys.responses.actions import judging, settling
from surveys.responses.mark_queries import Marked
from surveys.responses.models import ClickEvent, JunkReason, Response, Verdict
from surveys.responses.offers import Offers, offers

STATES: Final = (
    ("", gettext_lazy("Counted")),
    ("provisional", gettext_lazy("Settling")),
    ("quarantined", gettext_lazy("Quarantined")),
    (queries.JUNK, gettext_lazy("Junk")),
    (queries.BY_COLLEAGUES, gettext_lazy("Decided by colleagues")),
    (queries.EVERY_STATE, gettext_lazy("All")),
)
PAGE: Final = "responses"  # of its saved views
OFFER_UNDO: Final = timedelta(minutes=2)

Known = dict[str, queries.KnownProperty]
Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Chip:
    """One filter whose field is folded away or that has none, and the address without it."""

    label: str
    url: str


LONGEST_REDIRECT: Final = 12_000  # characters of a query; browsers and Django take little more


@require_safe
@vary_on_headers("HX-Request")
def feed(request: OrganizationRequest) -> HttpResponse:
    elsewhere = view_menus.opening(request, PAGE)
    if elsewhere:
        return redirect(elsewhere)
    if "period" in request.GET:
        return redirect(f"{request.path}?{_with_days(request)}")
    properties = visible_properties(request)
    known = known_of(request, properties)
    filters = understood(request, known)
    is_more = bool(request.htmx) and not request.htmx.history_restore_request
    page = queries.page(request.organization, filters, request.GET.get("after", ""), is_counted=not is_more)
    told = answer_queries.told(request.organization, page.responses)
    context = {
        "page": page,
        "told": told,
        "next_url": _next_url(_pairs(request, filters), page.after),
        "known": properties,
        "words": filters.words or "",
        "tag_names": known.tags,
        "can_mark": access.can(request.membership, Permission.MARK_RESPONSES),
    }
    if is_more:
        return render(request, "responses/_feed_rows.html", context)
    return render(request, "responses/feed.html", context | _controls(request, filters, known, properties))


def visible_properties(request: OrganizationRequest) -> Known:
    """What this person may see of the customers that answered, and filter by."""
    sees_hidden = access.sees_hidden_properties(request.membership)
    return queries.known_properties(request.organization, sees_hidden=sees_hidden)


def known_of(request: OrganizationRequest, properties: Collection[str]) -> filters_of.Known:
    """What the filters of this request can name; four statements."""
    organization = request.organization
    return filters_of.Known(
        properties=properties,
        campaigns=dict(queries.campaigns_with_names(organization)),
        segments=dict(customers.segments_with_names(organization)),
        themes=comments.theme_names(organization),
        tags=queries.tags(organization),
    )


def _with_days(request: OrganizationRequest) -> str:
    """The period of a page of figures as the days that it has today; days in the address win, as there."""
    query = request.GET.copy()
    text = query.pop("period")[-1]
    if text not in Preset.values:
        messages.warning(request, filters_of.left_out("period", text, ", ".join(Preset.values)))
    elif not (query.get("from") or query.get("to")):
        first, last = Period.ending(_today(request), Preset(text)).ends
        query["from"], query["to"] = first.isoformat(), last.isoformat()
    if len(query.urlencode()) > LONGEST_REDIRECT:
        longest = max(query, key=lambda name: len(query[name]))
        text = query.pop(longest)[-1]
        messages.warning(request, filters_of.left_out(longest, text, _("something shorter")))
    return query.urlencode()


def understood(request: OrganizationRequest, known: filters_of.Known) -> Filters:
    """The filters of the address, as this person may ask."""
    sees_hidden = access.sees_hidden_properties(request.membership)
    filters = Filters.from_query(request.GET)
    return filtering.understood(request.organization, filters, known, sees_hidden=sees_hidden, at=timezone.now())


def _today(request: OrganizationRequest) -> date:
    return local_day(timezone.now(), ZoneInfo(request.organization.time_zone))


def _next_url(pairs: Pairs, after: str) -> str:
    return "?" + urlencode([*pairs, ("after", after)]) if after else ""


def _opened(request: OrganizationRequest) -> Pairs:
    """The view that the feed was opened with: every address of the page carries it along, never alone (that opens it)."""
    chosen = request.GET.get(view_menus.PARAMETER, "")
    return [("state", ""), (view_menus.PARAMETER, chosen)] if chosen else []


def _pairs(request: OrganizationRequest, filters: Filters) -> Pairs:
    """Where the state is said twice, the last one would win: what the filters say stands last."""
    return [*_opened(request), *filters.to_pairs()]


def _controls(
    request: OrganizationRequest, filters: Filters, known: filters_of.Known, properties: Known
) -> dict[str, Any]:
    feed_url = access.url(request.organization, "responses:feed")
    offered = _offers(request, filters, known, properties)
    return {
        "filters": filters,
        "carried": filters.to_pairs(),
        "states": STATES,
        "categories": Category.choices,
        "campaigns": known.campaigns.items(),
        "settling": queries.settling(request.organization),
        "chips": _chips(filters, known, properties, _opened(request)),
        "offers": offered,
        "hidden": [pair for pair in _pairs(request, filters) if pair[0] not in FIELDS and not offered.has(pair)],
        "conditions_url": f"{access.url(request.organization, 'analytics:filter')}?"
        + urlencode([*_pairs(request, filters), ("back", feed_url)]),
        "is_filtered": bool(filters.to_query()),
        "feed_url": feed_url,
        "menu": view_menus.menu(
            request,
            page=PAGE,
            address=feed_url,
            everything=_("All responses"),
            query=view_menus.without_view(request.GET),
        ),
        "can_export": access.can(request.membership, Permission.EXPORT_CUSTOMERS),
    }


def _offers(request: OrganizationRequest, filters: Filters, known: filters_of.Known, properties: Known) -> Offers:
    """The languages are those of the chosen days; of the last year without any."""
    year = Period.ending(filters.until or _today(request), Preset.YEAR)
    spoken = figures.spoken(request.organization, filters.since or year.first, year.last)
    return offers(request.organization, filters, properties, known, spoken)


# Filters that the form always has a field for; the others have one where there is something to choose, and chips.
FIELDS: Final = frozenset({"from", "to", "campaign", "category", "has_comment", "state", "q"})


def _chips(filters: Filters, known: filters_of.Known, properties: Known, opened: Pairs) -> list[Chip]:
    without_words = filter_words.chips(filters.narrowed(words=""), known, properties)
    rests = [(label, rest.narrowed(words=filters.words).to_pairs()) for label, rest in without_words]
    return [Chip(label, "?" + urlencode([*opened, *rest])) for label, rest in rests]


@require_safe
def detail(request: OrganizationRequest, pk: int) -> HttpResponse:
    response = get_object_or_404(queries.with_everything(request.organization), pk=pk)
    clicks = queries.clicks(response)
    tags, marks = mark_queries.tags(request.organization), mark_queries.marks_of(response)
    context = {
        "response": response,
        "answers": answer_queries.told(request.organization, [response]).get(response.pk, []),
        "reasons": verdict_words.sentences(verdicts.of_rules(response.verdict_reasons)),
        "revisions": queries.revisions(response),
        "clicks": clicks,
        "looks_like_robot": _looks_like_robot(response, clicks),
        "known": visible_properties(request),
        "can_judge": access.can(request.membership, Permission.EDIT_CUSTOMERS),
        "can_mark": access.can(request.membership, Permission.MARK_RESPONSES),
        "tags": tags,
        "own_tags": [tag for tag in tags if tag.pk in response.tags],
        "marks": marks,
        "just_marked": _just_marked(request, marks),
        "reasons_of_junk": JunkReason.choices,
        "conversation": inbox.about(response),
        "longest_note": judging.LONGEST_NOTE,
    }
    return render(request, "responses/detail.html", context)


def _just_marked(request: OrganizationRequest, marks: list[Marked]) -> Marked | None:
    """What this person said a moment ago, and may take back with one click."""
    if not marks or marks[0].change.actor_id != request.user.pk or marks[0].change.act is not None:
        return None
    return marks[0] if marks[0].change.at > timezone.now() - OFFER_UNDO else None


def _looks_like_robot(response: Response, clicks: list[ClickEvent]) -> bool:
    """Whether it would not count if its time were over now."""
    if response.verdict != Verdict.PROVISIONAL or not any(each.score is not None for each in clicks):
        return False
    sent_at = response.invitation.sent_at if response.invitation else None
    found = verdicts.judge(map(kept.click_of, clicks), sent_at=sent_at, thresholds=settling.thresholds())
    return found.verdict == Verdict.QUARANTINED


@require_POST
def count_it(request: OrganizationRequest, pk: int) -> HttpResponse:
    response = access.get(request.membership, Response, pk)
    actions.count_it(response=response, by=request.membership, note=_note(request), at=timezone.now())
    messages.success(request, _("It counts. The rules will not change that."))
    return redirect(response)


@require_POST
def do_not_count_it(request: OrganizationRequest, pk: int) -> HttpResponse:
    response = access.get(request.membership, Response, pk)
    actions.do_not_count_it(response=response, by=request.membership, note=_note(request), at=timezone.now())
    messages.success(request, _("It does not count. The rules will not change that."))
    return redirect(response)


@require_POST
def undo_judgement(request: OrganizationRequest, pk: int) -> HttpResponse:
    response = access.get(request.membership, Response, pk)
    try:
        actions.undo_judgement(response=response, by=request.membership, at=timezone.now())
        messages.success(request, _("It is as the rules said before."))
    except actions.NothingToUndo:
        messages.info(request, _("There was nothing to take back: the rules decide about this response."))
    return redirect(response)


def _note(request: OrganizationRequest) -> str:
    return request.POST.get("note", "").replace("\0", "").strip()[: judging.LONGEST_NOTE]

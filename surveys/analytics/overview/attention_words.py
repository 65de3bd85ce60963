"""What needs attention, in words: a figure, why it is listed, and where to act."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.accounts import access
from surveys.analytics import words
from surveys.analytics.look import Look
from surveys.analytics.overview.attention import LATELY, UNHEARD_DAYS, USUALLY, Attention, Moved, Rise, of_unheard
from surveys.analytics.pages import AnalyticsPage
from surveys.analytics.segments import segment_words
from surveys.core.charts import share_text
from surveys.core.filters import Filters
from surveys.responses.models import Verdict


@dataclass(frozen=True)
class Item:
    """`kind` is the class of its figure: danger, warn or nothing."""

    figure: str
    title: str
    why: str
    action: str
    url: str
    kind: str = ""


def items(page: AnalyticsPage, found: Attention, campaign: int | None) -> list[Item]:
    """The gravest first; `campaign` is the one they are of, None for all."""
    every = [
        *_of_mail(page, found),
        *_of_bounces(page, found.bounces),
        *(_of_segment(page, moved, campaign) for moved in found.moved),
        *_of_robots(page, found.robots, campaign),
        *_of_unheard(page, found, campaign),
    ]
    return sorted(every, key=lambda item: ("danger", "warn", "").index(item.kind))


def _of_mail(page: AnalyticsPage, found: Attention) -> Iterator[Item]:
    standing = found.standing
    if standing is None or not (standing.is_stopped or standing.is_near):
        return
    complaints, bounces = standing.recent.complaints, standing.recent.bounces
    yield Item(
        figure=share_text(max(complaints.value or 0, bounces.value or 0)),
        title=_("Mail was stopped") if standing.is_stopped else _("Complaints or bounces are near their limit"),
        why=_("%(complaints)s complained and %(bounces)s bounced lately: beyond its limits no more mail goes out.")
        % {"complaints": share_text(complaints.value or 0), "bounces": share_text(bounces.value or 0)},
        action=_("Look into it"),
        url=access.url(page.organization, "delivery:deliverability"),
        kind="danger" if standing.is_stopped else "warn",
    )


def _rise(rise: Rise) -> dict[str, object]:
    return {
        "days": LATELY,
        "before": share_text(rise.before.value or 0),
        "usually": USUALLY,
        "count": number_format(rise.now.count, force_grouping=True),
        "of": number_format(rise.now.of, force_grouping=True),
    }


def _of_bounces(page: AnalyticsPage, rise: Rise) -> Iterator[Item]:
    if rise.is_listed:
        yield Item(
            figure=share_text(rise.now.value or 0),
            title=_("More mails bounce than usual"),
            why=_(
                "%(count)s of %(of)s invitations of the last %(days)d days; %(before)s in the %(usually)d days before."
            )
            % _rise(rise),
            action=_("See where"),
            url=access.url(page.organization, "delivery:deliverability"),
            kind="warn",
        )


def _of_robots(page: AnalyticsPage, rise: Rise, campaign: int | None) -> Iterator[Item]:
    if rise.is_listed:
        held = Filters(campaign=campaign, state=Verdict.QUARANTINED).during(rise.days.first, rise.days.last)
        yield Item(
            figure=share_text(rise.now.value or 0),
            title=_("More answers than usual look like robots'"),
            why=_("%(count)s of %(of)s answers of the last %(days)d days; %(before)s in the %(usually)d days before.")
            % _rise(rise),
            action=_("Look at them"),
            url=page.feed_url(held),
            kind="warn",
        )


def _of_segment(page: AnalyticsPage, moved: Moved, campaign: int | None) -> Item:
    difference, points = moved.difference, moved.difference.points or 0
    label = f"{moved.dimension.label}: {moved.dimension.value(moved.value)}"
    sentence = _("From %(before)s to %(now)s: the last %(days)d days against as many before, %(number)d responses.")
    look = Look(moved.days, Filters(campaign=campaign).by_dimension(moved.dimension.name, moved.value))
    return Item(
        figure=segment_words.with_sign(points),
        title=(_("%(segment)s rose") if points > 0 else _("%(segment)s fell")) % {"segment": label},
        why=sentence
        % {
            "before": words.score(difference.before),
            "now": words.score(difference.now),
            "days": USUALLY,
            "number": difference.now.responses,
        },
        action=_("Look at it"),
        url=page.url(look),
        kind="danger" if points < 0 else "",
    )


def _of_unheard(page: AnalyticsPage, found: Attention, campaign: int | None) -> Iterator[Item]:
    unheard = found.unheard
    if not unheard.untagged:
        return
    title = ngettext("detractor wrote why", "detractors wrote why", unheard.responses)
    why = ngettext(
        "In the last %(days)d days; %(untagged)d has no tag, so perhaps nobody has looked at it.",
        "In the last %(days)d days; %(untagged)d have no tag, so perhaps nobody has looked at them.",
        unheard.untagged,
    )
    yield Item(
        figure=number_format(unheard.responses, force_grouping=True),
        title=title,
        why=why % {"days": UNHEARD_DAYS, "untagged": unheard.untagged},
        action=_("Read them"),
        url=page.feed_url(of_unheard(unheard.days, campaign)),
        kind="",
    )

"""What colleagues have made of the sample's answers: what happened, themes, tags, junk, views. May run twice."""

import contextlib
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from surveys.accounts.actions.saved_views import ViewNameTaken
from surveys.accounts.models import Membership, SavedView
from surveys.analytics.actions import annotations, digests, exports, links, views
from surveys.analytics.actions.annotations import Told
from surveys.analytics.actions.links import Wish
from surveys.analytics.models import Annotation, Frequency, ShareLink
from surveys.comments import actions as comments
from surveys.comments import starters
from surveys.responses.actions import marking, tagging
from surveys.responses.actions.marking_slices import Junk
from surveys.responses.models import JunkReason, Response
from surveys.samples import colleagues, story

_QUOTES: Final = 14
_WISHES: Final = 22
_TESTS: Final = 3
_WRONG: Final = 2
_TWICE: Final = 1
_SHOWN_DAYS_AGO: Final = 9  # the link that was made for the board
_OPENED: Final = 4


def note(by: Membership, at: datetime) -> None:
    _annotate(by, at)
    _adopt_themes(by, at)
    _mark(by, at)
    _save_views(by, at)
    _share(by, at)


def _annotate(by: Membership, at: datetime) -> None:
    today, there = (
        at.date(),
        set(Annotation.objects.filter(organization=by.organization).values_list("text", flat=True)),
    )
    dip = today - timedelta(days=story.DIP_BEGAN_DAYS_AGO)
    happened = (
        Told(today - timedelta(days=story.APP_CAME_DAYS_AGO), _("New mobile app")),
        Told(dip, _("Billing moved; invoices were wrong"), last_day=dip + timedelta(days=story.DIP_DAYS)),
        Told(today - timedelta(days=story.PRICES_ROSE_DAYS_AGO), _("Starter costs more")),
    )
    for told in happened:
        if told.text not in there:
            annotations.annotate(told=told, by=by, at=at)


def _adopt_themes(by: Membership, at: datetime) -> None:
    comments.adopt_starters(keys=[starter.key for starter in starters.all_of_them()], by=by, at=at)


def _mark(by: Membership, at: datetime) -> None:
    """The same ones whenever it runs."""
    dice = random.Random(_QUOTES)
    said = Response.objects.counted().filter(organization=by.organization).exclude(comment="").order_by("responded_at")
    praise = list(said.filter(score=10).values_list("pk", flat=True))
    wishes = list(said.filter(score__in=(7, 8)).values_list("pk", flat=True))
    _tag(_("Quote"), dice.sample(praise, min(_QUOTES, len(praise))), by, at)
    _tag(_("Wish"), dice.sample(wishes, min(_WISHES, len(wishes))), by, at)
    silent = Response.objects.filter(organization=by.organization, comment="").order_by("responded_at")
    _exclude(silent.filter(score__lte=3)[:_TESTS], Junk(JunkReason.TEST, _("Tried out by our own people")), by, at)
    _exclude(silent.filter(score=5)[:_WRONG], Junk(JunkReason.WRONG_PERSON, _("Has left the company")), by, at)
    _exclude(silent.filter(score=10)[:_TWICE], Junk(JunkReason.DUPLICATE), by, at)


def _exclude(responses: QuerySet[Response], junk: Junk, by: Membership, at: datetime) -> None:
    marking.exclude(responses=list(responses.values_list("pk", flat=True)), junk=junk, by=by, at=at)


def _tag(name: str, responses: Sequence[int], by: Membership, at: datetime) -> None:
    tag = tagging.find_or_make_tag(name=name, by=by, at=at)
    marking.tag(responses=responses, tag=tag, by=by, at=at)


def _save_views(by: Membership, at: datetime) -> None:
    wanted = (
        ("overview", _("Enterprise, last 12 months"), "period=12m&compare=year&p.plan=Enterprise&by=p.country"),
        ("overview", _("Since the prices rose"), "period=30d&p.plan=Starter"),
        ("segments", _("Industries in the German market"), "period=12m&by=p.industry&p.country=DE"),
        ("changes", _("Who changed within a year"), "period=12m"),
    )
    for page, name, query in wanted:
        with contextlib.suppress(ViewNameTaken):
            views.save(page=page, name=name, query=query, is_shared=True, by=by, at=at)


def _share(by: Membership, at: datetime) -> None:
    """A link for people outside, mails for a colleague (who is invented, and gets none), and a file."""
    mine = SavedView.objects.filter(organization=by.organization, page="overview").order_by("pk")
    view = mine.first()
    if view is None or ShareLink.objects.filter(organization=by.organization).exists():
        return
    made = at - timedelta(days=_SHOWN_DAYS_AGO)
    secret = links.make_link(view=view, wish=Wish(_("Board meeting"), 90, shows_comments=True), by=by, at=made)[1]
    for day in range(_OPENED):
        links.open_link(secret=secret, at=made + timedelta(days=day, hours=3))
    analyst = colleagues.analyst(by.organization)
    if analyst:
        digests.subscribe(view=view, frequency=Frequency.WEEKLY, by=analyst, at=made)
    exports.start_export(query="category=detractor&has_comment=1", form="xlsx", by=by, at=at)

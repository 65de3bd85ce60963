"""What colleagues have made of the sample's answers: what happened, themes, tags, junk, views. May run twice."""

import contextlib
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.utils.translation import gettext as _

from surveys.accounts.actions.saved_views import ViewNameTaken
from surveys.accounts.models import Membership
from surveys.analytics.actions import annotations, views
from surveys.analytics.actions.annotations import Told
from surveys.analytics.models import Annotation
from surveys.comments import actions as comments
from surveys.comments import starters
from surveys.responses.actions import marking, tagging
from surveys.responses.actions.marking_slices import Junk
from surveys.responses.models import JunkReason, Response
from surveys.samples import story

_QUOTES: Final = 14
_WISHES: Final = 22
_JUNK: Final = 3


def note(by: Membership, at: datetime) -> None:
    _annotate(by, at)
    _adopt_themes(by, at)
    _mark(by, at)
    _save_views(by, at)


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
    silent = Response.objects.filter(organization=by.organization, comment="", score__lte=3).order_by("responded_at")
    junk = Junk(JunkReason.TEST, _("Tried out by our own people"))
    marking.exclude(responses=list(silent.values_list("pk", flat=True)[:_JUNK]), junk=junk, by=by, at=at)


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

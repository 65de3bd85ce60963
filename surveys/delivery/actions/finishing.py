"""Campaigns that have nothing left to do, or have reached what they were to reach, end by themselves."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from surveys.campaigns import actions as campaigns
from surveys.campaigns.models import Campaign, Kind
from surveys.delivery.models import Delivery, Invitation, PlanDecision, Reason, State
from surveys.delivery.models import Kind as MessageKind

_OPEN: Final = (State.DUE, State.CLAIMED, State.SENDING, State.UNCERTAIN)


def finish_done(*, at: datetime) -> int:
    """End what is over; returns how many. Live or paused: the time that was set, and the answers that were wanted, have
    come all the same."""
    return sum(
        campaigns.finish(campaign=campaign, of=over, reason=said(campaign), at=at)
        for over, said in _over(at)
        for campaign in over.order_by("pk")
    )


def _over(at: datetime) -> list[tuple[QuerySet[Campaign], Callable[[Campaign], str]]]:
    """What is over, and what is said about it."""
    answered = _("%(count)s people have answered, as many as were wanted.")
    asked = _("%(count)s people were asked, its cap.")
    return [
        (
            Campaign.objects.running().filter(ends_at__lte=at),
            lambda _of: _("The time that was set for its end has come."),
        ),
        (_with_enough_answers(), lambda of: answered % {"count": of.response_target}),
        (_with_full_cap(), lambda of: asked % {"count": of.total_cap}),
        (_with_nobody_left(), lambda _of: ""),
    ]


def _counted(of: QuerySet[Invitation]) -> Coalesce:
    mine = of.filter(organization_id=OuterRef("organization_id"), campaign_id=OuterRef("pk")).order_by()
    return Coalesce(
        Subquery(mine.values("campaign_id").annotate(count=Count("*")).values("count")), 0, output_field=IntegerField()
    )


def _with_enough_answers() -> QuerySet[Campaign]:
    wanted = Campaign.objects.running().filter(response_target__isnull=False)
    answered = _counted(Invitation.objects.filter(answered_at__isnull=False))
    return wanted.annotate(answered=answered).filter(answered__gte=F("response_target"))


def _idle() -> QuerySet[Campaign]:
    """Live, with nothing on its way: no message due, in flight, in doubt, or sent and not told, no reminder to come."""
    mine = {"organization_id": OuterRef("organization_id"), "campaign_id": OuterRef("pk")}
    untold = Invitation.objects.filter(**mine, claimed_at__isnull=False, sent_at=None)
    return Campaign.objects.live().filter(
        ~Exists(Delivery.objects.filter(**mine, state__in=_OPEN)),
        ~Exists(untold.filter(deliveries__kind=MessageKind.ASK, deliveries__state=State.SENT)),
        ~Exists(Invitation.objects.filter(**mine, remind_at__isnull=False)),
    )


def _with_full_cap() -> QuerySet[Campaign]:
    """A one-off goes on to say of everybody why they are not asked."""
    capped = _idle().filter(total_cap__isnull=False).exclude(kind=Kind.ONE_OFF)
    return capped.annotate(asked=_counted(Invitation.objects.mailed())).filter(asked__gte=F("total_cap"))


def _with_nobody_left() -> QuerySet[Campaign]:
    """The one-off ones that have looked at everybody, and have deferred nobody but those who wished to be left alone."""
    mine = {"organization_id": OuterRef("organization_id"), "campaign_id": OuterRef("pk")}
    deferred = PlanDecision.objects.filter(**mine, until__isnull=False).exclude(reason=Reason.RESTING)
    return _idle().filter(~Exists(deferred), Q(kind=Kind.ONE_OFF, planned_at__isnull=False))

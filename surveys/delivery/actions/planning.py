"""From a live campaign to decisions, invitations and due messages: set-wise, in slices that may stop and go on anywhere.

What is planned for each kind of campaign stands beside this: planning_scans for what is looked at for the first time,
planning_deferred for what waits, planning_events for what happened to customers.
"""

from datetime import datetime

from django.db import transaction

from surveys.campaigns import actions as campaigns
from surveys.campaigns.models import Campaign
from surveys.delivery.actions.planning_deferred import plan_deferred
from surveys.delivery.actions.planning_scans import begin_scan, expect, scan
from surveys.delivery.actions.planning_store import NOTHING, SLICE, Planned
from surveys.delivery.eligibility import Judge, UnknownAudience


def plan(*, campaign: Campaign, at: datetime, limit: int = SLICE) -> Planned:
    """Decide about the next people of a live campaign whose turn it is, then about those whose waiting is over.

    Another process that plans the same campaign makes this one do nothing. An audience that cannot be understood any
    more pauses the campaign and says why.
    """
    expect(campaign, at)
    while True:
        planned = _plan_slice(campaign, at, limit)
        if planned.considered or planned.is_done:
            return planned


def _plan_slice(campaign: Campaign, at: datetime, limit: int) -> Planned:
    with transaction.atomic():
        locked = Campaign.objects.live().select_for_update(skip_locked=True, of=("self",), no_key=True)
        live = locked.filter(pk=campaign.pk).exclude(ends_at__lte=at).first()  # its organization is read after the lock
        if live is None:
            return NOTHING
        try:
            return _decide(live, at, limit)
        except UnknownAudience as error:
            campaigns.pause_because(campaign=live, reason=str(error), at=at)
            return NOTHING


def _decide(campaign: Campaign, at: datetime, limit: int) -> Planned:
    judge = Judge(campaign.organization, campaign, at=at)
    if begin_scan(campaign, at):
        return scan(campaign, judge, at, limit)
    return plan_deferred(campaign, judge, at, limit)

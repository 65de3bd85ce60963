"""What waits: the delay after a trigger, the throttle, a company's turn, a campaign that goes first."""

from datetime import datetime
from typing import Final

from psycopg2.sql import SQL

from surveys.campaigns.models import Campaign
from surveys.delivery import occasions
from surveys.delivery.actions.planning_store import Planned, store_again
from surveys.delivery.eligibility import Judge
from surveys.delivery.models import PlanDecision

_FEW: Final = 500  # so many are looked up one by one, rather than gather all whom higher campaigns have
_WAITED = SQL("""
    o.organization_id = %(organization)s AND o.campaign_id = %(campaign)s AND o.until <= %(at)s
    ORDER BY o.until LIMIT %(limit)s
""")


def plan_deferred(campaign: Campaign, judge: Judge, at: datetime, limit: int) -> Planned:
    """Decide anew about those whose time has come. What can be said of them now is the last word, or a later time."""
    judge.params["limit"] = limit
    waited = PlanDecision.objects.filter(
        organization_id=campaign.organization_id, campaign_id=campaign.pk, until__lte=at
    )
    are_few = waited[: _FEW + 1].count() <= _FEW
    decided = judge.decided_again(occasions.of_decisions(judge, campaign), _WAITED, are_few=are_few)
    considered, _last, invited = store_again(campaign, judge, decided)
    return Planned(considered, invited, is_done=considered < limit)

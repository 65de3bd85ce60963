"""Rules about people who did not answer. For each rule and campaign what fell silent since the last look is a range of an
index: invitations that were sent so long ago."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction

from surveys.accounts.models import Organization
from surveys.automation.actions import starting
from surveys.automation.actions.starting import Happened
from surveys.automation.actions.stopping import stop_rule
from surveys.automation.looking import Looker
from surveys.automation.models import Rule, Trigger
from surveys.automation.subjects import Subject
from surveys.campaigns.models import Campaign
from surveys.core.conditions import compiler, orm
from surveys.core.conditions.catalogue import Root
from surveys.core.conditions.compiler import Where
from surveys.core.conditions.validation import BadCondition

SLICE: Final = 500
_ALIAS: Final = "p"

# Whom the conditions do not fit is not written down: most people answer no survey.
_SILENT: Final = """
    SELECT i.id, i.customer_id, i.sent_at FROM surveys_invitation i
    JOIN surveys_customer p ON p.id = i.customer_id AND p.organization_id = i.organization_id + 0
    WHERE i.organization_id = %s AND i.campaign_id = %s AND i.sent_at > %s AND i.sent_at <= %s
      AND (i.sent_at, i.id) > (%s, %s)
      AND i.channel = 'email' AND i.answered_at IS NULL AND i.bounced_at IS NULL AND i.unsubscribed_at IS NULL
      AND NOT EXISTS (SELECT 1 FROM surveys_response r
                      WHERE r.invitation_id = i.id AND r.organization_id = i.organization_id + 0)
      AND {conditions}
    ORDER BY i.sent_at, i.id LIMIT %s
"""


@dataclass(frozen=True)
class Window:
    """Asks of one campaign that were sent between these moments fell silent since the last look."""

    campaign: int
    after: datetime
    until: datetime
    delay: timedelta


def sweep(*, at: datetime) -> int:
    """Let the rules look at who fell silent since they last looked; returns how many fired, or held somebody out.

    A crash costs nothing: the next sweep begins where the last one ended, and whom it meets again has a run already.
    """
    rules = Rule.objects.filter(trigger=Trigger.SILENT, is_on=True, deleted_at=None, swept_until__lt=at)
    rules = rules.filter(organization__suspended_at=None, organization__deletes_at=None)
    return sum(_sweep_one(rule, at) for rule in rules.select_related("organization").order_by("pk"))


def _sweep_one(rule: Rule, at: datetime) -> int:
    looker = Looker(rule.organization)
    try:
        where = conditions(rule, looker, at)
    except BadCondition as bad:
        stop_rule(rule=rule, reason=bad.problems[0].message, at=at)
        return 0
    fired = sum(_fire(rule, window, where, looker) for window in _windows(rule, at))
    Rule.objects.filter(pk=rule.pk, swept_until=rule.swept_until).update(swept_until=at)
    return fired


def conditions(rule: Rule, looker: Looker, at: datetime) -> Where:
    """About the customer `p`. Raises BadCondition."""
    return compiler.compile_where(looker.tree(rule), looker.catalogue(Root.CUSTOMER), _ALIAS, at)


def _windows(rule: Rule, at: datetime) -> list[Window]:
    assert rule.swept_until is not None
    campaigns = Campaign.objects.filter(organization=rule.organization).exclude(launched_at=None)
    return [
        Window(each.pk, rule.swept_until - delay, at - delay, delay)
        for each in campaigns.order_by("pk")
        for delay in [silent_after(rule, each)]
    ]


def silent_after(rule: Rule, campaign: Campaign) -> timedelta:
    """How long after the ask somebody counts as silent, if all goes as it should: some days after the last reminder, or
    when the survey takes no answers any more."""
    if rule.silent_days is None:
        return timedelta(days=campaign.answer_window_days)
    return timedelta(days=campaign.reminders * campaign.reminder_days + rule.silent_days)


def _fire(rule: Rule, window: Window, where: Where, looker: Looker) -> int:
    fired, last = 0, (window.after, 0)
    while rows := silent(rule.organization, window, where, last):
        with transaction.atomic():
            fired += sum(len(starting.consider(_happened(rule, row, window), looker)) for row in rows)
        last = (rows[-1][2], rows[-1][0])
    return fired


def silent(
    organization: Organization, window: Window, where: Where, last: tuple[datetime, int], limit: int = SLICE
) -> Sequence[Any]:
    """Ids of invitation and customer, and when they were asked."""
    condition, params = orm.positional(where, _ALIAS)
    scope = [organization.pk, window.campaign, window.after, window.until, *last, *params, limit]
    with connection.cursor() as cursor:
        cursor.execute(_SILENT.format(conditions=condition), scope)
        return cursor.fetchall()


def _happened(rule: Rule, row: Sequence[Any], window: Window) -> Happened:
    invitation, customer, sent_at = row
    subject = Subject(
        key=f"invitation:{invitation}",
        organization=rule.organization,
        customer_id=customer,
        invitation_id=invitation,
    )
    return Happened(subject, sent_at + window.delay, frozenset({Trigger.SILENT}), only=rule.pk)

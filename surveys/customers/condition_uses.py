"""What asks about a segment or a property, as people see it. For views: it shows what several domains know."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from surveys.accounts import access
from surveys.accounts.access import OrganizationRequest
from surveys.accounts.queries import saved_views
from surveys.alerts import queries as alerts
from surveys.automation import queries as automation
from surveys.campaigns import queries as campaigns
from surveys.customers.models import ConditionUser, PropertyUse, SegmentUse
from surveys.customers.queries import segments


@dataclass(frozen=True)
class Use:
    """`is_live`: a change takes effect at once."""

    kind: str
    name: str
    url: str
    note: str = ""
    is_live: bool = False


def described(request: OrganizationRequest, uses: Sequence[SegmentUse | PropertyUse]) -> list[Use]:
    """In the order of `uses`; one statement per kind."""
    by_kind: dict[str, list[int]] = {}
    for use in uses:
        by_kind.setdefault(use.user_kind, []).append(use.user_id)
    known = {kind: _DESCRIBED[ConditionUser(kind)](request, ids) for kind, ids in by_kind.items()}
    return [known[use.user_kind][use.user_id] for use in uses if use.user_id in known[use.user_kind]]


def _segments(request: OrganizationRequest, ids: list[int]) -> dict[int, Use]:
    found = segments.segments_by_id(request.organization, ids)
    kind = str(ConditionUser.SEGMENT.label)
    return {pk: Use(kind, each.name, each.get_absolute_url()) for pk, each in found.items()}


def _campaigns(request: OrganizationRequest, ids: list[int]) -> dict[int, Use]:
    found = campaigns.campaigns_by_id(request.organization, ids)
    kind = str(ConditionUser.CAMPAIGN.label)
    return {
        pk: Use(kind, each.name, each.get_absolute_url(), each.standing, is_live=not each.is_draft)
        for pk, each in found.items()
    }


def _views(request: OrganizationRequest, ids: list[int]) -> dict[int, Use]:
    """A view that a colleague keeps to themselves is named all the same: whoever wants it gone must know whom to ask."""
    found = saved_views.views_by_id(request.organization, ids)
    kind = str(ConditionUser.VIEW.label)
    return {
        pk: Use(kind, str(each), access.url(request.organization, "views:view", pk=pk), str(each.user))
        for pk, each in found.items()
    }


def _settings(request: OrganizationRequest, ids: list[int]) -> dict[int, Use]:
    """The organization's rule for one ask per company."""
    address = access.url(request.organization, "asking:settings")
    return {
        pk: Use(str(ConditionUser.ORGANIZATION.label), _("One ask per company"), address, is_live=True) for pk in ids
    }


def _risk(request: OrganizationRequest, ids: list[int]) -> dict[int, Use]:
    """The organization's rule about who is likely to leave."""
    address = access.url(request.organization, "analytics:risk_rule")
    return {pk: Use(str(ConditionUser.RISK.label), _("At risk"), address, is_live=True) for pk in ids}


def _rules(request: OrganizationRequest, ids: list[int]) -> dict[int, Use]:
    found = automation.rules_by_id(request.organization, ids)
    kind = str(ConditionUser.RULE.label)
    return {
        pk: Use(kind, rule.name, access.url(request.organization, "automation:rule", pk=pk), is_live=rule.is_on)
        for pk, rule in found.items()
    }


def _alerts(request: OrganizationRequest, ids: list[int]) -> dict[int, Use]:
    """Of a colleague: whoever wants the segment gone must know whom to ask."""
    found = alerts.choices_by_id(request.organization, ids)
    kind, address = str(ConditionUser.ALERTS.label), access.url(request.organization, "accounts:people")
    return {pk: Use(kind, str(choice.user), address, is_live=True) for pk, choice in found.items()}


_DESCRIBED: dict[ConditionUser, Callable[[OrganizationRequest, list[int]], dict[int, Use]]] = {
    ConditionUser.SEGMENT: _segments,
    ConditionUser.CAMPAIGN: _campaigns,
    ConditionUser.VIEW: _views,
    ConditionUser.ORGANIZATION: _settings,
    ConditionUser.RISK: _risk,
    ConditionUser.RULE: _rules,
    ConditionUser.ALERTS: _alerts,
}

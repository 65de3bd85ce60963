"""Reads about survey links: whose they are, and which campaigns give them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Value
from django.db.models.functions import Lower, Trim
from django.utils.translation import gettext as _
from psycopg2 import sql

from surveys.accounts.models import Organization
from surveys.campaigns import queries as campaigns
from surveys.campaigns.design import Design
from surveys.campaigns.models import Campaign, Status, Wording
from surveys.core.choices import Channel
from surveys.core.conditions import compiler
from surveys.customers.models import Customer, Segment
from surveys.customers.queries import segments
from surveys.delivery import links
from surveys.delivery.eligibility import UnknownAudience
from surveys.delivery.models import Invitation

LONGEST: Final = 320  # of an address, or of an id, that comes with a click
_TAKES_CLICKS: Final = (Status.LIVE, Status.PAUSED)


class NotRunning(Exception):
    """The campaign is not live, so it gives no links."""


def is_running(campaign: Campaign) -> bool:
    """As it stands in the database now."""
    return Campaign.objects.live().filter(pk=campaign.pk).exists()


def running(organization: Organization) -> list[Campaign]:
    """The campaigns that give links, the newest first."""
    return list(Campaign.objects.live().filter(organization=organization).order_by("-id"))


@dataclass(frozen=True)
class Standing:
    """A personal link of a customer, as their record shows it."""

    campaign: Campaign
    address: str
    made_at: datetime
    answered_at: datetime | None


def links_of(customer: Customer, limit: int = 20) -> list[Standing]:
    """The latest first."""
    mine = Invitation.objects.filter(organization_id=customer.organization_id, customer=customer)
    found = mine.filter(channel=Channel.LINK).exclude(occasion__startswith=links.ROW)
    return [
        Standing(each.campaign, links.personal(each.pk), each.created_at, each.answered_at)
        for each in found.select_related("campaign").order_by("-pk")[:limit]
    ]


# ── Clicks on rating rows ────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Asking:
    """The campaign of a rating row, the words of the row's language, and whether it takes answers."""

    campaign: Campaign
    design: Design
    wording: Wording
    is_open: bool


def asking(campaign_id: int, language: str) -> Asking | None:
    """None when there is no such campaign, or it has no words. A language that it lacks is its main one."""
    campaign = Campaign.objects.select_related("organization").filter(pk=campaign_id).first()
    words = campaigns.usable_wordings([(campaign.pk, campaign.version)]) if campaign else []
    if campaign is None or not words:
        return None
    is_open = campaign.status in _TAKES_CLICKS and campaign.organization.deletes_at is None
    wording = next((each for each in words if each.language == language), words[0])
    return Asking(campaign, campaigns.design(campaign), wording, is_open)


def customer_of_click(organization: Organization, *, email: str = "", external_id: str = "") -> int | None:
    """Whom the other system put into the address; None for nobody whom the organization knows.

    A + that the other system did not encode arrives as a space; no address has one.
    """
    given = (external_id or email).strip()
    if not given or len(given) > LONGEST or "\0" in given:
        return None
    known = Customer.objects.filter(organization=organization)
    if external_id:
        return known.filter(external_id=given).values_list("pk", flat=True).first()
    key = Lower(Trim(Value(given.replace(" ", "+"))))
    return known.filter(email_key=key).values_list("pk", flat=True).first()


# ── Links for many ───────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class SomePeople:
    """SQL about customers `c` of one organization, with its parameters."""

    sql: sql.Composable
    params: dict[str, Any]


@dataclass(frozen=True)
class Group:
    """Who gets a link: the audience of the campaign, or a segment; of both, those who may be mailed."""

    segment: Segment | None = None

    @property
    def label(self) -> str:
        return self.segment.name if self.segment else _("the campaign's audience")

    def people(self, campaign: Campaign, *, at: datetime) -> SomePeople:
        """Raises UnknownAudience."""
        if self.segment:
            wanted, unwanted = self.segment.conditions, {}
        else:
            wanted, unwanted = campaign.audience, campaign.exclusions
        rule = sql.SQL("c.organization_id = %(organization)s AND c.suppression = '' AND {}")
        found = _compiled(campaign.organization, wanted, at, "wanted")
        scope = {"organization": campaign.organization_id, **found.params}
        if not unwanted:
            return SomePeople(rule.format(found.sql), scope)
        left_out = _compiled(campaign.organization, unwanted, at, "unwanted")
        both = sql.SQL("{} AND {} IS NOT TRUE").format(found.sql, left_out.sql)
        return SomePeople(rule.format(both), scope | left_out.params)


def _compiled(organization: Organization, conditions: dict[str, Any], at: datetime, prefix: str) -> SomePeople:
    known = segments.customer_catalogue(organization)
    found = segments.who(conditions, known)
    if found.tree is None:
        raise UnknownAudience(" ".join(found.problems))
    where = compiler.compile_where(found.tree, known, "c", at=at, prefix=prefix)
    return SomePeople(sql.SQL("({})").format(where.sql), where.params)

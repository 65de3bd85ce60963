"""Why somebody is asked or not by each campaign that runs: the decision that was made, or the one that would be."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from psycopg2.sql import SQL, Literal

from surveys.accounts.models import Organization
from surveys.campaigns.models import Campaign, Kind, Status, Trigger
from surveys.core.conditions.catalogue import Catalogue
from surveys.core.periods import local_day
from surveys.customers.models import Customer, Property
from surveys.customers.queries.segments import customer_catalogue
from surveys.delivery import eligibility, occasions, upcoming
from surveys.delivery.eligibility import Judge
from surveys.delivery.models import Invitation, PlanDecision, Reason
from surveys.delivery.reasons import Facts, Sense, Sentence
from surveys.delivery.reasons import sentence as words

MOST_CAMPAIGNS: Final = 50


@dataclass(frozen=True)
class Explained:
    """How one running campaign stands to one customer. `text` may hold a link to the campaign that asked instead."""

    campaign: Campaign
    text: SafeString
    decided_at: datetime | None = None


def of_customer(customer: Customer, *, at: datetime, settling: Mapping[int | None, datetime]) -> list[Explained]:
    """Every campaign that runs or is about to, newest first; a fixed number of statements, however many there are.

    `settling`: invitations with an answer that does not count yet, and when it was given.
    """
    organization = customer.organization
    campaigns = _running(organization)
    asks = _latest_asks(customer, campaigns)
    decisions = _latest_decisions(customer, campaigns)
    open_to_question = [campaign for campaign in campaigns if campaign.pk not in asks.keys() | decisions.keys()]
    guesses = _would_be(customer, open_to_question, campaigns, at=at)
    blockers = [*(each.blocker for each in decisions.values()), *(each.blocker for each in guesses.values())]
    teller = _Teller(organization, customer, _names(organization, blockers), at, settling)
    return [
        teller.asked(campaign, asks[campaign.pk])
        if campaign.pk in asks
        else teller.decided(campaign, decisions[campaign.pk])
        if campaign.pk in decisions
        else teller.guessed(campaign, guesses.get(campaign.pk))
        for campaign in campaigns
    ]


def _running(organization: Organization) -> list[Campaign]:
    found = Campaign.objects.filter(
        organization=organization, status__in=(Status.SCHEDULED, Status.LIVE, Status.PAUSED)
    )
    return list(found.select_related("organization").order_by("-id")[:MOST_CAMPAIGNS])


def _latest_decisions(customer: Customer, campaigns: Iterable[Campaign]) -> dict[int, PlanDecision]:
    mine = PlanDecision.objects.filter(
        organization_id=customer.organization_id, customer=customer, campaign__in=[each.pk for each in campaigns]
    )
    return {each.campaign_id: each for each in mine.order_by("decided_at", "id")}


def _latest_asks(customer: Customer, campaigns: Iterable[Campaign]) -> dict[int, Invitation]:
    """By campaign, unless a later decision of it says something newer."""
    mine = Invitation.objects.mailed().filter(
        organization_id=customer.organization_id, customer=customer, campaign__in=[each.pk for each in campaigns]
    )
    asks = {each.campaign_id: each for each in mine.order_by("id")}
    newer = PlanDecision.objects.filter(
        organization_id=customer.organization_id, customer=customer, campaign__in=list(asks), until__isnull=False
    )
    later = {each.campaign_id for each in newer if each.decided_at > asks[each.campaign_id].created_at}
    return {pk: ask for pk, ask in asks.items() if pk not in later}


def _names(organization: Organization, ids: Iterable[int | None]) -> dict[int, Campaign]:
    wanted = {pk for pk in ids if pk is not None}
    if not wanted:
        return {}
    return Campaign.objects.select_related("organization").filter(organization=organization).in_bulk(wanted)


# ── Campaigns that have not decided about this person ────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class _Guess:
    """What the rule would say now. `reason` is None of those who have no occasion, such as a date."""

    is_in_audience: bool
    reason: Reason | None
    until: datetime | None
    blocker: int | None
    bucket: int
    day: str


_WOULD_BE = SQL("""
    SELECT {campaign}, coalesce(({audience}), FALSE), d.reason, d.until, d.blocker,
           mod(hashint8extended(c.id, {campaign}) & 9223372036854775807, {every})::int,
           coalesce(c.properties ->> {key}, '')
    FROM surveys_customer c LEFT JOIN ({decided}) d ON TRUE WHERE c.id = {customer}
""")


def _would_be(
    customer: Customer, campaigns: Sequence[Campaign], running: Sequence[Campaign], *, at: datetime
) -> dict[int, _Guess]:
    """By the rule of planning, all campaigns in one statement; those with an unknown audience are left out."""
    if not campaigns:
        return {}
    known = customer_catalogue(customer.organization)
    judges = [_judge(customer.organization, each, running, known, at) for each in campaigns]
    questions = [found for each in zip(judges, campaigns, strict=True) if (found := _question(*each, customer, at))]
    if not questions:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(questions))
        return {
            pk: _Guess(is_in, Reason(reason) if reason else None, *rest)
            for pk, is_in, reason, *rest in cursor.fetchall()
        }


def _judge(
    organization: Organization, campaign: Campaign, running: Iterable[Campaign], known: Catalogue, at: datetime
) -> Judge:
    higher = [each.pk for each in running if each.is_live and each.priority > campaign.priority]
    judge = Judge(organization, campaign, at=at, higher=higher)
    judge.known = known
    return judge


def _question(judge: Judge, campaign: Campaign, customer: Customer, at: datetime) -> str:
    """The statement with its values in it; none where the audience cannot be understood any more."""
    try:
        where = SQL("{} AND c.id = {}").format(judge.audience, Literal(customer.pk))
        decided = judge.decided(occasions.foreseen(judge, campaign, at), where, are_few=True)
    except eligibility.UnknownAudience:
        return ""
    statement = _WOULD_BE.format(
        campaign=Literal(campaign.pk),
        customer=Literal(customer.pk),
        audience=judge.audience,
        decided=decided,
        every=Literal(campaign.every_days or 1),
        key=Literal(campaign.date_property),
    )
    with connection.cursor() as cursor:
        return str(cursor.mogrify(statement, judge.params).decode())


# ── In words ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class _Teller:
    organization: Organization
    customer: Customer
    named: Mapping[int, Campaign]
    at: datetime
    settling: Mapping[int | None, datetime]

    def asked(self, campaign: Campaign, ask: Invitation) -> Explained:
        return Explained(campaign, Sentence(self._of_ask(ask)).linked(), ask.created_at)

    def _of_ask(self, ask: Invitation) -> str:
        if ask.answered_at:
            return _("Asked, and answered on %s.") % self._day(ask.answered_at)
        if ask.pk in self.settling:
            return _("Asked, and answered on %s; the answer is settling.") % self._day(self.settling[ask.pk])
        if ask.sent_at:
            again = _(" Reminded on %s at the earliest.") % self._day(ask.remind_at) if ask.remind_at else ""
            return _("Asked on %s; no answer yet.") % self._day(ask.sent_at) + again
        return _("Is going to be asked on %s.") % self._day(ask.due_at) if ask.due_at else _("Is going to be asked.")

    def decided(self, campaign: Campaign, decision: PlanDecision) -> Explained:
        said = self.sentence(Reason(decision.reason), Sense.AFTER, decision.until, decision.blocker)
        return Explained(campaign, said, decision.decided_at)

    def guessed(self, campaign: Campaign, guess: _Guess | None) -> Explained:
        if guess is None:
            return Explained(campaign, Sentence(_("Its audience cannot be understood any more.")).linked())
        if not guess.is_in_audience:
            return Explained(campaign, Sentence(_("Not in the audience.")).linked())
        is_for_good = guess.reason not in (None, Reason.INVITED) and guess.until is None
        if guess.reason and (is_for_good or self._is_decided_now(campaign)):
            return Explained(campaign, self.sentence(guess.reason, Sense.BEFORE, guess.until, guess.blocker))
        said = Sentence(self._turn(campaign, guess)).linked()
        if guess.reason and self._is_too_soon(campaign, guess):
            later = self.sentence(guess.reason, Sense.BEFORE, guess.until, guess.blocker)
            said = format_html("{} {}", said, later)
        return Explained(campaign, said)

    def _is_too_soon(self, campaign: Campaign, guess: _Guess) -> bool:
        """The next turn comes before they are free again."""
        day = self._next_day(campaign, guess)
        if day is None or guess.until is None or guess.reason not in (Reason.RESTING, Reason.THROTTLED, Reason.COMPANY):
            return False
        return self._today <= day < self._local(guess.until)

    def _is_decided_now(self, campaign: Campaign) -> bool:
        return campaign.kind == Kind.ONE_OFF and campaign.planned_at is None

    def _turn(self, campaign: Campaign, guess: _Guess) -> str:
        """When it is decided about somebody in the audience about whom nothing was decided yet."""
        if campaign.kind == Kind.ONE_OFF:
            return _("Not asked: joined the audience after the people of this wave were chosen.")
        if campaign.kind == Kind.RECURRING:
            turn = self._next_day(campaign, guess)
            return _("The next turn is on %s.") % _said(turn) if turn else _("Has no turn yet.")
        if campaign.trigger == Trigger.DATE:
            return self._of_date(campaign, guess)
        return _("Nothing happened yet that it asks about (%s).") % campaign.event_kind.replace("%", "%%")

    def _next_day(self, campaign: Campaign, guess: _Guess) -> date | None:
        """Of what recurs and what waits for a date; None where it is not known."""
        if campaign.kind == Kind.RECURRING:
            return upcoming.of_person(campaign, guess.bucket, at=self.at)
        try:
            return date.fromisoformat(guess.day) + timedelta(days=campaign.delay_minutes // (24 * 60))
        except (ValueError, OverflowError):
            return None

    def _of_date(self, campaign: Campaign, guess: _Guess) -> str:
        day = self._next_day(campaign, guess)
        if day is None:
            label = self._labels.get(campaign.date_property, campaign.date_property)
            return _("%s is not known of this customer.") % label.replace("%", "%%")
        if day < self._today:
            return _("Its day was %s, which was before the campaign could ask.") % _said(day)
        return _("Its day is %s.") % _said(day)

    @cached_property
    def _labels(self) -> dict[str, str]:
        """What the organization calls its properties."""
        return dict(Property.objects.filter(organization=self.organization).values_list("key", "label"))

    def sentence(self, reason: Reason, sense: Sense, until: datetime | None, blocker: int | None) -> SafeString:
        campaign = self.named.get(blocker or 0)
        facts = Facts(self._day(until), campaign.name if campaign else "", self._days_ago(reason))
        return words(reason, sense, facts).linked(campaign=campaign.get_absolute_url() if campaign else "")

    def _days_ago(self, reason: Reason) -> int | None:
        asked = self.customer.last_asked_at
        return (self.at - asked).days if asked and asked <= self.at and reason is Reason.THROTTLED else None

    def _day(self, moment: datetime | None) -> str:
        return _said(self._local(moment)) if moment else ""

    @property
    def _today(self) -> date:
        return self._local(self.at)

    def _local(self, moment: datetime) -> date:
        return local_day(moment, ZoneInfo(self.organization.time_zone))


def _said(day: date) -> str:
    return date_format(day, "j F Y", use_l10n=False)


class Decisions:
    """Tells decisions of several people, with one statement for all of them."""

    def __init__(self, organization: Organization, rows: Sequence[PlanDecision], *, at: datetime) -> None:
        self._organization = organization
        self._at = at
        self._blockers = _names(organization, [row.blocker for row in rows])

    def said(self, row: PlanDecision) -> SafeString:
        teller = _Teller(self._organization, row.customer, self._blockers, self._at, {})
        return teller.sentence(Reason(row.reason), Sense.AFTER, row.until, row.blocker)

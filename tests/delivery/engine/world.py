"""The product's side of these stories: real rows, the product's own actions, and a clock that a story moves.

Messages are marked as sent by the sender's actions, without a mail server.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from surveys.accounts.models import Membership, Organization
from surveys.campaigns import actions as campaigns
from surveys.campaigns.models import Campaign, Kind, Status, Trigger
from surveys.customers import actions as customers
from surveys.customers.actions import events, preferences
from surveys.customers.actions.events import Fate
from surveys.customers.events import IncomingEvent
from surveys.customers.models import Customer, Property, PropertyType, SuppressionReason
from surveys.delivery import actions, queries
from surveys.delivery.actions import Claimed, Ending, reconsidering
from surveys.delivery.models import Invitation, PlanDecision, Queue, State
from surveys.responses import actions as responses
from surveys.responses.actions import Answer
from surveys.responses.survey import Evidence, Survey
from surveys.responses.survey_queries import survey_of
from tests import factories

_numbers = itertools.count(1)
A_DAY = timedelta(days=1)
EVERYBODY: dict[str, Any] = {}

_NEXT_MOMENT = """
    SELECT min(moment) FROM (
        SELECT due_at FROM surveys_delivery WHERE organization_id = %(organization)s AND state = 'due'
        UNION ALL SELECT until FROM surveys_plandecision WHERE organization_id = %(organization)s
        UNION ALL SELECT remind_at FROM surveys_invitation WHERE organization_id = %(organization)s
        UNION ALL SELECT ends_at FROM surveys_campaign WHERE organization_id = %(organization)s
        UNION ALL
        SELECT ((%(at)s AT TIME ZONE o.time_zone)::date + 1)::timestamp AT TIME ZONE o.time_zone
        FROM surveys_organization o JOIN surveys_campaign c ON c.organization_id = o.id
        WHERE o.id = %(organization)s AND c.status = 'live'
          AND (c.kind = 'recurring' OR c.trigger = 'date' OR c.daily_cap IS NOT NULL)
    ) AS known (moment)
    WHERE moment > %(at)s
"""


@dataclass(frozen=True)
class Sent:
    """One message that left."""

    at: datetime
    customer: int
    campaign: int
    occasion: str
    kind: str


@dataclass
class World:
    """One organization, its clock, and what it sent."""

    membership: Membership
    at: datetime
    batch: int = 500
    sent: list[Sent] = field(default_factory=list)
    refused: list[Sent] = field(default_factory=list)  # by the mail server
    unreachable: set[int] = field(default_factory=set)  # customers whose mailboxes do not exist

    @property
    def organization(self) -> Organization:
        return self.membership.organization

    def rule(self, **changes: Any) -> None:
        """Change a rule of the organization: time_zone, throttle_days, …"""
        Organization.objects.filter(pk=self.organization.pk).update(**changes)
        self.organization.refresh_from_db()

    @property
    def refused_now(self) -> list[Sent]:
        return [row for row in self.refused if row.at == self.at]

    # ── People and campaigns ─────────────────────────────────────────────────────────────────────────────────────────
    def property(self, key: str, kind: PropertyType = PropertyType.TEXT) -> None:
        Property.objects.get_or_create(
            organization=self.organization, key=key, defaults={"label": key.capitalize(), "type": kind}
        )

    def person(self, email: str | None = "", **fields: Any) -> Customer:
        return factories.customer(self.organization, email, at=self.at, **fields)

    def people(self, count: int, **fields: Any) -> list[Customer]:
        rows = [
            Customer(
                organization=self.organization,
                email=f"person{number}@example.com",
                created_at=self.at,
                updated_at=self.at,
                **fields,
            )
            for number in range(count)
        ]
        return Customer.objects.bulk_create(rows)

    def campaign(self, name: str = "Pulse", **fields: Any) -> Campaign:
        """Live from this moment on."""
        return factories.campaign(
            self.organization, name, Status.LIVE, wave=1, launched_at=self.at, at=self.at, **fields
        )

    def recurring(self, every_days: int, name: str = "Pulse", **fields: Any) -> Campaign:
        return self.campaign(name, kind=Kind.RECURRING, every_days=every_days, **fields)

    def after_event(self, kind: str, delay: timedelta = timedelta(), name: str = "After it", **fields: Any) -> Campaign:
        minutes = int(delay.total_seconds() // 60)
        return self.campaign(
            name, kind=Kind.TRIGGERED, trigger=Trigger.EVENT, event_kind=kind, delay_minutes=minutes, **fields
        )

    def around_date(self, key: str, delay_days: int = 0, name: str = "Around it", **fields: Any) -> Campaign:
        self.property(key, PropertyType.DATE)
        minutes = delay_days * 24 * 60
        return self.campaign(
            name, kind=Kind.TRIGGERED, trigger=Trigger.DATE, date_property=key, delay_minutes=minutes, **fields
        )

    # ── What people do ───────────────────────────────────────────────────────────────────────────────────────────────
    def event(self, of: str | None, kind: str, occurred_at: datetime | None = None, **data: Any) -> int | None:
        """Told now of the person with this address; returns the row's key, or None when it was told before."""
        event = IncomingEvent(
            kind=kind,
            occurred_at=occurred_at or self.at,
            email=of or "",
            event_id=data.pop("event_id", f"event-{next(_numbers)}"),
            data=data,
        )
        told = events.record(organization=self.organization, told=[event], at=self.at)
        assert not told.of(Fate.REFUSED), told
        return told.outcomes[0].id

    def answer(self, to: Sent, score: int = 9) -> None:
        """A click, and a person's act on the page: it counts."""
        survey = self._survey(to)
        responses.answer(to=survey, answer=Answer(score), evidence=Evidence(), at=self.at)

    def click(self, on: Sent, score: int = 9) -> None:
        """A click alone: provisional."""
        responses.record_click(invitation=self._invitation(on).pk, score=score, evidence=Evidence(), at=self.at)

    def unsubscribe(self, by: Sent) -> None:
        responses.unsubscribe(survey=self._survey(by), at=self.at)

    def suppress(self, address: str, reason: str) -> None:
        customers.suppress(
            organization=self.organization,
            address=address,
            reason=SuppressionReason(reason),
            source="mail server",
            at=self.at,
        )

    def prefer(self, customer: int, rest_days: int, until: datetime | None) -> None:
        """On the preference page, and what delivery does about it."""
        person = Customer.objects.select_related("organization").get(pk=customer)
        rest = preferences.Rest(rest_days, until)
        preferences.choose(customer=person, rest=rest, at=self.at)
        reconsidering.reconsider_person(organization_id=self.organization.pk, customer_id=customer, at=self.at)

    def erase(self, customer: int) -> None:
        customers.erase(organization=self.organization, ids=[customer], at=self.at)

    def change(self, customer: int, **fields: Any) -> None:
        Customer.objects.filter(pk=customer).update(**fields)

    def pause(self, campaign: Campaign) -> None:
        campaigns.pause(campaign=campaign, by=self.membership, at=self.at)

    def resume(self, campaign: Campaign) -> None:
        campaigns.resume(campaign=campaign, by=self.membership, at=self.at)

    def _invitation(self, of: Sent) -> Invitation:
        return Invitation.objects.get(campaign=of.campaign, customer=of.customer, occasion=of.occasion)

    def _survey(self, of: Sent) -> Survey:
        survey = survey_of(self._invitation(of).pk)
        assert survey is not None
        return survey

    # ── Time ─────────────────────────────────────────────────────────────────────────────────────────────────────────
    def run(self, at: datetime | None = None) -> list[Sent]:
        """All that the workers would do at this moment; returns what left."""
        self.at = at or self.at
        self.prepare()
        while sum(self.plan(campaign) for campaign in queries.to_plan(at=self.at)):
            pass
        self.remind()
        sent = [message for batch in self.batches() for message in batch]
        self.finish()
        return sent

    def until(self, end: datetime, step: timedelta | None = None) -> list[Sent]:
        """Run now, and then whenever something is due, or after each step, up to and with `end`; returns what left."""
        sent = self.run()
        while self.at < end:
            sent += self.run(min(self.at + step if step else self.next_moment(), end))
        return sent

    def next_moment(self) -> datetime:
        """When a message, a decision, a reminder or an end is due next; where days are planned, at the next midnight."""
        with connection.cursor() as cursor:
            cursor.execute(_NEXT_MOMENT, {"at": self.at, "organization": self.organization.pk})
            (moment,) = cursor.fetchone()
        return moment or datetime.max.replace(tzinfo=UTC)

    def prepare(self) -> None:
        campaigns.start_due(at=self.at)
        actions.expire_leases(at=self.at)
        actions.settle_answered(at=self.at)
        responses.settle(at=self.at)
        while actions.plan_events(at=self.at):
            pass

    def plan(self, campaign: Campaign) -> int:
        """How many decisions were made."""
        return actions.plan(campaign=campaign, at=self.at).considered

    def remind(self) -> None:
        for _ in range(1000):
            if not actions.remind(at=self.at).considered:
                return
        raise AssertionError("reminding never ends")

    def batches(self) -> Iterator[list[Sent]]:
        """Claims and what they sent, until nothing is due."""
        for _ in range(1000):
            if not queries.is_due(Queue.BULK, at=self.at):
                return
            claim = actions.claim(queue=Queue.BULK, limit=self.batch, at=self.at)
            if not claim.size:
                return
            yield self.send(claim.owner, claim.messages)
        raise AssertionError("something is due for ever")

    def send(self, owner: str, messages: list[Claimed]) -> list[Sent]:
        """What the mail server took; it refuses mail to the unreachable."""
        ids = [message.delivery for message in messages]
        marked = actions.end_and_mark([], ids, owner=owner, at=self.at)
        occasions = dict(Invitation.objects.filter(deliveries__in=marked).values_list("deliveries", "occasion"))
        told = {
            row.delivery: Sent(self.at, row.customer or 0, row.campaign or 0, occasions[row.delivery], row.kind)
            for row in messages
            if row.delivery in marked
        }
        refused = [pk for pk, row in told.items() if row.customer in self.unreachable]
        for pk in refused:
            actions.fail_address(pk, route="", reason="No such mailbox.", error="550 5.1.1", at=self.at)
            self.refused.append(told.pop(pk))
        actions.end_and_mark([Ending(pk, State.SENT, self.at) for pk in told], [], owner=owner, at=self.at)
        actions.tell(sorted(told), at=self.at)
        self.sent.extend(told.values())
        return list(told.values())

    def finish(self) -> None:
        actions.finish_done(at=self.at)
        actions.cancel_ended(at=self.at)
        actions.close_ended(at=self.at)

    # ── What stands in the database ──────────────────────────────────────────────────────────────────────────────────
    def decision(self, of: Customer, campaign: Campaign) -> PlanDecision:
        """The latest."""
        mine = PlanDecision.objects.filter(campaign=campaign, customer=of)
        return mine.latest("decided_at", "pk")

    def status(self, campaign: Campaign) -> str:
        campaign.refresh_from_db()
        return campaign.status

    def stable_hash(self, customer: int, seed: int) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT hashint8extended(%s, %s) & 9223372036854775807", [customer, seed])
            return int(cursor.fetchone()[0])


def asked(sent: list[Sent], of: Customer | None = None) -> list[datetime]:
    """When asks left (reminders are not asks)."""
    return [row.at for row in sent if row.kind == "ask" and (of is None or row.customer == of.pk)]

"""The product and its second telling, step by step beside each other: whatever one does, the other must be able to say why."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any

from surveys.campaigns.models import Campaign as Row
from surveys.campaigns.models import Status
from surveys.customers.models import Customer
from surveys.delivery import queries
from surveys.delivery.models import Delivery, Invitation, PlanDecision, Reason, State
from tests.delivery.engine.hours import ALWAYS
from tests.delivery.engine.model import Ask, Campaign, Decision, Key, Model, Person
from tests.delivery.engine.world import Sent, World

A_DAY = timedelta(days=1)
LATEST_DUE = 2 * A_DAY  # what is spread over a day of a customer is due within this time, or when hours open next


@dataclass
class Beside:
    world: World
    model: Model
    rows: dict[int, Row] = field(default_factory=dict)
    answered: set[Key] = field(default_factory=set)  # what counts, as responses say
    settling: set[Key] = field(default_factory=set)  # may count or not
    left_alone: set[Key] = field(default_factory=set)  # who was asked, and may have missed a reminder by their wish
    quiet: bool = True  # nothing was ever paused

    @classmethod
    def of(cls, world: World) -> "Beside":
        organization = world.organization
        model = Model(
            zone=organization.time_zone,
            throttle_days=organization.throttle_days,
            account_gap_days=organization.account_gap_days if organization.account_property else 0,
            stable_hash=cache(world.stable_hash),
        )
        return cls(world, model)

    def knows(self, person: Person, **fields: Any) -> Customer:
        """One more customer, here and there; an empty address is one that was made up."""
        row = self.world.person(
            person.address,
            time_zone=person.zone,
            properties=properties(person),
            suppression=person.suppression,
            rest_days=person.rest_days,
            resting_until=person.resting_until,
            last_asked_at=person.asked_at,
            **fields,
        )
        person.pk, person.address = row.pk, row.email
        self.model.people[row.pk] = person
        return row

    def runs(self, campaign: Campaign, row: Row) -> None:
        self.model.campaigns[row.pk] = campaign
        self.rows[row.pk] = row

    # ── One pass ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def run(self, at: datetime) -> None:
        world = self.world
        world.at = at
        world.prepare()
        self.read_answers()
        self.note_left_alone()
        self.compare_lives()
        self.model.look_at_events(at)
        to_plan = {row.pk for row in queries.to_plan(at=at)}
        for row in sorted(self.rows.values(), key=lambda row: (row.launched_at, row.pk)):
            while row.pk in to_plan and world.plan(row):
                pass
            self.compare_plan(self.model.campaigns[row.pk])
        world.remind()
        due = self.due()
        might = {key: self.refusals(key) for key in due}
        for batch in world.batches():
            self.note_refused()
            for sent in batch:
                self.compare_message(sent, due)
        self.compare_unsent(due, might)
        world.finish()
        self.compare_lives()
        self.compare_rest()

    # ── Planning ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def compare_plan(self, campaign: Campaign) -> None:
        model, at = self.model, self.world.at
        expected: dict[Key, list[Decision]] = {}
        dropped = 0
        if campaign.is_running(at):
            expected = {key: model.decide(key, at) for key in model.occasions(campaign, at)}
            dropped = model.supersede(expected)
            expected |= {key: model.decide(key, at) for key in model.deferred(campaign, at)}
        unchanged = {
            key: [row] for key, row in model.decisions.items() if key.campaign == campaign.pk and key not in expected
        }
        found, asks = self.decisions(campaign), self.asks(campaign)
        for key, possible in (expected | unchanged).items():
            decision = found.pop(key, Decision(Reason.LEFT))
            assert decision in possible, self.told(key, decision, possible)
            model.decisions[key] = decision
            if key in expected and decision.reason == Reason.INVITED:
                self.compare_due(key, asks)
        assert not found, self.told(*next(iter(found.items())), [])
        assert asks.keys() == self.open_asks(campaign), (
            "who has an invitation has been invited, and the other way round"
        )
        if campaign.total_cap is not None:
            self.compare_cap(campaign, expected, dropped)

    def compare_due(self, key: Key, asks: dict[Key, datetime]) -> None:
        campaign, person = self.model.campaigns[key.campaign], self.model.people[key.person]
        where, at, due = self.model.where(person), self.world.at, asks[key]
        assert campaign.hours.are_open(due, where), self.told(key, due, "not at this hour")
        if key.occasion.startswith(("wave:", "event:")):
            assert due == campaign.hours.next_open(at, where), self.told(key, due, "not the first open moment")
        else:
            latest = campaign.hours.next_open(at + LATEST_DUE, where) + A_DAY
            assert due <= latest, self.told(key, due, latest)
        self.model.asks[key] = Ask(due)

    def compare_cap(self, campaign: Campaign, expected: dict[Key, list[Decision]], dropped: int) -> None:
        assert campaign.total_cap is not None
        assert self.model.invited(campaign) <= campaign.total_cap
        if any(self.model.decisions[key].reason == Reason.OVER_CAP for key in expected):
            assert self.model.invited(campaign) + dropped >= campaign.total_cap, "over the cap, which is not full"

    # ── Sending ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def due(self) -> set[Key]:
        return {
            key
            for key, ask in self.model.asks.items()
            if ask.claimed_at is None
            and not ask.over
            and ask.due_at <= self.world.at
            and self.model.campaigns[key.campaign].is_running(self.world.at)
        }

    def refusals(self, key: Key) -> list[Decision]:
        """Why this ask may not go out now."""
        model, at = self.model, self.world.at
        campaign, person = model.campaigns[key.campaign], model.people[key.person]
        if person.suppression:
            return [Decision(Reason(person.suppression))]
        if not person.address:
            return [Decision(Reason.NO_ADDRESS)]
        later, latest = model.not_yet(campaign, person, at), model.latest(campaign, key)
        if later is None:
            is_late = latest and campaign.hours.next_open(at, model.where(person)) > latest
            return [Decision(Reason.TOO_LATE)] if is_late else []
        return [later, Decision(Reason.TOO_LATE)] if latest and later.until and later.until > latest else [later]

    def compare_message(self, sent: Sent, due: set[Key]) -> None:
        key = Key(sent.campaign, sent.customer, sent.occasion)
        campaign, person = self.model.campaigns[key.campaign], self.model.people[key.person]
        assert campaign.status == Status.LIVE
        assert campaign.ends_at is None or sent.at < campaign.ends_at
        assert campaign.hours.are_open(sent.at, self.model.where(person)), self.told(key, sent, "not at this hour")
        if sent.kind != "ask":
            self.compare_reminder(key, sent)
        else:
            self.compare_ask(key, sent, due)

    def compare_ask(self, key: Key, sent: Sent, due: set[Key]) -> None:
        campaign = self.model.campaigns[key.campaign]
        assert key in due, self.told(key, sent, "not due")
        due.discard(key)
        assert not self.refusals(key), self.told(key, sent, self.refusals(key))
        self.model.claimed(key, sent.at)
        today = self.model.today(sent.at)
        assert campaign.daily_cap is None or self.model.claims_on(campaign, today) <= campaign.daily_cap

    def compare_reminder(self, key: Key, sent: Sent) -> None:
        campaign, person = self.model.campaigns[key.campaign], self.model.people[key.person]
        number = int(sent.kind.removeprefix("reminder-"))
        before = [row.at for row in self.world.sent if self._is_about(row, key) and row is not sent]
        assert number <= campaign.reminders
        assert len(before) == number, self.told(key, sent, before)
        assert sent.at >= before[0] + number * campaign.reminder_days * A_DAY
        assert sent.at >= before[-1] + campaign.reminder_days * A_DAY, self.told(key, sent, before)
        assert not person.suppression
        assert person.address
        assert not self.is_left_alone(person)
        assert key not in self.answered | self.settling

    @staticmethod
    def _is_about(sent: Sent, key: Key) -> bool:
        return (sent.campaign, sent.customer, sent.occasion) == (key.campaign, key.person, key.occasion)

    def compare_unsent(self, due: set[Key], might: dict[Key, list[Decision]]) -> None:
        """Who was due and was not sent anything: bounced, refused with a reason, not at this hour, or over the day's cap."""
        found = {key: row for pk in self.rows for key, row in self.decisions(self.model.campaigns[pk]).items()}
        asks = {key: row for pk in self.rows for key, row in self.asks(self.model.campaigns[pk]).items()}
        for key in sorted(due, key=str):
            if self.model.asks[key].over:
                continue
            if key in asks:
                self.compare_waiting(key, asks[key])
                continue
            possible = might[key] + self.refusals(key) + self.passing(found.get(key))
            assert found.get(key) in possible, self.told(key, found.get(key), possible)
            self.model.decisions[key] = found[key]
            del self.model.asks[key]

    def passing(self, decision: Decision | None) -> list[Decision]:
        """While a message is on its way that is refused in the end, its person and their company are taken."""
        taken = decision and decision.reason in (Reason.RESTING, Reason.THROTTLED, Reason.COMPANY)
        return [decision] if decision and taken and self.world.refused_now else []

    def compare_waiting(self, key: Key, due: datetime) -> None:
        model, at = self.model, self.world.at
        campaign, where = model.campaigns[key.campaign], model.where(model.people[key.person])
        if campaign.hours.are_open(at, where):
            full = campaign.daily_cap is not None and model.claims_on(campaign, model.today(at)) >= campaign.daily_cap
            assert full, self.told(key, due, "nothing stood in the way")
        else:
            assert due == campaign.hours.next_open(at, where), self.told(key, due, "not when the hours open next")
        model.asks[key].due_at = due

    def note_refused(self) -> None:
        """Messages that the mail server refused: person and company are given back, a day's cap counts them."""
        for sent in self.world.refused_now:
            ask = self.model.asks[Key(sent.campaign, sent.customer, sent.occasion)]
            ask.over, ask.claimed_at = True, ask.claimed_at or sent.at
            self.model.people[sent.customer].suppression = Reason.BOUNCED

    # ── Lives ────────────────────────────────────────────────────────────────────────────────────────────────────────
    def compare_lives(self) -> None:
        at = self.world.at
        for pk, status in Row.objects.filter(pk__in=self.rows).values_list("pk", "status"):
            campaign = self.model.campaigns[pk]
            if status == Status.ENDED and campaign.status != Status.ENDED:
                assert self.may_end(campaign, at), f"{campaign} ended for no reason"
                self.model.end(campaign)
            assert status == campaign.status, f"{campaign} is {status}"

    def may_end(self, campaign: Campaign, at: datetime) -> bool:
        if campaign.ends_at is not None and at >= campaign.ends_at:
            return True
        if campaign.response_target is not None and self.answers(campaign) >= campaign.response_target:
            return True
        if campaign.kind == "one_off":
            return self.is_done(campaign)
        return self.model.is_full(campaign) and self.is_sent(campaign)

    def is_done(self, campaign: Campaign) -> bool:
        """Nothing deferred, nothing due, nobody to remind; who wished to be left alone holds nothing up."""
        mine = [row for key, row in self.model.decisions.items() if key.campaign == campaign.pk]
        return self.is_sent(campaign) and not any(row.until and row.reason != Reason.RESTING for row in mine)

    def is_sent(self, campaign: Campaign) -> bool:
        """Whoever has an invitation was asked, and reminded as often as there are reminders."""
        asks = [ask for key, ask in self.model.asks.items() if key.campaign == campaign.pk]
        return all(ask.claimed_at or ask.over for ask in asks) and not self.to_remind(campaign)

    def to_remind(self, campaign: Campaign) -> list[Key]:
        """Who is going to get one more reminder; what is too late is left out."""
        latest = (campaign.reminder_days + campaign.late_days) * A_DAY
        wanted = [key for key in self.unreminded(campaign) if key not in self.left_alone]
        return [key for key in wanted if self.last_message(key) + latest >= self.world.at]

    def last_message(self, key: Key) -> datetime:
        return max(row.at for row in self.world.sent if self._is_about(row, key))

    def unreminded(self, campaign: Campaign) -> list[Key]:
        """Who had fewer reminders than there are, and nothing stops the next one."""
        return [
            key
            for key, ask in self.model.asks.items()
            if key.campaign == campaign.pk and ask.claimed_at and not ask.over and self.is_remindable(key)
        ]

    def is_remindable(self, key: Key) -> bool:
        person = self.model.people[key.person]
        sent = sum(self._is_about(row, key) for row in self.world.sent)
        return (
            sent <= self.model.campaigns[key.campaign].reminders
            and not person.suppression
            and bool(person.address)
            and not self.is_left_alone(person)
            and key not in self.answered | self.settling
        )

    def is_left_alone(self, person: Person) -> bool:
        """Who wants fewer mails gets no second one about the same."""
        return person.rest_days > 0 or (person.resting_until is not None and person.resting_until > self.world.at)

    def is_going_to_look(self, campaign: Campaign) -> bool:
        """Whether a reminder still goes is asked at its moment, and not before."""
        asked = {
            Key(row.campaign, row.customer, row.occasion) for row in self.world.sent if row.campaign == campaign.pk
        }
        return campaign.reminders > 0 and any(self.looks_at(key) > self.world.at for key in asked)

    def looks_at(self, key: Key) -> datetime:
        """For who was erased, at the latest: where they lived is not known any more."""
        campaign, person = self.model.campaigns[key.campaign], self.model.people.get(key.person)
        moment = self.last_message(key) + campaign.reminder_days * A_DAY
        return campaign.hours.next_open(moment, self.model.where(person)) if person else moment + 8 * A_DAY

    def note_left_alone(self) -> None:
        people = self.model.people
        asked = (key for key, ask in self.model.asks.items() if ask.claimed_at and key.person in people)
        self.left_alone |= {key for key in asked if self.is_left_alone(people[key.person])}

    def answers(self, campaign: Campaign) -> int:
        return sum(key.campaign == campaign.pk for key in self.answered)

    def compare_rest(self) -> None:
        at = self.world.at
        live = [campaign for campaign in self.model.campaigns.values() if campaign.status == Status.LIVE]
        for campaign in live:
            assert campaign.ends_at is None or at < campaign.ends_at, f"{campaign} should have ended"
            target = campaign.response_target
            assert target is None or self.answers(campaign) < target, f"{campaign} has its answers and goes on"
            if campaign.kind == "one_off":
                waits = self.unreminded(campaign) or self.is_going_to_look(campaign)
                assert waits or not self.is_done(campaign), f"{campaign} is done and goes on"
            if campaign.hours == ALWAYS and self.quiet:
                self.compare_reminded(campaign)
        self.nothing_is_forgotten()

    def compare_reminded(self, campaign: Campaign) -> None:
        wait = campaign.reminder_days * A_DAY
        for key in self.to_remind(campaign):
            last = self.last_message(key)
            assert last + wait > self.world.at, self.told(key, last, "should have been reminded")

    def nothing_is_forgotten(self) -> None:
        """No decision of a running campaign is overdue; nothing waits in one that has ended."""
        ours = PlanDecision.objects.filter(organization=self.world.organization, until__isnull=False)
        assert not ours.filter(campaign__status=Status.LIVE, until__lte=self.world.at).exists()
        assert not ours.filter(campaign__status=Status.ENDED).exists()
        due = Delivery.objects.filter(organization=self.world.organization, state=State.DUE)
        assert not due.filter(campaign__status=Status.ENDED).exists()

    def read_answers(self) -> None:
        """Whether a click counts is a story of its own; here it is what the answers' domain says."""
        asked = Invitation.objects.filter(organization=self.world.organization, response__isnull=False)
        self.answered, self.settling = set(), set()
        for pk, customer, occasion, counted, verdict in asked.values_list(
            "campaign_id", "customer_id", "occasion", "answered_at", "response__verdict"
        ):
            known = self.answered if counted else self.settling
            if counted or verdict == "provisional":
                known.add(Key(pk, customer or 0, occasion))

    # ── What stands in the database ──────────────────────────────────────────────────────────────────────────────────
    def decisions(self, campaign: Campaign) -> dict[Key, Decision]:
        rows = PlanDecision.objects.filter(organization=self.world.organization, campaign=campaign.pk)
        values = rows.values_list("customer_id", "occasion", "reason", "until")
        return {Key(campaign.pk, pk, occasion): Decision(Reason(why), until) for pk, occasion, why, until in values}

    def asks(self, campaign: Campaign) -> dict[Key, datetime]:
        """Of those whose customers are there."""
        rows = Delivery.objects.filter(
            organization=self.world.organization,
            campaign=campaign.pk,
            kind="ask",
            state=State.DUE,
            invitation__customer__isnull=False,
        )
        values = rows.values_list("invitation__customer_id", "invitation__occasion", "due_at")
        return {Key(campaign.pk, pk, occasion): due for pk, occasion, due in values}

    def open_asks(self, campaign: Campaign) -> set[Key]:
        asks = self.model.asks.items()
        return {key for key, ask in asks if key.campaign == campaign.pk and ask.claimed_at is None and not ask.over}

    def told(self, key: Key, found: object, expected: object) -> str:
        campaign, person = self.model.campaigns[key.campaign], self.model.people.get(key.person)
        return f"{self.world.at}: {key}\n  found {found}\n  expected {expected}\n  of {person}\n  in {campaign}"


def properties(person: Person) -> dict[str, Any]:
    known = {"plan": person.plan, "company": person.company, "trial_end": person.day and person.day.isoformat()}
    return {key: value for key, value in known.items() if value}


def promises(sent: Iterable[Sent], model: Model) -> None:
    """What must hold of everything that left, whatever anybody decided."""
    asks: dict[int, list[Sent]] = {}
    seen: set[tuple[int, int, str, str]] = set()
    for row in sent:
        once = (row.campaign, row.customer, row.occasion, row.kind)
        assert once not in seen, f"a second one for one occasion: {row}"
        seen.add(once)
        if row.kind == "ask":
            asks.setdefault(row.customer, []).append(row)
    for mine in asks.values():
        for earlier, later in pairwise(mine):
            assert later.at - earlier.at >= model.gap(model.campaigns[later.campaign]), f"{earlier} and {later}"
    for campaign in model.campaigns.values():
        total = sum(row.campaign == campaign.pk and row.kind == "ask" for row in sent)
        assert campaign.total_cap is None or total <= campaign.total_cap

"""A second telling of who is asked, when, and why not: one person at a time, without a database, deliberately naive.

It was written from docs/campaigns.md and docs/delivery.md and shares nothing with the product but the words of its
enumerations. Numbers that PostgreSQL alone can say (its stable hash) are handed in.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from surveys.campaigns.models import Kind, Status, Trigger
from surveys.delivery.models import Reason
from tests.delivery.engine.hours import ALWAYS, Hours, zone

SOON = timedelta(days=7)  # what a campaign of higher priority sends within this time goes first
A_DAY = timedelta(days=1)
SEED_OF_SAMPLE = 7


@dataclass
class Person:
    pk: int
    address: str | None = "somebody@example.com"
    zone: str = ""
    plan: str = ""
    company: str = ""
    day: date | None = None  # of the date property
    suppression: str = ""
    asked_at: datetime | None = None
    rest_days: int = 0  # between two asks, as they wished
    resting_until: datetime | None = None

    def rests_until(self, at: datetime) -> datetime | None:
        """When their own wish lets them be asked, if that is to come."""
        ends = [self.resting_until] if self.resting_until else []
        if self.rest_days and self.asked_at:
            ends.append(self.asked_at + timedelta(days=self.rest_days))
        return max((end for end in ends if end > at), default=None)


@dataclass
class Campaign:
    pk: int
    kind: Kind
    launched_at: datetime
    trigger: str = ""
    event_kind: str = ""
    least_total: int | None = None  # of the event's own field
    every_days: int = 0
    delay: timedelta = timedelta()
    late_days: int = 7
    plans: frozenset[str] | None = None  # the audience; None is everybody
    excluded_plans: frozenset[str] = frozenset()
    throttle_days: int = 0
    priority: int = 2
    sample_share: int = 10_000
    daily_cap: int | None = None
    total_cap: int | None = None
    response_target: int | None = None
    hours: Hours = ALWAYS
    ends_at: datetime | None = None
    reminders: int = 0
    reminder_days: int = 5
    status: Status = Status.LIVE
    seen_all: bool = False  # of a wave
    planned_day: date | None = None  # of what recurs

    def is_running(self, at: datetime) -> bool:
        return self.status == Status.LIVE and (self.ends_at is None or at < self.ends_at)

    def wants(self, person: Person) -> bool:
        return self.plans is None or person.plan in self.plans


@dataclass
class Happening:
    """An event of a customer."""

    pk: int
    kind: str
    person: int
    occurred_at: datetime
    received_at: datetime
    total: int
    looked_at: bool = False


@dataclass(frozen=True)
class Decision:
    reason: Reason
    until: datetime | None = None


@dataclass
class Ask:
    due_at: datetime
    claimed_at: datetime | None = None
    over: bool = False  # sent, or never will be


@dataclass(frozen=True)
class Key:
    campaign: int
    person: int
    occasion: str


@dataclass
class Model:
    zone: str
    throttle_days: int
    account_gap_days: int
    stable_hash: Callable[[int, int], int]  # of a customer and a seed
    people: dict[int, Person] = field(default_factory=dict)
    campaigns: dict[int, Campaign] = field(default_factory=dict)
    events: dict[int, Happening] = field(default_factory=dict)
    decisions: dict[Key, Decision] = field(default_factory=dict)
    asks: dict[Key, Ask] = field(default_factory=dict)
    companies: dict[str, datetime] = field(default_factory=dict)

    # ── Time ─────────────────────────────────────────────────────────────────────────────────────────────────────────
    def today(self, at: datetime) -> date:
        return at.astimezone(ZoneInfo(self.zone)).date()

    def where(self, person: Person) -> ZoneInfo:
        return zone(person.zone, self.zone)

    def gap(self, campaign: Campaign) -> timedelta:
        return timedelta(days=max(self.throttle_days, campaign.throttle_days))

    # ── What comes up ────────────────────────────────────────────────────────────────────────────────────────────────
    def look_at_events(self, at: datetime) -> None:
        """Each new event begins to wait in the campaigns that were launched when it was told."""
        for event in self.events.values():
            if event.looked_at or event.person not in self.people:
                continue
            event.looked_at = True
            for campaign in self.campaigns.values():
                if self._is_about(campaign, event):
                    key = Key(campaign.pk, event.person, f"event:{event.pk}")
                    self.decisions[key] = Decision(Reason.WAITING, event.occurred_at + campaign.delay)

    def _is_about(self, campaign: Campaign, event: Happening) -> bool:
        return (
            campaign.trigger == Trigger.EVENT
            and campaign.status in (Status.LIVE, Status.PAUSED)
            and campaign.launched_at <= event.received_at
            and campaign.event_kind == event.kind
            and (campaign.least_total is None or event.total >= campaign.least_total)
        )

    def occasions(self, campaign: Campaign, at: datetime) -> Iterator[Key]:
        """Those that nobody has decided about."""
        found = {
            (Kind.ONE_OFF, ""): self._of_the_wave,
            (Kind.RECURRING, ""): self._of_the_days,
            (Kind.TRIGGERED, Trigger.DATE): self._of_dates,
        }.get((campaign.kind, campaign.trigger))
        for key in found(campaign, at) if found else ():
            if key not in self.decisions and key not in self.asks:
                yield key

    def _of_the_wave(self, campaign: Campaign, at: datetime) -> Iterator[Key]:
        if campaign.seen_all:
            return
        campaign.seen_all = True
        for person in self._audience(campaign):
            yield Key(campaign.pk, person.pk, "wave:1")

    def _of_the_days(self, campaign: Campaign, at: datetime) -> Iterator[Key]:
        """Days that were missed are caught up, but nobody's turn comes twice at once."""
        first, today = self.today(campaign.launched_at), self.today(at)
        day = campaign.planned_day + A_DAY if campaign.planned_day else first
        day = max(day, today - (campaign.every_days - 1) * A_DAY)
        while day <= today:
            index = (day - first).days
            for person in self._audience(campaign):
                turn = self.stable_hash(person.pk, campaign.pk) % campaign.every_days
                if turn == index % campaign.every_days and not self._was_asked_lately(person, campaign, at):
                    yield Key(campaign.pk, person.pk, f"cycle:{index // campaign.every_days}")
            campaign.planned_day = day
            day += A_DAY

    def _was_asked_lately(self, person: Person, campaign: Campaign, at: datetime) -> bool:
        """A turn that was caught up late is followed by the one after the next."""
        apart = max(0, campaign.every_days // 2 - 1) * A_DAY
        mine = (ask for key, ask in self.asks.items() if (key.campaign, key.person) == (campaign.pk, person.pk))
        return any(ask.claimed_at is not None and ask.claimed_at > at - apart for ask in mine)

    def supersede(self, turns: Iterable[Key]) -> int:
        """A newer turn takes the place of one that waits, and of one that was not sent; returns how many of these."""
        dropped = 0
        for newer in turns:
            for key, decision in list(self.decisions.items()):
                same = (key.campaign, key.person) == (newer.campaign, newer.person)
                ask = self.asks.get(key)
                unsent = ask is not None and ask.claimed_at is None and not ask.over
                if same and key.occasion.startswith("cycle:") and (decision.until is not None or unsent):
                    self.decisions[key] = Decision(Reason.TOO_LATE)
                    dropped += self.asks.pop(key, None) is not None
        return dropped

    def _of_dates(self, campaign: Campaign, at: datetime) -> Iterator[Key]:
        today = self.today(at)
        for person in self._audience(campaign):
            if person.day and today - campaign.late_days * A_DAY < person.day + campaign.delay <= today:
                yield Key(campaign.pk, person.pk, f"date:{person.day.isoformat()}")

    def _audience(self, campaign: Campaign) -> list[Person]:
        return [person for _pk, person in sorted(self.people.items()) if campaign.wants(person)]

    def deferred(self, campaign: Campaign, at: datetime) -> list[Key]:
        """Those whose time has come."""
        return [
            key
            for key, decision in self.decisions.items()
            if key.campaign == campaign.pk and decision.until is not None and decision.until <= at
        ]

    # ── One person, one occasion ─────────────────────────────────────────────────────────────────────────────────────
    def decide(self, key: Key, at: datetime) -> list[Decision]:
        """What may be said; more than one where the order in which a statement sees people settles it."""
        campaign, person = self.campaigns[key.campaign], self.people[key.person]
        if unreachable := self._unreachable(person):
            return [Decision(unreachable)]
        if rested_at := person.rests_until(at):
            latest = self.latest(campaign, key)
            return [Decision(Reason.TOO_LATE) if latest and rested_at > latest else Decision(Reason.RESTING, rested_at)]
        if never := self._never(campaign, person):
            return [Decision(never)]
        due = campaign.hours.next_open(at, self.where(person))
        decision = self.not_yet(campaign, person, at) or Decision(Reason.INVITED)
        latest = self.latest(campaign, key)
        if latest and max(due, decision.until or due) > latest:
            return [Decision(Reason.TOO_LATE)]
        if latest and decision.until and campaign.hours.next_open(decision.until, self.where(person)) > latest:
            return [decision, Decision(Reason.TOO_LATE)]  # free in time, but not at an hour for sending
        if campaign.total_cap is not None:
            return [Decision(Reason.OVER_CAP)] if self.is_full(campaign) else [decision, Decision(Reason.OVER_CAP)]
        return [decision]

    def _unreachable(self, person: Person) -> Reason | None:
        if person.suppression:
            return Reason(person.suppression)
        return None if person.address else Reason.NO_ADDRESS

    def _never(self, campaign: Campaign, person: Person) -> Reason | None:
        if not campaign.wants(person):
            return Reason.LEFT
        if person.plan in campaign.excluded_plans:
            return Reason.EXCLUDED
        if self.stable_hash(person.pk, campaign.pk + SEED_OF_SAMPLE) % 10_000 >= campaign.sample_share:
            return Reason.NOT_SAMPLED
        return None

    def not_yet(self, campaign: Campaign, person: Person, at: datetime) -> Decision | None:
        """What only time can change."""
        if rested_at := person.rests_until(at):
            return Decision(Reason.RESTING, rested_at)
        free_at = person.asked_at and person.asked_at + self.gap(campaign)
        if free_at and free_at > at:
            return Decision(Reason.THROTTLED, free_at)
        colleague = self.companies.get(person.company) if person.company and self.account_gap_days else None
        if colleague and colleague + timedelta(days=self.account_gap_days) > at:
            return Decision(Reason.COMPANY, colleague + timedelta(days=self.account_gap_days))
        if self.is_outranked(campaign, person, at):
            return Decision(Reason.OUTRANKED, at + A_DAY)
        return None

    def is_outranked(self, campaign: Campaign, person: Person, at: datetime) -> bool:
        higher = {
            other.pk for other in self.campaigns.values() if other.priority > campaign.priority and other.is_running(at)
        }
        asks = (ask for key, ask in self.asks.items() if key.campaign in higher and key.person == person.pk)
        if any(ask.claimed_at is None and not ask.over and ask.due_at <= at + SOON for ask in asks):
            return True
        mine = (row for key, row in self.decisions.items() if key.campaign in higher and key.person == person.pk)
        wanting = (row for row in mine if row.reason in (Reason.WAITING, Reason.RESTING, Reason.THROTTLED))
        return any(row.until is not None and row.until <= at + SOON for row in wanting)

    def latest(self, campaign: Campaign, key: Key) -> datetime | None:
        """When an occasion is too old to be asked about."""
        if campaign.trigger == Trigger.EVENT:
            event = self.events[int(key.occasion.removeprefix("event:"))]
            return event.occurred_at + campaign.delay + timedelta(days=campaign.late_days)
        if campaign.trigger == Trigger.DATE:
            day = date.fromisoformat(key.occasion.removeprefix("date:")) + campaign.delay
            end = datetime.combine(day + A_DAY, time(), self.where(self.people[key.person]))
            return end.astimezone(UTC) + timedelta(days=campaign.late_days)
        return None

    def is_full(self, campaign: Campaign) -> bool:
        """Everybody whom the total cap allows has an invitation."""
        return campaign.total_cap is not None and self.invited(campaign) >= campaign.total_cap

    def invited(self, campaign: Campaign) -> int:
        return sum(key.campaign == campaign.pk for key in self.asks)

    # ── What happens ─────────────────────────────────────────────────────────────────────────────────────────────────
    def claimed(self, key: Key, at: datetime) -> None:
        """This ask takes its person, and the person's company."""
        person = self.people[key.person]
        self.asks[key].claimed_at = person.asked_at = at
        if person.company:
            self.companies[person.company] = at

    def reconsider(self, person: Person, at: datetime) -> None:
        """The person wants to be asked more or less often: whatever they wait for is decided about anew."""
        waits = (Reason.RESTING, Reason.THROTTLED, Reason.COMPANY, Reason.OUTRANKED)
        for key, row in self.decisions.items():
            if key.person == person.pk and row.reason in waits and row.until is not None and row.until > at:
                self.decisions[key] = Decision(row.reason, at)

    def end(self, campaign: Campaign) -> None:
        campaign.status = Status.ENDED
        for key, decision in self.decisions.items():
            if key.campaign == campaign.pk and decision.until is not None:
                self.decisions[key] = Decision(Reason.ENDED)
        for key, ask in self.asks.items():
            if key.campaign == campaign.pk and ask.claimed_at is None:
                ask.over = True

    def forget(self, person: int) -> None:
        """Erased. What they were sent stays counted."""
        del self.people[person]
        self.decisions = {key: row for key, row in self.decisions.items() if key.person != person}
        for key, ask in self.asks.items():
            ask.over = ask.over or key.person == person

    def claims_on(self, campaign: Campaign, day: date) -> int:
        asks = (ask for key, ask in self.asks.items() if key.campaign == campaign.pk)
        return sum(ask.claimed_at is not None and self.today(ask.claimed_at) == day for ask in asks)

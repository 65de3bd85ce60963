"""A year of random campaigns over random customers, the product and its second telling beside each other.

`NPS_YEARS=200 pytest tests/delivery/engine/test_a_year.py -n0` lives through more years than the few of every run; from
20 on what fails is made smaller. In CI the years are always the same: what a change breaks there, it has broken.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings

from surveys.accounts.models import Organization
from surveys.campaigns.models import Kind, Status
from surveys.customers.models import Customer, PropertyType
from surveys.delivery.models import Reason
from tests.delivery.engine.beside import Beside, promises, properties
from tests.delivery.engine.hours import Hours
from tests.delivery.engine.model import Campaign, Happening, Person
from tests.delivery.engine.stories import BEGIN, CLOSED, DELIVERED, Act, Plan, Story, stories
from tests.delivery.engine.world import Sent, World
from tests.people import Person as Alice

pytestmark = pytest.mark.django_db

YEARS = int(os.environ.get("NPS_YEARS", "4"))
PHASES = list(Phase) if YEARS > 20 else [Phase.explicit, Phase.reuse, Phase.generate]
END = BEGIN + timedelta(days=365)
A_DAY = timedelta(days=1)


@settings(
    max_examples=YEARS,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=PHASES,
    derandomize="CI" in os.environ,
)
@given(stories)
@pytest.mark.long
def test_a_year_keeps_its_promises(alice: Alice, story: Story) -> None:
    with living(alice, story) as year:
        for step in story.steps:
            for act in step.acts:
                getattr(year, act.name)(act)
            year.goes_on(timedelta(hours=step.hours))
        while year.world.at < END:
            year.goes_on(20 * A_DAY)
        promises(year.world.sent, year.beside.model)


@contextmanager
def living(alice: Alice, story: Story) -> Iterator["Year"]:
    """Afterwards nothing of it has happened."""
    with transaction.atomic():
        yield Year(alice, story)
        transaction.set_rollback(True)


class Year:
    """Each act is done on both sides."""

    def __init__(self, alice: Alice, story: Story) -> None:
        self.world = World(alice.membership, BEGIN)
        Organization.objects.filter(pk=alice.organization.pk).update(account_property="company")
        self.world.rule(
            time_zone=story.zone, throttle_days=story.throttle_days, account_gap_days=story.account_gap_days
        )
        for key, kind in {"plan": "text", "company": "text", "trial_end": "date"}.items():
            self.world.property(key, PropertyType(kind))
        self.beside = Beside.of(self.world)
        self.model = self.beside.model
        self.ids = count(10_000_000)  # turns and samples are drawn by ids: with the same ones a story is the same again
        self.to_come = [copy(person) for person in story.people[5:]]
        self.plans = list(story.campaigns[1:])
        self.told: list[tuple[int, str, datetime, str, int]] = []
        for person in story.people[:5]:
            self.beside.knows(copy(person), id=next(self.ids))
        self._launch(story.campaigns[0])

    def goes_on(self, by: timedelta) -> None:
        """To then, and to what is due in the two days after it."""
        self.beside.run(min(self.world.at + by, END))
        for _ in range(2):
            soon = self.world.next_moment()
            if soon < min(self.world.at + 2 * A_DAY, END):
                self.beside.run(soon)

    # ── Acts ─────────────────────────────────────────────────────────────────────────────────────────────────────────
    def arrive(self, act: Act) -> None:
        if self.to_come:
            self.beside.knows(self.to_come.pop(), id=next(self.ids))

    def launch(self, act: Act) -> None:
        if self.plans:
            self._launch(self.plans.pop())

    def _launch(self, plan: Plan) -> None:
        ends_at = self.world.at + timedelta(days=plan.ends_after) if plan.ends_after else None
        row = self.world.campaign(
            f"Campaign {len(self.beside.rows)}",
            id=next(self.ids),
            audience=among(plan.plans) if plan.plans else {},
            exclusions=among(plan.excluded) if plan.excluded else {},
            event_conditions=at_least(plan.least_total) if plan.least_total else {},
            ends_at=ends_at,
            **plan.fields,
        )
        told = Campaign(
            pk=row.pk,
            kind=Kind(row.kind),
            launched_at=self.world.at,
            trigger=row.trigger,
            event_kind=row.event_kind,
            least_total=plan.least_total,
            every_days=row.every_days or 0,
            delay=timedelta(minutes=row.delay_minutes),
            late_days=row.late_days,
            plans=plan.plans,
            excluded_plans=plan.excluded,
            throttle_days=row.throttle_days or 0,
            priority=row.priority,
            sample_share=row.sample_share,
            daily_cap=row.daily_cap,
            total_cap=row.total_cap,
            response_target=row.response_target,
            hours=Hours(row.send_from, row.send_until, row.send_days),
            ends_at=ends_at,
            reminders=row.reminders,
            reminder_days=row.reminder_days,
        )
        self.beside.runs(told, row)

    def pause(self, act: Act) -> None:
        if campaign := self._campaign(act, Status.LIVE):
            self.world.pause(self.beside.rows[campaign.pk])
            campaign.status = Status.PAUSED
            self.beside.quiet = False

    def resume(self, act: Act) -> None:
        if campaign := self._campaign(act, Status.PAUSED):
            self.world.resume(self.beside.rows[campaign.pk])
            campaign.status = Status.LIVE

    def _campaign(self, act: Act, status: Status) -> Campaign | None:
        found = [campaign for campaign in self.model.campaigns.values() if campaign.status == status]
        return found[act.who % len(found)] if found else None

    def event(self, act: Act) -> None:
        """Of late, of now, or of the future; one in eight is told again."""
        person = self._person(act)
        if act.what % 8 == 0 and self.told:
            self._tell_again(act)
        elif person and person.address:
            kind = CLOSED if act.what % 5 == 0 else DELIVERED
            occurred_at = self.world.at + timedelta(hours=act.what % 13 * 12 - 110)
            total, event_id = act.what, f"event-{len(self.told)}"
            pk = self.world.event(person.address, kind, occurred_at, event_id=event_id, total=total)
            assert pk is not None
            self.told.append((person.pk, kind, occurred_at, event_id, total))
            self.model.events[pk] = Happening(pk, kind, person.pk, occurred_at, self.world.at, total)

    def _tell_again(self, act: Act) -> None:
        pk, kind, occurred_at, event_id, total = self.told[act.who % len(self.told)]
        person = self.model.people.get(pk)
        if person and person.address:
            assert self.world.event(person.address, kind, occurred_at, event_id=event_id, total=total) is None

    def answer(self, act: Act) -> None:
        if sent := self._sent(act):
            self.world.answer(sent)

    def click(self, act: Act) -> None:
        """It settles by itself."""
        if sent := self._sent(act):
            self.world.click(sent)

    def unsubscribe(self, act: Act) -> None:
        """Who has lost the address meanwhile cannot be marked by it."""
        if sent := self._sent(act):
            self.world.unsubscribe(sent)
            self.model.people[sent.customer].suppression = Customer.objects.get(pk=sent.customer).suppression

    def less_often(self, act: Act) -> None:
        """Once a year, or as often as everybody again."""
        if person := self._person(act):
            self._prefer(person, 0 if person.rest_days else 365, person.resting_until)

    def rest(self, act: Act) -> None:
        if person := self._person(act):
            self._prefer(person, person.rest_days, self.world.at + (1 + act.what % 4) * 28 * A_DAY)

    def no_rest(self, act: Act) -> None:
        resting = [person for _pk, person in sorted(self.model.people.items()) if person.rests_until(self.world.at)]
        if resting:
            self._prefer(resting[act.who % len(resting)], 0, None)

    def _prefer(self, person: Person, rest_days: int, until: datetime | None) -> None:
        person.rest_days, person.resting_until = rest_days, until
        self.world.prefer(person.pk, rest_days, until)
        self.model.reconsider(person, self.world.at)

    def complain(self, act: Act) -> None:
        person = self._person(act)
        if person and person.address and not person.suppression:
            self.world.suppress(person.address, "complained")
            person.suppression = Reason.COMPLAINED

    def _sent(self, act: Act) -> Sent | None:
        """One of the last messages to somebody who is still there; surveys close after a while."""
        people = self.model.people
        last = [row for row in self.world.sent[-6:] if row.customer in people and row.at > self.world.at - 60 * A_DAY]
        return last[act.who % len(last)] if last else None

    def unreachable(self, act: Act) -> None:
        if person := self._person(act):
            self.world.unreachable.add(person.pk)

    def erase(self, act: Act) -> None:
        person = self._person(act)
        if person and len(self.model.people) > 3:
            self.world.erase(person.pk)
            self.model.forget(person.pk)

    def new_plan(self, act: Act) -> None:
        if person := self._person(act):
            person.plan = ["", "Free", "Pro"][act.what % 3]
            self.world.change(person.pk, properties=properties(person))

    def new_date(self, act: Act) -> None:
        if person := self._person(act):
            person.day = self.world.at.date() + timedelta(days=act.what % 30 - 10)
            self.world.change(person.pk, properties=properties(person))

    def lose_address(self, act: Act) -> None:
        if person := self._person(act):
            person.address = None
            self.world.change(person.pk, email=None)

    def _person(self, act: Act) -> Person | None:
        people = [person for _pk, person in sorted(self.model.people.items())]
        return people[act.who % len(people)] if people else None


def among(plans: frozenset[str]) -> dict[str, Any]:
    return {"all": [{"field": "p.plan", "op": "one_of", "value": sorted(plans)}]}


def at_least(total: int) -> dict[str, Any]:
    return {"all": [{"field": "e.total", "op": "at_least", "value": total}]}

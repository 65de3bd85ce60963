"""Two workers at once, each on a database connection of its own, plan and claim the same people for two campaigns."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connection

from surveys.campaigns.models import Campaign
from surveys.customers.models import Customer
from surveys.delivery.models import Delivery, Invitation, PlanDecision, Reason, State
from tests.delivery.engine.world import A_DAY, Sent, World

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(world: World, act: Callable[[World], object], workers: int = 2) -> list[World]:
    """Each worker has a world of its own around the same rows, and all begin in the same moment."""
    begin, troubles = threading.Barrier(workers), []
    worlds = [World(world.membership, world.at, batch=world.batch) for _ in range(workers)]

    def work(mine: World) -> None:
        try:
            connection.ensure_connection()
            begin.wait(timeout=20)
            act(mine)
        except Exception as trouble:
            troubles.append(trouble)
            raise
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(mine,)) for mine in worlds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive(), "they wait for each other"
    assert troubles == []
    return worlds


def all_sent(worlds: list[World]) -> list[Sent]:
    return [row for world in worlds for row in world.sent]


def work(world: World) -> None:
    world.run()


def test_two_workers_and_two_campaigns_ask_everyone_once(world: World) -> None:
    people = world.people(300)
    world.batch = 20
    campaigns = [world.campaign(name) for name in ("Onboarding", "After support")]

    for campaign in campaigns:
        world.plan(campaign)
    # The second campaign begins with those who are next in the first: what one worker asks for it, the other asks for that.
    first = [person.pk for person in people[:10]]
    Delivery.objects.filter(campaign=campaigns[1]).exclude(customer__in=first).update(due_at=world.at - A_DAY)

    sent = all_sent(at_once(world, work))
    world.run()  # what one skipped because the other held it

    asks = Counter(row.customer for row in sent + world.sent)
    assert asks == {person.pk: 1 for person in people}
    assert Delivery.objects.filter(state=State.SENT).count() == 300
    for campaign in campaigns:
        decisions = PlanDecision.objects.filter(campaign=campaign)
        assert decisions.count() == 300
        assert set(decisions.values_list("reason", flat=True)) <= {Reason.INVITED, Reason.THROTTLED}
    assert PlanDecision.objects.filter(reason=Reason.THROTTLED).count() == 300
    assert set(Customer.objects.values_list("asked_count", flat=True)) == {1}


def test_all_that_recurs_is_planned_once_by_two(world: World) -> None:
    world.people(200)
    campaign = world.recurring(5)

    def plan(mine: World) -> None:
        for _ in range(10):
            mine.plan(Campaign.objects.get(pk=campaign.pk))

    for day in range(6):
        world.at += A_DAY * (day > 0)
        at_once(world, plan)

    made = Counter(Invitation.objects.values_list("customer", "occasion"))
    assert set(made.values()) == {1}
    assert len({customer for customer, _occasion in made}) == 200


def test_events_are_looked_at_once_by_two(world: World) -> None:
    people = world.people(60)
    campaigns = [world.after_event("order.delivered", name=name) for name in ("One", "Two")]
    for person in people:
        world.event(person.email, "order.delivered")

    sent = all_sent(at_once(world, work))
    world.run()

    assert Counter(row.customer for row in sent + world.sent) == {person.pk: 1 for person in people}
    occasions = Counter(PlanDecision.objects.values_list("campaign", "customer"))
    assert occasions == {(campaign.pk, person.pk): 1 for campaign in campaigns for person in people}


def test_a_company_is_asked_once_by_two(world: World) -> None:
    """Forty colleagues in four companies; whenever the companies are free, everybody is due at once."""
    world.property("company")
    world.rule(throttle_days=1, account_property="company", account_gap_days=30)
    for name in ("Acme", "Globex", "Initech", "Umbrella"):
        for _ in range(10):
            world.person(properties={"company": name})
    companies = dict(Customer.objects.values_list("pk", "properties__company"))
    world.batch = 3
    for number in range(4):
        world.plan(world.campaign(f"Round {number}", ends_at=world.at + A_DAY))

        sent = all_sent(at_once(world, work))

        assert Counter(companies[row.customer] for row in sent) == dict.fromkeys(set(companies.values()), 1)
        world.run(world.at + 31 * A_DAY)


def test_a_day_has_one_cap_for_two(world: World) -> None:
    world.people(100)
    world.batch = 7
    campaign = world.campaign(daily_cap=25)
    world.plan(campaign)

    sent = all_sent(at_once(world, work))
    world.run()
    assert len(sent) + len(world.sent) == 25

    world.at += A_DAY
    tomorrow = all_sent(at_once(world, work))
    world.sent.clear()
    world.run()
    assert len(tomorrow) + len(world.sent) == 25


def test_a_total_cap_is_one_for_two(world: World) -> None:
    world.rule(throttle_days=0)
    world.people(100)
    world.recurring(2, total_cap=60)

    sent = all_sent(at_once(world, work))
    world.at += A_DAY
    sent += all_sent(at_once(world, work))
    world.run(world.at + A_DAY)

    assert len(sent) + len(world.sent) == 60
    assert Invitation.objects.count() == 60


def test_a_week_of_two_workers_who_race_for_the_same_people(world: World) -> None:
    """With companies, caps, turns and reminders; nobody is asked twice within the gap, and nobody waits for ever."""
    world.property("company")
    world.rule(throttle_days=3, account_property="company", account_gap_days=1)
    for number in range(40):
        world.person(properties={"company": f"Company {number % 25}"})
    world.batch = 5
    world.recurring(4, reminders=1, reminder_days=1)
    world.recurring(3, "Often", priority=3, daily_cap=12)
    world.campaign("Once")

    sent: list[Sent] = []
    for _ in range(14):
        sent += all_sent(at_once(world, work))
        world.at += A_DAY / 2

    asks: dict[int, list[Sent]] = {}
    for row in sorted(sent, key=lambda row: row.at):
        if row.kind == "ask":
            asks.setdefault(row.customer, []).append(row)
    assert len(asks) == 40
    for mine in asks.values():
        assert all(later.at - earlier.at >= 3 * A_DAY for earlier, later in pairwise(mine))
    assert len(sent) == len({(row.customer, row.campaign, row.occasion, row.kind) for row in sent})
    companies = dict(Customer.objects.values_list("pk", "properties__company"))
    per_company = sorted((companies[row.customer], row.at) for row in sent if row.kind == "ask")
    for (company, earlier), (other, later) in pairwise(per_company):
        assert company != other or later - earlier >= timedelta(days=1)

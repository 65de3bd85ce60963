"""When customers go, runs do not tell whose they were; when two become one, what one got counts for both."""

from datetime import timedelta

import pytest

from surveys.automation import queries
from surveys.automation.models import ReviewSite, RuleRun, RuleStep, RunOutcome
from surveys.customers import actions as customers
from surveys.customers.models import Customer
from surveys.inbox.models import InboxSettings
from surveys.outbox.models import Event
from surveys.responses.actions import retiring
from tests import factories
from tests.automation.world import DETRACTORS, HOUR, MAIL, MINUTE, NOON, World, steps, wait


@pytest.mark.parametrize("how", ["delete", "erase", "retention deletes", "retention makes nameless"])
def test_runs_let_go_of_people(world: World, okafor: Customer, how: str) -> None:
    rule = world.rule("confirmed", MAIL, wait(60), MAIL, conditions=DETRACTORS)
    world.answered(okafor, 3)
    world.goes_on(NOON)
    assert RuleRun.objects.get(rule=rule).customer == okafor

    later, organization = NOON + HOUR, world.organization
    match how:
        case "delete":
            customers.delete(organization=world.organization, ids=[okafor.pk], at=NOON + MINUTE)
        case "erase":
            customers.erase(organization=world.organization, ids=[okafor.pk], at=NOON + MINUTE)
        case "retention deletes":
            assert retiring.delete_aged(organization=organization, before=later, at=later) == 1
        case _:
            assert retiring.anonymize_aged(organization=organization, before=later, at=later) == 1

    run = RuleRun.objects.get(rule=rule)
    if how == "retention deletes":
        assert run.response is None
    else:
        assert run.customer_id is None
    world.goes_on(NOON + 2 * HOUR)
    assert len(world.mails) == 1


def test_what_one_got_counts_for_both(world: World, okafor: Customer) -> None:
    InboxSettings.objects.create(organization=world.organization, automatic_most=1, updated_at=NOON)
    other = factories.customer(world.organization, "ada@work.example")
    rule = world.rule("confirmed", MAIL)
    world.answered(other, 3)
    world.goes_on(NOON)

    both = {"ids": [okafor.pk, other.pk], "survivor": okafor.pk, "gone": other.pk}
    world.tells("customers.merged", okafor, NOON + MINUTE, **both)
    world.answered(okafor, 2, at=NOON + HOUR)
    world.goes_on(NOON + HOUR)

    assert steps(rule) == [("email", "done"), ("email", "skipped")]
    assert set(RuleRun.objects.values_list("customer", flat=True)) == {okafor.pk}


def test_links_are_shown_to_who_has_answered_at_once(world: World, okafor: Customer) -> None:
    site = ReviewSite.objects.create(
        organization=world.organization, name="Reviews", url="https://r.example", created_at=NOON
    )
    review = {"kind": "thanks", "text": "Tell others", "link": "review", "site": site.pk}
    offer = {"kind": "thanks", "text": "An offer", "link": "url", "url": "https://example.com/offer"}
    world.rule("confirmed", review)
    everybody_else = world.rule("confirmed", offer, conditions=DETRACTORS)
    unhappy, happy = world.answered(okafor, 2), world.answered(factories.customer(world.organization), 9)

    shown = [[each.text for each in queries.thanks(response, NOON)] for response in (unhappy, happy)]
    assert shown == [["Tell others", "An offer"], ["Tell others"]]
    assert queries.thanks(unhappy, NOON - timedelta(days=2)) == []  # before they were switched on

    world.goes_on(NOON)
    assert RuleRun.objects.get(rule=everybody_else, response=unhappy).outcome == RunOutcome.DONE
    assert not RuleStep.objects.exists()
    assert Event.objects.filter(kind="rule.fired").count() == 3

"""Before each step the world is looked at anew: what a rule began does not go on as if nothing had happened."""

from collections.abc import Callable

import pytest

from surveys.alerts.models import Matter, Notification
from surveys.automation.actions import doing, rules, stepping
from surveys.automation.models import Rule, RuleRun, RuleStep, RunOutcome
from surveys.customers import actions as customers
from surveys.customers.actions import properties, segments
from surveys.customers.models import Customer, Property, PropertyType, SuppressionReason
from surveys.delivery.models import Delivery, Kind, State
from surveys.inbox.models import Conversation
from surveys.outbox import actions as outbox
from surveys.responses import actions as responses
from surveys.responses.actions import Junk
from surveys.responses.models import Response
from tests import factories
from tests.automation.world import DAY, DETRACTORS, HOUR, MAIL, MINUTE, NOON, World, outcome, said, steps, wait

ALERT = {"kind": "alert", "to": "admins"}


def test_steps_wait_as_long_as_the_rule_says(world: World, okafor: Customer) -> None:
    rule = world.rule("confirmed", ALERT, wait(60), MAIL, wait(60), ALERT)
    world.answered(okafor, 3)

    seen = []
    for minutes in (0, 59, 60, 119, 120):
        world.goes_on(NOON + minutes * MINUTE)
        seen.append(RuleStep.objects.filter(run__rule=rule, state="done").count())

    assert seen == [1, 1, 2, 2, 3]
    assert outcome(rule) == RunOutcome.DONE


def junk(world: World, response: Response, rule: Rule) -> str:
    junk = Junk("spam")
    responses.exclude(responses=[response.pk], junk=junk, by=world.alice.membership, at=NOON + MINUTE)
    return "The response was marked as junk."


def quarantine(world: World, response: Response, rule: Rule) -> str:
    responses.do_not_count_it(response=response, by=world.alice.membership, at=NOON + MINUTE)
    return "The response does not count any more."


def erase(world: World, response: Response, rule: Rule) -> str:
    customers.erase(organization=world.organization, ids=[response.customer_id or 0], at=NOON + MINUTE)
    return "Nobody knows any more who gave this answer."


def amend(world: World, response: Response, rule: Rule) -> str:
    assert response.invitation is not None
    world.answered(response.invitation, 9, at=NOON + MINUTE)
    return "The customer has changed the answer, and the rule does not fit it any more."


def switch_off(world: World, response: Response, rule: Rule) -> str:
    rules.switch_off(rule=rule, by=world.alice.membership, at=NOON + MINUTE)
    return "The rule was switched off."


def delete(world: World, response: Response, rule: Rule) -> str:
    rules.delete(rule=rule, by=world.alice.membership, at=NOON + MINUTE)
    return "The rule was deleted."


def suspend(world: World, response: Response, rule: Rule) -> str:
    type(world.organization).objects.filter(pk=world.organization.pk).update(suspended_at=NOON)
    return "The organization is suspended, or about to be deleted."


@pytest.mark.parametrize("happens", [junk, quarantine, erase, amend, switch_off, delete, suspend])
def test_what_was_begun_stops(world: World, okafor: Customer, happens: Callable[[World, Response, Rule], str]) -> None:
    rule = world.rule("confirmed", ALERT, wait(60), MAIL, conditions=DETRACTORS)
    response = world.answered(okafor, 3)
    world.goes_on(NOON)

    why = happens(world, response, rule)
    world.goes_on(NOON + 2 * HOUR)

    assert world.mails == []
    assert (outcome(rule), steps(rule)) == (RunOutcome.STOPPED, [("alert", "done"), ("email", "skipped")])
    assert said(rule)[-1] == why


def suppressed(world: World, okafor: Customer) -> str:
    reason = SuppressionReason.UNSUBSCRIBED
    customers.suppress(organization=world.organization, address="ada@example.com", reason=reason, source="x", at=NOON)
    return "They must not be mailed: Unsubscribed."


def resting(world: World, okafor: Customer) -> str:
    Customer.objects.filter(pk=okafor.pk).update(rest_days=180)
    return "They asked to be left alone, or to be written to less often."


def enough(world: World, okafor: Customer) -> str:
    for _twice in range(2):
        world.rule("confirmed", MAIL, at=NOON)
    world.answered(okafor, 3, at=NOON)
    world.goes_on(NOON)
    return "They had 2 automatic mails in 7 days: no more are sent."


@pytest.mark.parametrize("is_so", [suppressed, resting, enough])
def test_who_must_not_be_written_to_is_left_out_and_the_rest_is_done(
    world: World, okafor: Customer, is_so: Callable[[World, Customer], str]
) -> None:
    why = is_so(world, okafor)
    before = len(world.mails)
    rule = world.rule("confirmed", MAIL, ALERT, at=NOON + MINUTE)
    world.answered(okafor, 3, at=NOON + HOUR)
    Rule.objects.exclude(pk=rule.pk).update(is_on=False)

    world.goes_on(NOON + HOUR)

    assert len(world.mails) == before
    assert (steps(rule), said(rule)[0]) == ([("email", "skipped"), ("alert", "done")], why)


def test_what_became_of_a_mail_outside_of_conversations_stands_in_the_log_and_on_the_record(
    world: World, okafor: Customer
) -> None:
    rule = world.rule("confirmed", MAIL)
    world.answered(okafor, 3)
    world.goes_on(NOON)
    Delivery.objects.filter(kind=Kind.AUTOMATION).update(state=State.FAILED, reason="No such mailbox.")

    alice = world.alice
    assert not Conversation.objects.exists()
    assert "Failed No such mailbox." in alice.get(alice.url("automation:log", pk=rule.pk)).content.decode()
    entries = alice.get(okafor.get_absolute_url(), {"only": "rules"}).context["entries"]
    [told] = [entry for entry in entries if entry.text.startswith("Mailed by the rule")]
    assert (told.mark, told.note) == ("failed", "Hello Ada No such mailbox.")


def test_automatic_mail_waits_for_the_morning_of_the_customer_and_what_follows_with_it(world: World) -> None:
    tokyo = factories.customer(world.organization, time_zone="Asia/Tokyo")
    rule = world.rule("confirmed", MAIL, wait(60), ALERT)
    world.answered(tokyo, 9, at=NOON)  # 21:00 there

    seen = []
    for hours in (0, 10.9, 11, 11.9, 12):
        world.goes_on(NOON + hours * HOUR)
        seen.append([state for _kind, state in steps(rule)])

    assert seen == [["due", "due"], ["due", "due"], ["done", "due"], ["done", "due"], ["done", "done"]]


def test_what_fails_is_tried_again_then_said_to_have_failed_and_what_follows_is_done(
    world: World, okafor: Customer
) -> None:
    """As a rule of an older version might be stored."""
    rule = world.rule("confirmed", ALERT, ALERT)
    Rule.objects.filter(pk=rule.pk).update(actions=[{"kind": "alert", "to": "users"}, ALERT])
    world.answered(okafor, 3)

    at, tries = NOON, 0
    while outcome(rule) in (None, RunOutcome.RUNNING):
        world.goes_on(at)
        tries, at = tries + 1, at + 6 * HOUR
    assert tries == len(stepping.LADDER) + 1
    assert steps(rule) == [("alert", "failed"), ("alert", "done")]
    assert (outcome(rule), said(rule)[0]) == (RunOutcome.FAILED, "KeyError: 'users'")


def test_a_step_that_takes_its_worker_down_with_it_is_given_up_in_the_end(
    world: World, okafor: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = world.rule("confirmed", ALERT, MAIL, wait(60), ALERT)
    world.answered(okafor, 3)
    outbox.drain(at=NOON)

    def dies(*_: object) -> None:
        raise SystemExit

    at, deaths = NOON, 0
    with monkeypatch.context() as patched:
        patched.setitem(doing._DOES, "email", dies)
        for pause in (stepping.AFTER_A_DEATH, *stepping.LADDER):
            with pytest.raises(SystemExit):
                stepping.work(at=at)
            assert stepping.work(at=at + pause / 2) == 0
            at, deaths = at + pause, deaths + 1
    stepping.work(at=at)

    assert steps(rule) == [("alert", "done"), ("email", "failed"), ("alert", "done")]
    assert (outcome(rule), world.mails) == (RunOutcome.FAILED, [])
    assert said(rule)[1] == f"Whoever did it did not come back, {deaths} times."
    log = world.alice.get(world.alice.url("automation:log", pk=rule.pk)).content.decode()
    assert "did not come back" in log
    assert Notification.objects.filter(matter=Matter.TROUBLE).exists()


def test_an_edit_counts_up_and_what_is_under_way_goes_on_with_what_it_was_given(world: World, okafor: Customer) -> None:
    rule = world.rule("confirmed", wait(60), MAIL)
    world.answered(okafor, 3)
    world.goes_on(NOON)

    draft = rules.draft_of(rule)
    other = {**MAIL, "subject": "Another"}
    changed = type(draft)(**{**vars(draft), "actions": [other]})
    rules.change(rule=rule, draft=changed, seen=rule.version, by=world.alice.membership, at=NOON + MINUTE)
    world.answered(factories.customer(world.organization, "bo@example.com"), 3, at=NOON + 2 * MINUTE)
    world.goes_on(NOON + 2 * MINUTE)
    world.goes_on(NOON + HOUR)

    assert world.mails == [("bo@example.com", "Another"), ("ada@example.com", "Hello Ada")]
    assert list(RuleRun.objects.order_by("pk").values_list("version", flat=True)) == [1, 2]
    with pytest.raises(rules.ChangedMeanwhile):
        rules.change(rule=rule, draft=changed, seen=1, by=world.alice.membership, at=NOON)


def test_what_a_rule_asked_about_is_gone_it_is_switched_off_and_who_can_mend_it_is_told(
    world: World, okafor: Customer
) -> None:
    """Campaigns are never deleted, tags are."""
    rule = world.rule("confirmed", MAIL, conditions=DETRACTORS)
    Rule.objects.filter(pk=rule.pk).update(conditions={"all": [{"field": "tag", "op": "one_of", "value": [999]}]})
    world.answered(okafor, 3)

    world.goes_on(NOON + DAY)

    rule.refresh_from_db()
    assert (rule.is_on, rule.stopped_reason) == (False, "Tag has no “999” (any more). Choose another value.")
    assert Conversation.objects.count() == 0
    assert RuleRun.objects.count() == 0


def test_what_a_rule_asks_about_or_sets_cannot_be_deleted_as_long_as_there_is_the_rule(world: World) -> None:
    by = world.alice.membership
    unhappy = segments.create(name="Unhappy", description="", conditions=_LOW, by=by, at=NOON)
    plan = Property.objects.create(organization=world.organization, key="plan", label="Plan", type=PropertyType.TEXT)
    rule = world.rule(
        "confirmed",
        {"kind": "property", "property": "plan", "value": "Rescue"},
        conditions={"all": [{"field": "customer.segment", "op": "one_of", "value": [unhappy.pk]}]},
    )

    with pytest.raises(segments.InUse):
        segments.delete(segment=unhappy, by=by, at=NOON)
    with pytest.raises(properties.PropertyInUse):
        properties.delete(found=plan, by=by, at=NOON)

    rules.delete(rule=rule, by=by, at=NOON)
    segments.delete(segment=unhappy, by=by, at=NOON)
    properties.delete(found=plan, by=by, at=NOON)


_LOW = {"all": [{"field": "last_score", "op": "at_most", "value": 6}]}

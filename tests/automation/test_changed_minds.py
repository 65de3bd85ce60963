"""Somebody who was unhappy, was written to, and changes the same answer: rules, their trials and *Does it work?* all know it."""

from typing import Any

import pytest
import time_machine
from django.test import Client

from surveys.analytics.look import Look
from surveys.automation import effect_queries, plays, trying
from surveys.automation.actions import rules
from surveys.automation.models import Rule, RuleRun, RunOutcome
from surveys.core.filters import Filters
from surveys.core.periods import Period
from surveys.customers.models import Customer
from surveys.inbox.actions import writing
from surveys.inbox.actions.opening import open_conversation
from surveys.responses.models import Response
from tests import factories
from tests.automation.world import DAY, DETRACTORS, HOUR, MAIL, MINUTE, NOON, World, outcome, said, steps, wait
from tests.responses.mail import Mail, Shown, press

WEEK = Look(Period(NOON.date(), (NOON + 7 * DAY).date()), Filters())


def test_a_detractor_who_changes_the_same_answer_has_come_back(world: World, okafor: Customer) -> None:
    by = world.alice.membership
    rule = rules.create(draft=plays.PLAYS["recovered"].draft(), by=by, at=NOON - DAY)
    rules.switch_on(rule=rule, by=by, at=NOON - DAY)
    mail, ada = Mail(world.asked(okafor)), Client()
    with time_machine.travel(NOON, tick=False):
        press(ada, Shown(ada.get(mail.link(2))), 2)
    world.goes_on(NOON)
    about: dict[str, Any] = {"organization": world.organization, "response": mail.response, "customer": okafor}
    talk = open_conversation(**about, by=by, at=NOON + MINUTE)
    writing.reply(conversation=talk, text="We are sorry.", attachments=[], key="one", by=by, at=NOON + 2 * MINUTE)
    assert outcome(rule) is None

    with time_machine.travel(NOON + 3 * MINUTE, tick=False):
        press(ada, Shown(ada.get(mail.link(9))), 9)
        press(ada, Shown(ada.get(mail.page)), 9, "You listened")
    world.goes_on(NOON + 3 * MINUTE)
    world.goes_on(NOON + 2 * HOUR)

    assert (outcome(rule), steps(rule)) == (RunOutcome.DONE, [("alert", "done"), ("email", "done")])
    assert world.mails == [("ada@example.com", "Good to hear")]
    log = world.alice.get(world.alice.url("automation:log", pk=rule.pk)).content.decode()
    assert "Category of the answer before is Detractor" in log
    assert "(it was: 2)" in log
    assert trying.trial(rule, NOON - DAY, NOON + DAY).met == 1
    back = effect_queries.returned(world.organization, WEEK, None, at=NOON + DAY).comparison
    assert (back.one.people, back.one.recovered.count, back.other.people) == (1, 1, 0)


def test_whom_a_trial_leaves_alone_is_compared_with_what_the_answer_said_before(world: World, okafor: Customer) -> None:
    never = {"all": [{"field": "category_before", "op": "one_of", "value": ["promoter"]}]}
    rule = world.rule("rose", MAIL, conditions=never)
    asked = world.asked(okafor)
    world.answered(asked, 2)
    world.answered(asked, 8, at=NOON + HOUR)
    world.goes_on(NOON + HOUR)

    assert RuleRun.objects.get(rule=rule).why[0]["found"] == [2]
    (missed,) = trying.trial(rule, NOON - DAY, NOON + DAY).missed
    assert missed.why == never["all"]


@pytest.mark.parametrize(
    ("then", "now", "goes_on"),
    [
        pytest.param("at_most", "at_least", False, id="turned round"),
        pytest.param("at_most", "at_most", True, id="as it was"),
        pytest.param("at_most", None, True, id="asks less"),
        pytest.param(None, "at_least", False, id="asks for the first time"),
    ],
)
def test_what_is_put_into_a_rule_is_asked_of_what_is_under_way(
    world: World, okafor: Customer, then: str | None, now: str | None, goes_on: bool
) -> None:
    rule = world.rule("confirmed", wait(60), MAIL, conditions=low(then))
    world.answered(okafor, 2)
    world.goes_on(NOON)

    edit(world, rule, conditions=low(now), name="Another name")
    world.goes_on(NOON + HOUR)

    assert len(world.mails) == int(goes_on)
    if not goes_on:
        assert (outcome(rule), said(rule)) == (
            RunOutcome.STOPPED,
            ["The rule was changed since, and what it asks now does not hold."],
        )


def low(op: str | None) -> dict[str, Any]:
    return {"all": [{"field": "score", "op": op, "value": 4 if op == "at_most" else 9}]} if op else {}


def edit(world: World, rule: Rule, **changes: Any) -> None:
    draft = rules.draft_of(rule)
    changed = type(draft)(**{**vars(draft), **changes})
    rules.change(rule=rule, draft=changed, seen=rule.version, by=world.alice.membership, at=NOON + MINUTE)


def test_the_log_goes_by_the_time_of_the_last_look(
    world: World, okafor: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("surveys.automation.queries.PAGE", 2)
    rule = world.rule("confirmed", MAIL, conditions=DETRACTORS)
    first = world.asked(okafor)
    world.answered(first, 10)
    world.goes_on(NOON)
    others = [world.answered(factories.customer(world.organization), 9, at=NOON + n * MINUTE) for n in range(3)]
    world.goes_on(NOON + 3 * MINUTE)
    again = world.answered(first, 8, at=NOON + HOUR)  # looked at anew, and left alone again
    world.goes_on(NOON + HOUR)
    assert others[0].invitation is not None
    world.answered(others[0].invitation, 9, "Fine", at=NOON + 2 * HOUR)  # which says nothing new to the rule
    world.goes_on(NOON + 2 * HOUR)

    shown: list[int] = []
    address = world.alice.url("automation:log", pk=rule.pk)
    query = ""
    while True:
        page = world.alice.get(address + query)
        shown += [line.run.response_id for line in page.context["lines"]]
        query = page.context["next_url"]
        if not query:
            break
    assert shown == [again.pk, *(each.pk for each in reversed(others))]
    assert Response.objects.count() == len(shown)
    edge = "?after=0001-01-01T00:00:00%2B23:59_1"  # no moment of the calendar in UTC
    for nonsense in (
        "?after=x",
        "?after=2026-13-45T99:00:00_1",
        "?after=2026-01-01T00:00:00%2B00:00_",
        "?after=7",
        edge,
    ):
        assert len(world.alice.get(address + nonsense).context["lines"]) == 2

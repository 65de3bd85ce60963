"""What a rule would have done is what it does."""

from datetime import timedelta
from typing import Any

import pytest

from surveys.automation import checking, holdout, plays, previewing, trying
from surveys.automation.actions import rules, trials
from surveys.automation.models import ReferralSettings, ReviewSite, Rule, RuleRun, RuleStep, RuleTrial, RunOutcome
from surveys.customers.models import Customer
from surveys.delivery.models import Delivery
from surveys.inbox.models import Conversation
from tests import factories
from tests.automation.world import DAY, DETRACTORS, HOUR, MAIL, MINUTE, NOON, World, wait


def was(category: str) -> dict[str, Any]:
    return {"all": [{"field": "category_before", "op": "one_of", "value": [category]}]}


CONDITIONS = {("fell", False): was("promoter"), ("fell", True): was("passive"), ("rose", True): was("detractor")}
STORY: list[tuple[int, int, str]] = [
    (0, 9, ""),
    (1, 3, "Too slow"),
    (2, 8, ""),
    (3, 2, ""),
    (4, 1, "Price"),
    (5, 10, "!"),
]


@pytest.mark.parametrize(
    ("trigger", "changes"),
    [("confirmed", True), ("amended", True), ("fell", False), ("fell", True), ("rose", True)],
)
def test_a_trial_counts_what_did_happen(world: World, trigger: str, changes: bool) -> None:
    people = [factories.customer(world.organization) for _ in range(2)]
    conditions = CONDITIONS.get((trigger, changes), DETRACTORS)
    rule = world.rule(trigger, MAIL, conditions=conditions, holdout_percent=30)
    for day, score, comment in STORY:
        at = NOON + day * DAY
        for person in people:
            asked = world.asked(person, at - HOUR)
            world.answered(asked, score, comment or None, at=at)
            if changes and score == 8:
                world.goes_on(at)
                world.answered(asked, 5, at=at + MINUTE)
        world.goes_on(at)
        world.goes_on(at + HOUR)

    found = trying.trial(rule, NOON - DAY, NOON + 30 * DAY)

    runs = RuleRun.objects.filter(rule=rule).exclude(outcome=RunOutcome.NOT_MET)
    assert (found.met, found.held_out) == (runs.count(), runs.filter(is_held_out=True).count())
    mails = RuleStep.objects.filter(run__rule=rule, kind="email")
    assert found.acts == [{"position": 0, "kind": "email", "times": mails.count()}]
    assert found.over_cap == mails.filter(state="skipped").count()
    assert {each.response for each in found.sample} <= set(runs.values_list("response", flat=True))


def test_trying_does_nothing_and_is_kept_beside_the_version(world: World, okafor: Customer) -> None:
    world.answered(okafor, 2, at=NOON)
    world.answered(factories.customer(world.organization, None, name="Nobody"), 2, at=NOON)
    rule = world.rule("confirmed", {"kind": "open"}, wait(5), MAIL, at=NOON + HOUR)

    found = trials.try_out(rule=rule, days=7, by=world.alice.membership, at=NOON + DAY)

    assert (found.looked_at, found.met, found.people, found.unmailable) == (2, 2, 2, 1)
    assert [act["kind"] for act in found.acts] == ["open", "wait", "email"]
    assert not RuleRun.objects.exists()
    assert not Conversation.objects.exists()
    assert not Delivery.objects.exists()
    assert RuleTrial.objects.get(rule=rule, version=rule.version).found["met"] == 2


def test_silence_and_what_was_overdue_can_be_tried(world: World, okafor: Customer) -> None:
    type(world.campaign).objects.filter(pk=world.campaign.pk).update(reminders=1, reminder_days=5, launched_at=NOON)
    world.asked(okafor, NOON)
    rule = world.rule("silent", MAIL, silent_days=7, at=NOON)
    assert trying.trial(rule, NOON, NOON + 11 * DAY).met == 0
    assert trying.trial(rule, NOON, NOON + 13 * DAY).met == 1
    world.falls_silent(NOON + 13 * DAY)
    assert RuleRun.objects.filter(rule=rule).count() == 1

    late: dict[str, Any] = {"organization": world.organization, "opened_at": NOON, "touched_at": NOON}
    Conversation.objects.create(**late, first_due_at=NOON + HOUR, first_reply_at=NOON + 2 * HOUR)
    Conversation.objects.create(**late, first_due_at=NOON + HOUR, first_reply_at=NOON)
    Conversation.objects.create(**late, overdue_at=NOON + HOUR)
    overdue = world.rule("overdue", {"kind": "alert", "to": "admins"})
    assert trying.trial(overdue, NOON, NOON + DAY).met == 2


def test_a_rule_that_is_not_saved_can_be_tried(world: World, okafor: Customer) -> None:
    world.answered(okafor, 2)
    draft = Rule(organization=world.organization, trigger="confirmed", conditions=DETRACTORS, actions=[MAIL])
    assert trying.trial(draft, NOON - DAY, NOON + timedelta(days=1)).met == 1


def test_every_play_can_be_switched_on_as_it_is(world: World) -> None:
    ReviewSite.objects.create(organization=world.organization, name="Reviews", url="https://r.example", created_at=NOON)
    target = {"is_on": True, "target": "https://friends.example", "updated_at": NOON}
    ReferralSettings.objects.create(organization=world.organization, **target)
    found = {key: checking.problems(play.draft(), world.organization) for key, play in plays.PLAYS.items()}
    assert found == {key: [] for key in plays.PLAYS}
    for play in plays.PLAYS.values():
        made = rules.create(draft=play.draft(), by=world.alice.membership, at=NOON)
        rules.switch_on(rule=made, by=world.alice.membership, at=NOON)


def test_the_hold_out_of_a_trial_is_that_of_the_rule(world: World) -> None:
    people = [factories.customer(world.organization) for _ in range(8)]
    for person in people:
        world.answered(person, 2)
    rule = world.rule("confirmed", MAIL, holdout_percent=50)
    out = [person.pk for person in people if holdout.is_held_out(rule.pk, 50, person.pk)]

    found = trying.trial(rule, NOON - DAY, NOON + DAY)
    assert found.held_out == len(out)
    assert sorted(each.customer or 0 for each in found.sample if each.is_held_out) == out


@pytest.mark.parametrize("changes", [False, True])
def test_a_mail_is_shown_of_whom_the_rule_would_have_met(world: World, changes: bool) -> None:
    """Grace fell, in an answer of her own or by changing it; Ada, who is as unhappy and answered last, did not."""
    grace, ada = (factories.customer(world.organization, name=name) for name in ("Grace", "Ada"))
    asked = world.asked(grace, NOON - 2 * DAY)
    world.answered(asked, 9, at=NOON - 2 * DAY)
    world.answered(asked if changes else grace, 3, at=NOON)
    world.answered(ada, 3, at=NOON + HOUR)
    seen = {}
    for trigger, conditions in (
        ("confirmed", DETRACTORS),
        ("fell", DETRACTORS),
        ("fell", was("promoter")),
        ("rose", DETRACTORS),
    ):
        draft = checking.Draft(name="", trigger=trigger, conditions=conditions)
        found = previewing.example(draft, world.organization, NOON + DAY)
        seen[trigger, conditions is DETRACTORS] = (found.name, found.score, found.is_met)
    assert seen == {
        ("confirmed", True): ("Ada", 3, True),
        ("fell", True): ("Grace", 3, True),
        ("fell", False): ("Grace", 3, True),
        ("rose", True): ("Ada", 3, False),
    }


def test_a_mail_to_who_is_silent_is_shown_of_somebody_who_was(world: World) -> None:
    silent, asked_today = (factories.customer(world.organization, name=name) for name in ("Silent", "Today"))
    world.asked(silent, NOON - 60 * DAY)
    world.asked(asked_today, NOON)
    draft = checking.Draft(name="", trigger="silent", conditions={}, silent_days=7)
    found = previewing.example(draft, world.organization, NOON + HOUR)
    assert (found.name, found.is_met) == ("Silent", True)

"""What happens starts the rules that wait for it, once for each response, and the log says why."""

from datetime import datetime, timedelta

from surveys.accounts.models import Membership, Role
from surveys.alerts.models import Matter, Notification
from surveys.automation import queries, run_lines
from surveys.automation.models import RuleRun, RuleStep, RunOutcome
from surveys.comments.models import Theme
from surveys.customers.models import Customer, CustomerChange, Property, PropertyType
from surveys.delivery.models import Delivery, Invitation, Kind, Queue, State
from surveys.inbox.models import Conversation, Message, Team, TeamMember
from surveys.outbox.models import Event
from surveys.responses.actions import reading
from surveys.responses.actions.reading import Kept
from surveys.responses.models import Response, Tag
from tests import factories
from tests.automation.world import DAY, DETRACTORS, HOUR, MAIL, MINUTE, NOON, World, outcome, said, steps, wait
from tests.people import Person


def test_a_detractor_starts_what_the_rule_says_in_its_order(world: World, okafor: Customer, bob: Person) -> None:
    bob.becomes(Role.AGENT)
    Customer.objects.filter(pk=okafor.pk).update(owner=bob.membership.user)
    Property.objects.create(organization=world.organization, key="plan", label="Plan", type=PropertyType.TEXT)
    tag = Tag.objects.create(organization=world.organization, name="Saved", created_at=NOON)
    rule = world.rule(
        "confirmed",
        {"kind": "tag", "tag": tag.pk},
        {"kind": "property", "property": "plan", "value": "Rescue"},
        {"kind": "open", "priority": 3},
        {"kind": "assign", "to": "owner"},
        {"kind": "alert", "to": "owner"},
        {**MAIL, "from": "owner"},
        conditions=DETRACTORS,
    )
    unhappy = world.answered(okafor, 3)
    happy = world.answered(factories.customer(world.organization), 9)

    world.goes_on(NOON + MINUTE)

    assert (outcome(rule, unhappy), outcome(rule, happy)) == (RunOutcome.DONE, RunOutcome.NOT_MET)
    assert {state for _kind, state in steps(rule)} == {"done"}
    okafor.refresh_from_db()
    unhappy.refresh_from_db()
    assert (unhappy.tags, okafor.properties) == ([tag.pk], {"plan": "Rescue"})
    assert CustomerChange.objects.get(customer=okafor).source == "rule"
    conversation = Conversation.objects.get(response=unhappy)
    assert (conversation.assignee, conversation.priority) == (bob.membership.user, 3)
    assert Notification.objects.get(matter=Matter.RULE).user == bob.membership.user
    assert world.mails == [("ada@example.com", "Hello Ada")]
    assert Message.objects.get(conversation=conversation).text == "You said 3."
    fired = Event.objects.get(kind="rule.fired")
    assert fired.payload == {"rule": rule.pk, "response": unhappy.pk, "customer": okafor.pk}


def test_the_log_says_why_it_is_not_whose_customer_it_is(world: World, bob: Person) -> None:
    bob.becomes(Role.AGENT)
    team = Team.objects.create(organization=world.organization, name="Support", created_at=NOON)
    TeamMember.objects.create(organization=world.organization, team=team, user=bob.membership.user)
    away = factories.user("ines@example.com", name="Ines Keller")
    type(away).objects.filter(pk=away.pk).update(is_active=False)
    Membership.objects.create(organization=world.organization, user=away, role=Role.AGENT, created_at=NOON)
    reads = factories.user("sanne@example.com", name="Sanne Bakker")
    Membership.objects.create(organization=world.organization, user=reads, role=Role.ANALYST, created_at=NOON)
    alone = world.rule("confirmed", {"kind": "assign", "to": "owner"})
    helped = world.rule("confirmed", {"kind": "assign", "to": "owner", "team": team.pk})
    for owner in (away, reads, None):
        world.answered(factories.customer(world.organization, owner=owner), 3)

    world.goes_on(NOON)

    why = [
        "Ines Keller owns the customer, and cannot be assigned to: nobody can sign in with that account.",
        "Sanne Bakker owns the customer, and cannot be assigned to: the role “Analyst” may not answer customers.",
        "Nobody owns the customer.",
    ]
    assert said(alone) == why
    assert {state for _kind, state in steps(alone)} == {"skipped"}
    assert said(helped) == [f"{bob.membership.user} – {reason}" for reason in why]
    assert set(Conversation.objects.values_list("assignee", flat=True)) == {bob.membership.user_id}


def test_a_rule_gives_a_colleague_what_stays_with_the_team_that_it_came_to(world: World, bob: Person) -> None:
    bob.becomes(Role.AGENT)
    billing = Team.objects.create(organization=world.organization, name="Billing", words=["invoice"], created_at=NOON)
    world.rule("confirmed", {"kind": "open"}, {"kind": "assign", "to": "owner"})
    world.answered(factories.customer(world.organization, owner=bob.membership.user), 2, "Where is my invoice?")

    world.goes_on(NOON)

    assert Conversation.objects.values_list("team", "assignee").get() == (billing.pk, bob.membership.user_id)


def test_the_log_says_what_held_and_what_did_not(world: World, okafor: Customer) -> None:
    conditions = {"all": [*DETRACTORS["all"], {"field": "comment", "op": "contains", "value": "price"}]}
    rule = world.rule("confirmed", MAIL, conditions=conditions)

    world.answered(okafor, 4, "Your secret recipe")
    world.goes_on(NOON)

    run = RuleRun.objects.get(rule=rule)
    (line,) = run_lines.lines(queries.log(rule).runs, world.alice.membership)
    told = [(each.words, each.held, each.found) for each in line.reasons]
    assert told == [("Category is Detractor", True, "4"), ("Comment contains price", False, "")]
    assert "secret" not in str(run.why)


def test_nothing_that_happened_before_a_rule_was_switched_on_starts_it(world: World, okafor: Customer) -> None:
    world.answered(okafor, 2, at=NOON)
    rule = world.rule("confirmed", MAIL, at=NOON + MINUTE)

    world.goes_on(NOON + HOUR)

    assert outcome(rule) is None


def test_a_comment_that_comes_later_starts_a_rule_about_comments_once_it_is_written(
    world: World, okafor: Customer
) -> None:
    rule = world.rule("commented", MAIL, conditions=DETRACTORS)
    asked = world.asked(okafor)
    world.answered(asked, 2, at=NOON)
    world.goes_on(NOON)
    assert outcome(rule) is None

    world.answered(asked, 2, "It is ha", at=NOON + 5 * MINUTE)
    world.goes_on(NOON + 5 * MINUTE)
    world.answered(asked, 2, "It is hard to use", at=NOON + 6 * MINUTE)
    world.goes_on(NOON + 6 * MINUTE)
    assert world.mails == []  # they are still at it

    world.goes_on(NOON + 7 * MINUTE)
    world.answered(asked, 2, "It is very hard to use", at=NOON + HOUR)
    world.goes_on(NOON + 2 * HOUR)
    assert len(world.mails) == 1


def test_a_rule_looks_again_when_the_answer_changes(world: World, okafor: Customer) -> None:
    """A slip of the finger in the mail, put right on the page."""
    rule = world.rule("confirmed", MAIL, conditions=DETRACTORS)
    asked = world.asked(okafor)
    world.answered(asked, 10)
    world.goes_on(NOON)
    assert outcome(rule) == RunOutcome.NOT_MET

    world.answered(asked, 1, at=NOON + MINUTE)
    world.goes_on(NOON + MINUTE)
    assert (outcome(rule), len(world.mails)) == (RunOutcome.DONE, 1)


def test_falling_is_told_against_the_answer_before_and_against_the_same_one_before_a_change(world: World) -> None:
    fell, rose = world.rule("fell", MAIL), world.rule("rose", MAIL)
    earlier, changed, up = (factories.customer(world.organization) for _ in range(3))
    world.answered(earlier, 9, at=NOON - HOUR)
    world.answered(earlier, 8, at=NOON)
    asked = world.asked(changed)
    for minute, score in enumerate((8, 7, 6)):  # 7 is the same category as 8
        world.answered(asked, score, at=NOON + minute * MINUTE)
        world.goes_on(NOON + minute * MINUTE)
    world.answered(up, 5, at=NOON - HOUR)
    world.answered(up, 9, at=NOON)

    world.goes_on(NOON + HOUR)

    told = RuleRun.objects.filter(rule__in=(fell, rose)).order_by("rule", "customer")
    assert list(told.values_list("rule", "customer", "score_before", "score")) == [
        (fell.pk, earlier.pk, 9, 8),
        (fell.pk, changed.pk, 7, 6),
        (rose.pk, up.pk, 5, 9),
    ]


def test_a_rule_about_a_theme_waits_until_the_comment_is_read(world: World, okafor: Customer) -> None:
    theme = Theme.objects.create(
        organization=world.organization, name="Price", created_at=NOON, updated_at=NOON, words=["price"]
    )
    rule = world.rule("commented", MAIL, conditions={"all": [{"field": "theme", "op": "one_of", "value": [theme.pk]}]})
    response = world.answered(okafor, 4, "The price")
    world.goes_on(NOON)
    assert outcome(rule) == RunOutcome.NOT_MET

    held = {response.pk: Response.objects.get(pk=response.pk)}
    reading.keep(held=held, readings=[Kept(response.pk, "The price", [theme.pk], -1, "en")], at=NOON + MINUTE)
    world.goes_on(NOON + 2 * MINUTE)
    assert outcome(rule) == RunOutcome.DONE


def test_who_does_not_answer_the_last_reminder_is_met_once(world: World) -> None:
    type(world.campaign).objects.filter(pk=world.campaign.pk).update(reminders=1, reminder_days=5, launched_at=NOON)
    rule = world.rule("silent", MAIL, silent_days=7, at=NOON)
    silent, answering, late = (factories.customer(world.organization) for _ in range(3))
    world.asked(silent, NOON)
    world.answered(world.asked(answering, NOON), 9, at=NOON + HOUR)
    delayed = world.asked(late, NOON)
    a_reminder_was_sent(delayed.pk, NOON + 8 * DAY)

    assert world.falls_silent(NOON + 11 * DAY) == 0
    world.falls_silent(NOON + 12 * DAY + HOUR)
    world.falls_silent(NOON + 12 * DAY + 2 * HOUR)
    world.goes_on(NOON + 12 * DAY + 2 * HOUR)
    assert [to for to, _subject in world.mails] == [silent.email]

    world.goes_on(NOON + 15 * DAY)
    assert sorted(to for to, _subject in world.mails) == sorted([str(silent.email), str(late.email)])
    assert RuleRun.objects.filter(rule=rule).count() == 2


def a_reminder_was_sent(invitation: int, at: datetime) -> None:
    asked = Invitation.objects.get(pk=invitation)
    Delivery.objects.create(
        organization=asked.organization,
        campaign=asked.campaign,
        invitation=asked,
        customer=asked.customer,
        kind=Kind.REMINDER_1,
        queue=Queue.BULK,
        state=State.SENT,
        due_at=at,
        sent_at=at,
        created_at=at,
    )


def test_an_overdue_conversation_starts_a_rule_that_stops_when_it_is_answered(world: World, okafor: Customer) -> None:
    rule = world.rule("overdue", {"kind": "alert", "to": "admins"}, wait(120), {"kind": "alert", "to": "admins"})
    response = world.answered(okafor, 2)
    conversation = Conversation.objects.create(
        organization=world.organization,
        customer=okafor,
        response=response,
        opened_at=NOON,
        touched_at=NOON,
        overdue_at=NOON,
    )
    for _twice in range(2):
        world.tells("conversation.overdue", conversation, NOON)
    world.goes_on(NOON)
    assert steps(rule) == [("alert", "done"), ("alert", "due")]

    Conversation.objects.update(overdue_at=None)
    world.goes_on(NOON + timedelta(hours=3))
    assert (outcome(rule), RuleStep.objects.filter(state="done").count()) == (RunOutcome.STOPPED, 1)

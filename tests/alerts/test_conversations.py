"""Whom conversations tell: whose they are, their team, who is mentioned, to whom they are handed up. Never who did it."""

from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction

from surveys.accounts.models import Role, User
from surveys.alerts.models import Matter, Notification
from surveys.automation.actions import rules, stepping
from surveys.automation.checking import Draft
from surveys.inbox.actions import assigning, timekeeping, turns, writing
from surveys.inbox.actions.opening import open_conversation
from surveys.inbox.models import Conversation, InboundMail, InboxSettings, Outcome, Priority, Team, TeamMember
from surveys.outbox import actions as outbox
from tests import factories
from tests.alerts.world import MINUTE, World

HOUR = timedelta(hours=1)


def opened(world: World, **more: Any) -> Conversation:
    made = open_conversation(
        organization=world.alice.organization,
        response=None,
        customer=world.customer("Ada Okafor"),
        by=world.alice.membership,
        at=world.now,
        **more,
    )
    made.refresh_from_db()
    return made


def agent(world: World, name: str) -> User:
    user = factories.user(f"{name}@example.com")
    factories.member(world.alice.organization, user, Role.AGENT)
    return user


def told(world: World, at: Any = None) -> list[tuple[str, str]]:
    outbox.drain(at=at or world.now + HOUR)
    return [(str(each.user), each.matter) for each in Notification.objects.select_related("user").order_by("pk")]


def test_who_is_given_a_conversation_is_told_and_who_takes_it_is_not(world: World) -> None:
    bob, conversation = world.bob.membership, opened(world)
    give = partial(assigning.assign, conversation=conversation, team=None)
    give(to=bob.user, by=world.alice.membership, at=world.now)
    give(to=world.alice.membership.user, by=world.alice.membership, at=world.now)

    assert told(world) == [("Bob", Matter.ASSIGNED)]
    assert world.bell(world.bob) == ["A conversation with Ada Okafor is yours now"]
    line = world.bob.get(world.bob.url("alerts:list")).context["lines"][0]
    assert line.path == world.bob.url("inbox:conversation", pk=conversation.pk)
    assert world.mails(world.now + 2 * HOUR) == ["bob@example.com"]
    assert world.sink.messages[0]["Subject"] == "A conversation came to you · Acme"


def test_a_team_is_told_until_somebody_has_taken_it(world: World) -> None:
    team = Team.objects.create(organization=world.alice.organization, name="Billing", created_at=world.now)
    for user in (agent(world, "erin"), agent(world, "frank")):
        TeamMember.objects.create(organization=world.alice.organization, team=team, user=user)
    conversation = opened(world)
    assigning.assign(conversation=conversation, to=None, team=team, by=world.alice.membership, at=world.now)
    _customer_wrote(conversation, world.now + MINUTE)
    outbox.drain(at=world.now + MINUTE)
    assigning.assign(
        conversation=conversation, to=world.bob.membership.user, team=team, by=world.bob.membership, at=world.now + HOUR
    )
    _customer_wrote(conversation, world.now + 2 * HOUR)

    assert sorted(told(world, world.now + 3 * HOUR)) == [
        ("Bob", Matter.REPLIED),
        *(("Erin", matter) for matter in (Matter.ASSIGNED, Matter.REPLIED)),
        *(("Frank", matter) for matter in (Matter.ASSIGNED, Matter.REPLIED)),
    ]


def _customer_wrote(conversation: Conversation, at: Any) -> None:
    with transaction.atomic():
        held = Conversation.objects.select_for_update().select_related("organization").get(pk=conversation.pk)
        turns.customer_wrote(conversation=held, at=at)


def test_a_mention_tells_who_is_mentioned_and_by_whom(world: World) -> None:
    writing.note(
        conversation=opened(world),
        text="@alice what do you think? I, @bob, do not know.",
        key="a",
        by=world.bob.membership,
        at=world.now,
    )

    assert told(world) == [("Alice", Matter.MENTIONED)]
    assert world.bell(world.alice) == ["Bob mentioned you in a conversation with Ada Okafor"]


def test_what_is_overdue_tells_whose_it_is_and_is_handed_up_to_the_owners(world: World) -> None:
    chosen = {"escalate_after": 1, "hours": {str(day): [["00:00", "24:00"]] for day in range(1, 8)}}
    InboxSettings.objects.create(organization=world.alice.organization, updated_at=world.now, **chosen)
    conversation = opened(world, priority=Priority.URGENT)
    assigning.assign(
        conversation=conversation, to=world.bob.membership.user, team=None, by=world.bob.membership, at=world.now
    )
    conversation.refresh_from_db()
    assert conversation.due_at is not None
    late = conversation.due_at + MINUTE
    timekeeping.mark_overdue(at=late)
    outbox.drain(at=late)
    timekeeping.hand_up(at=late + 2 * MINUTE)

    assert told(world, late + 2 * MINUTE) == [("Bob", Matter.OVERDUE), ("Alice", Matter.OVERDUE)]
    assert "handed up to you" in world.bell(world.alice)[0]


def test_a_rule_tells_with_its_name_and_its_note(world: World) -> None:
    act = {"kind": "alert", "to": "users", "users": [world.bob.membership.user_id], "note": "Call today"}
    draft = Draft(name="Big customers", trigger="confirmed", actions=[act])
    made = rules.create(draft=draft, by=world.alice.membership, at=world.now - HOUR)
    rules.switch_on(rule=made, by=world.alice.membership, at=world.now - HOUR)
    world.answers(world.customer("Ada"), 10)
    stepping.work(at=world.now)
    stepping.work(at=world.now)

    assert world.bell(world.bob) == ["The rule “Big customers” tells you about Ada"]
    assert "Call today" in world.bob.get(world.bob.url("alerts:list")).content.decode()


def test_mail_that_belongs_nowhere_is_told_once_an_hour_to_who_may_answer(world: World) -> None:
    mail = InboundMail.objects.create(
        organization=world.alice.organization, key="<a@b>", road="smtp", received_at=world.now, outcome=Outcome.UNROUTED
    )
    for _ in range(3):
        with transaction.atomic():
            outbox.publish("mail.unrouted", mail, at=world.now)
    outbox.drain(at=world.now)

    assert told(world) == [("Alice", Matter.UNROUTED), ("Bob", Matter.UNROUTED)]
    line = world.bob.get(world.bob.url("alerts:list")).context["lines"][0]
    assert world.bob.get(line.path).status_code == 200

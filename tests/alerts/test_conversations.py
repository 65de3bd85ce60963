"""Whom conversations tell: whose they are, their team, who is mentioned, to whom they are handed up. Never who did it."""

from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction

from surveys.accounts.models import Role, User
from surveys.alerts.models import Matter, Notification
from surveys.automation import tracked
from surveys.automation.actions import referring, rules, stepping, visiting
from surveys.automation.checking import Draft
from surveys.automation.models import TrackedLink
from surveys.customers.models import Customer
from surveys.inbox.actions import adding, assigning, bulk, bulk_work, timekeeping, turns, writing
from surveys.inbox.actions.opening import open_conversation
from surveys.inbox.models import Conversation, InboundMail, InboxSettings, Outcome, Priority, Team, TeamMember
from surveys.outbox import actions as outbox
from tests import factories
from tests.alerts.world import MINUTE, World

HOUR = timedelta(hours=1)


def opened(office: World, **more: Any) -> Conversation:
    made = open_conversation(
        organization=office.alice.organization,
        response=None,
        customer=office.customer("Ada Okafor"),
        by=office.alice.membership,
        at=office.now,
        **more,
    )
    made.refresh_from_db()
    return made


def agent(office: World, name: str) -> User:
    user = factories.user(f"{name}@example.com")
    factories.member(office.alice.organization, user, Role.AGENT)
    return user


def told(office: World, at: Any = None) -> list[tuple[str, str]]:
    outbox.drain(at=at or office.now + HOUR)
    return [(str(each.user), each.matter) for each in Notification.objects.select_related("user").order_by("pk")]


def test_who_is_given_a_conversation_is_told_and_who_takes_it_is_not(office: World) -> None:
    bob, conversation = office.bob.membership, opened(office)
    give = partial(assigning.assign, conversation=conversation, team=None)
    give(to=bob.user, by=office.alice.membership, at=office.now)
    give(to=office.alice.membership.user, by=office.alice.membership, at=office.now)

    assert told(office) == [("Bob", Matter.ASSIGNED)]
    assert office.bell(office.bob) == ["A conversation with Ada Okafor is yours now"]
    line = office.shown(office.bob)[0].newest
    assert line.path == office.bob.url("inbox:conversation", pk=conversation.pk)
    assert office.mails(office.now + 2 * HOUR) == ["bob@example.com"]
    assert office.sink.messages[0]["Subject"] == "A conversation came to you · Acme"


def test_many_given_by_one_act_are_told_once_and_what_an_undo_gives_back_not_again(office: World) -> None:
    acme = office.alice.organization
    begin = partial(open_conversation, organization=acme, response=None, by=None, at=office.now)
    some = [begin(customer=factories.customer(acme)) for _ in range(3)]
    give = bulk.Change.hand_to(office.bob.membership.user)
    ids = [each.pk for each in some]
    act = bulk.confirm(ids=ids, change=give, by=office.alice.membership, at=office.now)
    bulk_work.work(act_id=act.pk, clock=lambda: office.now)

    assert told(office) == [("Bob", Matter.ASSIGNED)]
    assert office.bell(office.bob) == ["Alice gave 3 conversations to you"]
    line = office.shown(office.bob)[0].newest
    assert line.path == office.bob.url("inbox_acts:act", pk=act.pk)

    away = bulk.Change.assign(None, None)
    taken = bulk.confirm(ids=ids, change=away, by=office.alice.membership, at=office.now)
    for at in (office.now + MINUTE, office.now + 2 * MINUTE):
        bulk_work.work(act_id=taken.pk, clock=lambda at=at: at)  # type: ignore[misc]
        taken.refresh_from_db()
        if taken.status == "done":
            bulk.undo(act=taken, by=office.alice.membership, at=at)
    assert {each.assignee for each in Conversation.objects.all()} == {office.bob.membership.user}
    assert told(office) == [("Bob", Matter.ASSIGNED)], "they were Bob's before"


def test_a_team_is_told_until_somebody_has_taken_it(office: World) -> None:
    team = Team.objects.create(organization=office.alice.organization, name="Billing", created_at=office.now)
    for user in (agent(office, "erin"), agent(office, "frank")):
        TeamMember.objects.create(organization=office.alice.organization, team=team, user=user)
    conversation = opened(office)
    assigning.assign(conversation=conversation, to=None, team=team, by=office.alice.membership, at=office.now)
    _customer_wrote(conversation, office.now + MINUTE)
    outbox.drain(at=office.now + MINUTE)
    assigning.assign(
        conversation=conversation,
        to=office.bob.membership.user,
        team=team,
        by=office.bob.membership,
        at=office.now + HOUR,
    )
    _customer_wrote(conversation, office.now + 2 * HOUR)

    assert sorted(told(office, office.now + 3 * HOUR)) == [
        ("Bob", Matter.REPLIED),
        *(("Erin", matter) for matter in (Matter.ASSIGNED, Matter.REPLIED)),
        *(("Frank", matter) for matter in (Matter.ASSIGNED, Matter.REPLIED)),
    ]


def test_while_somebody_is_away_their_team_hears_what_the_customer_writes(office: World) -> None:
    team = Team.objects.create(organization=office.alice.organization, name="Billing", created_at=office.now)
    erin, frank = agent(office, "erin"), agent(office, "frank")
    for user in (erin, frank):
        TeamMember.objects.create(organization=office.alice.organization, team=team, user=user, is_away=user == erin)
    conversation = opened(office)
    assigning.assign(conversation=conversation, to=erin, team=team, by=office.alice.membership, at=office.now)
    _customer_wrote(conversation, office.now + MINUTE)
    assert "(away)" in office.alice.get(conversation.get_absolute_url()).content.decode()
    heard = [line for line in told(office) if line[1] == Matter.REPLIED]
    assert sorted(heard) == [("Erin", Matter.REPLIED), ("Frank", Matter.REPLIED)]

    TeamMember.objects.update(is_away=False)
    _customer_wrote(conversation, office.now + 2 * MINUTE)
    assert len([line for line in told(office) if line[1] == Matter.REPLIED]) == 3


def _customer_wrote(conversation: Conversation, at: Any) -> None:
    with transaction.atomic():
        held = Conversation.objects.select_for_update().select_related("organization").get(pk=conversation.pk)
        turns.customer_wrote(conversation=held, at=at)


def test_a_mention_tells_who_is_mentioned_and_by_whom(office: World) -> None:
    writing.note(
        conversation=opened(office),
        text="@alice what do you think? I, @bob, do not know.",
        key="a",
        by=office.bob.membership,
        at=office.now,
    )

    assert told(office) == [("Alice", Matter.MENTIONED)]
    assert office.bell(office.alice) == ["Bob mentioned you in a conversation with Ada Okafor"]


def test_what_is_overdue_tells_whose_it_is_and_is_handed_up_to_the_owners(office: World) -> None:
    chosen = {"escalate_after": 1, "hours": {str(day): [["00:00", "24:00"]] for day in range(1, 8)}}
    InboxSettings.objects.create(organization=office.alice.organization, updated_at=office.now, **chosen)
    conversation = opened(office, priority=Priority.URGENT)
    assigning.assign(
        conversation=conversation, to=office.bob.membership.user, team=None, by=office.bob.membership, at=office.now
    )
    conversation.refresh_from_db()
    assert conversation.due_at is not None
    late = conversation.due_at + MINUTE
    timekeeping.mark_overdue(at=late)
    outbox.drain(at=late)
    timekeeping.hand_up(at=late + 2 * MINUTE)

    assert told(office, late + 2 * MINUTE) == [("Bob", Matter.OVERDUE), ("Alice", Matter.OVERDUE)]
    assert "handed up to you" in office.bell(office.alice)[0]


def test_who_hears_that_it_was_handed_up_is_not_told_besides_that_it_is_overdue(office: World) -> None:
    """By one sweep, after workers stood still for hours."""
    hours = {str(day): [["00:00", "24:00"]] for day in range(1, 8)}
    InboxSettings.objects.create(
        organization=office.alice.organization, updated_at=office.now, escalate_after=1, hours=hours
    )
    conversation = opened(office, priority=Priority.URGENT)
    assigning.assign(
        conversation=conversation, to=office.alice.membership.user, team=None, by=office.bob.membership, at=office.now
    )
    told(office)
    Notification.objects.all().delete()
    conversation.refresh_from_db()
    assert conversation.due_at is not None

    late = conversation.due_at + 10 * MINUTE
    timekeeping.mark_overdue(at=late)
    outbox.drain(at=late)  # a task may be quicker than the sweep
    timekeeping.hand_up(at=late)

    assert told(office, late) == [("Alice", Matter.OVERDUE)]
    assert "handed up to you" in office.bell(office.alice)[0]


def test_a_sign_up_is_told_to_who_looks_after_the_promoter_and_not_to_who_says_so(office: World) -> None:
    ada, eve = office.customer("Ada Okafor"), office.customer("Eve Lind")
    by = office.bob.membership
    referring.add_signup(promoter=ada, newcomer=eve, by=by, at=office.now)
    assert told(office) == [("Alice", Matter.SIGNED_UP)]
    assert office.bell(office.alice) == ["Eve Lind came by a recommendation of Ada Okafor"]
    assert office.mails(office.now + HOUR) == [], "it comes with the mail of the day"

    Customer.objects.filter(pk=ada.pk).update(owner=by.user)
    code = tracked.code_of(TrackedLink.objects.get().pk)
    visiting.tell_signup(organization_id=by.organization_id, code=code, key="A-1", at=office.now)
    taken = referring.add_signup(
        promoter=ada, newcomer=office.customer("Bo Ek"), by=office.alice.membership, at=office.now
    )
    referring.take_back(signup=taken.visit, by=by, at=office.now)
    assert told(office) == [("Alice", Matter.SIGNED_UP), ("Bob", Matter.SIGNED_UP)]
    assert office.bell(office.bob) == ["Somebody signed up by a recommendation of Ada Okafor"]


def test_a_rule_tells_with_its_name_and_its_note(office: World) -> None:
    act = {"kind": "alert", "to": "users", "users": [office.bob.membership.user_id], "note": "Call today"}
    draft = Draft(name="Big customers", trigger="confirmed", actions=[act])
    made = rules.create(draft=draft, by=office.alice.membership, at=office.now - HOUR)
    rules.switch_on(rule=made, by=office.alice.membership, at=office.now - HOUR)
    office.answers(office.customer("Ada"), 10)
    stepping.work(at=office.now)
    stepping.work(at=office.now)

    assert office.bell(office.bob) == ["The rule “Big customers” tells you about Ada"]
    assert "Call today" in office.bob.get(office.bob.url("alerts:list")).content.decode()


def test_a_rule_that_compares_tells_what_changed(office: World) -> None:
    act = {"kind": "alert", "to": "users", "users": [office.bob.membership.user_id]}
    draft = Draft(name="Back again", trigger="rose", actions=[act])
    made = rules.create(draft=draft, by=office.alice.membership, at=office.now - HOUR)
    rules.switch_on(rule=made, by=office.alice.membership, at=office.now - HOUR)
    ask = factories.invitation(office.campaign, office.customer("Ada"), office.now)
    office.answers(ask, 2, "Nobody answers.")
    office.answers(ask, 9, after=MINUTE)
    stepping.work(at=office.now + MINUTE)
    stepping.work(at=office.now + MINUTE)

    assert office.bell(office.bob) == ["The rule “Back again” tells you about Ada: 9 now, 2 before"]


def test_an_alert_quotes_what_was_written_just_now_and_not_the_old_comment(office: World) -> None:
    response = office.answers(office.customer("Ada Okafor"), 2, "Too dear.")
    boss = office.alice.membership
    talk = open_conversation(organization=boss.organization, response=response, customer=None, by=boss, at=office.now)
    assigning.assign(conversation=talk, to=boss.user, team=None, by=boss, at=office.now)
    for minutes, said in ((1, "I found the yearly plan."), (2, "Now it is cheap.")):
        adding.add_by_hand(
            conversation=talk, text=said, key=said, by=office.bob.membership, at=office.now + minutes * MINUTE
        )
    adding.add_by_hand(conversation=talk, text="I told her.", key="own", by=boss, at=office.now + 3 * MINUTE)
    writing.note(conversation=talk, text="@alice look!", key="n", by=office.bob.membership, at=office.now + 3 * MINUTE)
    outbox.drain(at=office.now + HOUR)

    (told,) = office.shown(office.alice)
    assert [line.detail for line in told.lines] == [
        "“@alice look!”",
        "“Now it is cheap.”",
        "“I found the yearly plan.”",
        "“Too dear.”",
    ]


def test_mail_that_belongs_nowhere_is_told_once_an_hour_to_who_may_answer(office: World) -> None:
    mail = InboundMail.objects.create(
        organization=office.alice.organization,
        key="<a@b>",
        road="smtp",
        received_at=office.now,
        outcome=Outcome.UNROUTED,
        from_address="ada@example.org",
        subject="Last call",
    )
    for _ in range(3):
        with transaction.atomic():
            outbox.publish("mail.unrouted", mail, at=office.now)
    outbox.drain(at=office.now)

    assert told(office) == [("Alice", Matter.UNROUTED), ("Bob", Matter.UNROUTED)]
    line = office.shown(office.bob)[0].newest
    assert line.detail == "ada@example.org · Last call"
    assert office.bob.get(line.path).status_code == 200

"""Two at the same moment: the database settles it, and whoever was later is told."""

from functools import partial

import pytest

from surveys.inbox.actions import assigning, timekeeping
from surveys.inbox.actions.changing import ChangedMeanwhile
from surveys.inbox.actions.opening import open_conversation
from surveys.inbox.models import Conversation, ConversationChange
from tests import factories
from tests.inbox.desk import DAY, MONDAY, Desk, fresh, together


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_a_conversation_one_has_it_and_the_other_is_told(desk: Desk) -> None:
    opened, people = desk.opens(), [desk.colleague("erin"), desk.colleague("frank")]
    assert opened.version == 1
    takes = [
        partial(
            assigning.assign, conversation=opened, to=p.membership.user, team=None, by=p.membership, seen=1, at=MONDAY
        )
        for p in people
    ]
    first, second = together(*takes)
    winner, loser = (people[0], second) if first is None else (people[1], first)
    assert isinstance(loser, ChangedMeanwhile)
    assert loser.by == winner.membership.user_id
    assert fresh(opened).assignee == winner.membership.user
    assert len(desk.told("assigned")) == 1


@pytest.mark.django_db(transaction=True)
def test_opened_from_many_sides_at_once_there_is_one(desk: Desk) -> None:
    response, ada = desk.answer(), factories.customer(desk.organization)
    about = partial(desk.opens, response)
    with_ada = partial(
        open_conversation, organization=desk.organization, response=None, customer=ada, by=None, at=MONDAY
    )
    opened = together(about, about, about, with_ada, with_ada)
    assert len({each.pk for each in opened[:3]}) == len({each.pk for each in opened[3:]}) == 1
    assert Conversation.objects.count() == len(desk.told("opened")) == 2


@pytest.mark.django_db(transaction=True)
def test_two_workers_mark_what_is_late_once_and_give_each_turn_once(desk: Desk) -> None:
    people = [desk.colleague(name) for name in ("erin", "frank", "grace")]
    team = desk.team("Support", *people)
    for _ in range(12):
        desk.opens()
    marked = together(*[partial(timekeeping.mark_overdue, at=MONDAY + 2 * DAY)] * 2)
    assert sum(marked) == 12
    assert ConversationChange.objects.filter(kind="overdue").count() == len(desk.told("overdue")) == 12

    given = together(*[partial(assigning.next_in_turn, team, at=MONDAY)] * 3)
    assert {person.pk for person in given} == {person.membership.user_id for person in people}

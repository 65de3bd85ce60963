"""Whose turn it is, until when, and what time does about it."""

from datetime import timedelta
from functools import partial

import pytest
from django.core.exceptions import PermissionDenied

from surveys.accounts.models import Role
from surveys.inbox.actions import closing, snoozing, timekeeping
from surveys.inbox.actions.changing import ChangedMeanwhile
from surveys.inbox.actions.opening import continued
from surveys.inbox.models import InboxSettings, Priority
from tests import factories
from tests.inbox.desk import DAY, HOUR, MONDAY, Desk, fresh, kinds
from tests.people import Person


def test_a_reply_is_owed_in_business_time_and_then_it_is_the_customers_turn(desk: Desk) -> None:
    opened = desk.opens(at=MONDAY)
    assert (opened.status, opened.due_at, opened.first_due_at) == ("open", MONDAY + DAY, MONDAY + DAY)

    waiting = desk.we_write(opened, MONDAY + HOUR)
    assert (waiting.status, waiting.due_at, waiting.first_reply_by) == ("waiting", None, desk.by.user)

    heard = desk.they_write(waiting, MONDAY + 4 * DAY + 6 * HOUR)  # on Friday at four
    assert heard.status == "open"
    assert heard.due_at == MONDAY + 7 * DAY + 6 * HOUR  # an hour of Friday, and seven of Monday
    again = desk.they_write(heard, MONDAY + 5 * DAY)
    assert again.due_at == heard.due_at, "a second mail of the customer gives us no more time"
    assert desk.we_write(again, MONDAY + 7 * DAY).first_reply_at == MONDAY + HOUR
    assert len(desk.told("heard")) == 2


def test_what_is_late_is_marked_once_handed_up_once_and_quiet_again_after_a_reply(desk: Desk) -> None:
    chief = desk.colleague("chief", Role.ADMIN).membership.user
    rules = {"escalate_after": 120, "escalate_to": chief, "updated_at": MONDAY}
    InboxSettings.objects.create(organization=desk.organization, **rules)
    opened = desk.opens(at=MONDAY, priority=Priority.URGENT)
    snoozing.snooze(conversation=opened, until=MONDAY + DAY, by=desk.by, at=MONDAY)

    assert timekeeping.mark_overdue(at=MONDAY + HOUR - timedelta(seconds=1)) == 0
    assert [timekeeping.mark_overdue(at=MONDAY + HOUR) for _ in range(2)] == [1, 0]
    late = fresh(opened)
    assert (late.overdue_at, late.snoozed_until) == (MONDAY + HOUR, None), "a promise does not sleep"
    assert timekeeping.hand_up(at=MONDAY + 2 * HOUR) == 0
    assert [timekeeping.hand_up(at=MONDAY + 3 * HOUR) for _ in range(2)] == [1, 0]
    assert fresh(opened).assignee == chief
    assert len(desk.told("overdue")) == 1
    assert [told["to"] for told in desk.told("escalated")] == [chief.pk]

    done = desk.we_write(opened, MONDAY + 4 * HOUR)
    assert (done.overdue_at, done.escalated_at, done.due_at) == (None, None, None)


def test_a_colleague_who_looks_at_an_older_state_is_told_before_closing(desk: Desk) -> None:
    opened = desk.opens()
    desk.they_write(opened, MONDAY + HOUR)
    with pytest.raises(ChangedMeanwhile):
        closing.close(conversation=opened, reason="solved", by=desk.by, seen=opened.version, at=MONDAY + HOUR)
    assert fresh(opened).status == "open"


def test_closing_is_undone_to_what_it_was_and_opening_again_begins_anew(desk: Desk) -> None:
    opened = desk.opens()
    closing.close(conversation=opened, reason="solved", by=desk.by, at=MONDAY + HOUR)
    assert (fresh(opened).status, fresh(opened).due_at) == ("closed", None)
    closing.undo_close(conversation=opened, by=desk.by, at=MONDAY + HOUR)
    assert (fresh(opened).status, fresh(opened).due_at, fresh(opened).closed_at) == ("open", MONDAY + DAY, None)

    closing.close(conversation=opened, reason="solved", by=desk.by, at=MONDAY + HOUR)
    closing.reopen(conversation=opened, by=desk.by, at=MONDAY + 2 * HOUR)
    with pytest.raises(closing.CannotUndo):
        closing.undo_close(conversation=opened, by=desk.by, at=MONDAY + 2 * HOUR)
    assert (fresh(opened).due_at, fresh(opened).reopened) == (MONDAY + DAY + 2 * HOUR, 1)


def test_who_sleeps_wakes_in_time_and_is_our_turn(desk: Desk) -> None:
    waiting = desk.we_write(desk.opens(), MONDAY)
    snoozing.snooze(conversation=waiting, until=MONDAY + DAY, by=desk.by, at=MONDAY)
    assert timekeeping.wake(at=MONDAY + DAY - HOUR) == 0
    assert [timekeeping.wake(at=MONDAY + DAY) for _ in range(2)] == [1, 0]
    assert (fresh(waiting).status, fresh(waiting).due_at) == ("open", MONDAY + 2 * DAY)


def test_another_priority_is_another_promise_from_the_same_beginning(desk: Desk) -> None:
    opened = desk.opens(priority=Priority.URGENT)
    timekeeping.mark_overdue(at=MONDAY + HOUR)
    snoozing.prioritize(conversation=opened, priority=Priority.HIGH, by=desk.by, at=MONDAY + 2 * HOUR)
    calmer = fresh(opened)
    assert (calmer.due_at, calmer.first_due_at, calmer.overdue_at) == (MONDAY + 4 * HOUR, MONDAY + 4 * HOUR, None)


def test_changed_promises_hold_for_what_is_open(desk: Desk) -> None:
    opened, closed = desk.opens(), desk.opens()
    closing.close(conversation=closed, reason="solved", by=desk.by, at=MONDAY)
    InboxSettings.objects.create(organization=desk.organization, first_reply={"1": 60}, updated_at=MONDAY)
    timekeeping.recount_soon(desk.organization, MONDAY)
    while timekeeping.recount(at=MONDAY):
        continue
    assert (fresh(opened).due_at, fresh(closed).due_at) == (MONDAY + HOUR, None)


def test_a_late_mail_begins_another_conversation_and_an_early_one_opens_it_again(desk: Desk) -> None:
    ada = factories.customer(desk.organization)
    opened = desk.opens(desk.answer(person=ada))
    closing.close(conversation=opened, reason="solved", by=desk.by, at=MONDAY)
    assert continued(conversation=fresh(opened), at=MONDAY + 13 * DAY) == opened
    another = continued(conversation=fresh(opened), at=MONDAY + 15 * DAY)
    assert (another == opened, another.customer, another.response) == (False, ada, None)
    assert continued(conversation=fresh(opened), at=MONDAY + 16 * DAY) == another
    assert kinds(fresh(desk.they_write(opened, MONDAY + DAY)))[-2:] == ["reopened", "heard"]


def test_an_analyst_may_do_none_of_it(desk: Desk, bob: Person) -> None:
    opened = desk.opens()
    acts = (partial(closing.close, reason="solved"), closing.reopen, closing.undo_close, snoozing.wake)
    for act in acts:
        with pytest.raises(PermissionDenied):
            act(conversation=opened, by=bob.membership, at=MONDAY)

"""Acts on many conversations: rows with progress, that can be stopped and undone."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from surveys.inbox.actions import assigning, bulk, bulk_work, closing, snoozing
from surveys.inbox.actions.bulk import Change
from surveys.inbox.models import Conversation, InboxAct
from tests.inbox.desk import DAY, HOUR, MONDAY, Desk, fresh
from tests.people import Person


def confirmed(desk: Desk, some: list[Conversation], change: Change, **more: object) -> InboxAct:
    ids = [each.pk for each in some]
    return bulk.confirm(ids=ids, change=change, by=desk.by, at=MONDAY, **more)  # type: ignore[arg-type]


def worked(act: InboxAct, at: object = MONDAY + HOUR) -> InboxAct:
    bulk_work.work(act_id=act.pk, clock=lambda: at)  # type: ignore[arg-type,return-value]
    act.refresh_from_db()
    return act


def test_what_a_customer_wrote_since_the_act_was_confirmed_is_closed_by_nobody(desk: Desk) -> None:
    some = [desk.opens() for _ in range(3)]
    act = confirmed(desk, some, Change.close("solved"))
    desk.they_write(some[1], MONDAY + HOUR / 2)
    assert (worked(act).seen, act.changed) == (3, 2)
    assert [fresh(each).status for each in some] == ["closed", "open", "closed"]


def test_many_are_closed_and_undone_where_nothing_happened_since(desk: Desk, charlie: Person) -> None:
    some = [desk.opens() for _ in range(5)]
    closing.close(conversation=some[0], reason="explained", by=desk.by, at=MONDAY)
    form = uuid4()
    act = confirmed(desk, some, Change.close("solved"), form=form)
    assert confirmed(desk, some, Change.close("solved"), form=form) == act, "a second press makes no second act"
    assert (worked(act).status, act.seen, act.changed) == ("done", 5, 4)
    assert [fresh(each).close_reason for each in some] == ["explained", *["solved"] * 4]

    desk.they_write(some[1], MONDAY + 2 * HOUR)
    bulk.undo(act=act, by=desk.by, at=MONDAY + 2 * HOUR)
    assert (worked(act, MONDAY + 2 * HOUR).status, act.restored) == ("undone", 3)
    assert [fresh(each).status for each in some] == ["closed", "open", "open", "open", "open"]
    assert fresh(some[2]).due_at == MONDAY + DAY
    assert charlie.get(act.get_absolute_url()).status_code == 404


def test_many_go_to_a_colleague_and_back_unless_somebody_gave_them_away(desk: Desk) -> None:
    erin, frank = (desk.colleague(name).membership.user for name in ("erin", "frank"))
    team = desk.team("Support")
    some = [desk.opens() for _ in range(3)]
    assigning.assign(conversation=some[0], to=frank, team=team, by=desk.by, at=MONDAY)
    act = worked(confirmed(desk, some, Change.hand_to(erin)))
    assert [(fresh(each).assignee, fresh(each).team) for each in some] == [(erin, team), (erin, None), (erin, None)]
    assert {told["act"] for told in desk.told("assigned")} == {None, act.pk}

    assigning.assign(conversation=some[1], to=frank, team=None, by=desk.by, at=MONDAY + HOUR)
    bulk.undo(act=act, by=desk.by, at=MONDAY + 2 * HOUR)
    worked(act, MONDAY + 2 * HOUR)
    assert [fresh(each).assignee for each in some] == [frank, frank, None]


def test_an_act_whose_colleague_left_fails_and_says_why(desk: Desk) -> None:
    erin = desk.colleague("erin")
    act = confirmed(desk, [desk.opens()], Change.hand_to(erin.membership.user))
    erin.membership.delete()
    assert worked(act).status == "failed"
    assert "Erin" in act.error
    with pytest.raises(assigning.CannotAnswer):
        confirmed(desk, [desk.opens()], Change.hand_to(erin.membership.user))


def test_priorities_of_many_are_set_and_taken_back(desk: Desk) -> None:
    some = [desk.opens() for _ in range(2)]
    act = worked(confirmed(desk, some, Change.prioritize(3)))
    assert {fresh(each).due_at for each in some} == {MONDAY + HOUR}
    snoozing.prioritize(conversation=some[0], priority=0, by=desk.by, at=MONDAY)
    bulk.undo(act=act, by=desk.by, at=MONDAY + HOUR)
    worked(act)
    assert [fresh(each).priority for each in some] == [0, 1]


def test_another_organizations_conversations_are_not_meant(desk: Desk, charlie: Person) -> None:
    theirs = Desk(charlie).opens()
    with pytest.raises(bulk.Nothing):
        confirmed(desk, [theirs], Change.close("solved"))


def test_its_page_shows_progress_stops_it_and_undoes_it(desk: Desk, alice: Person, bob: Person) -> None:
    now = timezone.now()
    ids = [desk.opens().pk]
    act = bulk.confirm(ids=ids, change=Change.close("solved"), by=desk.by, query="box=all", at=now)
    page = act.get_absolute_url()
    assert "About to start" in alice.get(page).content.decode()
    alice.post(alice.url("inbox_acts:act_stop", pk=act.pk))
    assert "Nothing was changed" in alice.get(page).content.decode()

    again = bulk.confirm(ids=ids, change=Change.close("solved"), by=desk.by, at=now)
    bulk_work.work(act_id=again.pk, clock=lambda: now + timedelta(seconds=1))
    assert "Undo" in alice.get(again.get_absolute_url()).content.decode()
    assert bob.post(bob.url("inbox_acts:act_undo", pk=again.pk)).status_code == 403
    alice.post(alice.url("inbox_acts:act_undo", pk=again.pk))
    bulk_work.work(act_id=again.pk, clock=lambda: now + timedelta(seconds=2))
    assert Conversation.objects.get().status == "open"
    assert "Close" in alice.get(alice.url("inbox_acts:list")).content.decode()

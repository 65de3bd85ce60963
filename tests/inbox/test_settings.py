"""How an organization answers is set on pages: hours, promises, teams, who is away."""

from typing import Any

import pytest

from surveys.accounts.models import AuditEntry, Role, User
from surveys.inbox.actions import assigning, closing, timekeeping
from surveys.inbox.models import InboxSettings, Team, TeamMember
from surveys.inbox.promises import Promises
from tests.inbox.desk import DAY, HOUR, MONDAY, Desk, fresh
from tests.people import Person

WEEK = {f"day_{day}": "9:00-17:00" for day in range(1, 6)}
PROMISED = {f"{name}_{priority}": "8" for name in ("first_reply", "next_reply") for priority in range(4)}


def page(person: Person, name: str, **kwargs: Any) -> str:
    answer = person.get(person.url(f"inbox_settings:{name}", **kwargs))
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_hours_are_written_as_people_write_them_and_open_conversations_follow(desk: Desk, alice: Person) -> None:
    opened = desk.opens(at=MONDAY)
    assert "09:00–17:00" in page(alice, "hours")
    hours = {"day_1": "9-12:30, 13:30 – 17", "day_6": "", "holidays": "2026-03-03 Carnival\n2026-03-03"}
    assert alice.post(alice.url("inbox_settings:hours"), hours).status_code == 302
    stored = InboxSettings.objects.get()
    assert stored.hours == {"1": [["09:00", "12:30"], ["13:30", "17:00"]]}
    while timekeeping.recount(at=MONDAY):
        continue
    assert fresh(opened).due_at == MONDAY + 7 * DAY + HOUR, "six hours of this Monday, and two of the next, from nine"
    assert "2026-03-03" in page(alice, "hours")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"day_1": "9 to 5"}, "“9 to 5” is no part of a day"),
        ({"day_1": "17:00-9:00"}, "“17:00-9:00” is no part of a day"),
        ({"day_1": "9-17, 12-18"}, "overlap"),
        ({"day_1": "9-17", "holidays": "Christmas"}, "“Christmas” does not begin with a date"),
        ({}, "A week without hours"),
    ],
)
def test_what_is_no_time_is_said_and_kept(alice: Person, wrong: dict[str, str], says: str) -> None:
    answer = alice.post(alice.url("inbox_settings:hours"), wrong)
    shown = answer.content.decode()
    assert says in shown
    assert all(value in shown for value in wrong.values())
    assert not InboxSettings.objects.exists()


def test_promises_are_hours_and_empty_is_none(desk: Desk, alice: Person) -> None:
    chief = desk.colleague("chief", Role.ADMIN).membership.user
    rest = {"escalate_after": "2.5", "escalate_to": str(chief.pk), "reopens_days": "30"}
    sent = PROMISED | {"first_reply_3": "0.25", "next_reply_0": ""} | rest
    assert alice.post(alice.url("inbox_settings:promises"), sent).status_code == 302
    promises = Promises.of(desk.organization)
    assert (promises.first[3], promises.following[0], promises.first[1]) == (15, None, 480)
    assert (promises.escalate_after, promises.escalate_to, promises.reopens_days) == (150, chief.pk, 30)
    shown = page(alice, "promises")
    assert 'value="0.25"' in shown
    entry = AuditEntry.objects.get(action="inbox_settings.changed")
    assert {"first_reply", "next_reply", "escalate_after"} <= set(entry.details["changed"])
    assert desk.opens().first_due_at == MONDAY + DAY
    User.objects.filter(pk=chief.pk).update(is_active=False)
    assert alice.post(alice.url("inbox_settings:promises"), sent | {"reopens_days": "14"}).status_code == 302
    assert Promises.of(desk.organization).escalate_to == chief.pk, "who cannot sign in is not dropped without a word"


def test_a_deleted_team_comes_back_with_what_it_had_and_leaves_what_was_given_away(desk: Desk, alice: Person) -> None:
    erin = desk.colleague("erin")
    team, other = desk.team("Support", erin, words=["slow"], position=1), desk.team("Billing", position=2)
    hers, anybodys, moved, closed = (desk.opens(desk.answer(comment="slow")) for _ in range(4))
    assigning.assign(conversation=hers, to=erin.membership.user, team=team, by=desk.by, at=MONDAY)
    closing.close(conversation=closed, reason="solved", by=desk.by, at=MONDAY)
    before = page(alice, "team_delete", pk=team.pk)
    assert "3 open conversations" in before
    assert "No rule gives conversations to it" in before

    after = alice.post(alice.url("inbox_settings:team_delete", pk=team.pk), follow=True)
    desk.goes_on(MONDAY)
    assert "“Support” was deleted" in after.content.decode()
    assert [fresh(each).team for each in (hers, anybodys, closed)] == [None, None, team]
    assert desk.opens(desk.answer(comment="slow")).team is None
    assert alice.get(alice.url("inbox_settings:team", pk=team.pk)).status_code == 404
    assigning.assign(conversation=moved, to=None, team=other, by=desk.by, at=MONDAY + DAY)
    closing.reopen(conversation=closed, by=desk.by, at=MONDAY + DAY)
    assert fresh(closed).team is None, "opened again it is with no team that is gone"

    assert "Bring Support back" in page(alice, "teams")
    for _press in (1, 2):
        alice.post(alice.url("inbox_settings:team_restore", pk=team.pk))
    assert [fresh(each).team for each in (hers, anybodys, moved, closed)] == [team, team, other, None]
    assert [member.user for member in team.members.all()] == [erin.membership.user]
    shown = page(alice, "teams")
    assert ("Support" in shown, "Bring Support back" in shown) == (True, False)
    assert AuditEntry.objects.filter(action="team.restored").count() == 1


def test_routing_is_tried_on_past_comments_before_it_is_saved(desk: Desk, alice: Person) -> None:
    empty = alice.get(alice.url("inbox_settings:trial")).content.decode()
    assert "no comment yet" in empty
    desk.team("Billing", words=["invoic*"], position=1)
    for comment in ("The invoice is late", "Slow, and the invoice is wrong", "So slow!", "Lovely"):
        desk.answer(comment=comment)

    shown = alice.post(alice.url("inbox_settings:team_new"), {"name": "Speed", "words": "slow", "try": "1"})
    counts = {str(share.team): share.count for share in shown.context["trial"].shares}
    assert counts == {"Billing": 2, "Speed": 1}
    assert "Of the latest 4 comments 1 would have come to this team" in shown.content.decode()
    assert "So slow!" in shown.content.decode()
    assert Team.objects.count() == 1

    first = alice.post(
        alice.url("inbox_settings:team", pk=Team.objects.get().pk), {"name": "B", "words": "slow", "try": 1}
    )
    assert first.context["tried"].count == 2
    assert "2 would have gone to a team" in alice.get(alice.url("inbox_settings:trial")).content.decode()


def test_a_name_that_was_taken_since_is_said_when_a_team_is_to_come_back(desk: Desk, alice: Person) -> None:
    team = desk.team("Support")
    alice.post(alice.url("inbox_settings:team_delete", pk=team.pk))
    desk.team("support")
    refused = alice.post(alice.url("inbox_settings:team_restore", pk=team.pk), follow=True)
    assert "Another team is called “Support” now" in refused.content.decode()
    assert Team.objects.count() == 1


def test_two_who_change_settings_at_once_are_told(desk: Desk, alice: Person) -> None:
    first = PROMISED | {"reopens_days": "14"}
    alice.post(alice.url("inbox_settings:promises"), first)
    seen = InboxSettings.objects.get().updated_at.isoformat()
    alice.post(alice.url("inbox_settings:promises"), first | {"reopens_days": "20", "seen": seen})
    late = alice.post(alice.url("inbox_settings:promises"), first | {"reopens_days": "7", "seen": seen})
    assert "Somebody else saved" in late.content.decode()
    assert InboxSettings.objects.get().reopens_days == 20
    again = {"reopens_days": "7", "seen": InboxSettings.objects.get().updated_at.isoformat()}
    assert alice.post(alice.url("inbox_settings:promises"), first | again).status_code == 302


def test_a_team_is_made_filled_ordered_and_deleted(desk: Desk, alice: Person) -> None:
    erin = desk.colleague("erin")
    teams = alice.url("inbox_settings:teams")
    assert "No teams yet" in alice.get(teams).content.decode()
    sent = {
        "name": "Money",
        "words": "invoice, Price\nprice",
        "members": [str(erin.membership.user_id)],
        "by_turns": "on",
    }
    alice.post(alice.url("inbox_settings:team_new"), sent)
    assert "is called so" in alice.post(alice.url("inbox_settings:team_new"), {"name": "money"}).content.decode()
    alice.post(alice.url("inbox_settings:team_new"), {"name": "Rest", "words": "price"})
    money, rest = Team.objects.order_by("position")
    assert (money.words, money.by_turns) == (["invoice", "Price"], True)
    opened = desk.opens(desk.answer(comment="The price!"))
    assert (opened.team, opened.assignee) == (money, erin.membership.user)

    alice.post(alice.url("inbox_settings:team_up", pk=rest.pk))
    assert desk.opens(desk.answer(comment="The price!")).team == rest
    User.objects.filter(pk=erin.membership.user_id).update(is_active=False)
    assert f"{erin.membership.user} (cannot sign in)" in page(alice, "team", pk=money.pk)
    alice.post(alice.url("inbox_settings:team", pk=money.pk), sent)
    assert [seat.user for seat in money.members.all()] == [erin.membership.user], "nobody is dropped without a word"
    alice.post(alice.url("inbox:assign", pk=opened.pk), {"to": str(erin.membership.user_id), "team": str(rest.pk)})
    assert (fresh(opened).team, fresh(opened).assignee) == (rest, erin.membership.user)
    alice.post(alice.url("inbox:assign", pk=opened.pk), {"to": str(erin.membership.user_id), "team": str(money.pk)})
    alice.post(alice.url("inbox_settings:team", pk=money.pk), sent | {"members": [], "by_turns": ""})
    assert not TeamMember.objects.exists()
    assert "1 open conversation" in page(alice, "team_delete", pk=money.pk)
    alice.post(alice.url("inbox_settings:team_delete", pk=money.pk))
    assert (fresh(opened).team, fresh(opened).assignee) == (None, erin.membership.user)


def test_who_is_away_gets_no_turn_and_says_so_alone(desk: Desk, bob: Person) -> None:
    erin, frank = desk.colleague("erin"), desk.colleague("frank")
    team = desk.team("Support", erin, frank)
    assert erin.post(erin.url("inbox_settings:away"), {"until": ""}).status_code == 302
    assert {assigning.next_in_turn(team, at=MONDAY) for _ in range(2)} == {frank.membership.user}
    others = {"user": str(frank.membership.user_id)}
    assert erin.post(erin.url("inbox_settings:away"), others).status_code == 403
    assert bob.post(bob.url("inbox_settings:away")).status_code == 403
    desk.alice.post(desk.alice.url("inbox_settings:away"), others)
    assert assigning.next_in_turn(team, at=MONDAY) is None
    assert "away" in page(bob, "teams")
    erin.post(erin.url("inbox_settings:back"))
    assert assigning.next_in_turn(team, at=MONDAY) == erin.membership.user


def test_an_agent_sees_the_teams_and_changes_nothing(desk: Desk) -> None:
    erin = desk.colleague("erin")
    team = desk.team("Support", erin)
    assert "New team" not in page(erin, "teams")
    for name, kwargs in (("hours", {}), ("promises", {}), ("team_new", {}), ("team", {"pk": team.pk})):
        assert erin.get(erin.url(f"inbox_settings:{name}", **kwargs)).status_code == 403

"""What a team or a colleague had goes to others slice by slice; whoever takes it back on the way has all of it again."""

from typing import Any

import pytest

from surveys.accounts.models import Role
from surveys.inbox.actions import assigning, handing_over, people, teams
from surveys.inbox.models import Conversation, HandOver, Team
from tests.inbox.desk import DAY, HOUR, MONDAY, Desk
from tests.people import Person


@pytest.fixture(autouse=True)
def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handing_over, "SLICE", 2)


def given(desk: Desk, count: int, **to: object) -> list[Conversation]:
    made = [desk.opens() for _ in range(count)]
    for each in made:
        assigning.assign(conversation=each, **{"to": None, "team": None} | to, by=desk.by, at=MONDAY)  # type: ignore[arg-type]
    return made


def with_team(team: Team) -> int:
    return Conversation.objects.filter(team=team).count()


def test_a_team_that_comes_back_while_it_goes_has_everything_again(desk: Desk, alice: Person) -> None:
    team = desk.team("Support")
    given(desk, 5, team=team)

    assert teams.delete(team=team, by=desk.by, at=MONDAY + HOUR) == 5
    assert with_team(team) == 3
    assert "2 of 5" in alice.get(alice.url("inbox_settings:teams")).content.decode()
    assert handing_over.work()
    assert with_team(team) == 1

    assert teams.restore(team=Team.ever.get(), by=desk.by, at=MONDAY + 2 * HOUR) == 5
    assert with_team(team) == 3
    with pytest.raises(teams.ComingBack):
        teams.delete(team=team, by=desk.by, at=MONDAY + 3 * HOUR)
    refused = alice.post(alice.url("inbox_settings:team_delete", pk=team.pk), follow=True)
    assert "still on their way back" in refused.content.decode()
    while handing_over.work():
        pass
    assert with_team(team) == 5
    assert not HandOver.objects.exists()
    assert {told["why"] for told in desk.told("assigned") if "why" in told} == {"team_deleted", "team_restored"}

    teams.delete(team=team, by=desk.by, at=MONDAY + DAY)
    while handing_over.work():
        pass
    assert with_team(team) == 0
    assert len(desk.told("assigned")) == 5 + 4 + 4 + 5, "each went once"


def test_what_a_colleague_had_goes_on_where_a_worker_died_and_stops_when_they_may_answer_again(desk: Desk) -> None:
    erin = desk.colleague("erin")
    given(desk, 7, to=erin.membership.user)
    hers = Conversation.objects.filter(assignee=erin.membership.user)
    erin.becomes(Role.ANALYST)
    left: dict[str, Any] = {
        "organization_id": desk.organization.pk,
        "user_id": erin.membership.user_id,
        "at": MONDAY + HOUR,
    }

    people.colleague_left(**left)
    assert hers.count() == 5
    people.colleague_left(**left)  # told twice
    assert hers.count() == 3
    erin.becomes(Role.AGENT)
    assert not handing_over.work()
    assert (hers.count(), HandOver.objects.count()) == (3, 0)

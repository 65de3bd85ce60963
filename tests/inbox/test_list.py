"""The inbox: what stands in it for whom, found and in order, at the same price with ten and with ten thousand."""

import re
from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qsl

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from surveys.accounts.models import Organization, Role, SavedView
from surveys.comments.models import Theme
from surveys.customers.models import Property
from surveys.inbox import filters, list_queries
from surveys.inbox.actions import opening, turns
from surveys.inbox.models import Conversation, Message, MessageKind, Priority, Status, Team
from surveys.responses.models import Response
from tests import factories
from tests.people import Person


def answered(of: Organization, score: int, comment: str = "", name: str = "", **fields: Any) -> Conversation:
    """A conversation about what somebody answered just now."""
    person = factories.customer(of, name=name or f"Customer of {score}", **fields)
    campaign = of.campaign_set.first() or factories.campaign(of)
    response = factories.response(factories.invitation(campaign, person), score, comment)
    opened = opening.open_conversation(
        organization=of, response=response, customer=None, by=None, at=response.responded_at
    )
    opened.refresh_from_db()
    return opened


def names(page: Any) -> list[str]:
    """Whose conversations a page lists, in its order."""
    return [str(line.row.conversation.customer) for line in page.context["lines"]]


def test_each_box_holds_what_its_name_says_and_tells_how_many(alice: Person, bob: Person) -> None:
    acme = alice.organization
    bob.becomes(Role.AGENT)
    hers, unassigned, bobs, waiting, asleep, closed = (
        answered(acme, score, name=name)
        for score, name in enumerate(["Hers", "Free", "Bobs", "Waiting", "Asleep", "Closed"])
    )
    alice.post(alice.url("inbox:take", pk=hers.pk), {"version": hers.version})
    bob.post(bob.url("inbox:take", pk=bobs.pk), {"version": bobs.version})
    turns.we_wrote(conversation=waiting, by=alice.membership.user, at=timezone.now())
    alice.post(alice.url("inbox:snooze", pk=asleep.pk), {"until": "tomorrow"})
    alice.post(alice.url("inbox:close", pk=closed.pk), {"reason": "solved"})
    boxes = {
        "mine": ["Hers"],
        "unassigned": ["Free"],
        "open": ["Bobs", "Free", "Hers"],
        "waiting": ["Waiting"],
        "snoozed": ["Asleep"],
        "closed": ["Closed"],
    }

    for box, expected in boxes.items():
        page = alice.get(alice.url("inbox:list"), {"box": box})
        assert sorted(names(page)) == expected, box
        counts = {each.key: each.count.count for each in page.context["boxes"] if each.count}
        assert counts == {key: len(rows) for key, rows in boxes.items()}
    assert names(alice.get(alice.url("inbox:list"))) == ["Hers"]
    assert alice.get(alice.url("analytics:overview")).content.count(b'class="count">1<') == 1
    assert unassigned.assignee_id is None


def test_what_is_due_stands_first_and_pages_follow_one_another(alice: Person) -> None:
    acme, now = alice.organization, timezone.now()
    seed(acme, 120, due_at=None)
    seed(acme, 5, due_at=now + timedelta(hours=1), touched_at=now)
    page, seen = alice.get(alice.url("inbox:list"), {"box": "open"}), []
    while True:
        seen += [line.row.conversation for line in page.context["lines"]]
        if not page.context["next_url"]:
            break
        page = alice.get(alice.url("inbox:list") + page.context["next_url"], headers={"HX-Request": "true"})

    assert len(seen) == len({one.pk for one in seen}) == 125
    assert [one.due_at is None for one in seen] == [False] * 5 + [True] * 120
    rest = [(one.touched_at, one.pk) for one in seen[5:]]
    assert rest == sorted(rest, reverse=True)


_PRO: Final = '{"all":[{"field":"p.plan","op":"equals","value":"Pro"}]}'
FOUND: Final[list[tuple[dict[str, Any], set[str]]]] = [
    ({"priority": "3"}, {"Ada"}),
    ({"category": "detractor"}, {"Ada"}),
    ({"score": ["2", "8"]}, {"Ada", "Ben"}),
    ({"category": "none"}, {"Cleo"}),
    ({"overdue": "1"}, {"Ada"}),
    ({"waited": "3"}, {"Cleo"}),
    ({"waited": "1"}, {"Ben", "Cleo"}),
    ({"reason": "junk"}, set()),
    ({"waited": "1", "p.plan": "Pro", "category": "promoter"}, set()),
    ({"team": "none", "assignee": "none"}, {"Ben", "Cleo"}),
    ({"assignee": "me"}, {"Ada"}),
    ({"theme": "7777"}, {"Ben"}),
    ({"q": "slow ada"}, {"Ada"}),
    ({"q": "invoice"}, {"Cleo"}),
    ({"q": "50%"}, set()),
    ({"p.plan": "Pro"}, {"Ben"}),
    ({"property": "plan", "value": "Pro"}, {"Ben"}),
    ({"where": _PRO}, {"Ben"}),
]


def test_filters_find_what_they_say_and_name_what_they_do_not_understand(three: Person) -> None:
    now = timezone.now()
    Conversation.objects.filter(score=8).update(status=Status.WAITING, last_reply_at=now - timedelta(days=2))
    Conversation.objects.filter(score=None).update(turn_at=now - timedelta(days=3, minutes=1))
    for query, expected in FOUND:
        page = three.get(three.url("inbox:list"), {"box": "all"} | query)
        assert (set(names(page)), page.context["problems"]) == (expected, []), query

    nonsense = {
        "priority": "9",
        "assignee": "x",
        "sort": "?",
        "score": "11",
        "theme": "-1",
        "waited": "2",
        "reason": "x",
    }
    page = three.get(three.url("inbox:list"), {"box": "all"} | nonsense)
    assert len(names(page)) == 3
    assert len(page.context["problems"]) == len(nonsense)
    page = three.get(three.url("inbox:list"), {"box": "nonsense", "team": "x"})
    assert [name in page.content.decode() for name in ("“box=nonsense” was", "“team=x” was")] == [True, True]


def test_numbers_of_nothing_are_left_out_and_named_and_who_was_there_keeps_a_name(
    three: Person, charlie: Person
) -> None:
    gone = factories.member(three.organization, factories.user("Erin@example.com"), Role.AGENT)
    Conversation.objects.filter(score=8).update(assignee=gone.user)
    gone.delete()
    Team.objects.update(deleted_at=timezone.now())
    team = Team.ever.get()
    unknown = dict.fromkeys(("team", "theme", "segment", "owner", "campaign"), "999999")

    page = three.get(three.url("inbox:list"), unknown | {"box": "all", "assignee": str(charlie.membership.user_id)})
    assert len(names(page)) == 3
    assert page.context["parts"] == []
    assert sum("nothing of this number" in problem for problem in page.context["problems"]) == 6
    left = three.get(three.url("inbox:list"), {"box": "all", "assignee": str(gone.user_id)})
    assert (names(left), [part.words for part in left.context["parts"]]) == (["Ben"], [f"Assigned to {gone.user}"])
    assert _chosen(left, "assignee") == [str(gone.user_id)], "pressing Show keeps it"
    of_team = three.get(three.url("inbox:list"), {"box": "all", "team": str(team.pk)})
    assert (names(of_team), [part.words for part in of_team.context["parts"]]) == (["Ada"], ["Team Support"])
    assert _chosen(of_team, "team") == [str(team.pk)]


def _chosen(page: Any, field: str) -> list[str]:
    [select] = re.findall(rf'<select id="{field}".*?</select>', page.content.decode(), re.DOTALL)
    return re.findall(r'<option value="(\d+)" selected', select)


def test_show_keeps_every_filter_that_the_page_stands_under(three: Person) -> None:
    """What the form sends again is what it was made from: who left, who cannot sign in, a deleted team, several of one."""
    acme = three.organization
    asleep = factories.member(acme, factories.user("asleep@example.com"), Role.AGENT).user
    left = factories.member(acme, factories.user("left@example.com"), Role.AGENT)
    Conversation.objects.filter(score=2).update(assignee=asleep)
    Conversation.objects.filter(score=8).update(assignee=left.user)
    asleep.is_active = False
    asleep.save()
    left.delete()
    Team.objects.update(deleted_at=timezone.now())

    for query in (
        f"box=all&assignee={asleep.pk}",
        f"box=all&assignee={left.user_id}",
        f"box=all&team={Team.ever.get().pk}",
        f"box=mine&assignee={asleep.pk}",
        "box=open&priority=2&priority=3&reason=solved&reason=junk",
        "box=closed&waited=3&reason=solved&reason=junk",
    ):
        html = three.get(three.url("inbox:list") + "?" + query).content.decode()
        form = html.partition('role="search" data-autosubmit')[2].partition("</form>")[0]
        selects = re.findall(r'<select id="\w+" name="(\w+)"(.*?)</select>', form)
        sent = [(name, value) for name, options in selects for value in re.findall(r'value="(\w+)" selected', options)]
        sent += re.findall(r'<input type="hidden" name="(\w+)" value="(\w+)">', form)
        assert sorted(pair for pair in sent if pair[0] != "sort") == sorted(parse_qsl(query)), query
        assert 'name="team" value=' not in html, "nothing is given to a team that was deleted"


@pytest.fixture
def three(alice: Person) -> Person:
    acme, now = alice.organization, timezone.now()
    Property.objects.create(organization=acme, key="plan", label="Plan", type="text")
    ada = answered(acme, 2, "So slow", name="Ada")
    answered(acme, 8, name="Ben", properties={"plan": "Pro"})
    cleo = opening.open_conversation(
        organization=acme, response=None, customer=factories.customer(acme, name="Cleo"), by=None, at=now
    )
    team = Team.objects.create(organization=acme, name="Support", created_at=now)
    Conversation.objects.filter(pk=ada.pk).update(
        priority=Priority.URGENT, team=team, assignee=alice.membership.user, due_at=now - timedelta(hours=1)
    )
    Response.objects.filter(score=8).update(
        themes=[
            Theme.objects.create(
                pk=7777, organization=acme, name="Price", origin="own", created_at=now, updated_at=now
            ).pk
        ]
    )
    Message.objects.create(
        organization=acme, conversation=cleo, kind=MessageKind.INBOUND, text="My INVOICE is wrong", at=now
    )
    return alice


def test_any_condition_about_customers_is_built_on_a_page_and_combines_with_the_other_filters(three: Person) -> None:
    page = three.get(three.url("inbox:list"), {"box": "all", "category": "passive"})
    builder = three.get(page.context["filter_url"])
    assert builder.context["found"].count == 1
    typed = {"c.word": "all", "c-1.field": "p.plan", "c-1.op": "equals", "c-1.value": "Pro"}

    counted = three.post(page.context["filter_url"], typed | {"do": "count"})
    assert (counted.context["found"].count, "Plan is Pro" in counted.content.decode()) == (1, True)
    shown = three.post(page.context["filter_url"], typed | {"save": "1"}, follow=True)
    assert names(shown) == ["Ben"]
    assert [part.words for part in shown.context["parts"]] == ["Passive", "Plan is Pro"]
    nobody = three.post(page.context["filter_url"], typed | {"c-1.value": "Free", "save": "1"}, follow=True)
    assert "No conversation passes these filters" in nobody.content.decode()
    unfinished = three.post(page.context["filter_url"], typed | {"c-1.value": "", "save": "1"})
    assert (unfinished.status_code, unfinished.context["found"]) == (200, None)


def test_who_may_not_see_a_property_cannot_find_by_it(three: Person, bob: Person) -> None:
    Property.objects.update(visible_to_agents=False)
    bob.becomes(Role.AGENT)

    for query in ({"p.plan": "Pro"}, {"where": _PRO}):
        page = bob.get(bob.url("inbox:list"), {"box": "all"} | query)
        assert len(names(page)) == 3
        assert len(page.context["problems"]) == 1


def test_a_page_costs_the_same_and_goes_by_indexes_with_ten_thousand(three: Person) -> None:
    looks = [{"box": box} for box in filters.BOXES] + [{"box": "open", "sort": "newest"}]

    def costs() -> list[int]:
        found = []
        for look in looks:
            with CaptureQueriesContext(connection) as seen:
                assert three.get(three.url("inbox:list"), look).status_code == 200
            found.append(len(seen))
        return found

    seed(three.organization, 60, assignee=three.membership.user)
    seed(three.organization, 60)
    costs()  # what is asked once only
    few = costs()
    seed(three.organization, 10_000)

    assert costs() == few
    for box in ("unassigned", "open"):
        found = list_queries.matching(three.membership, filters.InboxFilters(box), at=timezone.now())
        due = found.filter(due_at__isnull=False).order_by("due_at", "id")
        assert "Index Scan using conversation_by_due" in due[:51].explain()
        newest = found.order_by("-touched_at", "-id")[:51].explain()
        assert "Index Scan" in newest, newest
        assert "Sort" not in newest, newest


def seed(of: Organization, count: int, **fields: Any) -> None:
    """Open conversations with nobody, as bare rows."""
    now = timezone.now()
    Conversation.objects.bulk_create(
        Conversation(
            organization=of,
            opened_at=now,
            **{"touched_at": now - timedelta(minutes=n), "due_at": now + timedelta(minutes=n)} | fields,
        )
        for n in range(count)
    )


def test_what_changed_since_is_told_in_a_line_and_the_rows_stay(three: Person) -> None:
    page = three.get(three.url("inbox:list"), {"box": "open"})
    address = page.context["news_url"]
    assert three.get(address).status_code == 204
    answered(three.organization, 1, name="Dan")

    told = three.get(address)

    assert "1 new or changed" in told.content.decode()
    assert three.get(told.context["news_url"]).status_code == 204, "what is said already is not said again"
    assert three.get(address.replace("since=20", "since=19")).status_code == 286


def test_one_changes_at_once_and_several_by_an_act_that_can_be_undone(three: Person) -> None:
    ada, ben, cleo = Conversation.objects.order_by("pk")
    new = three.url("inbox:bulk")

    back = three.post(new, {"id": ada.pk, "close": "solved", "query": "box=open&q=slow"})
    assert back["Location"] == three.url("inbox:list") + "?box=open&q=slow"
    act = three.post(new, {"id": [ben.pk, cleo.pk], "act": "take", "query": "box=open"}, follow=True)
    everything = three.post(new, {"scope": "all", "priority": "3", "query": "box=open"}, follow=True)

    ada.refresh_from_db()
    assert (ada.status, ada.close_reason) == (Status.CLOSED, "solved")
    assert (act.context["act"].total, act.context["act"].status) == (2, "waiting")
    assert everything.context["act"].ids == [ben.pk, cleo.pk]
    stopped = three.post(three.url("inbox_acts:act_stop", pk=act.context["act"].pk), follow=True)
    assert "Nothing was changed" in stopped.content.decode()
    tags = three.post(new, {"id": [ada.pk, cleo.pk], "act": "tag"})
    assert f"id={ada.response_id}" in tags["Location"]
    nothing = three.post(new, {"close": "solved"}, follow=True)
    assert "No conversation is selected" in nothing.content.decode()


def test_a_view_is_saved_and_the_inbox_opens_with_it(three: Person) -> None:
    query = "box=open&category=detractor"
    three.post(three.url("views:page", page="inbox") + f"?{query}", {"name": "Unhappy"})
    view = SavedView.objects.get()
    three.post(three.url("views:open", pk=view.pk))

    page = three.get(three.url("inbox:list"), follow=True)

    assert names(page) == ["Ada"]
    assert page.context["menu"].view == view
    assert not page.context["menu"].is_changed

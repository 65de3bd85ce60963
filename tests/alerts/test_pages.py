"""The bell and its page; how somebody chooses to be told; the clock of quiet hours."""

from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from surveys.alerts.models import AlertChoice, Matter, Notification
from surveys.alerts.quiet import Quiet
from surveys.customers.models import Segment
from surveys.inbox import queries as inbox
from surveys.inbox.models import Conversation
from tests.alerts.world import World
from tests.people import Person

BERLIN = ZoneInfo("Europe/Berlin")


def test_what_was_told_is_marked_as_seen_one_by_one_or_all_that_were_shown(office: World, charlie: Person) -> None:
    for name in ("Ada", "Ben", "Cem"):
        office.answers(office.customer(name), 3)
    first, second, third = office.told(office.bob)
    opened = office.bob.get(office.bob.url("alerts:go", pk=first.pk))
    assert opened["Location"] == office.bob.url("responses:detail", pk=first.response_id)
    office.bob.post(office.bob.url("alerts:see_all"), {"until": second.pk})

    assert [bool(each.seen_at) for each in office.told(office.bob)] == [True, True, False]
    page = office.bob.get(office.bob.url("alerts:list") + "?show=unseen").content.decode()
    assert "Cem" in page
    assert "Ada" not in page
    assert office.alice.get(office.alice.url("alerts:go", pk=third.pk)).status_code == 404, "a colleague's"
    assert office.alice.post(office.alice.url("alerts:see", pk=third.pk)).status_code == 404
    office.bob.post(office.bob.url("alerts:see", pk=third.pk))
    assert "new</span>" not in office.bob.get(office.bob.url("alerts:bell")).content.decode()


def test_the_bell_opens_what_is_new_and_its_number_goes_when_all_was_seen(office: World, charlie: Person) -> None:
    for name in ("Ada", "Ben"):
        office.answers(office.customer(name), 3)
    htmx = {"HX-Request": "true"}

    opened = office.bob.get(office.bob.url("alerts:list"), headers=htmx)
    shown = opened.content.decode()
    assert shown.index("Ben answered 3") < shown.index("Ada answered 3")
    assert "<html" not in shown
    assert "HX-Request" in opened["Vary"]
    assert "2 new" in office.bob.get(office.bob.url("campaigns:list")).content.decode(), "also without script"

    seen = office.bob.post(office.bob.url("alerts:see_all"), {"until": opened.context["newest"]}, headers=htmx)
    assert 'id="bell-count"' in seen.content.decode(), "the number is put in its place again"
    for page in (seen, office.bob.get(office.bob.url("alerts:bell")), office.bob.get(office.bob.url("campaigns:list"))):
        assert "2 new" not in page.content.decode()


def test_bell_and_inbox_cost_a_page_one_statement_that_two_indexes_answer(office: World) -> None:
    bob, organization = office.bob.membership.user, office.alice.organization
    told = {"organization": organization, "matter": Matter.UNROUTED, "at": office.now}
    rows = [Notification(**told, user=bob, key=str(n), seen_at=office.now if n > 150 else None) for n in range(2000)]
    Notification.objects.bulk_create(rows)
    talk = {"organization": organization, "opened_at": office.now, "touched_at": office.now}
    talks = [Conversation(**talk, assignee=bob if n < 7 else office.alice.membership.user) for n in range(2000)]
    Conversation.objects.bulk_create(talks)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE surveys_notification, surveys_conversation")
    with CaptureQueriesContext(connection) as found:
        assert inbox.waiting(office.bob.membership) == inbox.Waiting(alerts=100, conversations=7)
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + found.captured_queries[0]["sql"])
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert len(found) == 1
    assert "notification_unseen" in plan
    assert "Seq Scan on surveys_conversation" not in plan


def test_my_choices_are_said_in_words_and_what_cannot_be_is_refused(office: World) -> None:
    segment = Segment.objects.create(
        organization=office.alice.organization, name="Gold", created_at=office.now, updated_at=office.now
    )
    wanted: dict[str, Any] = {f"how_{matter}": "at_once" for matter in Matter} | {
        "how_comment": "never",
        "digest_at": "07:30",
    }
    wanted |= {"how_response": "digest", "quiet_from": "20:00", "quiet_until": "07:00", "quiet_days": ["6", "7"]}
    wanted |= {"categories": ["detractor"], "segments": [str(segment.pk)], "only_owned": "on"}
    address = office.bob.url("alerts:choices")

    preview = office.bob.post(office.bob.url("alerts:preview"), wanted).content.decode()
    assert not AlertChoice.objects.exists()
    page = office.bob.post(address, wanted, follow=True).content.decode()

    for shown in (preview, page):
        assert "not from 20:00 until 07:00; not on Saturday, Sunday; once a day at 07:30" in shown
        assert "detractor, in “Gold”, of customers that I own" in shown
    choice = AlertChoice.objects.get()
    assert (choice.segments, choice.quiet_days, choice.digest_at) == ([segment.pk], [6, 7], time(7, 30))
    listed = office.alice.get(office.alice.url("customers:segment", pk=segment.pk)).content.decode()
    assert "Alerts of a colleague" in listed, "whoever wants it gone sees whom to ask"

    refused = office.bob.post(address, wanted | {"quiet_days": [str(day) for day in range(1, 8)]}).content.decode()
    assert "Leave one day on which mails may come" in refused
    half = office.bob.post(address, wanted | {"quiet_until": ""}).content.decode()
    assert "Quiet hours need a beginning and an end." in half
    office.bob.post(office.bob.url("alerts:reset"))
    assert not AlertChoice.objects.exists()
    assert not segment.uses.exists()


@pytest.mark.parametrize(
    ("at", "quiet", "until"),
    [
        ("2026-03-02 12:00", Quiet(time(20), time(7)), "2026-03-02 12:00"),
        ("2026-03-02 23:00", Quiet(time(20), time(7)), "2026-03-03 07:00"),
        ("2026-03-03 06:59", Quiet(time(20), time(7)), "2026-03-03 07:00"),
        ("2026-03-03 13:00", Quiet(time(12), time(14)), "2026-03-03 14:00"),
        ("2026-03-06 21:00", Quiet(time(20), time(7), frozenset({6, 7})), "2026-03-09 07:00"),  # Friday to Monday
        ("2026-03-28 23:30", Quiet(time(23), time(7)), "2026-03-29 07:00"),  # the night in which summer time begins
        ("2026-03-04 00:00", Quiet(None, None, frozenset({1, 2, 3, 4, 5, 7})), "2026-03-07 00:00"),
    ],
)
def test_quiet_hours_end_by_the_local_clock(at: str, quiet: Quiet, until: str) -> None:
    asked = datetime.fromisoformat(at).replace(tzinfo=BERLIN).astimezone(UTC)
    found = quiet.over(asked, BERLIN)
    assert found.astimezone(BERLIN).strftime("%Y-%m-%d %H:%M") == until

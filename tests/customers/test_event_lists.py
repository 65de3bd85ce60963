"""Events come in as lists: columns guessed, checked before anything is stored, refused line by line, and again harmless."""

from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from nps_app.local.process import Child
from surveys.accounts.models import AuditEntry, Organization
from surveys.campaigns.models import Status
from surveys.customers import actions as customers
from surveys.customers.actions import event_list_work, event_lists, events
from surveys.customers.events import IncomingEvent
from surveys.customers.models import Customer, CustomerEvent, EventList, EventListChunk, EventListStatus
from surveys.delivery.models import PlanDecision, Reason
from tests import factories
from tests.helpers.waiting import wait_until
from tests.people import Person

Cells = dict[str, str]


def uploaded(person: Person, content: str | bytes, name: str = "events.csv") -> EventList:
    data = content.encode() if isinstance(content, str) else content
    answer = person.post(person.url("customers:event_upload"), {"file": SimpleUploadedFile(name, data)})
    assert answer.status_code == 302, answer.content.decode()
    return EventList.objects.latest("pk")


def chosen(person: Person, found: EventList, **changes: str) -> Any:
    """The columns as the page offers them, with changes such as `total="data:number"`, `kind="order.delivered"`."""
    form: Cells = {"kind": found.kind, "time_zone": found.time_zone} | {
        name: value for name, value in changes.items() if name in ("kind", "time_zone")
    }
    for number, column in enumerate(found.columns):
        said = changes.get(f"column_{column['name']}", f"{column['target']}:{column['kind']}")
        form[f"target_{number}"], _, form[f"kind_{number}"] = said.partition(":")
    return person.post(person.url("customers:event_list_columns", pk=found.pk), form)


def worked(found: EventList) -> EventList:
    event_list_work.work(list_id=found.pk, clock=timezone.now)
    found.refresh_from_db()
    return found


def checked(person: Person, content: str | bytes, name: str = "events.csv", **changes: str) -> EventList:
    found = uploaded(person, content, name)
    answer = chosen(person, found, **changes)
    assert answer.status_code == 302, answer.content.decode()
    return worked(found)


def taken_in(person: Person, found: EventList) -> EventList:
    person.post(person.url("customers:event_list_start", pk=found.pk))
    return worked(found)


def counts(found: EventList) -> tuple[int, ...]:
    return found.lines, found.new, found.duplicate, found.refused, found.blank


def stored(of: Organization) -> dict[str, CustomerEvent]:
    found = CustomerEvent.objects.filter(organization=of).select_related("customer").order_by("pk")
    return {event.event_id: event for event in found}


def reasons(person: Person, found: EventList) -> list[str]:
    """The lines of the file of refused lines, without its heading."""
    answer = person.get(person.url("customers:event_list_refused", pk=found.pk))
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    return content.decode().splitlines()[1:]


UGLY = """\
Event ID;Event;Customer email;Customer ID;Date;Total;Gift;Formula

o-1;Order.Delivered;Ada@Example.com;;31.12.2025 14:30;1.234,50;ja;=1+1
o-1;order.delivered;ada@example.com;;31.12.2025 14:30;9;ja;
o-2;order.delivered;;A-1;01.01.2026;7;nein;x
o-3;order.delivered;;nobody;01.01.2026;7;;
o-4;order delivered;ada@example.com;;01.01.2026;7;;
o-5;order.delivered;ada at example;;01.01.2026;7;;
o-6;order.delivered;ada@example.com;;32.01.2026;7;;
o-7;order.delivered;ada@example.com;;01.01.2001;7;;
=o-8;order.delivered;new@example.com;;2026-01-02T03:04:05+02:00;viel;;
o-9;order.delivered;ada@example.com;;01.01.2026;7;;;zu viel
;;;;;;;
"""


def test_an_ugly_list_is_checked_then_taken_in_and_tells_of_each_line_why_not(alice: Person) -> None:
    Organization.objects.filter(pk=alice.organization.pk).update(time_zone="Europe/Berlin")
    ada = factories.customer(alice.organization, "ada@example.com", external_id="A-1")
    found = checked(alice, UGLY.encode("cp1252"), column_Total="data:number_comma")

    assert [column["target"] for column in found.columns[:5]] == ["id", "kind", "email", "external_id", "time"]
    assert (found.status, counts(found)) == ("checked", (12, 2, 1, 7, 2))
    assert not CustomerEvent.objects.exists()
    assert Customer.objects.count() == 1
    page = alice.get(alice.url("customers:event_list", pk=found.pk)).content.decode()
    assert "This would happen" in page
    assert "There is no customer with this external ID" in page

    done = taken_in(alice, found)

    assert (done.status, counts(done)) == ("done", (12, 2, 1, 7, 2))
    events_of = stored(alice.organization)
    assert events_of.keys() == {"o-1", "o-2"}
    assert events_of["o-1"].customer == events_of["o-2"].customer == ada
    assert events_of["o-1"].kind == "order.delivered"
    assert events_of["o-1"].data == {"Total": 1234.5, "Gift": True, "Formula": "=1+1"}
    assert events_of["o-1"].occurred_at == datetime(2025, 12, 31, 13, 30, tzinfo=UTC)
    assert events_of["o-2"].occurred_at == datetime(2025, 12, 31, 23, tzinfo=UTC)
    assert [line.split(",")[:3] for line in reasons(alice, done)] == [
        ["6", "Customer ID", "nobody"],
        ["7", "Event", "order delivered"],
        ["8", "Customer email", "ada at example"],
        ["9", "Date", "32.01.2026"],
        ["10", "Date", "01.01.2001"],
        ["11", "Total", "viel"],
        ["12", "", "zu viel"],
    ]
    assert not EventListChunk.objects.exists()
    trail = AuditEntry.objects.filter(action__startswith="events.").order_by("pk")
    assert list(trail.values_list("action", flat=True)) == ["events.uploaded", "events.started"]


def test_the_check_says_where_a_column_is_of_another_type_than_its_field_was(alice: Person) -> None:
    tell(alice.organization, event(1, total=5))
    lines = "id,kind,email,time,total\nn-1,order.delivered,ada@example.com,2026-05-31,7\n"
    sound = checked(alice, lines)
    assert "was of the type" not in alice.get(sound.get_absolute_url()).content.decode()

    found = checked(alice, f"{lines}n-2,order.delivered,ada@example.com,2026-05-31,=1+1\n")

    page = unescape(alice.get(found.get_absolute_url()).content.decode())
    assert "“total” of order.delivered was of the type “number” so far; in this list it is “text”" in page
    elsewhere = checked(alice, "id,email,time,total\nn-3,ada@example.com,2026-05-31,much\n", kind="order.sent")
    assert "was of the type" not in alice.get(elsewhere.get_absolute_url()).content.decode()


def test_the_same_list_again_is_all_duplicates_and_cannot_be_started(alice: Person) -> None:
    content = "email,when,plan\nada@example.com,2026-02-01,Pro\nbea@example.com,2026-02-01,Pro\n"
    taken_in(alice, checked(alice, content, kind="trial.began"))
    again = checked(alice, content, kind="trial.began")
    assert counts(again) == (2, 0, 2, 0, 0)
    page = alice.get(alice.url("customers:event_list", pk=again.pk)).content.decode()
    assert "Nothing in this list is new" in page
    assert taken_in(alice, again).status == EventListStatus.CHECKED
    assert Customer.objects.count() == CustomerEvent.objects.count() == 2


@pytest.mark.parametrize(
    ("cell", "kind", "expected"),
    [
        ("2026-03-29 02:30", "date", "2026-03-29T01:30:00+00:00"),  # a time that clocks leave out
        ("2026-10-25 02:30", "date", "2026-10-25T00:30:00+00:00"),  # one that they show twice: the first
        ("2026-03-01T10:00:00Z", "date", "2026-03-01T10:00:00+00:00"),
        ("2026-03-01T10:00:00.123456-05:00", "date", "2026-03-01T15:00:00.123456+00:00"),
        ("1772359200", "date", "2026-03-01T10:00:00+00:00"),
        ("1772359200000", "date", "2026-03-01T10:00:00+00:00"),
        ("03/01/2026 1:05 pm", "date_mdy", "2026-03-01T12:05:00+00:00"),
        ("03/01/2026 12:05 AM", "date_mdy", "2026-02-28T23:05:00+00:00"),
        ("1.3.2026, 10:00:07", "date_dmy", "2026-03-01T09:00:07+00:00"),
        ("2026/3/1", "date_dmy", "2026-02-28T23:00:00+00:00"),
    ],
)
def test_times_as_lists_write_them(alice: Person, cell: str, kind: str, expected: str) -> None:
    content = f'email;when\nada@example.com;"{cell}"\n'
    found = checked(
        alice, content, kind="x", time_zone="Europe/Berlin", column_when=f"time:{kind}", column_email="email:text"
    )
    taken_in(alice, found)
    assert [event.occurred_at.isoformat() for event in stored(alice.organization).values()] == [expected], reasons(
        alice, found
    )


def test_a_json_lines_file_keeps_the_types_of_its_values(alice: Person) -> None:
    lines = [
        '{"id": "1", "kind": "order.delivered", "email": "ada@example.com", "time": "2026-05-01T10:00:00Z", "total": 12.5,'
        ' "gift": true}',
        '{"id": "2", "kind": "order.delivered", "email": "ada@example.com", "time": "2026-05-02T10:00:00Z", "total": 1e3}',
    ]
    taken_in(alice, checked(alice, "\n".join(lines), name="events.jsonl"))
    assert [event.data for event in stored(alice.organization).values()] == [
        {"total": 12.5, "gift": True},
        {"total": 1000},
    ]


@pytest.mark.parametrize(
    ("header", "changes", "said"),
    [
        ("email,total", {"kind": "x", "column_total": "data:text"}, "No column says when it happened"),
        ("name,when", {"kind": "x"}, "No column says who it was"),
        ("email,when", {}, "No column says what happened"),
        ("email,when", {"kind": "no kind"}, "The kind is no name like order.delivered"),
        ("email,when", {"kind": "x", "column_when": "email:text"}, "Several columns become Email"),
        ("email,when", {"kind": "x", "column_when": "time:number"}, "choose how its days are written"),
    ],
)
def test_columns_that_make_no_events_are_refused_with_what_was_chosen(
    alice: Person, header: str, changes: Cells, said: str
) -> None:
    found = uploaded(alice, f"{header}\nada@example.com,2026-01-01\n")
    answer = chosen(alice, found, **changes)
    assert answer.status_code == 200
    assert said in answer.content.decode()
    found.refresh_from_db()
    assert found.status == "uploaded"


def test_a_worker_that_dies_in_the_middle_loses_nothing_and_takes_nothing_in_twice(
    alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_list_work, "SLICE", 10)
    lines = [f"e-{n},person{n}@example.com,2026-01-01" for n in range(35)]
    found = checked(alice, "\n".join(["id,email,time", *lines]), kind="visit")
    alice.post(alice.url("customers:event_list_start", pk=found.pk))
    record, calls = events.record, iter(range(10))

    def dies(**arguments: Any) -> Any:
        if next(calls) == 2:
            raise MemoryError
        return record(**arguments)

    with monkeypatch.context() as patch:
        patch.setattr(events, "record", dies)
        with pytest.raises(MemoryError):
            worked(found)
    found.refresh_from_db()
    assert (found.new, found.status) == (20, "running")
    EventList.objects.update(heartbeat_at=None)
    assert (worked(found).status, counts(found)) == ("done", (35, 35, 0, 0, 0))
    assert CustomerEvent.objects.count() == 35


def test_a_list_that_is_stopped_keeps_what_it_took_in_and_its_worker_stops(alice: Person) -> None:
    found = checked(alice, "id,email,time\n1,ada@example.com,2026-01-01\n", kind="visit")
    alice.post(alice.url("customers:event_list_start", pk=found.pk))
    alice.post(alice.url("customers:event_list_cancel", pk=found.pk))
    assert worked(found).status == "cancelled"
    assert not CustomerEvent.objects.exists()
    event_lists.sweep(at=timezone.now())
    assert not EventListChunk.objects.exists()
    answer = alice.post(alice.url("customers:event_list_start", pk=found.pk), follow=True)
    assert "not waiting to be taken in any more" in answer.content.decode()


def test_what_a_refused_line_says_of_somebody_is_blanked_when_they_are_erased(alice: Person) -> None:
    ada = factories.customer(alice.organization, "ada@example.com", external_id="A-1")
    factories.customer(alice.organization, "bea@example.com", external_id="B-1")
    found = checked(
        alice, "id,email,customerid,time\n1,bea@example.com,A-1,2026-01-01\n2,,B-2,2026-01-01\n", kind="visit"
    )
    assert [line.split(",")[2] for line in reasons(alice, found)] == ["A-1", "B-2"]
    customers.erase(organization=alice.organization, ids=[ada.pk], at=timezone.now())
    assert [line.split(",")[2] for line in reasons(alice, found)] == ["", "B-2"]


@pytest.mark.django_db(transaction=True)
def test_pasted_lines_go_through_a_real_worker(alice: Person, celery_worker_process: Callable[..., Child]) -> None:
    celery_worker_process()
    text = "kind\temail\ttime\torder\nticket.closed\tada@example.com\t2026-05-01 10:00\t7\n"
    alice.post(alice.url("customers:event_upload"), {"text": text})
    found = EventList.objects.get()
    chosen(alice, found)
    wait_until(lambda: EventList.objects.get().status == "checked")
    alice.post(alice.url("customers:event_list_start", pk=found.pk))
    wait_until(lambda: EventList.objects.get().status == "done")
    assert CustomerEvent.objects.get().data == {"order": 7}


# ── Looking at events ────────────────────────────────────────────────────────────────────────────────────────────────


def tell(of: Organization, *told: IncomingEvent) -> list[CustomerEvent]:
    recorded = events.record(organization=of, told=told, at=timezone.now())
    return list(CustomerEvent.objects.filter(pk__in=[outcome.id for outcome in recorded.outcomes]).order_by("pk"))


def event(number: int, kind: str = "order.delivered", **data: Any) -> IncomingEvent:
    return IncomingEvent(kind, timezone.now(), email="ada@example.com", event_id=f"e-{number:03}", data=data)


def test_the_page_shows_kinds_fields_and_what_campaigns_did(alice: Person, bob: Person, charlie: Person) -> None:
    empty = bob.get(bob.url("customers:events")).content.decode()
    assert "No events yet" in empty
    assert "Upload events" not in empty
    first, second = tell(alice.organization, event(1, total=71.25, gift=True), event(2, "ticket.closed"))
    rule = {"trigger": "event", "event_kind": "order.delivered"}
    pulse = factories.campaign(alice.organization, "After delivery", Status.LIVE, kind="triggered", **rule)
    PlanDecision.objects.create(
        organization=alice.organization,
        campaign=pulse,
        customer=first.customer,
        occasion=f"event:{first.pk}",
        event_id=first.pk,
        reason=Reason.THROTTLED,
        until=timezone.now(),
        decided_at=timezone.now(),
    )
    CustomerEvent.objects.filter(pk=second.pk).update(planned_at=timezone.now())

    page = bob.get(bob.url("customers:events")).content.decode()
    for said in ("order.delivered", "ticket.closed", "(number)", "(yes or no)", "71.25", "Asked recently", "told "):
        assert said in page
    assert page.count("After delivery") == 2
    assert "Nothing: no campaign asks about it" in page
    only = bob.get(bob.url("customers:events") + "?kind=ticket.closed").content.decode()
    assert "71.25" not in only
    assert "ticket.closed" not in charlie.get(charlie.url("customers:events")).content.decode()
    record = bob.get(bob.url("customers:detail", pk=first.customer_id)).content.decode()
    assert "gift: Yes, total: 71.25" in record


def test_many_events_are_shown_page_by_page_in_as_many_statements(
    alice: Person, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    tell(alice.organization, *(event(n) for n in range(120)))
    seen: list[str] = []
    address = alice.url("customers:events")
    query = ""
    for _page in range(3):
        with django_assert_max_num_queries(25):
            answer = alice.get(address + query)
        seen += [row.event.event_id for row in answer.context["rows"]]
        query = answer.context["next_url"]
    assert seen == [f"e-{n:03}" for n in reversed(range(120))]
    assert query == ""

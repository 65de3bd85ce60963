"""Addresses that must not be mailed come in as a list and go out as a file."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from nps_app.local.process import Child
from surveys.accounts.models import AuditEntry, Role
from surveys.customers.actions import suppression_lists
from surveys.customers.models import Customer, Suppression, SuppressionLine, SuppressionList, SuppressionReason
from tests import factories
from tests.helpers.waiting import wait_until
from tests.people import Person

pytestmark = pytest.mark.django_db

MIXED = """\ufeffEmail Address;Type;Created At
ada@example.com;hard_bounce;2025-05-31
bea@example.com;SpamComplaint;2025-06-01T14:30:00Z
ADA@example.com ;unsubscribe;

cleo@example.com;;
not an address;bounce;2025-05-31
dora@example.com;on holiday;2025-05-31
emil@example.com;bounce;31.05.2025
;bounce;2025-05-31
"""


def upload(person: Person, text: str, reason: str = "blocked") -> SuppressionList:
    file = SimpleUploadedFile("old.csv", text.encode())
    answer = person.post(person.url("customers:suppression_upload"), {"file": file, "default_reason": reason})
    assert answer.status_code == 302, answer.content.decode()[:3000]
    return SuppressionList.objects.latest("pk")


def take_in(person: Person, found: SuppressionList) -> None:
    person.post(person.url("customers:suppression_list_start", pk=found.pk))
    while suppression_lists.work(list_id=found.pk, at=timezone.now()):
        pass
    found.refresh_from_db()


def test_a_list_says_first_what_it_would_do_and_then_does_it(alice: Person) -> None:
    for name in ("ada", "cleo", "frida"):
        factories.customer(alice.organization, f"{name}@example.com")

    found = upload(alice, MIXED)
    page = alice.get(found.get_absolute_url()).content.decode()
    assert (found.lines, found.good, found.repeated, found.refused, found.known) == (8, 3, 1, 4, 0)
    assert found.marked == 2, "how many customers it is about is what reveals a wrong file"
    assert not Suppression.objects.exists()
    for told in ("on holiday", "31.05.2025", "not an address", "There is no address."):
        assert told in page

    take_in(alice, found)
    assert (found.status, found.added, found.marked) == ("done", 3, 2)
    marks = dict(Customer.objects.order_by("email").values_list("email", "suppression"))
    assert marks == {"ada@example.com": "bounced", "cleo@example.com": "blocked", "frida@example.com": ""}
    reasons = Suppression.objects.order_by("at").values_list("reason", "source", "at")
    assert list(reasons)[:2] == [
        ("bounced", f"list {found.pk}: old.csv", datetime(2025, 5, 31, tzinfo=UTC)),
        ("complained", f"list {found.pk}: old.csv", datetime(2025, 6, 1, 14, 30, tzinfo=UTC)),
    ]
    refused = list(csv.reader(io.StringIO(content(alice, "customers:suppression_list_refused", found))))
    assert [row[0] for row in refused[1:]] == ["7", "8", "9", "10"], "as an editor counts"
    assert AuditEntry.objects.filter(action="suppressions.imported", target_id=str(found.pk)).exists()


def content(person: Person, name: str, found: SuppressionList) -> str:
    response = person.get(person.url(name, pk=found.pk))
    return b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]


def test_nothing_but_addresses_pasted_and_an_earlier_reason_stays(alice: Person) -> None:
    take_in(alice, upload(alice, "ada@example.com\n", "unsubscribed"))

    answer = alice.post(
        alice.url("customers:suppression_upload"),
        {"text": "ada@example.com\nbea@example.com", "default_reason": "blocked"},
    )
    found = SuppressionList.objects.latest("pk")
    assert (answer.status_code, found.good, found.known) == (302, 2, 1)
    take_in(alice, found)

    copied = 'Foo Bar <foo@example.com>; bar@example.com, "Doe, Baz" <baz@example.com>\nqux <qux@example.com>'
    alice.post(alice.url("customers:suppression_upload"), {"text": copied, "default_reason": "blocked"})
    pasted = SuppressionLine.objects.filter(list=SuppressionList.objects.latest("pk")).order_by("line")
    assert [line.address.partition("@")[0] for line in pasted] == ["foo", "bar", "baz", "qux"]

    assert sorted(Suppression.objects.values_list("reason", flat=True)) == ["blocked", "unsubscribed"]


def test_lists_that_are_none(alice: Person) -> None:
    address = alice.url("customers:suppression_upload")
    for text, problem in (("name,plan\nAda,Pro\n", "No column of"), ("\n\n", "empty"), ("%PDF-1.4\n", "PDF")):
        file = SimpleUploadedFile("x.csv", text.encode())
        answer = alice.post(address, {"file": file, "default_reason": "blocked"})
        assert (answer.status_code, problem in answer.content.decode()) == (400, True), text
    assert not SuppressionList.objects.exists()
    empty = alice.get(address)
    assert (empty.status_code, "cannot be read" in empty.content.decode()) == (200, False)


def test_stopped_lists_keep_nothing_of_those_who_were_not_reached(alice: Person) -> None:
    found = upload(alice, "ada@example.com\nbea@example.com\n")
    alice.post(alice.url("customers:suppression_list_stop", pk=found.pk))
    alice.post(alice.url("customers:suppression_list_start", pk=found.pk))

    found.refresh_from_db()
    assert found.status == "stopped"
    assert not SuppressionLine.objects.exists()
    assert not Suppression.objects.exists()


def test_a_wrong_list_is_undone_and_what_was_suppressed_before_stays(alice: Person) -> None:
    for name in ("ada", "bea", "cleo"):
        factories.customer(alice.organization, f"{name}@example.com")
    take_in(alice, upload(alice, "ada@example.com\n", "unsubscribed"))
    wrong = upload(alice, "ada@example.com\nBEA@example.com\ncleo@example.com\ndora@example.com\n")
    running = alice.post(alice.url("customers:suppression_list_undo", pk=wrong.pk), follow=True).content.decode()
    assert "It is not over yet" in running
    take_in(alice, wrong)
    assert set(Customer.objects.values_list("suppression", flat=True)) == {"unsubscribed", "blocked"}

    page = alice.post(alice.url("customers:suppression_list_undo", pk=wrong.pk), follow=True).content.decode()

    assert "3 addresses may be mailed again." in page
    assert list(Customer.objects.order_by("email").values_list("suppression", flat=True)) == ["unsubscribed", "", ""]
    assert Suppression.objects.count() == 1
    assert not SuppressionList.objects.filter(pk=wrong.pk).exists()
    assert "allowed mails again to the addresses of the list" in alice.get(alice.url("audit:trail")).content.decode()


def test_the_export_has_addresses_where_customers_have_them_and_runs_no_formulas(
    alice: Person, charlie: Person
) -> None:
    factories.customer(alice.organization, "=cmd@example.com")
    factories.customer(charlie.organization, "gone@example.com")
    take_in(alice, upload(alice, "email,reason\n=cmd@example.com,unsubscribed\ngone@example.com,bounced\n"))
    bob = Person(factories.member(alice.organization, factories.user("bob@example.com"), Role.AGENT))
    assert bob.post(bob.url("customers:suppressions_export")).status_code == 403

    response = alice.post(alice.url("customers:suppressions_export"))
    text = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    header, first, second = csv.reader(io.StringIO(text))

    assert header == ["address", "hash", "reason", "by", "since"]
    assert first[:3] == ["'=cmd@example.com", "", "unsubscribed"]
    assert first[3].endswith(": old.csv")
    assert (second[0], len(second[1]), second[2]) == ("", 64, "bounced")
    assert AuditEntry.objects.filter(action="suppressions.exported").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_worker_takes_a_long_list_in(alice: Person, celery_worker_process: Callable[..., Child]) -> None:
    factories.customer(alice.organization, "person7@example.com")
    lines = [f"person{number}@example.com" for number in range(45_000)]
    found = suppression_lists.read(
        name="long.txt",
        pieces=["\n".join(lines).encode()],
        reason=SuppressionReason.UNSUBSCRIBED,
        by=alice.membership,
        at=timezone.now(),
    )
    celery_worker_process()
    alice.post(alice.url("customers:suppression_list_start", pk=found.pk))

    wait_until(lambda: SuppressionList.objects.get(pk=found.pk).status == "done", seconds=60)

    found.refresh_from_db()
    assert (found.added, found.marked, Suppression.objects.count()) == (45_000, 1, 45_000)
    assert Customer.objects.get().suppression == "unsubscribed"

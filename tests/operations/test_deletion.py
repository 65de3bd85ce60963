"""The end of an organization: asked for with its name, taken back for some days, and then nothing is left of it."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from surveys.accounts import queries
from surveys.accounts.models import AuditEntry, Organization, Role, User
from surveys.campaigns.models import Status
from surveys.core import tokens
from surveys.core.tokens import Purpose
from surveys.customers.models import Customer
from surveys.delivery import actions as delivery
from surveys.delivery import queries as deliveries
from surveys.delivery.models import Delivery, Kind, Queue
from surveys.operations import erasing, tasks
from surveys.operations.actions import ending, exports
from surveys.operations.models import OrganizationExport
from surveys.responses.models import Response
from tests import factories
from tests.helpers.every_table import fill
from tests.helpers.waiting import wait_until
from tests.people import Person

WEEK = timedelta(days=7, minutes=1)


def rows_naming(organization: int) -> dict[str, int]:
    """In every table of the database with a column for it, whether a model knows the table or not."""
    found: dict[str, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND (column_name = 'organization_id' OR table_name = 'surveys_organization' AND column_name = 'id')"
        )
        for table, column in cursor.fetchall():
            cursor.execute(f'SELECT count(*) FROM "{table}" WHERE "{column}" = %s', [organization])
            (found[table],) = cursor.fetchone()
    return found


def tables_with(word: str) -> list[str]:
    """The tables in which a word stands anywhere."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        tables = [table for (table,) in cursor.fetchall()]
        found = []
        for table in tables:
            cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE %s', [f"%{word}%"])
            if cursor.fetchone()[0]:
                found.append(table)
    return found


@pytest.fixture
def ended(alice: Person) -> Person:
    answer = alice.post(alice.url("operations:ending"), {"name": "acme"})
    assert answer.status_code == 302
    return alice


# ── Asking, and taking it back ──


def test_the_page_says_what_goes_and_wants_the_name(alice: Person) -> None:
    factories.response(
        factories.invitation(factories.campaign(alice.organization), factories.customer(alice.organization)), 9
    )

    page = alice.get(alice.url("operations:ending")).content.decode()
    refused = alice.post(alice.url("operations:ending"), {"name": "Globex"})

    assert "1 customer" in page
    assert "1 campaign" in page
    assert "1 response" in page
    assert "The name is Acme; nothing was deleted." in refused.content.decode()
    assert Organization.objects.get(pk=alice.organization.pk).deletes_at is None


def test_only_an_owner_may_end_or_keep_it(ended: Person, bob: Person) -> None:
    bob.becomes(Role.ADMIN)

    assert bob.get(bob.url("operations:ending")).status_code == 403
    assert bob.post(bob.url("operations:keep")).status_code == 403
    assert "will be deleted on" in bob.get(bob.organization.get_absolute_url()).content.decode()


def test_until_then_nothing_is_sent_or_changed_and_an_owner_can_keep_it(alice: Person) -> None:
    campaign = factories.campaign(alice.organization, status=Status.LIVE, wave=1)
    person = factories.customer(alice.organization)
    asked = factories.invitation(campaign, person)
    Delivery.objects.create(
        organization=alice.organization, campaign=campaign, invitation=asked, customer=person, kind=Kind.ASK,
        queue=Queue.BULK, due_at=timezone.now(), created_at=timezone.now(),
    )  # fmt: skip
    link = reverse("public:page", args=[tokens.make(Purpose.ANSWER, asked.pk)])
    alice.post(alice.url("operations:ending"), {"name": "Acme"})

    assert delivery.claim(queue=Queue.BULK, limit=10, at=timezone.now()).size == 0
    assert not deliveries.is_due(Queue.BULK, at=timezone.now())
    assert not deliveries.to_plan(at=timezone.now()).exists()
    assert "This survey is closed" in Client().get(link).content.decode()
    assert alice.post(alice.url("campaigns:new"), {"name": "More"}).status_code == 403
    page = alice.get(alice.organization.get_absolute_url()).content.decode()
    assert "Keep it" in page

    alice.post(alice.url("operations:keep"))

    assert deliveries.is_due(Queue.BULK, at=timezone.now())
    assert "This survey is closed" not in Client().get(link).content.decode()
    acts = AuditEntry.objects.filter(organization=alice.organization).order_by("id").values_list("action", flat=True)
    assert list(acts) == ["organization.created", "organization.deletion_asked", "organization.kept"]


def test_before_the_grace_is_over_nothing_is_deleted_and_afterwards_nobody_gets_in(ended: Person) -> None:
    asked_at = timezone.now()

    ending.begin_due(at=asked_at + timedelta(days=6))
    assert ended.get(ended.organization.get_absolute_url()).status_code == 200

    ending.begin_due(at=asked_at + WEEK)
    assert ended.get(ended.organization.get_absolute_url()).status_code == 404
    assert ended.post(ended.url("operations:keep")).status_code == 404


# ── Everything goes ──


def test_nothing_of_it_is_left_in_any_table_and_its_neighbour_is_untouched(alice: Person, charlie: Person) -> None:
    filled = fill(alice.organization, alice.membership.user)
    fill(charlie.organization, charlie.membership.user)
    assert all(filled.values()), "every table has a row of the organization, or this test proves nothing"
    Customer.objects.filter(organization=alice.organization).update(name="Xylophanes Quartermain")
    before = rows_naming(charlie.organization.pk)
    assert before.keys() == {"surveys_organization"} | filled.keys()
    alice.post(alice.url("operations:ending"), {"name": "Acme"})

    ending.begin_due(at=timezone.now() + WEEK)
    while ending.erase_some(organization_id=alice.organization.pk, is_over=lambda: False):
        pass

    assert not any(rows_naming(alice.organization.pk).values())
    assert tables_with("Xylophanes") == []
    assert rows_naming(charlie.organization.pk) == before
    assert User.objects.filter(email="alice@example.com").exists(), "people keep their accounts"
    assert queries.membership(AnonymousUser(), "acme") is None


def test_it_goes_in_slices_that_go_on_where_a_worker_died(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing, "SLICE", 2)
    for _ in range(9):
        factories.customer(alice.organization)
    alice.post(alice.url("operations:ending"), {"name": "Acme"})
    ending.begin_due(at=timezone.now() + WEEK)

    turns = 0
    while ending.erase_some(organization_id=alice.organization.pk, is_over=lambda: True):
        turns += 1

    assert turns >= 4
    assert not any(rows_naming(alice.organization.pk).values())


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_is_followed_by_another(alice: Person, celery_worker_process) -> None:
    Customer.objects.bulk_create(
        Customer(
            organization=alice.organization,
            name=f"P{n}",
            email=f"p{n}@example.com",
            created_at=timezone.now(),
            updated_at=timezone.now(),
        )
        for n in range(12_000)
    )
    at = timezone.now()
    Organization.objects.filter(pk=alice.organization.pk).update(deletes_at=at, deletion_began_at=at)

    def left() -> int:
        return Customer.objects.filter(organization=alice.organization).count()

    first = celery_worker_process(queues="default", concurrency=1)
    with transaction.atomic():  # the last slice has to wait for this one person
        Customer.objects.select_for_update().filter(organization=alice.organization).latest("pk")
        tasks.erase.delay(alice.organization.pk)
        wait_until(lambda: 0 < left() < 12_000, what="the first slices")
        first.kill9()
    celery_worker_process(queues="default", concurrency=1)
    ending.sweep(at=timezone.now())

    wait_until(lambda: not Organization.objects.filter(pk=alice.organization.pk).exists(), seconds=60, what="the end")


# ── Taking everything along ──


def test_an_export_holds_everything_but_secrets(alice: Person, charlie: Person) -> None:
    fill(alice.organization, alice.membership.user)
    fill(charlie.organization, charlie.membership.user)
    factories.customer(alice.organization, "ada@example.com", name="=HYPERLINK()")
    asked = factories.invitation(factories.campaign(alice.organization), factories.customer(alice.organization))
    factories.response(asked, 9, "Grand")

    alice.post(alice.url("operations:export"))
    alice.post(alice.url("operations:export"))  # a double-click
    export = OrganizationExport.objects.get(organization=alice.organization, status="running")
    exports.write_export(export_id=export.pk, at=timezone.now())
    answer = alice.post(alice.url("operations:export_file", pk=export.pk))

    archive = zipfile.ZipFile(io.BytesIO(answer.getvalue()))
    assert archive.testzip() is None
    customers = [json.loads(line) for line in archive.read("tables/customer.jsonl").decode().splitlines()]
    assert {row["organization_id"] for row in customers} == {alice.organization.pk}
    assert len(customers) == Customer.objects.filter(organization=alice.organization).count()
    assert "'=HYPERLINK()" in archive.read("csv/customers.csv").decode()
    assert "Grand" in archive.read("csv/responses.csv").decode()
    assert "alice@example.com" in archive.read("csv/people.csv").decode()
    assert Response.objects.filter(organization=alice.organization).count() == len(
        archive.read("tables/response.jsonl").splitlines()
    )
    names = {
        name
        for line in archive.namelist()
        if line.endswith("jsonl")
        for row in archive.read(line).splitlines()
        for name in json.loads(row)
    }
    assert not [name for name in names if "token" in name or "secret" in name or "password" in name]
    assert AuditEntry.objects.filter(action="organization.export_downloaded").exists()


def test_an_export_that_a_worker_left_begins_anew_and_old_ones_go(
    alice: Person, bob: Person, settings: Settings
) -> None:
    bob.becomes(Role.ADMIN)
    assert bob.post(bob.url("operations:export")).status_code == 403
    alice.post(alice.url("operations:export"))
    export = OrganizationExport.objects.get()
    OrganizationExport.objects.update(attempt=1, heartbeat_at=timezone.now() - timedelta(hours=1), rows=7)

    exports.write_export(export_id=export.pk, at=timezone.now())
    export.refresh_from_db()
    assert (export.status, export.attempt) == ("done", 2)
    assert "Download" in alice.get(alice.url("operations:ending")).content.decode()

    exports.sweep_exports(at=timezone.now() + timedelta(days=8))
    assert not any(
        rows_naming(alice.organization.pk)[f"surveys_{table}"]
        for table in ("organizationexport", "organizationexportchunk")
    )

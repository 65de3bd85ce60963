"""Answers to questions wherever people's data goes: forgotten, kept for so long, taken along, merged."""

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from surveys.customers import actions as customers
from surveys.customers.models import Customer
from surveys.operations.actions import exports
from surveys.operations.models import OrganizationExport
from surveys.responses.actions import joining, retiring
from surveys.responses.models import Answer, Response
from tests import factories
from tests.people import Person
from tests.responses.mail import Mail, Shown, differences, send
from tests.responses.questions import answers


@pytest.fixture
def said(asked: Mail, ada: Client) -> Mail:
    """Ada chose, and wrote what names her, at a question and nowhere else."""
    send(ada, Shown(ada.get(asked.link(3))), 3, q1="2", q3=["o2"], q4="Call Ada Okafor, ada@example.com")
    return asked


@pytest.mark.parametrize(("keeps", "left"), [(True, 1), (False, 0)])
def test_of_an_erased_person_no_answer_is_left(said: Mail, alice: Person, keeps: bool, left: int) -> None:
    type(alice.organization).objects.update(erasure_keeps_counts=keeps)
    alice.organization.refresh_from_db()
    customers.erase(organization=alice.organization, ids=[said.invitation.customer_id or 0], at=timezone.now())
    assert (Answer.objects.count(), Response.objects.count()) == (0, left)
    assert differences(alice.organization) == []


def test_a_deleted_customers_answers_stay_and_are_nobodys(said: Mail, alice: Person) -> None:
    customers.delete(organization=alice.organization, ids=[said.invitation.customer_id or 0], at=timezone.now())
    assert answers(said)["q1"] == 2
    shown = alice.get(said.response.get_absolute_url()).content.decode()
    assert "How easy was it, there?" in shown
    assert "Hotline" in shown


@pytest.mark.parametrize(
    ("act", "kept"),
    [
        (retiring.delete_aged_comments, {"q1": 2, "q3": ["o2"]}),
        (retiring.anonymize_aged_comments, {"q1": 2, "q3": ["o2"], "q4": "Call […], […]"}),
        (retiring.delete_aged, None),
    ],
)
def test_what_was_typed_is_kept_as_long_as_comments(said: Mail, alice: Person, act: Any, kept: Any) -> None:
    at = {} if act is retiring.anonymize_aged_comments else {"at": timezone.now()}
    before = said.response
    act(organization=alice.organization, before=timezone.now() - timedelta(days=1), **at)
    assert len(answers(said)) == 3  # it is younger

    act(organization=alice.organization, before=timezone.now() + timedelta(days=1), **at)
    assert dict(Answer.objects.filter(response=before.pk).values_list("question", "value")) == (kept or {})
    assert Response.objects.count() == (0 if kept is None else 1)
    if kept:
        assert act(organization=alice.organization, before=timezone.now() + timedelta(days=1), **at) in (
            0,
            (before.pk, 0),
        )


def test_who_asks_what_is_known_is_told_the_answers(said: Mail, alice: Person) -> None:
    page = alice.url("privacy:person", pk=said.invitation.customer_id)
    document = json.loads(alice.post(page, {"form": "json"}).content)
    assert document["more_answers"] == [
        {"campaign": "Pulse", "question": "How easy was it, Ada?", "answer": "2 / 7"},
        {"campaign": "Pulse", "question": "What did you try?", "answer": "Hotline"},
        {"campaign": "Pulse", "question": "What should we mend first?", "answer": "Call Ada Okafor, ada@example.com"},
    ]
    assert "What should we mend first?" in alice.get(page).content.decode()


def test_an_organization_takes_its_answers_along(said: Mail, alice: Person) -> None:
    alice.post(alice.url("operations:export"))
    export = OrganizationExport.objects.get()
    exports.write_export(export_id=export.pk, at=timezone.now())
    archive = zipfile.ZipFile(io.BytesIO(alice.post(alice.url("operations:export_file", pk=export.pk)).getvalue()))
    lines = archive.read("csv/answers.csv").decode().splitlines()
    assert lines[1:3] == [
        f'{said.response.pk},"How easy was it, Ada?",2 / 7',
        f"{said.response.pk},What did you try?,Hotline",
    ]
    assert len(archive.read("tables/answer.jsonl").splitlines()) == 3


def test_answers_go_with_their_response_when_two_records_are_one(said: Mail, alice: Person) -> None:
    other = factories.customer(alice.organization, "ada@work.example", name="Ada")
    joining.join(organization_id=alice.organization.pk, survivor=other.pk, gone=said.invitation.customer_id or 0)
    assert "3 more answers." in alice.get(Customer.objects.get(pk=other.pk).get_absolute_url()).content.decode()


def test_the_feed_asks_the_database_no_more_for_more_answers(said: Mail, alice: Person) -> None:
    def feed() -> tuple[int, str]:
        with CaptureQueriesContext(connection) as statements:
            page = alice.get(alice.url("responses:feed")).content.decode()
        return len(statements), page

    feed()  # what is remembered between requests is remembered
    one, _page = feed()
    for number in range(5):
        person = factories.customer(alice.organization)
        response = factories.response(factories.invitation(said.invitation.campaign, person), 3, f"Comment {number}")
        Answer.objects.create(
            organization=alice.organization, response=response, question="q1", value=number + 1, at=timezone.now()
        )
    many, page = feed()
    assert many == one
    assert page.count("How easy was it") == 6

"""What is older than the organization's rules allow goes, and the numbers stay or go as the rule says."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from nps_app.local.process import Child
from surveys.accounts.models import AuditEntry
from surveys.analytics.upkeep import rollups
from surveys.customers.models import BulkAct, Customer, Suppression
from surveys.delivery.models import Delivery, Invitation, Kind, Queue, State
from surveys.outbox.nudges import nudge
from surveys.privacy import actions, queries
from surveys.privacy.models import RetentionRule, RetentionRun
from surveys.responses.models import Response
from tests import factories
from tests.customers.test_erasing import given
from tests.helpers.waiting import wait_until
from tests.people import Person
from tests.responses.mail import differences

LONG_AGO = timezone.now() - timedelta(days=400)
KEEP = {"responses_act": "", "comments_act": "", "people_act": "", "keeps_counts": "1"}


@pytest.fixture
def world(alice: Person) -> dict[str, Any]:
    """Ada answered long ago and yesterday; Grace long ago only, and nothing has happened to her since."""
    campaign = factories.campaign(alice.organization)
    ada = factories.customer(alice.organization, "ada@example.com", name="Ada Okafor", at=LONG_AGO)
    grace = factories.customer(alice.organization, "grace@example.com", name="Grace", at=LONG_AGO)
    comment = "Ask Ada Okafor, ada@example.com or +49 (30) 123 45-67, see https://x.example/ada"
    old = answer(campaign, ada, 2, comment, LONG_AGO)
    new = answer(campaign, ada, 9, comment, timezone.now() - timedelta(days=1), occasion="wave:2")
    hers = answer(campaign, grace, 8, "", LONG_AGO)
    for piece in rollups.slices(alice.organization.pk):
        rollups.repair(piece)
    Customer.objects.filter(pk=ada.pk).update(
        last_score=9, previous_score=2, answered_count=2, last_answered_at=new.responded_at
    )
    Customer.objects.filter(pk=grace.pk).update(last_score=8, answered_count=1, last_answered_at=LONG_AGO)
    return {"ada": ada, "grace": grace, "old": old, "new": new, "hers": hers}


def answer(campaign: Any, person: Customer, score: int, comment: str, at: datetime, **fields: Any) -> Response:
    invitation = factories.invitation(campaign, person, at, answered_at=at, **fields)
    Delivery.objects.create(
        organization=campaign.organization,
        campaign=campaign,
        invitation=invitation,
        customer=person,
        kind=Kind.ASK,
        queue=Queue.BULK,
        state=State.SENT,
        to_address=person.email or "",
        due_at=at,
        created_at=at,
    )
    return factories.response(invitation, score, comment, at)


def rule(alice: Person, **fields: str) -> None:
    """Saved by hand, a day ago."""
    page = alice.url("privacy:settings")
    answer = alice.post(page, KEEP | fields | {"save": "1"})
    assert answer.status_code == 302, answer.content.decode()
    RetentionRule.objects.update(starts_at=timezone.now() - timedelta(minutes=1))


def apply() -> None:
    for pk in actions.open_runs(at=timezone.now()):
        hold = actions.take(run_id=pk, at=timezone.now())
        assert hold
        while actions.work(hold=hold, at=timezone.now()):
            pass


def all_counts(alice: Person) -> list[int]:
    found = Response.objects.counted().filter(organization=alice.organization).values_list("score", flat=True)
    assert differences(alice.organization) == []
    return given(*found)


def test_a_rule_is_seen_before_it_is_saved_and_begins_a_day_later(alice: Person, bob: Person, world: Any) -> None:
    page = alice.url("privacy:settings")
    form = KEEP | {
        "responses_act": "delete",
        "responses_months": "12",
        "people_act": "anonymize",
        "people_months": "13",
    }

    seen = alice.post(page, form | {"preview": "1"}).content.decode()
    assert "Responses, Delete: 2 are older than 12 months" in seen
    assert "Personal data of customers, Erase, and keep their scores: 1 is older than 13 months" in seen
    assert not RetentionRule.objects.exists()
    assert (
        "Say after how many months" in alice.post(page, KEEP | {"comments_act": "delete", "save": "1"}).content.decode()
    )

    assert alice.post(page, form | {"save": "1"}).status_code == 302
    assert actions.open_runs(at=timezone.now()) == []
    assert len(actions.open_runs(at=timezone.now() + timedelta(hours=25))) == 2
    changed = AuditEntry.objects.get(action="retention.changed").details["changed"]
    assert changed["responses"] == [None, "delete after 12 months"]
    assert bob.get(page).status_code == 403


def test_old_responses_are_deleted_and_count_no_more(alice: Person, world: Any) -> None:
    rule(alice, responses_act="delete", responses_months="12")
    apply()
    assert all_counts(alice) == given(9)
    ada, grace = Customer.objects.get(pk=world["ada"].pk), Customer.objects.get(pk=world["grace"].pk)
    assert (ada.last_score, ada.previous_score, ada.answered_count) == (9, None, 1)
    assert (grace.last_score, grace.answered_count) == (None, 0)

    page = alice.get(alice.url("privacy:settings")).content.decode()
    assert "Responses: Delete" in page
    run = RetentionRun.objects.get()
    assert (run.affected, run.finished_at is not None) == (2, True)
    told = AuditEntry.objects.get(action="retention.applied")
    assert (told.details["affected"], told.actor_id) == (2, None)
    assert actions.open_runs(at=timezone.now()) == []  # not twice on one day


def test_anonymized_responses_are_nobodys_and_go_on_counting(alice: Person, world: Any) -> None:
    rule(alice, responses_act="anonymize", responses_months="12")
    apply()
    assert all_counts(alice) == given(2, 8, 9)
    old = Response.objects.select_related("invitation").get(pk=world["old"].pk)
    assert (old.customer_id, old.comment) == (None, world["old"].comment)
    assert old.invitation
    assert old.invitation.customer_id is None
    assert not Delivery.objects.filter(invitation=old.invitation).exclude(to_address="").exists()
    assert Customer.objects.get(pk=world["ada"].pk).previous_score is None
    assert Response.objects.get(pk=world["new"].pk).customer_id == world["ada"].pk


@pytest.mark.parametrize(
    ("act", "left"),
    [("delete", ""), ("anonymize", "Ask […], […] or […], see […]")],
)
def test_old_comments_go_or_name_nobody_and_scores_stay(alice: Person, world: Any, act: str, left: str) -> None:
    rule(alice, comments_act=act, comments_months="12")
    apply()
    assert Response.objects.get(pk=world["old"].pk).comment == left
    assert Response.objects.get(pk=world["new"].pk).comment == world["new"].comment
    assert all_counts(alice) == given(2, 8, 9)


@pytest.mark.parametrize(("act", "scores"), [("anonymize", given(2, 8, 9)), ("delete", given(2, 9))])
def test_people_of_whom_nothing_was_heard_for_long_are_forgotten(
    alice: Person, world: Any, act: str, scores: list[int]
) -> None:
    rule(alice, people_act=act, people_months="12")
    apply()
    assert list(Customer.objects.values_list("pk", flat=True)) == [world["ada"].pk]
    assert all_counts(alice) == scores
    assert not Suppression.objects.exists()  # nobody asked to be left alone


def test_a_rule_that_is_taken_back_ends_its_run(alice: Person, world: Any) -> None:
    rule(alice, people_act="delete", people_months="12")
    (run,) = actions.open_runs(at=timezone.now())
    rule(alice)
    hold = actions.take(run_id=run, at=timezone.now())
    assert hold
    assert not actions.work(hold=hold, at=timezone.now())
    assert Customer.objects.filter(pk=world["grace"].pk).exists()
    assert actions.take(run_id=run, at=timezone.now()) is None


def test_two_workers_do_not_share_a_run(alice: Person, world: Any) -> None:
    rule(alice, responses_act="delete", responses_months="12")
    (run,) = actions.open_runs(at=timezone.now())
    first = actions.take(run_id=run, at=timezone.now())
    assert actions.take(run_id=run, at=timezone.now()) is None
    later = timezone.now() + timedelta(hours=1)  # the first one is thought dead
    assert actions.take(run_id=run, at=later)
    assert first
    with pytest.raises(actions.Superseded):
        actions.work(hold=first, at=timezone.now())


def test_months_end_where_a_month_is_shorter() -> None:
    assert queries.months_before(datetime(2026, 3, 31), 1) == datetime(2026, 2, 28)
    assert queries.months_before(datetime(2024, 3, 30), 1) == datetime(2024, 2, 29)
    assert queries.months_before(datetime(2026, 1, 15), 13) == datetime(2024, 12, 15)


# ── One person ──


def test_a_person_takes_everything_along(alice: Person, bob: Person, world: Any) -> None:
    page = alice.url("privacy:person", pk=world["ada"].pk)
    assert "ada@example.com" in alice.get(page).content.decode()
    taken = alice.post(page, {"form": "json"})
    assert taken["Content-Disposition"] == f'attachment; filename="customer-{world["ada"].pk}.json"'
    document = json.loads(taken.content)
    assert document["profile"]["email"] == "ada@example.com"
    assert [answer["score"] for answer in document["responses"]] == [2, 9]
    assert [message["to_address"] for message in document["messages"]] == ["ada@example.com"] * 2
    assert "grace" not in taken.content.decode().lower()
    assert alice.post(page, {"form": "zip"}).content.startswith(b"PK")
    kept = AuditEntry.objects.filter(action="customer.exported").values_list("target_name", "details__form")
    assert sorted(kept) == sorted([(f"#{world['ada'].pk}", "json"), (f"#{world['ada'].pk}", "zip")])
    assert bob.post(bob.url("privacy:person", pk=world["ada"].pk), {"form": "json"}).status_code == 403


def test_erasing_can_be_undone_while_it_waits(alice: Person, bob: Person, world: Any) -> None:
    grace = world["grace"]
    page = alice.url("privacy:farewell", pk=grace.pk)
    assert "1 response, 1 counted, 0 with a comment" in alice.get(page).content.decode()
    for _ in range(2):  # a double click makes one act
        alice.post(page, {"kind": "erase"})
    act = BulkAct.objects.get()
    record = alice.get(alice.url("customers:detail", pk=grace.pk)).content.decode()
    assert "This customer is about to be erased." in record
    assert bob.post(bob.url("privacy:stay", pk=grace.pk)).status_code == 403
    alice.post(alice.url("privacy:stay", pk=grace.pk))
    act.refresh_from_db()
    assert act.status == "cancelled"
    assert "about to be erased" not in alice.get(alice.url("customers:detail", pk=grace.pk)).content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_worker_erases_and_retains(alice: Person, world: Any, celery_worker_process: Callable[..., Child]) -> None:
    celery_worker_process(NPS_UNDO_SECONDS=0)
    alice.post(alice.url("privacy:farewell", pk=world["grace"].pk), {"kind": "erase"})
    BulkAct.objects.update(starts_at=timezone.now())
    nudge("surveys.customers.tasks.sweep_bulk_acts")
    rule(alice, responses_act="delete", responses_months="12")
    nudge("surveys.privacy.tasks.sweep_retention")
    wait_until(lambda: not Customer.objects.filter(pk=world["grace"].pk).exists())
    wait_until(lambda: RetentionRun.objects.filter(finished_at__isnull=False).exists())
    assert all_counts(alice) == given(9)
    assert Suppression.objects.get().reason == "erased"
    assert not Invitation.objects.filter(customer=world["grace"].pk).exists()

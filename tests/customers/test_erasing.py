"""A person is erased: nothing in any column of any table says who they were, and the numbers are as the rule wants them."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from surveys.accounts.models import Organization
from surveys.analytics.counting import counts
from surveys.analytics.counting.counts import Question
from surveys.analytics.upkeep import rollups
from surveys.campaigns.models import Campaign, Status
from surveys.core.filters import Filters
from surveys.core.periods import Period
from surveys.customers import actions
from surveys.customers.models import Customer, CustomerChange, Property, Suppression
from surveys.delivery import actions as delivery
from surveys.delivery.models import Delivery, Invitation, Kind, PlanDecision, Queue, State
from surveys.responses.models import ClickEvent, Response
from tests import factories
from tests.customers import world
from tests.people import Person
from tests.responses.mail import Mail, Shown, differences, press

MARK = "zyxmark"  # in everything that is about Ada, and in nothing else
EMAIL = f"ada.{MARK}@example.com"


def left(mark: str = MARK) -> list[str]:
    """The columns of all tables in which the mark stands."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = 'public' AND data_type IN ('text', 'character varying', 'jsonb', 'json', 'bytea', 'inet')"
        )
        columns = cursor.fetchall()
        assert len(columns) > 100
        return [f"{table}.{column}" for table, column, kind in columns if _stands(cursor, table, column, kind, mark)]


def _stands(cursor: Any, table: str, column: str, kind: str, mark: str) -> bool:
    text = f"encode(\"{column}\", 'escape')" if kind == "bytea" else f'"{column}"::text'
    cursor.execute(f'SELECT count(*) FROM "{table}" WHERE {text} ILIKE %s', [f"%{mark}%"])
    return cursor.fetchone()[0] > 0


@pytest.fixture
def ada(alice: Person) -> Customer:
    """She came with a list, was changed by hand, and is in two lists that wait to be imported."""
    Property.objects.create(organization=alice.organization, key="note", label="Note", type="text")
    lines = f"Email,Name,External ID,Note\n{EMAIL},Ada {MARK},id-{MARK},likes {MARK}\ngrace@example.com,Grace,,\n"
    world.imported(alice, lines + f"Ada <{EMAIL}> twice,Nobody,,\n", Note="property:text")
    person = world.customer(alice, EMAIL)
    form = {"email": EMAIL, "name": f"Ada B. {MARK}", "external_id": f"id-{MARK}", "p_note": f"hates {MARK}"}
    assert alice.post(alice.url("customers:edit", pk=person.pk), form).status_code == 302
    world.checked(alice, lines)
    world.upload(alice, lines.encode("utf-16"))
    return person


@pytest.fixture
def mail(alice: Person, ada: Customer) -> Mail:
    """She got a mail, clicked, commented, and changed her mind about both; Grace was asked and gave an 8."""
    campaign = factories.campaign(alice.organization, status=Status.LIVE)
    sent = Mail(asked(campaign, ada))
    message(sent.invitation, State.SENT, to_address=EMAIL, last_error=f"451 <{EMAIL}> is busy", content={"text": MARK})
    PlanDecision.objects.create(
        organization=alice.organization, campaign=campaign, customer=ada, reason="invited", decided_at=timezone.now()
    )
    grace = Mail(asked(campaign, world.customer(alice, "grace@example.com")))
    for piece in rollups.slices(alice.organization.pk):
        rollups.repair(piece)  # the factory made bare rows
    hers = browser()
    page = press(hers, Shown(hers.get(sent.link(3))), 3, f"I am {MARK}.")
    press(hers, Shown(page), 9, f"Love, {MARK}")
    graces = Client(HTTP_USER_AGENT="Browser of Grace")
    press(graces, Shown(graces.get(grace.link(8))), 8, "Grace said this")
    return sent


def browser() -> Client:
    return Client(HTTP_USER_AGENT=f"Browser of {MARK}", REMOTE_ADDR="203.0.113.77")


def asked(campaign: Campaign, person: Customer) -> Invitation:
    return factories.invitation(campaign, person)


def message(invitation: Invitation, state: State, **fields: Any) -> Delivery:
    at = timezone.now()
    lease = {"lease_owner": "somebody", "lease_until": at + timedelta(minutes=5)}
    return Delivery.objects.create(
        organization=invitation.organization,
        campaign=invitation.campaign,
        invitation=invitation,
        customer=invitation.customer,
        kind=Kind.ASK,
        queue=Queue.BULK,
        state=state,
        due_at=at,
        created_at=at,
        **(lease if state in (State.CLAIMED, State.SENDING) else {}) | fields,
    )


def score_counts(organization: Organization) -> list[int]:
    today = timezone.now().date()
    period = Period(today - timedelta(days=5), today + timedelta(days=1))
    return counts.scores(Question(organization, period, Filters())).get((0, ""), [0] * 11)


def given(*scores: int) -> list[int]:
    return [scores.count(score) for score in range(11)]


def keeps_counts(alice: Person, keeps: bool) -> Organization:
    Organization.objects.filter(pk=alice.organization.pk).update(erasure_keeps_counts=keeps)
    return Organization.objects.get(pk=alice.organization.pk)


@pytest.mark.parametrize(("keeps", "scores"), [(True, given(8, 9)), (False, given(8))])
def test_nothing_of_an_erased_person_is_left_in_any_table(
    alice: Person, ada: Customer, mail: Mail, keeps: bool, scores: list[int]
) -> None:
    assert len(left()) >= 15
    assert score_counts(alice.organization) == given(8, 9)
    organization = keeps_counts(alice, keeps)

    assert actions.erase(organization=organization, ids=[ada.pk], at=timezone.now()) == 1

    assert left() == []
    assert score_counts(organization) == scores
    assert differences(organization) == []
    rollups.fold()
    assert differences(organization) == []
    assert left() == []
    assert world.customer(alice, "grace@example.com").last_score == 8
    assert ClickEvent.objects.exclude(user_agent="").count() > 0  # Grace's
    assert Response.objects.filter(comment="Grace said this").exists()


def test_her_links_answer_kindly_and_record_nothing(alice: Person, ada: Customer, mail: Mail) -> None:
    hers = browser()
    page = Shown(hers.get(mail.link(3)))
    actions.erase(organization=alice.organization, ids=[ada.pk], at=timezone.now())

    for answer in (hers.get(mail.link(0)), hers.get(mail.page), press(hers, page, 1, MARK)):
        assert answer.status_code == 200
        assert "no longer available" in answer.content.decode()
    unsubscribed = hers.post(mail.unsubscribe, {"List-Unsubscribe": "One-Click"})
    assert "will not ask you by email again" in unsubscribed.content.decode()

    assert left() == []
    assert Invitation.objects.get(pk=mail.invitation.pk).unsubscribed_at is None
    assert score_counts(alice.organization) == given(8, 9)


def test_a_list_imported_later_does_not_ask_her_again(alice: Person, ada: Customer) -> None:
    actions.erase(organization=alice.organization, ids=[ada.pk], at=timezone.now())
    world.imported(alice, f"Email\n{EMAIL}\nheidi@example.com\n")
    assert world.customer(alice, EMAIL).suppression == "erased"
    assert world.customer(alice, "heidi@example.com").suppression == ""


def test_a_deleted_person_may_come_back_and_her_answers_stay_without_her(
    alice: Person, ada: Customer, mail: Mail
) -> None:
    assert actions.delete(organization=alice.organization, ids=[ada.pk], at=timezone.now()) == 1

    assert not Customer.objects.filter(pk=ada.pk).exists()
    assert not CustomerChange.objects.filter(customer=ada.pk).exists()
    response = Response.objects.get(score=9)
    assert (response.customer_id, response.comment) == (None, f"Love, {MARK}")
    assert "surveys_invitation.properties" not in left()
    assert score_counts(alice.organization) == given(8, 9)
    assert differences(alice.organization) == []
    browser().post(mail.unsubscribe, {"List-Unsubscribe": "One-Click"})
    world.imported(alice, f"Email\n{EMAIL}\n")
    assert world.customer(alice, EMAIL).suppression == "unsubscribed"


def test_deleting_where_counts_go_takes_the_answers_along(alice: Person, ada: Customer, mail: Mail) -> None:
    organization = keeps_counts(alice, False)
    actions.delete(organization=organization, ids=[ada.pk], at=timezone.now())
    assert score_counts(organization) == given(8)
    assert differences(organization) == []


@pytest.mark.parametrize("state", [State.DUE, State.CLAIMED, State.UNCERTAIN])
def test_what_is_due_or_claimed_is_not_sent_any_more(alice: Person, ada: Customer, state: State) -> None:
    due = message(asked(factories.campaign(alice.organization, status=Status.LIVE), ada), state, to_address=EMAIL)
    actions.delete(organization=alice.organization, ids=[ada.pk], at=timezone.now())
    due.refresh_from_db()
    assert due.state == State.CANCELLED
    assert delivery.end_and_mark([], [due.pk], owner="somebody", at=timezone.now()) == set()


def test_how_a_message_ended_that_was_on_its_way_is_written_down_without_her_address(
    alice: Person, ada: Customer
) -> None:
    flying = message(asked(factories.campaign(alice.organization, status=Status.LIVE), ada), State.SENDING)
    Delivery.objects.filter(pk=flying.pk).update(to_address=EMAIL)
    actions.erase(organization=alice.organization, ids=[ada.pk], at=timezone.now())

    delivery.fail_address(flying.pk, route="", reason="No", error=f"550 <{EMAIL}> is unknown", at=timezone.now())

    flying.refresh_from_db()
    assert flying.state == State.FAILED
    assert left() == []
    assert not Suppression.objects.exclude(reason="erased").exists()


def test_another_organizations_people_are_not_touched(alice: Person, charlie: Person, ada: Customer) -> None:
    for act in (actions.delete, actions.erase):
        assert act(organization=charlie.organization, ids=[ada.pk], at=timezone.now()) == 0
    assert Customer.objects.filter(pk=ada.pk).exists()
    assert not Suppression.objects.exists()

"""The record of one customer, for everybody who talks with them."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from surveys.accounts.models import AuditEntry, Role
from surveys.automation.models import Rule, RuleRun
from surveys.customers.models import Customer, CustomerChange, Property, Suppression
from surveys.delivery.models import Delivery, Invitation, Kind, Queue, State
from surveys.inbox.models import Conversation
from surveys.responses.models import ResponseRevision
from tests import factories
from tests.customers import world
from tests.people import Person
from tests.responses.mail import Mail

AGO = timezone.now() - timedelta(days=40)


@pytest.fixture
def ada(alice: Person) -> Customer:
    """Imported, changed by hand, asked twice, answered once and changed her mind."""
    Property.objects.create(organization=alice.organization, key="plan", label="Plan", type="text")
    Property.objects.create(
        organization=alice.organization,
        key="margin",
        label="Margin",
        type="number",
        visible_to_agents=False,
        position=1,
    )
    world.imported(alice, "Email,Name,Plan,Margin\nada@example.com,Ada,Free,7\n")
    person = world.customer(alice, "ada@example.com")
    form = {"email": "ada@example.com", "name": "Ada Okafor", "p_plan": "Pro", "p_margin": "9"}
    assert alice.post(alice.url("customers:edit", pk=person.pk), form).status_code == 302
    pulse = factories.campaign(alice.organization, "Pulse")
    answered = factories.invitation(pulse, person, AGO, answered_at=AGO)
    response = factories.response(answered, 9, "Better <now>", AGO)
    ResponseRevision.objects.create(
        organization=alice.organization, response=response, score=3, comment="Slow", at=AGO + timedelta(days=1)
    )
    asked = factories.invitation(factories.campaign(alice.organization, "Onboarding"), person)
    Delivery.objects.create(
        organization=alice.organization,
        campaign=asked.campaign,
        invitation=asked,
        customer=person,
        kind=Kind.ASK,
        queue=Queue.BULK,
        state=State.FAILED,
        reason="This address does not take mail.",
        due_at=AGO,
        created_at=AGO,
        finished_at=timezone.now(),
    )
    return person


def shown(person: Person, customer: Customer, **query: str) -> str:
    answer = person.get(person.url("customers:detail", pk=customer.pk), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_everything_that_happened_stands_in_one_timeline(alice: Person, ada: Customer) -> None:
    answer = alice.get(alice.url("customers:detail", pk=ada.pk))
    page = answer.content.decode()
    assert [entry.text for entry in answer.context["entries"]] == [
        "The email could not be sent",
        "Changed by hand",
        "Imported with the list list.csv",
        "Asked by email",
        "Changed the answer from 3 to 9",
        "Asked by email",
        "Answered",
    ]
    assert "Better &lt;now&gt;" in page
    assert "Slow" in page
    assert "This address does not take mail." in page
    assert "Name: <bdi>Ada</bdi> → <bdi>Ada Okafor</bdi>" in page
    assert "Plan: <bdi>Free</bdi> → <bdi>Pro</bdi>" in page
    assert "· Alice" in page  # who changed it
    assert f'Promoter since <time datetime="{AGO:%Y-%m-%d}' in page


def test_an_export_stands_in_the_timeline_with_who_took_it(alice: Person, bob: Person, ada: Customer) -> None:
    bob.becomes(Role.ADMIN)
    assert bob.post(bob.url("privacy:person", pk=ada.pk), {"form": "json"}).status_code == 200

    first = alice.get(alice.url("customers:detail", pk=ada.pk)).context["entries"][0]
    assert (first.text, first.by) == ("All that is known was exported", "Bob")

    bob.membership.user.delete()
    assert alice.get(alice.url("customers:detail", pk=ada.pk)).context["entries"][0].by == "bob@example.com"


def test_an_agent_sees_the_record_but_not_what_is_not_for_agents(alice: Person, bob: Person, ada: Customer) -> None:
    assert "Margin" in shown(alice, ada)
    for role in (Role.AGENT, Role.ANALYST):
        bob.becomes(role)
        page = shown(bob, ada)
        assert "Margin" not in page
        assert "Plan" in page
        assert "Delete or erase" not in page
        assert "All that is known" not in page
    for name in ("privacy:farewell", "privacy:person"):
        assert bob.get(bob.url(name, pk=ada.pk)).status_code == 403


def test_older_things_are_a_page_away_and_the_statements_do_not_grow(alice: Person, ada: Customer) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            shown(alice, ada)
        return len(captured)

    shown(alice, ada)
    before = statements()
    CustomerChange.objects.bulk_create(
        CustomerChange(
            organization=alice.organization,
            customer=ada,
            at=AGO - timedelta(hours=number),
            source="import",
            changes={"p.plan": [f"plan {number}", f"plan {number - 1}"]},
        )
        for number in range(80)
    )
    assert statements() == before <= 20
    seen: set[Any] = set()
    after = ""
    for _ in range(5):
        page = alice.get(alice.url("customers:detail", pk=ada.pk), {"after": after}, headers={"hx-request": "true"})
        found = page.context["entries"]
        assert not seen & {(entry.at, entry.text) for entry in found}
        seen |= {(entry.at, entry.text) for entry in found}
        after = page.context["after"]
        if not after:
            break
    assert len(seen) == 80 + 7
    assert "Show older" in shown(alice, ada, after="nonsense_1_2")  # the first page


def test_a_colleague_becomes_the_owner_and_a_stranger_does_not(
    alice: Person, bob: Person, charlie: Person, ada: Customer
) -> None:
    assign = alice.url("customers:assign", pk=ada.pk)
    alice.post(assign, {"owner": bob.membership.user_id})
    ada.refresh_from_db()
    assert ada.owner_id == bob.membership.user_id
    assert "Owner: <bdi>—</bdi> → <bdi>Bob</bdi>" in shown(alice, ada)
    alice.post(assign, {"owner": charlie.membership.user_id})
    bob.becomes(Role.ANALYST)
    assert bob.post(bob.url("customers:assign", pk=ada.pk), {"owner": ""}).status_code == 403
    ada.refresh_from_db()
    assert ada.owner_id == bob.membership.user_id


def test_do_not_mail_and_mail_again(alice: Person, ada: Customer) -> None:
    page = alice.url("customers:suppressions")
    alice.post(page, {"address": "ada@example.com", "customer": str(ada.pk)})
    alice.post(page, {"address": "Nobody@Example.com"})
    ada.refresh_from_db()
    assert ada.suppression == "blocked"
    assert "Do not mail: no survey is mailed to this address." in shown(alice, ada)
    listed = alice.get(page).content.decode()
    assert "ada@example.com" in listed
    assert "nobody@" not in listed.lower()
    assert alice.get(page, {"q": "NOBODY@example.com"}).content.decode().count("only its hash is known") == 1
    assert "not an email address" in alice.post(page, {"address": "ada@@"}).content.decode()

    suppression = Suppression.objects.get(pk=shown_suppression(alice, ada))
    address = alice.url("customers:suppression", pk=suppression.pk)
    assert "Somebody of your organization decided" in alice.get(address).content.decode()
    assert alice.post(address).status_code == 302
    assert alice.post(address).status_code == 404
    ada.refresh_from_db()
    assert ada.suppression == ""
    trail = list(
        AuditEntry.objects.filter(action__startswith="suppression.").order_by("pk").values_list("action", "target_name")
    )
    assert [action for action, _ in trail] == ["suppression.added", "suppression.added", "suppression.lifted"]
    assert not any("@" in name for _, name in trail)


def shown_suppression(person: Person, customer: Customer) -> int:
    return int(person.get(person.url("customers:detail", pk=customer.pk)).context["suppression"].pk)


def test_an_unsubscription_by_the_link_is_one_line(alice: Person, ada: Customer) -> None:
    mail = Mail(Invitation.objects.filter(customer=ada).latest("pk"))
    assert Client().post(mail.unsubscribe, {"List-Unsubscribe": "One-Click"}).status_code == 200
    texts = [entry.text for entry in alice.get(ada.get_absolute_url()).context["entries"]]
    assert [text for text in texts if "nsubscribed" in text] == ["Unsubscribed by the link of the email"]


def test_conversations_and_rules_stand_in_the_timeline_and_it_can_be_narrowed(
    alice: Person, bob: Person, ada: Customer
) -> None:
    now, mine = timezone.now(), {"organization": alice.organization}
    talk = Conversation.objects.create(
        **mine, customer=ada, opened_at=now, touched_at=now, assignee=bob.membership.user
    )
    facts = {"to": bob.membership.user_id, "team": None}
    talk.changes.create(**mine, at=now, kind="assigned", facts=facts, actor_id=alice.membership.user_id)
    talk.messages.create(**mine, at=now, kind="note", text="Call <her>", author=bob.membership.user)
    rule = Rule.objects.create(**mine, name="Sorry", trigger="confirmed", created_at=now, updated_at=now)
    run = {"version": 1, "subject": "response:1", "outcome": "done", "at": now}
    RuleRun.objects.create(**mine, rule=rule, customer=ada, **run)
    RuleRun.objects.create(**mine, rule=rule, customer=ada, **run | {"subject": "response:2", "outcome": "not_met"})

    talked = alice.get(ada.get_absolute_url(), {"only": "conversations"})
    entries = {entry.text: entry for entry in talked.context["entries"]}
    assert entries.keys() == {"Conversation assigned", "Internal note"}
    assert (entries["Conversation assigned"].note, entries["Conversation assigned"].by) == ("To Bob", "Alice")
    assert "Call &lt;her&gt;" in talked.content.decode()
    assert talk.get_absolute_url() in talked.content.decode()
    acted = alice.get(ada.get_absolute_url(), {"only": "rules"}).context["entries"]
    assert [entry.text for entry in acted] == ["The rule “Sorry” looked at it, and acted"]
    answers = alice.get(ada.get_absolute_url(), {"only": "answers"}).context["entries"]
    assert [entry.text for entry in answers] == ["Changed the answer from 3 to 9", "Answered"]
    assert len(alice.get(ada.get_absolute_url(), {"only": "nonsense"}).context["entries"]) == 10

"""What the operator of the server sees and may do: limits, suspension, the state of the machine."""

import tomllib
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from surveys.accounts.models import AuditEntry, Organization, User
from surveys.campaigns import actions as campaigns
from surveys.campaigns.models import Campaign, Status
from surveys.core import tokens
from surveys.core.tokens import Purpose
from surveys.customers.actions import import_work, imports
from surveys.customers.importing.columns import Column
from surveys.customers.models import Customer, ImportJob
from surveys.delivery import actions as delivery
from surveys.delivery import queries as deliveries
from surveys.delivery import quotas
from surveys.delivery.models import Delivery, Kind, Queue, State
from surveys.operations import signs
from surveys.operations.actions import operating
from surveys.responses.models import Response
from tests import factories
from tests.people import Person


@pytest.fixture
def operator(db: None, settings: Settings) -> Client:
    settings.OPERATOR_MFA = False
    person = factories.user("op@example.com", "Olga Operator")
    User.objects.filter(pk=person.pk).update(is_staff=True)
    client = Client()
    client.force_login(User.objects.get(pk=person.pk))
    return client


def page(name: str, *args: object) -> str:
    return reverse(f"operator:{name}", args=args)


def due(of: Person, people: int, campaign: Campaign | None = None) -> Campaign:
    """A live campaign with as many asks due."""
    campaign = campaign or factories.campaign(of.organization, status=Status.LIVE, wave=1)
    for _ in range(people):
        person = factories.customer(of.organization)
        asked = factories.invitation(campaign, person, sent_at=None)
        type(asked).objects.filter(pk=asked.pk).update(claimed_at=None, sent_at=None, sent_day=None)
        Delivery.objects.create(
            organization=of.organization, campaign=campaign, invitation=asked, customer=person, kind=Kind.ASK,
            queue=Queue.BULK, due_at=timezone.now() - timedelta(days=3), created_at=timezone.now(),
        )  # fmt: skip
    return campaign


def claimed(at: datetime, limit: int = 100) -> int:
    return len(delivery.claim(queue=Queue.BULK, limit=limit, at=at).messages)


def claimed_on(at: datetime) -> int:
    """By claim after claim, until there is nothing more to take."""
    return sum(iter(lambda: claimed(at), 0))


# ── Who gets in ──


def test_to_everybody_else_there_are_no_such_pages(alice: Person, client: Client) -> None:
    for name, args in (("organizations", ()), ("system", ()), ("organization", (alice.organization.pk,))):
        assert alice.get(page(name, *args)).status_code == 404
        assert client.get(page(name, *args)).status_code == 302
    for name in ("limits", "suspend", "lift"):
        assert alice.post(page(name, alice.organization.pk)).status_code == 404
    assert page("organizations") not in alice.get(alice.organization.get_absolute_url()).content.decode()


def test_a_password_alone_does_not_open_them(operator: Client, settings: Settings) -> None:
    settings.OPERATOR_MFA = True
    refused = operator.get(page("organizations"))
    assert refused.status_code == 403
    assert "second factor" in refused.content.decode()

    Authenticator.objects.create(user=User.objects.get(email="op@example.com"), type=Authenticator.Type.TOTP, data={})
    assert operator.get(page("organizations")).status_code == 200


# ── What stands there ──


def test_organizations_with_their_sizes_found_by_name_and_by_member(
    operator: Client, alice: Person, charlie: Person
) -> None:
    asked = factories.invitation(factories.campaign(alice.organization), factories.customer(alice.organization))
    factories.response(asked, 9)

    found = operator.get(page("organizations"), {"q": "ACM"}).context["page"].summaries
    assert [(each.organization.name, each.people, each.customers, each.responses) for each in found] == [
        ("Acme", 1, 1, 1)
    ]
    by_member = operator.get(page("organizations"), {"q": "charlie@"}).context["page"].summaries
    assert [each.organization.name for each in by_member] == ["Globex"]
    assert operator.get(page("organizations"), {"state": "suspended"}).context["page"].summaries == []


def test_many_organizations_are_read_page_by_page(operator: Client, alice: Person) -> None:
    made = [factories.organization(alice.membership.user, f"Company {n}").organization.pk for n in range(30)]

    first = operator.get(page("organizations"))
    second = operator.get(page("organizations") + first.context["next_url"])

    seen = [each.organization.pk for answer in (first, second) for each in answer.context["page"].summaries]
    assert seen == [*reversed(made), alice.organization.pk]


def test_the_state_of_the_machine(operator: Client, alice: Person, empty_broker: None) -> None:
    due(alice, 2)
    Delivery.objects.create(
        kind=Kind.SYSTEM, queue=Queue.EMAIL, state=State.FAILED, to_address="lost@example.com", reason="No such host.",
        due_at=timezone.now(), created_at=timezone.now(), finished_at=timezone.now(),
    )  # fmt: skip

    answer = operator.get(page("system"))

    assert answer.context["work"].due == {"bulk": 2}
    assert [queue.length for queue in answer.context["queues"]] == [0] * len(signs.QUEUES)
    text = answer.content.decode()
    assert "lost@example.com" in text
    assert "NPS_SIGNUP" in text
    version = tomllib.loads(Path("pyproject.toml").read_text())["project"]["version"]
    assert dict(answer.context["versions"])["Signal"].startswith(f"{version} ·")
    assert dict(answer.context["versions"])["PostgreSQL"][0].isdigit()


# ── Suspension ──


def test_a_suspended_organization_sends_nothing_says_why_and_still_takes_answers(
    operator: Client, alice: Person
) -> None:
    campaign = due(alice, 2)
    waiting = factories.campaign(alice.organization, status=Status.SCHEDULED, starts_at=timezone.now())
    asked = factories.invitation(factories.campaign(alice.organization), factories.customer(alice.organization))

    operator.post(page("suspend", alice.organization.pk), {"reason": "Complaints about spam"})

    assert claimed(timezone.now()) == 0
    assert not deliveries.is_due(Queue.BULK, at=timezone.now())
    campaigns.start_due(at=timezone.now() + timedelta(hours=1))
    assert Campaign.objects.get(pk=waiting.pk).status == Status.SCHEDULED
    assert "Complaints about spam" in alice.get(alice.organization.get_absolute_url()).content.decode()
    refused = alice.post(alice.url("campaigns:pause", pk=campaign.pk))
    assert refused.status_code == 403
    assert "Complaints about spam" in refused.content.decode()
    Client().get(reverse("public:answer", args=[tokens.make(Purpose.ANSWER, asked.pk), 9]))
    assert Response.objects.filter(organization=alice.organization, score=9).exists()

    operator.post(page("lift", alice.organization.pk))

    assert claimed(timezone.now()) == 2
    acts = AuditEntry.objects.filter(organization=alice.organization, is_operator=True).order_by("id")
    assert [(act.action, act.actor_email, act.via) for act in acts] == [
        ("organization.suspended", "op@example.com", "web"),
        ("organization.suspension_lifted", "op@example.com", "web"),
    ]
    told = alice.get(alice.url("audit:trail"), {"by": "operator"}).content.decode()
    assert "Olga Operator, operator of this server, suspended" in told.replace("<strong>", "").replace("</strong>", "")


def test_a_sender_that_is_at_it_stops_before_the_next_message(operator: Client, alice: Person) -> None:
    due(alice, 2)
    claim = delivery.claim(queue=Queue.BULK, limit=10, at=timezone.now())
    ids = [message.delivery for message in claim.messages]
    by = User.objects.get(email="op@example.com")

    assert delivery.end_and_mark([], ids[:1], owner=claim.owner, at=timezone.now()) == {ids[0]}
    operating.suspend(
        organization=alice.organization, reason="Spam", by=by, origin=alice.membership.origin, at=timezone.now()
    )
    assert delivery.end_and_mark([], ids[1:], owner=claim.owner, at=timezone.now()) == set()


# ── Limits ──


def test_a_full_day_goes_on_the_next_and_the_page_says_so(operator: Client, alice: Person, charlie: Person) -> None:
    first = due(alice, 5)
    due(alice, 5)
    due(charlie, 3)
    operator.post(page("limits", alice.organization.pk), {"mails_a_day_limit": "3", "customers_limit": ""})
    noon = timezone.now().replace(hour=12)

    assert claimed_on(noon) == 6, "three of Alice's, and all of Charlie's"
    assert claimed(noon + timedelta(hours=1)) == 0
    assert not deliveries.is_due(Queue.BULK, at=noon)
    assert Delivery.objects.filter(state=State.DUE).count() == 7
    quota = quotas.today(Organization.objects.get(pk=alice.organization.pk), at=noon)
    assert quota is not None
    assert quota.is_full
    assert quota.next_day == (noon + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    assert "3 mails a day" in alice.get(alice.url("campaigns:detail", pk=first.pk)).content.decode()

    assert claimed_on(noon + timedelta(days=1)) == 3
    assert claimed_on(noon + timedelta(days=2)) == 3
    assert claimed_on(noon + timedelta(days=3)) == 1


def test_a_limit_that_is_set_at_noon_counts_the_morning(operator: Client, alice: Person) -> None:
    due(alice, 9)
    noon = timezone.now().replace(hour=12)
    assert claimed(noon, limit=4) == 4

    operator.post(page("limits", alice.organization.pk), {"mails_a_day_limit": "6", "customers_limit": ""})

    assert claimed(noon) == 2


def test_more_customers_than_allowed_are_refused_with_the_number(operator: Client, alice: Person) -> None:
    factories.customer(alice.organization)
    operator.post(page("limits", alice.organization.pk), {"customers_limit": "2", "mails_a_day_limit": ""})
    new = {"email": "ada@example.com", "name": "Ada"}

    assert alice.post(alice.url("customers:new"), new).status_code == 302
    refused = alice.post(alice.url("customers:new"), {"email": "bert@example.com", "name": "Bert"})

    assert "allows 2 customers" in refused.content.decode()
    assert "bert@example.com" in refused.content.decode(), "what was typed is kept"
    assert Customer.objects.count() == 2


def test_an_import_of_too_many_is_refused_before_it_starts_and_stops_when_others_were_faster(
    operator: Client, alice: Person
) -> None:
    job = imports.upload(
        by=alice.membership,
        file_name="a.csv",
        pieces=[b"email\n" + b"".join(b"a%d@example.com\n" % n for n in range(5))],
        at=timezone.now(),
    )
    columns = [Column.restored(stored) for stored in job.columns]
    imports.choose_columns(job=job, choice=imports.Choice(columns), by=alice.membership, at=timezone.now())
    import_work.work(job_id=job.pk, clock=timezone.now)
    operator.post(page("limits", alice.organization.pk), {"customers_limit": "4", "mails_a_day_limit": ""})

    refused = alice.post(alice.url("customers:import_start", pk=job.pk), follow=True)
    assert "would add 5 customers to your 0" in refused.content.decode()
    assert Customer.objects.count() == 0

    operator.post(page("limits", alice.organization.pk), {"customers_limit": "5", "mails_a_day_limit": ""})
    alice.post(alice.url("customers:import_start", pk=job.pk))
    factories.customer(alice.organization)
    import_work.work(job_id=job.pk, clock=timezone.now)

    job = ImportJob.objects.get(pk=job.pk)
    assert (job.status, Customer.objects.count()) == ("failed", 1)
    assert "allows 5 customers" in job.error


def test_limits_that_are_no_numbers_are_refused(operator: Client, alice: Person) -> None:
    answer = operator.post(
        page("limits", alice.organization.pk), {"customers_limit": "-1", "mails_a_day_limit": "many"}
    )

    assert set(answer.context["limits"].errors) == {"customers_limit", "mails_a_day_limit"}
    assert Organization.objects.get(pk=alice.organization.pk).customers_limit is None

"""The sample company: one click makes it, a crash does not double it, one click removes it without a trace."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from surveys.accounts.models import Membership, Organization, Role, User
from surveys.analytics.actions import digests
from surveys.analytics.upkeep import rollups
from surveys.automation.models import Rule, RuleRun, RuleStep
from surveys.campaigns.models import Campaign, Status
from surveys.customers.models import Customer
from surveys.delivery.models import Delivery, Invitation, Kind
from surveys.inbox import models as inbox
from surveys.inbox.actions import timekeeping
from surveys.inbox.models import Conversation, Message
from surveys.outbox.models import Event
from surveys.responses.models import Response, Verdict
from surveys.samples import actions
from surveys.samples.models import Sample, Step
from tests import factories
from tests.people import Person


def load(person: Person) -> Sample:
    person.post(reverse("samples_start:load"))
    sample = Sample.objects.select_related("organization").get(owner=person.membership.user)
    actions.fill(sample_id=sample.pk, at=timezone.now())
    sample.refresh_from_db()
    return sample


def counts(organization: Organization) -> list[int]:
    tables: list[Any] = [Customer, Campaign, Invitation, Response]
    return [model.objects.filter(organization=organization).count() for model in tables]


def test_one_click_makes_a_company_with_years_behind_it_and_a_campaign_ahead(alice: Person) -> None:
    sample = load(alice)

    customers, campaigns, invitations, responses = counts(sample.organization)
    assert (sample.step, customers, campaigns) == (Step.READY, actions.PEOPLE, 7)
    assert 5_000 < invitations < 9_000
    assert 1_800 < responses < 3_200
    assert Campaign.objects.get(organization=sample.organization, status=Status.SCHEDULED).starts_at
    page = alice.get(sample.organization.get_absolute_url())
    assert page.status_code == 200
    assert [gap for piece in rollups.slices(sample.organization_id) for gap in rollups.gaps(piece)] == []
    _has_all_that_pages_show(alice, sample.organization)
    _shows_a_closed_loop(alice, sample.organization)


def _has_all_that_pages_show(alice: Person, sample: Organization) -> None:
    asks, answers = Invitation.objects.filter(organization=sample), Response.objects.filter(organization=sample)
    people = Customer.objects.filter(organization=sample)
    for ended, reason in (("bounced", "bounced"), ("unsubscribed", "unsubscribed"), ("complained", "complained")):
        lost = asks.filter(**{f"{ended}_at__isnull": False}).values("customer")
        assert lost.exists()
        assert not people.filter(pk__in=lost).exclude(suppression=reason).exists(), "nobody of them is asked again"
    assert set(answers.values_list("verdict", flat=True)) == {*Verdict}
    assert answers.exclude(excluded_at=None).values("excluded_reason").distinct().count() == 3
    owners = Membership.objects.filter(organization=sample, user__in=people.values("owner")).order_by("role")
    assert list(owners.values_list("role", flat=True)) == ["admin", "agent", "agent", "owner"]
    overview = alice.get(sample.get_absolute_url()).content.decode()
    assert "look like robots" in overview
    watch = alice.get(reverse("analytics:watch", kwargs={"slug": sample.slug})).content.decode()
    assert "Tomás Pereira" in watch
    links = alice.get(reverse("analytics:links", kwargs={"slug": sample.slug})).content.decode()
    assert "Board meeting" in links
    mails = alice.get(reverse("analytics:digests", kwargs={"slug": sample.slug})).content.decode()
    assert "Sanne Bakker" in mails
    digests.send_due(at=timezone.now() + timedelta(days=8))
    assert not Delivery.objects.filter(kind=Kind.SYSTEM, to_address__endswith=".example").exists(), "she is invented"


def _shows_a_closed_loop(alice: Person, sample: Organization) -> None:
    """Conversations in every state that agree with their messages and with what was promised; nothing goes out for them."""
    at = timezone.now()
    found = Conversation.objects.filter(organization=sample)
    assert 60 <= found.count() <= 180
    assert set(found.values_list("status", flat=True)) == {*inbox.Status}
    assert {"solved", "explained", "passed_on", "no_answer"} <= set(found.values_list("close_reason", flat=True))
    for state in ("overdue_at", "escalated_at", "snoozed_until"):
        assert found.exclude(**{state: None}).exists(), state
    assert found.filter(status="open", assignee=alice.membership.user).exists()
    assert found.filter(status="open", assignee=None).exists()
    assert not timekeeping.mark_overdue(at=at), "what is late was marked"
    assert not timekeeping.hand_up(at=at)
    assert not Message.objects.filter(organization=sample, at__gt=at).exists()
    for talk in found.prefetch_related("messages", "changes", "response"):
        _agrees_with_itself(talk)
    assert not Delivery.objects.filter(organization=sample, kind__in=["reply", "automation", "alert"]).exists()
    assert not Event.objects.filter(organization=sample, kind__startswith="conversation.").exists()
    _is_mailed_by_day(sample)
    assigned = RuleStep.objects.filter(organization=sample, kind="assign").values_list("state", "said")
    assert {
        ("done", str(alice.membership.user)),
        ("done", "Ines Keller"),
        ("skipped", "Nobody owns the customer."),
    } <= {*assigned}
    runs = RuleRun.objects.filter(organization=sample)
    assert {"done", "held_out", "running", "not_met"} == set(runs.values_list("outcome", flat=True))
    held = runs.filter(is_held_out=True).values("response")
    assert not found.filter(response__in=held).exists(), "who is held out is left alone"
    on = Rule.objects.filter(organization=sample).order_by("position")
    assert [rule.is_on for rule in on] == [True, True, True, True, False]
    slug = {"slug": sample.slug}
    for page, said in (
        (reverse("inbox:list", kwargs=slug) + "?box=open", "overdue"),
        (reverse("inbox:list", kwargs=slug) + "?box=closed", "Closed"),
        (reverse("effect:page", kwargs=slug), "Maeve Walsh"),
        (reverse("alerts:list", kwargs=slug), "belongs to no conversation"),
        (reverse("inbound:unrouted", kwargs=slug), "Last call"),
    ):
        assert said in alice.get(page).content.decode(), page


def _is_mailed_by_day(sample: Organization) -> None:
    """Rules wrote in the hours of each customer's day, and a conversation says the same moment as the log."""
    steps = RuleStep.objects.filter(organization=sample, kind="email")
    assert not steps.filter(state="due").exists()
    mailed = {(step.run.conversation_id, step.done_at): step for step in steps.select_related("run__customer")}
    assert mailed
    for (_talk, at), step in mailed.items():
        assert at is not None
        assert step.run.customer is not None
        assert 8 <= at.astimezone(ZoneInfo(step.run.customer.time_zone)).hour < 20
    written = Message.objects.filter(organization=sample, kind="automatic").values_list("conversation", "at")
    assert set(written) == {key for key in mailed if key[0] is not None}


def _agrees_with_itself(talk: Conversation) -> None:
    messages = sorted(talk.messages.all(), key=lambda message: message.pk)
    assert [message.at for message in messages] == sorted(message.at for message in messages)
    replies = [message for message in messages if message.kind == "reply"]
    assert talk.first_reply_at == (replies[0].at if replies else None)
    assert talk.response is not None
    assert talk.response.responded_at <= talk.opened_at <= talk.touched_at
    assert (talk.status == "closed") is (talk.closed_at is not None) is bool(talk.close_reason)
    assert max(change.version for change in talk.changes.all()) <= talk.version
    if talk.status == "open":
        assert talk.due_at


def test_pressing_twice_makes_one_company(alice: Person) -> None:
    first = alice.post(reverse("samples_start:load"))
    second = alice.post(reverse("samples_start:load"))

    assert first["Location"] == second["Location"]
    assert Organization.objects.filter(is_sample=True).count() == 1


def test_a_making_that_was_cut_off_is_finished_by_the_next_worker_without_doubling(
    alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice.post(reverse("samples_start:load"))
    sample = Sample.objects.get()
    at = timezone.now()

    def die(*_: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as patched, pytest.raises(SystemExit):
        patched.setattr(actions, "_advance", die)  # the step was done, and its end was not noted
        actions.fill(sample_id=sample.pk, at=at)
    actions.fill(sample_id=sample.pk, at=at)
    assert Sample.objects.get().step == Step.CUSTOMERS, "a fresh heartbeat keeps a second worker out"

    actions.fill(sample_id=sample.pk, at=at + timedelta(seconds=settings.LEASE_SECONDS + 1))

    assert Sample.objects.get().step == Step.READY
    assert counts(sample.organization)[:2] == [actions.PEOPLE, 7]


def test_removing_it_says_how_much_goes_and_leaves_nothing_in_any_table(alice: Person) -> None:
    sample = load(alice)
    own = factories.customer(alice.organization, "ada@example.com")
    remove = reverse("samples:remove", kwargs={"slug": sample.organization.slug})
    said = alice.get(remove).content.decode()
    assert f"{actions.PEOPLE:,} customers" in said
    assert "7 campaigns" in said
    assert ">Sample organization</span>" in said
    assert ">Sample organization</span>" not in alice.get(alice.url("customers:list")).content.decode()
    assert Organization.objects.filter(is_sample=True).exists()
    alice.post(remove)

    for model in apps.get_app_config("surveys").get_models():
        if any(field.name == "organization" for field in model._meta.fields):
            left = model._base_manager.filter(organization_id=sample.organization_id).count()
            assert left == 0, f"{model.__name__} still has {left} rows of the sample"
    assert not Organization.objects.filter(is_sample=True).exists()
    assert Customer.objects.filter(pk=own.pk).exists()
    assert not User.objects.filter(email__endswith=".example").exists()


def test_a_real_company_cannot_be_removed_like_a_sample(alice: Person) -> None:
    assert alice.get(alice.url("samples:remove")).status_code == 404
    alice.post(alice.url("samples:remove"))

    assert Organization.objects.filter(pk=alice.organization.pk).exists()


@pytest.mark.parametrize("role", [Role.ADMIN, Role.AGENT, Role.ANALYST])
def test_only_an_owner_removes_the_sample(alice: Person, bob: Person, role: Role) -> None:
    alice.post(reverse("samples_start:load"))
    organization = Organization.objects.get(is_sample=True)
    factories.member(organization, bob.membership.user, role)

    answer = bob.post(reverse("samples:remove", kwargs={"slug": organization.slug}))

    assert answer.status_code == 403
    assert Organization.objects.filter(pk=organization.pk).exists()

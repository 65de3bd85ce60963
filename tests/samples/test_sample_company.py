"""The sample company: one click makes it, a crash does not double it, one click removes it without a trace."""

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from surveys.accounts.models import Membership, Organization, Role, User
from surveys.analytics.actions import digests
from surveys.analytics.upkeep import rollups
from surveys.campaigns.models import Campaign, Status
from surveys.customers.models import Customer
from surveys.delivery.models import Delivery, Invitation, Kind
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
    assert list(owners.values_list("role", flat=True)) == ["admin", "agent", "agent"]
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

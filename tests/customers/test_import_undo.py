"""An import is taken back: who was added goes, what was changed returns, and who stays is listed with the reason."""

from datetime import timedelta

import pytest
from django.utils import timezone

from surveys.customers import actions
from surveys.customers.importing.progress import Progress
from surveys.customers.models import Customer, CustomerChange, ImportJob, ImportKept
from tests import factories
from tests.customers.world import counts, customer, imported, work
from tests.people import Person

BEFORE = (
    "Email,ID,Name,Plan,Seats\nada@example.com,1,Ada,Free,3\nbob@example.com,2,Bob,Free,3\ncy@example.com,3,Cy,Free,3\n"
)
AFTER = (
    "Email,ID,Name,Plan,City\nada@new.example,1,Ada L.,Pro,Graz\nBOB@example.com,2,Robert,Pro,Linz\n"
    "cy@example.com,3,Cy,Free,\nnew@example.com,4,New,Pro,\nasked@example.com,5,Asked,Pro,\nedited@example.com,6,Edited,Pro,\n"
)


def undone(person: Person, job: ImportJob) -> ImportJob:
    person.post(person.url("customers:import_undo", pk=job.pk))
    return work(job)


def edited(person: Person, email: str, **changes: str) -> None:
    """By hand, as on the page."""
    found = customer(person, email)
    profile = {
        "email": found.email,
        "name": found.name,
        "external_id": found.external_id,
        "properties": found.properties,
    } | changes
    actions.change_customer(customer=found, profile=actions.Profile(**profile), by=person.membership, at=timezone.now())


def test_an_import_is_undone_as_far_as_nothing_happened_since(alice: Person) -> None:
    imported(alice, BEFORE)
    job = imported(alice, AFTER)
    assert counts(job) == {"new": 3, "changed": 2, "unchanged": 1}
    told = CustomerChange.objects.get(organization=alice.organization, customer=customer(alice, "ada@new.example").pk)
    assert told.source == "import"
    assert told.source_id == job.pk
    assert told.actor_id == alice.membership.user_id
    assert told.changes == {
        "email": ["ada@example.com", "ada@new.example"],
        "name": ["Ada", "Ada L."],
        "p.plan": ["Free", "Pro"],
        "p.city": [None, "Graz"],
    }
    asked = customer(alice, "asked@example.com")
    Customer.objects.filter(pk=asked.pk).update(asked_count=1, last_asked_at=timezone.now())
    edited(alice, "edited@example.com", name="Edith")
    edited(alice, "bob@example.com", name="Bobby")

    page = alice.get(alice.url("customers:import_undo", pk=job.pk)).content.decode()
    assert "1: Was asked since." in page
    assert "1: Was changed since." in page
    assert "1 of those who go back was changed again since" in page
    assert customer(alice, "ada@new.example"), "looking does nothing"

    undone(alice, job)

    assert (job.status, job.removed, job.restored, job.kept) == ("undone", 1, 2, 3)
    ada, bob = customer(alice, "ada@example.com"), customer(alice, "bob@example.com")
    assert (ada.name, ada.properties) == ("Ada", {"plan": "Free", "seats": 3})
    assert ada.property_set is not None
    assert ada.property_set.values == {"plan": "Free"}
    assert (bob.name, bob.properties) == ("Bobby", {"plan": "Free", "seats": 3})
    assert not Customer.objects.filter(organization=alice.organization, email_key="new@example.com").exists()
    assert dict(ImportKept.objects.filter(job=job).values_list("customer_number", "reason")) == {
        asked.pk: "asked",
        customer(alice, "edited@example.com").pk: "changed",
        bob.pk: "values",
    }
    kept = alice.get(alice.url("customers:import_kept", pk=job.pk)).content.decode()
    assert "Edith" in kept
    assert "Was asked since." in kept
    back = CustomerChange.objects.filter(customer=ada).latest("pk")
    assert (back.source, back.changes["p.plan"]) == ("undo", ["Pro", "Free"])

    undone(alice, job)
    assert (job.removed, job.restored) == (1, 2), "once"


def test_an_address_that_somebody_else_has_by_now_does_not_go_back(alice: Person) -> None:
    imported(alice, BEFORE)
    job = imported(alice, AFTER)
    factories.customer(alice.organization, "ADA@example.com", external_id="77")

    undone(alice, job)

    ada = customer(alice, "ada@new.example")
    assert (ada.name, ada.properties["plan"]) == ("Ada", "Free")
    assert ImportKept.objects.get(job=job, customer_number=ada.pk).reason == "taken"


def test_undoing_is_offered_for_a_day_and_only_to_who_may_import(alice: Person, bob: Person) -> None:
    job = imported(alice, BEFORE)
    address = alice.url("customers:import_undo", pk=job.pk)
    assert address in alice.get(alice.url("customers:import", pk=job.pk)).content.decode()
    assert address in alice.get(alice.url("customers:import_history")).content.decode()
    assert bob.get(address).status_code == 403
    assert bob.post(address).status_code == 403

    ImportJob.objects.filter(pk=job.pk).update(finished_at=timezone.now() - timedelta(hours=24, minutes=1))
    assert address not in alice.get(alice.url("customers:import", pk=job.pk)).content.decode()
    answer = alice.post(address, follow=True)
    assert "cannot be undone any more" in answer.content.decode()
    assert Customer.objects.filter(organization=alice.organization).count() == 3


def test_an_import_that_was_stopped_can_be_undone_too(alice: Person) -> None:
    job = imported(alice, BEFORE)
    ImportJob.objects.filter(pk=job.pk).update(status="cancelled")

    undone(alice, job)

    assert (job.status, job.removed) == ("undone", 3)
    assert not Customer.objects.filter(organization=alice.organization).exists()


def test_lists_that_changed_nobody_or_are_of_an_earlier_version_offer_no_undo(alice: Person) -> None:
    first = imported(alice, BEFORE)
    again = imported(alice, BEFORE)
    ImportJob.objects.filter(pk=first.pk).update(first_customer_id=None, last_customer_id=None)  # as it was before
    for job, words in ((again, ""), (first, "An earlier version imported this list")):
        page = alice.get(alice.url("customers:import", pk=job.pk)).content.decode()
        assert words in page
        assert alice.url("customers:import_undo", pk=job.pk) not in page
        answer = alice.post(alice.url("customers:import_undo", pk=job.pk), follow=True)
        assert "cannot be undone" in answer.content.decode()
    assert Customer.objects.filter(organization=alice.organization).count() == 3


def test_progress_counts_people_and_not_the_header() -> None:
    job = ImportJob(status="running", lines=120_000, last_line=120_001, merged_line=40_000)
    assert Progress(job, timezone.now()).count == "39,999 of 120,000 lines"
    job.merged_line = 120_001
    assert Progress(job, timezone.now()).count == "120,000 of 120,000 lines"


@pytest.mark.parametrize("name", ["import_pause", "import_resume", "import_undo", "import_cancel"])
def test_what_is_over_cannot_be_paused_resumed_or_undone_again(alice: Person, name: str) -> None:
    job = undone(alice, imported(alice, BEFORE))
    answer = alice.post(alice.url(f"customers:{name}", pk=job.pk), follow=True)
    assert "any more" in answer.content.decode() or "finished already" in answer.content.decode()
    job.refresh_from_db()
    assert job.status == "undone"


def test_lists_are_paged(alice: Person) -> None:
    at = timezone.now()
    jobs = [
        ImportJob(organization=alice.organization, created_at=at, file_name=f"list-{i:02}.csv", size=1)
        for i in range(51)
    ]
    ImportJob.objects.bulk_create(jobs)

    first = alice.get(alice.url("customers:import_history"))
    assert "list-50.csv" in first.content.decode()
    assert "list-00.csv" not in first.content.decode()
    address = f"{alice.url('customers:import_history')}?before={jobs[1].pk}"
    assert address in first.content.decode()
    assert "list-00.csv" in alice.get(address).content.decode()
    assert "All lists" in alice.get(alice.url("customers:imports")).content.decode()

"""Going through the steps of an import as a person does, with the worker's part done on the spot."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from surveys.customers import actions
from surveys.customers.models import Customer, ImportJob
from tests.people import Person

DATA = Path(__file__).resolve().parents[1] / "data"
COUNTS = ("new", "changed", "unchanged", "skipped", "repeated", "refused", "blank")


def upload(person: Person, content: bytes | str, name: str = "list.csv") -> Any:
    data = content.encode() if isinstance(content, str) else content
    return person.post(person.url("customers:imports"), {"file": SimpleUploadedFile(name, data)})


def latest(person: Person) -> ImportJob:
    return ImportJob.objects.filter(organization=person.organization).latest("pk")


def choose(person: Person, job: ImportJob, options: Iterable[str] = (), **changes: str) -> Any:
    """Send the columns as the page offers them, with changes such as `Plan="property:text"` or `Notes="ignore"`.

    `options` are the boxes that are ticked.
    """
    form: dict[str, str] = dict.fromkeys(options, "on")
    for number, column in enumerate(job.columns):
        target, _, kind = changes.get(column["name"], f"{column['target']}:{column['kind']}").partition(":")
        form |= {f"target_{number}": target, f"kind_{number}": kind or column["kind"]}
    return person.post(person.url("customers:import_columns", pk=job.pk), form)


def work(job: ImportJob) -> ImportJob:
    actions.work(job_id=job.pk, clock=timezone.now)
    job.refresh_from_db()
    return job


def checked(
    person: Person, content: bytes | str, options: Iterable[str] = (), name: str = "list.csv", **changes: str
) -> ImportJob:
    answer = upload(person, content, name)
    assert answer.status_code == 302, answer.content.decode()
    job = latest(person)
    answer = choose(person, job, options, **changes)
    assert answer.status_code == 302, answer.content.decode()
    return work(job)


def imported(
    person: Person, content: bytes | str, options: Iterable[str] = (), name: str = "list.csv", **changes: str
) -> ImportJob:
    job = checked(person, content, options, name, **changes)
    assert job.status == "checked", job.error
    person.post(person.url("customers:import_start", pk=job.pk))
    return work(job)


def counts(job: ImportJob) -> dict[str, int]:
    """Those that are not zero."""
    return {name: value for name in COUNTS if (value := getattr(job, name))}


def customer(person: Person, email: str) -> Customer:
    return Customer.objects.select_related("property_set").get(
        organization=person.organization, email_key=email.lower()
    )

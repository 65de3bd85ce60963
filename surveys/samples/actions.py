"""Making the sample organization and removing it. It is an organization of its own, see docs/decisions/0002."""

import contextlib
import csv
import io
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from surveys.accounts import access
from surveys.accounts import actions as accounts
from surveys.accounts.models import Membership, Organization, User
from surveys.accounts.permissions import Permission
from surveys.campaigns import actions as campaigns
from surveys.campaigns import texts
from surveys.campaigns.models import Campaign
from surveys.core.choices import Channel
from surveys.core.conditions.tree import All, Comparison, Op
from surveys.customers.actions import import_work, imports, segments, suppress
from surveys.customers.actions.imports import Choice
from surveys.customers.importing.columns import Column
from surveys.customers.models import Customer, ImportJob, ImportStatus, SuppressionReason
from surveys.delivery.deliverability import counting
from surveys.operations import erasing
from surveys.outbox.nudges import nudge
from surveys.responses.actions import PastAsk, import_history
from surveys.samples import campaigns as running
from surveys.samples import findings
from surveys.samples.models import Sample, Step
from surveys.samples.people import Person, people
from surveys.samples.story import DAYS, Ask, history

PEOPLE: Final = 2_000
SEED: Final = 20
NAME: Final = "Northwind Tools"
_HEADINGS: Final = {
    "plan": "Plan",
    "country": "Country",
    "industry": "Industry",
    "seats": "Seats",
    "mrr": "MRR",
    "trial": "Trial",
    "signed_up": "Signed up",
}
_IMPORT_SECONDS: Final = 120  # the longest that the import of the invented list may take


class NotASample(Exception):
    """Only a sample organization is removed in one click."""


def begin(*, owner: User, at: datetime) -> Sample:
    """Make the person's sample organization; a worker fills it. A second press finds the first one."""
    try:
        with transaction.atomic():
            membership = accounts.create_organization(
                name=NAME, owner=owner, at=at, time_zone="Europe/Berlin", is_sample=True
            )
            Organization.objects.filter(pk=membership.organization_id).update(
                postal_address="Hafenstr. 12, 20457 Hamburg, Germany"
            )
            sample = Sample.objects.create(organization=membership.organization, owner=owner, created_at=at)
            transaction.on_commit(lambda: nudge("surveys.samples.tasks.fill", sample.pk))
    except IntegrityError:
        return Sample.objects.select_related("organization").get(owner=owner)
    return sample


def fill(*, sample_id: int, at: datetime) -> None:
    """Do what is left of the making. Every step may run twice; a worker that is silent for a lease is taken over."""
    sample = _take(sample_id, at)
    if sample is None:
        return
    by = Membership.objects.select_related("organization", "user").get(
        organization=sample.organization_id, user=sample.owner_id
    )
    invented = list(people(PEOPLE, today=sample.created_at.date(), seed=SEED))
    if sample.step == Step.CUSTOMERS:
        _import_customers(by, invented, at)
        _advance(sample, Step.HISTORY)
    if sample.step == Step.HISTORY:
        _import_history(by, invented, sample.created_at)
        _suppress_some(by.organization, invented, sample.created_at)
        _save_segments(by, at)
        findings.note(by, at)
        _advance(sample, Step.LAUNCH)
    if sample.step == Step.LAUNCH:
        running.launch_others(by, invented, at)
        running.launch_pulse(by, at)
        _advance(sample, Step.READY)


def _take(sample_id: int, at: datetime) -> Sample | None:
    stale = at - timedelta(seconds=settings.LEASE_SECONDS)
    with transaction.atomic():
        unfinished = Sample.objects.exclude(step=Step.READY).select_for_update(skip_locked=True)
        sample = unfinished.filter(pk=sample_id).first()
        if sample is None or (sample.heartbeat_at and sample.heartbeat_at > stale):
            return None
        sample.heartbeat_at = at
        sample.save(update_fields=["heartbeat_at"])
    return sample


def _advance(sample: Sample, step: Step) -> None:
    sample.step = step
    sample.save(update_fields=["step"])


def sweep(*, at: datetime) -> None:
    stale = at - timedelta(seconds=settings.LEASE_SECONDS)
    left = Sample.objects.exclude(step=Step.READY).exclude(heartbeat_at__gt=stale)
    for pk in left.values_list("pk", flat=True):
        nudge("surveys.samples.tasks.fill", pk)


# ── customers: through the same import as anybody's list ──


def _import_customers(by: Membership, invented: Sequence[Person], at: datetime) -> None:
    job = imports.upload(by=by, file_name="sample-customers.csv", pieces=[_as_csv(invented)], at=at)
    columns = [Column.restored(stored) for stored in job.columns]
    imports.choose_columns(job=job, choice=Choice(columns), by=by, at=at)
    _work(job.pk, ImportStatus.CHECKED)
    imports.start(job=job, by=by, at=at)
    _work(job.pk, ImportStatus.DONE)


def _as_csv(invented: Sequence[Person]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    facts = list(invented[0].properties)
    writer.writerow(["Email", "Name", "Language", "Time zone", "External ID", *(_HEADINGS[fact] for fact in facts)])
    for person in invented:
        standing = [person.email, person.name, person.language, person.time_zone, person.external_id]
        writer.writerow([*standing, *(_cell(person.properties[fact]) for fact in facts)])
    return text.getvalue().encode()


def _cell(value: str | int | bool) -> str:
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)


def _work(job_id: int, until: ImportStatus) -> None:
    """Work on the import here; when a worker was faster, wait for it."""
    deadline = time.monotonic() + _IMPORT_SECONDS
    while True:
        import_work.work(job_id=job_id, clock=timezone.now)
        status = ImportJob.objects.values_list("status", flat=True).get(pk=job_id)
        if status == until:
            return
        if status == ImportStatus.FAILED or time.monotonic() > deadline:
            raise RuntimeError(f"the import of the sample's customers is {status}")
        time.sleep(0.2)


# ── years of answers ──


def _import_history(by: Membership, invented: Sequence[Person], until: datetime) -> None:
    gap = by.organization.throttle_days
    keys = dict(Customer.objects.filter(organization=by.organization).values_list("external_id", "pk"))
    relationship, onboarding = _past_campaigns(by, until)
    asks = _past_asks(history(invented, until=until, gap_days=gap, seed=SEED), invented, keys, relationship, onboarding)
    import_history(organization=by.organization, asks=asks, at=until, channel=Channel.EMAIL)
    counting.fill_past(by.organization_id, since=(until - timedelta(days=DAYS + 1)).date())


def _past_asks(
    asks: Iterator[Ask],
    invented: Sequence[Person],
    keys: dict[str | None, int],
    relationship: Campaign,
    onboarding: Campaign,
) -> Iterator[PastAsk]:
    for ask in asks:
        person = invented[ask.person]
        is_new = (ask.sent_at.date() - person.signed_up).days < 120
        yield PastAsk(
            customer=keys[person.external_id],
            campaign=(onboarding if is_new else relationship).pk,
            occasion=f"history:{ask.sent_at:%Y-%m-%d}",
            sent_at=ask.sent_at,
            language=person.language,
            score=ask.answer.score if ask.answer else None,
            comment=ask.answer.comment if ask.answer else "",
            responded_at=ask.answer.at if ask.answer else None,
        )


def _past_campaigns(by: Membership, until: datetime) -> tuple[Campaign, Campaign]:
    began = until - timedelta(days=DAYS + 1)
    return (
        _past_campaign(_("Customer relationship"), began, until, by),
        _past_campaign(_("After onboarding"), began, until, by),
    )


def _past_campaign(name: str, began: datetime, ended: datetime, by: Membership) -> Campaign:
    there = Campaign.objects.filter(organization=by.organization, name=name).first()
    return there or campaigns.add_past(name=name, texts=texts.defaults(), began_at=began, ended_at=ended, by=by)


# ── who is not mailed, and who belongs together ──

_SUPPRESSED = (  # place in the list of people, reason, days ago
    (41, SuppressionReason.UNSUBSCRIBED, 3),
    (187, SuppressionReason.UNSUBSCRIBED, 20),
    (523, SuppressionReason.BOUNCED, 41),
    (900, SuppressionReason.UNSUBSCRIBED, 77),
    (1204, SuppressionReason.COMPLAINED, 102),
    (1777, SuppressionReason.BOUNCED, 203),
)


def _suppress_some(organization: Organization, invented: Sequence[Person], until: datetime) -> None:
    for place, reason, days in _SUPPRESSED:
        at = until - timedelta(days=days)
        suppress(organization=organization, address=invented[place].email, reason=reason, source="", at=at)


def _save_segments(by: Membership, at: datetime) -> None:
    big = Comparison("p.plan", Op.ONE_OF, running.BIG)
    unhappy = Comparison("last_score", Op.AT_MOST, 6)
    saved = {
        _("Big accounts"): (_("They pay for most of it."), All((big,))),
        _("Unhappy big accounts"): (_("Call them before they call somebody else."), All((big, unhappy))),
        _("Fallen promoters"): (
            _("They were delighted once."),
            All((Comparison("previous_score", Op.AT_LEAST, 9), Comparison("last_score", Op.AT_MOST, 8))),
        ),
    }
    for name, (description, tree) in saved.items():
        with contextlib.suppress(segments.NameTaken):  # the step runs twice when its worker dies
            segments.create(name=name, description=description, conditions=tree.to_json(), by=by, at=at)


# ── removing it ──


def remove(*, organization: Organization, by: Membership, at: datetime) -> None:
    """Delete the sample organization with everything in it, in one transaction. Raises NotASample."""
    access.require(by, Permission.DELETE_ORGANIZATION)
    with transaction.atomic():
        locked = Organization.objects.select_for_update().filter(pk=organization.pk, is_sample=True).first()
        if locked is None:
            raise NotASample(organization.pk)
        Organization.objects.filter(pk=locked.pk).update(deletes_at=at, deletion_began_at=at)
        erasing.erase_at_once(locked.pk)

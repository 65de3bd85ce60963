"""Making the sample organization and removing it. It is an organization of its own, see docs/decisions/0002."""

import contextlib
import csv
import io
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

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
from surveys.customers.actions import import_work, imports, segments, suppression_lists
from surveys.customers.actions.imports import Choice, NotPossibleNow
from surveys.customers.importing.columns import Column
from surveys.customers.models import Customer, ImportJob, ImportStatus, SuppressionList, SuppressionReason
from surveys.delivery.deliverability import counting
from surveys.operations import erasing
from surveys.outbox.nudges import nudge
from surveys.responses.actions import PastAsk, import_history
from surveys.samples import campaigns as running
from surveys.samples import colleagues, findings, robots, young
from surveys.samples.aftermath import Ask, End
from surveys.samples.loop import filling as loop
from surveys.samples.models import Sample, Step
from surveys.samples.people import Person, people
from surveys.samples.story import DAYS, history

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
_NEW_DAYS: Final = 120  # so long after signing up a customer is asked how the beginning was
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
        colleagues.join(by.organization, sample.created_at)
        _import_customers(by, invented, at)
        _advance(sample, Step.HISTORY)
    if sample.step == Step.HISTORY:
        gap = by.organization.throttle_days
        prepared = loop.prepare(by, at)
        alone = _left_alone(by.organization, invented, prepared)
        asks = list(history(invented, until=sample.created_at, gap_days=gap, seed=SEED, alone=alone))
        _import_history(by, invented, asks, sample.created_at)
        _suppress_lost(by, invented, asks, at)
        robots.click(by.organization, sample.created_at)
        _save_segments(by, at)
        findings.note(by, at)
        loop.fill(by, prepared, called=_past_campaigns(by, sample.created_at).called.pk, at=at)
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
    job = imports.upload(by=by, file_name="sample-customers.csv", pieces=[_as_csv(invented, by)], at=at)
    columns = [Column.restored(stored) for stored in job.columns]
    imports.choose_columns(job=job, choice=Choice(columns), by=by, at=at)
    _work(job.pk, ImportStatus.CHECKED)
    imports.start(job=job, by=by, at=at)
    _work(job.pk, ImportStatus.DONE)


def _as_csv(invented: Sequence[Person], by: Membership) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    facts = list(invented[0].properties)
    standing_names = ["Email", "Name", "Language", "Time zone", "External ID", "Owner"]
    writer.writerow([*standing_names, *(_HEADINGS[fact] for fact in facts)])
    for person in invented:
        standing = [person.email, person.name, person.language, person.time_zone, person.external_id]
        standing.append(colleagues.owner_of(person, by))
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


def _keys(organization: Organization) -> dict[str | None, int]:
    """Customers by their external id."""
    return dict(Customer.objects.filter(organization=organization).values_list("external_id", "pk"))


def _left_alone(organization: Organization, invented: Sequence[Person], prepared: loop.Prepared) -> dict[int, datetime]:
    """By the place of each whom chance holds out of the rule for detractors: since when."""
    keys = _keys(organization)
    places = (number for number, person in enumerate(invented) if prepared.leaves_out(keys[person.external_id]))
    return dict.fromkeys(places, prepared.since)


def _import_history(by: Membership, invented: Sequence[Person], asks: Sequence[Ask], until: datetime) -> None:
    past = _past_asks(asks, invented, _keys(by.organization), _past_campaigns(by, until))
    import_history(organization=by.organization, asks=past, at=until, channel=Channel.EMAIL)
    young.analyze()
    counting.fill_past(by.organization_id, since=(until - timedelta(days=DAYS + 1)).date())


class _Past(NamedTuple):
    """Campaigns that are over."""

    relationship: Campaign
    onboarding: Campaign
    called: Campaign

    def of(self, ask: Ask, person: Person) -> Campaign:
        if ask.is_after_call:
            return self.called
        return self.onboarding if (ask.sent_at.date() - person.signed_up).days < _NEW_DAYS else self.relationship


def _past_asks(
    asks: Iterable[Ask], invented: Sequence[Person], keys: dict[str | None, int], campaigns: _Past
) -> Iterator[PastAsk]:
    for ask in asks:
        person = invented[ask.person]
        yield PastAsk(
            customer=keys[person.external_id],
            campaign=campaigns.of(ask, person).pk,
            occasion=f"history:{ask.sent_at:%Y-%m-%d}",
            sent_at=ask.sent_at,
            language=person.language,
            score=ask.answer.score if ask.answer else None,
            comment=ask.answer.comment if ask.answer else "",
            responded_at=ask.answer.at if ask.answer else None,
            bounced_at=ask.ended_at if ask.end is End.BOUNCED else None,
            unsubscribed_at=ask.ended_at if ask.end is End.UNSUBSCRIBED else None,
            complained_at=ask.ended_at if ask.end is End.COMPLAINED else None,
        )


def _past_campaigns(by: Membership, until: datetime) -> _Past:
    began = until - timedelta(days=DAYS + 1)
    names = (_("Customer relationship"), _("After onboarding"), _("After we called back"))
    return _Past(*(_past_campaign(name, began, until, by) for name in names))


def _past_campaign(name: str, began: datetime, ended: datetime, by: Membership) -> Campaign:
    there = Campaign.objects.filter(organization=by.organization, name=name).first()
    return there or campaigns.add_past(name=name, texts=texts.defaults(), began_at=began, ended_at=ended, by=by)


# ── who is not mailed, and who belongs together ──

_STOPPED: Final = "stopped-in-our-former-mail-tool.csv"


def _suppress_lost(by: Membership, invented: Sequence[Person], asks: Sequence[Ask], at: datetime) -> None:
    """Whose mailbox was gone, who unsubscribed, who complained: through the same door as anybody's list."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["Email", "Reason", "Date"])
    writer.writerows([invented[ask.person].email, ask.end, ask.ended_at] for ask in asks if ask.end)
    found = SuppressionList.objects.filter(organization=by.organization, name=_STOPPED).first()
    if found is None:
        pieces, reason = [text.getvalue().encode()], SuppressionReason.UNSUBSCRIBED
        found = suppression_lists.read(name=_STOPPED, pieces=pieces, reason=reason, by=by, at=at)
    with contextlib.suppress(NotPossibleNow):  # the step runs twice when its worker dies
        suppression_lists.start(suppression_list=found, by=by, at=at)
    while suppression_lists.work(list_id=found.pk, at=at):
        continue


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
        invented = colleagues.members(locked)
        erasing.erase_at_once(locked.pk)
        colleagues.forget(invented)

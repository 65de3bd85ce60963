"""Rules of retention: making them, and doing what they say; deleting and erasing one person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F

from surveys.accounts import access, audit
from surveys.accounts.models import Membership, Organization
from surveys.accounts.permissions import Permission
from surveys.customers.actions import bulk, erasing
from surveys.customers.list_filters import ListFilters
from surveys.customers.models import BulkAct, BulkKind, Customer
from surveys.privacy import queries
from surveys.privacy.models import Act, RetentionRule, RetentionRun, Subject
from surveys.responses.actions import retiring

FIRST_AFTER: Final = timedelta(hours=24)  # a new rule touches nothing before
AGAIN_AFTER: Final = timedelta(hours=20)
SLICE: Final = 200  # people


@dataclass(frozen=True)
class Rule:
    act: Act
    months: int


def set_rules(*, rules: Mapping[Subject, Rule], keeps_counts: bool, by: Membership, at: datetime) -> None:
    """What is not in `rules` is kept. A rule that is new or changed begins FIRST_AFTER from now."""
    access.require(by, Permission.MANAGE_ORGANIZATION)
    with transaction.atomic():
        organization = Organization.objects.select_for_update(no_key=True).get(pk=by.organization_id)
        before = queries.rules(organization)
        changed: dict[str, list[Any]] = {
            str(subject): [_said(before.get(subject)), _said(rules.get(subject))]
            for subject in Subject
            if _said(before.get(subject)) != _said(rules.get(subject))
        }
        if organization.erasure_keeps_counts != keeps_counts:
            changed["erasure_keeps_counts"] = [organization.erasure_keeps_counts, keeps_counts]
            Organization.objects.filter(pk=organization.pk).update(erasure_keeps_counts=keeps_counts)
        if not changed:
            return
        for subject in Subject:
            if str(subject) in changed:
                _replace(organization, subject, rules.get(subject), at)
        audit.record(by, "retention.changed", organization, at=at, changed=changed)


def _said(rule: RetentionRule | Rule | None) -> str | None:
    return f"{rule.act} after {rule.months} months" if rule else None


def _replace(organization: Organization, subject: Subject, rule: Rule | None, at: datetime) -> None:
    RetentionRule.objects.filter(organization=organization, subject=subject).delete()
    if rule:
        RetentionRule.objects.create(
            organization=organization, subject=subject, act=rule.act, months=rule.months, starts_at=at + FIRST_AFTER
        )


SELF_SERVICE: Final = ("customers_may_correct", "customers_may_take_data")


def let_customers(*, may: Mapping[str, bool], by: Membership, at: datetime) -> bool:
    """What customers may do themselves on their preference page, by the names of SELF_SERVICE; says whether that is new."""
    access.require(by, Permission.MANAGE_ORGANIZATION)
    with transaction.atomic():
        organization = Organization.objects.select_for_update(no_key=True).get(pk=by.organization_id)
        before = {name: getattr(organization, name) for name in SELF_SERVICE}
        changed = {name: [before[name], may[name]] for name in SELF_SERVICE if before[name] != may[name]}
        if changed:
            Organization.objects.filter(pk=organization.pk).update(**{name: may[name] for name in changed})
            audit.record(by, "self_service.changed", organization, at=at, changed=changed)
    return bool(changed)


# ── Doing it ──


def open_runs(*, at: datetime) -> list[int]:
    """Begin today's runs of all rules that are due, and return all runs that are to be worked on: new ones, and those
    whose worker has died."""
    for rule in RetentionRule.objects.filter(starts_at__lte=at).select_related("organization"):
        _open(rule, at)
    stale = at - timedelta(seconds=settings.LEASE_SECONDS)
    unfinished = RetentionRun.objects.filter(finished_at=None)
    return list(unfinished.filter(heartbeat_at__lte=stale).order_by("pk").values_list("pk", flat=True))


def _open(rule: RetentionRule, at: datetime) -> None:
    """At most one is open for a rule: the database sees to it."""
    same = RetentionRun.objects.filter(organization=rule.organization_id, subject=rule.subject)
    if same.filter(started_at__gt=at - AGAIN_AFTER).exists():
        return
    stale = at - timedelta(seconds=settings.LEASE_SECONDS)
    try:
        with transaction.atomic():
            RetentionRun.objects.create(
                organization_id=rule.organization_id,
                subject=rule.subject,
                act=rule.act,
                before=queries.months_before(at, rule.months),
                started_at=at,
                heartbeat_at=stale,
            )
    except IntegrityError:
        return  # yesterday's is still open


class Superseded(RuntimeError):
    """Another worker has taken the run, or the rule was taken back."""


@dataclass
class Hold:
    """A run that is ours as long as its heartbeat is the one that we wrote."""

    run: RetentionRun
    heartbeat: datetime

    def step(self, at: datetime) -> None:
        """At the beginning of a slice's transaction. Raises Superseded."""
        ours = RetentionRun.objects.filter(pk=self.run.pk, heartbeat_at=self.heartbeat, finished_at=None)
        if not ours.update(heartbeat_at=at):
            raise Superseded(self.run.pk)
        self.heartbeat = at


def take(*, run_id: int, at: datetime) -> Hold | None:
    """None when another worker is at it, or was faster."""
    stale = at - timedelta(seconds=settings.LEASE_SECONDS)
    if not RetentionRun.objects.filter(pk=run_id, finished_at=None, heartbeat_at__lte=stale).update(heartbeat_at=at):
        return None
    return Hold(RetentionRun.objects.select_related("organization").get(pk=run_id), at)


def work(*, hold: Hold, at: datetime) -> bool:
    """One slice in one transaction; says whether there is more. Without its rule the run ends. Raises Superseded."""
    run = hold.run
    rule = RetentionRule.objects.filter(organization=run.organization_id, subject=run.subject, act=run.act)
    with transaction.atomic():
        hold.step(at)
        done, is_over = _slice(run, at) if rule.exists() else (0, True)
        RetentionRun.objects.filter(pk=run.pk).update(affected=F("affected") + done)
        if is_over:
            _finish(run, at)
    return not is_over


def give_back(*, hold: Hold, at: datetime) -> None:
    """Anybody may go on with it."""
    stale = at - timedelta(seconds=settings.LEASE_SECONDS)
    RetentionRun.objects.filter(pk=hold.run.pk, heartbeat_at=hold.heartbeat).update(heartbeat_at=stale)


def _slice(run: RetentionRun, at: datetime) -> tuple[int, bool]:
    """How many rows were changed, and whether that was all."""
    aged: dict[str, Any] = {"organization": run.organization, "before": run.before}
    if run.subject == Subject.PEOPLE:
        done = _forget_people(run, at)
    elif run.subject == Subject.RESPONSES:
        act = retiring.delete_aged if run.act == Act.DELETE else retiring.anonymize_aged
        done = act(**aged, at=at)
    elif run.act == Act.DELETE:
        done = retiring.delete_aged_comments(**aged, at=at)
    else:
        run.cursor, done = retiring.anonymize_aged_comments(**aged, after=run.cursor)
        RetentionRun.objects.filter(pk=run.pk).update(cursor=run.cursor)
        return done, not run.cursor
    return done, not done


def _forget_people(run: RetentionRun, at: datetime) -> int:
    idle = queries.affected(run.organization, run.subject, run.act, run.before)
    ids = list(idle.values_list("pk", flat=True)[:SLICE])
    return erasing.forget(organization=run.organization, ids=ids, keeps_counts=run.act == Act.ANONYMIZE, at=at)


def _finish(run: RetentionRun, at: datetime) -> None:
    """The report stands; of days on which there was nothing to do only the latest."""
    RetentionRun.objects.filter(pk=run.pk).update(finished_at=at)
    run.refresh_from_db(fields=["affected"])
    same = RetentionRun.objects.filter(organization=run.organization_id, subject=run.subject).exclude(pk=run.pk)
    same.filter(affected=0, finished_at__isnull=False).delete()
    if run.affected:
        audit.record_automatic(
            run.organization,
            "retention.applied",
            run.organization,
            at=at,
            subject=run.subject,
            act=run.act,
            before=run.before.isoformat(),
            affected=run.affected,
        )


# ── One person ──


def say_farewell(*, customer: Customer, kind: BulkKind, by: Membership, at: datetime) -> BulkAct:
    """Delete or erase one customer when the time to undo is over. Raises bulk.Nobody when somebody was faster."""
    with transaction.atomic():
        chosen = bulk.Chosen(ListFilters(), (customer.pk,))
        act = bulk.confirm(chosen=chosen, change=bulk.Change(kind), by=by, at=at)
        word = "erasure_asked" if kind == BulkKind.ERASE else "deletion_asked"
        audit.record(by, f"customer.{word}", customer, at=at, act=act.pk)
    return act


def note_export(*, customer: Customer, form: str, by: Membership, at: datetime) -> None:
    """Personal data leaves the product."""
    access.require(by, Permission.EXPORT_CUSTOMERS)
    with transaction.atomic():
        audit.record(by, "customer.exported", customer, at=at, form=form)

"""Runs when their customers are deleted, erased or merged. In the transaction that does it."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from surveys.automation.actions import stopping
from surveys.automation.models import RuleRun, RuleStep, RunOutcome, TrackedLink


def let_go(*, organization_id: int, ids: Sequence[int], at: datetime) -> None:
    """What is under way ends; what stays says what a rule did, and not for whom."""
    theirs = RuleRun.objects.filter(organization=organization_id, customer__in=ids)
    _cut(organization_id, theirs, _("The customer is gone."), at)
    links = TrackedLink.objects.filter(organization=organization_id, customer__in=ids)
    links.update(customer=None, response=None)


def answers_are_separated(*, organization_id: int, ids: Sequence[int], at: datetime) -> None:
    """The responses stay, and no run tells whose they were."""
    about = RuleRun.objects.filter(organization=organization_id, response__in=ids)
    _cut(organization_id, about, _("Nobody knows any more who gave this answer."), at)
    TrackedLink.objects.filter(organization=organization_id, response__in=ids).update(response=None)


def answers_go(*, organization_id: int, ids: Sequence[int], at: datetime) -> None:
    """The responses are about to be deleted."""
    about = RuleRun.objects.filter(organization=organization_id, response__in=ids)
    keys = _cut(organization_id, about, _("The response is gone."), at)
    RuleRun.objects.filter(pk__in=keys).update(response=None)
    TrackedLink.objects.filter(organization=organization_id, response__in=ids).update(response=None)


def _cut(organization_id: int, about: QuerySet[RuleRun], why: str, at: datetime) -> list[int]:
    """Returns which runs these were."""
    held = about.select_for_update(no_key=True).order_by("pk")
    runs = list(held.values_list("pk", "outcome"))
    running = [pk for pk, outcome in runs if outcome == RunOutcome.RUNNING]
    stopping.end(organization_id, running, why, at)
    keys = [pk for pk, _outcome in runs]
    RuleRun.objects.filter(pk__in=keys).update(customer=None, why=[])
    RuleStep.objects.filter(organization=organization_id, run__in=keys).update(customer_id=None)
    return keys


def join(*, organization_id: int, survivor: int, gone: int) -> None:
    """Of a site to which both have a link, the survivor's stays theirs; the other goes on being counted."""
    RuleRun.objects.filter(organization=organization_id, customer=gone).update(customer=survivor)
    mails = RuleStep.objects.filter(organization=organization_id, kind="email", state="done", customer_id=gone)
    mails.update(customer_id=survivor)
    links = TrackedLink.objects.filter(organization=organization_id)
    kept = links.filter(customer=survivor).values_list("kind", "site")
    for link in links.filter(customer=gone):
        link.customer_id = None if (link.kind, link.site_id) in set(kept) else survivor
        link.save(update_fields=["customer"])

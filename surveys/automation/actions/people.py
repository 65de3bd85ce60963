"""Runs when their customers are deleted, erased or merged. In the transaction that does it."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from surveys.automation.actions import stopping
from surveys.automation.models import RuleRun, RuleStep, RunOutcome, TrackedLink
from surveys.responses.models import Response


def let_go(*, organization_id: int, ids: Sequence[int], at: datetime) -> None:
    """What is under way ends; what stays says what a rule did, and not for whom. Of those whose responses go, too."""
    theirs = Response.objects.filter(organization=organization_id, customer__in=ids).order_by("pk")
    answers = list(theirs.values_list("pk", flat=True))
    about = Q(customer__in=ids) | Q(response__in=answers)
    held = RuleRun.objects.select_for_update(no_key=True).filter(about, organization=organization_id).order_by("pk")
    runs = list(held.values_list("pk", "outcome"))
    running = [pk for pk, outcome in runs if outcome == RunOutcome.RUNNING]
    stopping.end(running, _("The customer is gone."), at)
    keys = [pk for pk, _outcome in runs]
    RuleRun.objects.filter(pk__in=keys).update(customer=None, response=None, why=[])
    RuleStep.objects.filter(run__in=keys).update(customer_id=None)
    TrackedLink.objects.filter(Q(customer__in=ids) | Q(response__in=answers), organization=organization_id).update(
        customer=None, response=None
    )


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

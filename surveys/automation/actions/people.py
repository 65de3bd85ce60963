"""Runs when their customers are deleted, erased or merged. In the transaction that does it."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import CharField, F, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _

from surveys.automation.actions import stopping, visiting
from surveys.automation.link_queries import SIGNUP
from surveys.automation.models import LinkVisit, RuleRun, RuleStep, RunOutcome, TrackedLink


def let_go(*, organization_id: int, ids: Sequence[int], at: datetime) -> None:
    """What is under way ends; what stays says what a rule did, and not for whom."""
    theirs = RuleRun.objects.filter(organization=organization_id, customer__in=ids)
    _cut(organization_id, theirs, _("The customer is gone."), at)
    _end_links(organization_id, ids, at)


def answers_are_separated(*, organization_id: int, ids: Sequence[int], at: datetime) -> None:
    """The responses stay, and no run tells whose they were."""
    about = RuleRun.objects.filter(organization=organization_id, response__in=ids)
    _cut(organization_id, about, _("Nobody knows any more who gave this answer."), at)
    _forget_answers(organization_id, ids)


def answers_go(*, organization_id: int, ids: Sequence[int], at: datetime) -> None:
    """The responses are about to be deleted."""
    about = RuleRun.objects.filter(organization=organization_id, response__in=ids)
    keys = _cut(organization_id, about, _("The response is gone."), at)
    RuleRun.objects.filter(pk__in=keys).update(response=None)
    _forget_answers(organization_id, ids)


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


def _forget_answers(organization_id: int, responses: Sequence[int]) -> None:
    about = TrackedLink.objects.filter(organization=organization_id, response__in=responses)
    about.update(response=None, score=None)


def _end_links(organization_id: int, ids: Sequence[int], at: datetime) -> None:
    """They lead nowhere any more. That they were followed stays counted; by whom, and whose they were, does not."""
    links = TrackedLink.objects.filter(organization=organization_id, customer__in=ids)
    keys = list(links.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    gone = Concat(Value("gone:"), Cast("pk", CharField()))
    LinkVisit.objects.filter(organization=organization_id, link__in=keys).update(key=gone)
    LinkVisit.objects.filter(organization=organization_id, newcomer_id__in=ids).update(key=gone, newcomer_id=None)
    TrackedLink.objects.filter(pk__in=keys).update(customer=None, response=None, score=None, ended_at=at)


def join(*, organization_id: int, survivor: int, gone: int, at: datetime) -> None:
    """What one was sent counts for both, and so do the links of both: who follows the other one's is counted for theirs."""
    RuleRun.objects.filter(organization=organization_id, customer=gone).update(customer=survivor)
    mails = RuleStep.objects.filter(organization=organization_id, kind="email", state="done", customer_id=gone)
    mails.update(customer_id=survivor)
    links = TrackedLink.objects.filter(organization=organization_id, customer__in=(survivor, gone))
    held = list(links.select_for_update(no_key=True).order_by("pk"))
    kept = {(link.kind, link.site_id): link for link in held if link.customer_id == survivor}
    for link in held:
        if link.customer_id == gone:
            _join_link(link, kept.get((link.kind, link.site_id)), survivor)
    _join_signups(organization_id, survivor, gone, at)


def _join_signups(organization_id: int, survivor: int, gone: int, at: datetime) -> None:
    """Who is one came once, by what was noted first; and nobody came by themselves."""
    theirs = LinkVisit.objects.filter(organization=organization_id, what=SIGNUP, newcomer_id__in=(survivor, gone))
    told = list(theirs.select_for_update(of=("self",)).select_related("link").order_by("pk"))
    kept = next((each for each in told if each.link.customer_id != survivor), None)
    for each in told:
        if each is not kept:
            visiting.uncount(each, by=None, at=at)
    if kept is not None:
        LinkVisit.objects.filter(pk=kept.pk).update(newcomer_id=survivor, key=visiting.by_hand(survivor))


def _join_link(link: TrackedLink, kept: TrackedLink | None, survivor: int) -> None:
    if kept is None:
        TrackedLink.objects.filter(pk=link.pk).update(customer=survivor)
        return
    LinkVisit.objects.filter(organization=link.organization_id, link=link).update(link=kept)
    figures = {"visits": F("visits") + link.visits, "signups": F("signups") + link.signups}
    TrackedLink.objects.filter(pk=kept.pk).update(**figures)
    TrackedLink.objects.filter(pk=link.pk).update(customer=None, merged_into=kept, visits=0, signups=0)

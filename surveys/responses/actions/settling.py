"""Judging answers: early when the evidence is good, else when their settling time is over. And pruning the evidence."""

import logging
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction

from surveys.core.locks import again_after_deadlock
from surveys.delivery.models import Invitation
from surveys.responses import kept, verdicts
from surveys.responses.actions.answering import amend_score, confirm, uncount
from surveys.responses.models import ClickEvent, Response, Verdict
from surveys.responses.verdicts import Click, Judgement, Thresholds

logger = logging.getLogger(__name__)

SETTLE_BATCH: Final = 200
KEEP_CLICKS: Final = timedelta(days=400)  # a settled answer needs its evidence only to be explained


def settle(*, at: datetime, limit: int = SETTLE_BATCH) -> int:
    """Judge the answers whose time has come; returns how many. Two sweeps at once share them.

    Each in a transaction of its own: one that cannot be judged is logged and keeps its place, the others go on.
    """
    settled = 0
    due = Response.objects.filter(settles_at__lte=at).order_by("settles_at", "id")
    for pk in list(due.values_list("pk", flat=True)[:limit]):
        try:
            settled += _settle_one(pk, at)
        except Exception:
            logger.exception("response %s could not be settled", pk)
            _postpone(pk, at)
    return settled


@again_after_deadlock
def _settle_one(pk: int, at: datetime) -> bool:
    with transaction.atomic():
        # Always the invitation before its response: who erases customers locks in this order.
        asked = Invitation.objects.select_for_update(no_key=True, of=("self",)).filter(response=pk).first()
        due = Response.objects.filter(pk=pk, settles_at__lte=at)
        response = due.select_for_update(skip_locked=True).first()
        if response is None or asked is None:
            return False
        _decide(response, verdicts.judge(evidence(asked), sent_at=asked.sent_at, thresholds=thresholds()), at)
        return True


@again_after_deadlock
def settle_early(*, invitation: int, at: datetime) -> bool:
    """New evidence came: whether it was good enough to let the answer count, or say something else, from now on.

    What counts and waits for nothing is left alone, and so is what a colleague decided.
    """
    with transaction.atomic():
        asked = Invitation.objects.select_for_update(no_key=True, of=("self",)).filter(pk=invitation).first()
        undecided = Response.objects.filter(invitation=invitation, judged_at=None)
        response = undecided.select_for_update().first()
        if asked is None or response is None or (response.verdict == Verdict.CONFIRMED and not response.settles_at):
            return False
        judgement = verdicts.early(evidence(asked), sent_at=asked.sent_at, thresholds=thresholds())
        if judgement is None or (response.verdict == Verdict.CONFIRMED and judgement.score == response.score):
            return False
        _decide(response, judgement, at)
        return True


@again_after_deadlock
def doubt(*, invitation: int, at: datetime) -> bool:
    """The trap was fetched: an answer that counts since a moment ago because its page was in view settles after all."""
    lately = at - timedelta(seconds=settings.SETTLE_SECONDS)
    with transaction.atomic():
        list(Invitation.objects.select_for_update(no_key=True, of=("self",)).filter(pk=invitation).values_list("pk"))
        counted = Response.objects.filter(invitation=invitation, verdict=Verdict.CONFIRMED, confirmed_at__gt=lately)
        by_view = counted.filter(judged_at=None, verdict_reasons__0__code="in_view")
        response = by_view.select_for_update().first()
        if response is None:
            return False
        uncount(response, Verdict.PROVISIONAL, at)
        response.verdict_reasons, response.settles_at = [], at + timedelta(seconds=settings.SETTLE_SECONDS)
        response.save(update_fields=["verdict_reasons", "settles_at"])
        return True


def thresholds() -> Thresholds:
    return Thresholds(link_age=timedelta(seconds=settings.SETTLE_LINK_AGE_SECONDS))


def evidence(invitation: Invitation) -> list[Click]:
    return kept.judged_of([invitation.pk]).get(invitation.pk, [])


def _decide(response: Response, judgement: Judgement, at: datetime) -> None:
    """What counts already is amended, but not taken back: robots come by later too. The caller holds the locks."""
    if response.verdict != Verdict.CONFIRMED:
        _settled(response, judgement, at)
        return
    response.settles_at = None
    response.save(update_fields=["settles_at"])
    if judgement.verdict == Verdict.CONFIRMED and judgement.score != response.score:
        response.verdict_reasons = list(judgement.reasons)
        response.save(update_fields=["verdict_reasons"])
        amend_score(response, judgement.score, at)


def _settled(response: Response, judgement: Judgement, at: datetime) -> None:
    if judgement.verdict == Verdict.CONFIRMED:
        confirm(response, judgement.score, judgement.reasons, at)
    else:
        _quarantine(response, judgement, at)


def _quarantine(response: Response, judgement: Judgement, at: datetime) -> None:
    """It never counted, so nobody is told."""
    response.verdict, response.verdict_reasons = judgement.verdict, list(judgement.reasons)
    if response.score != judgement.score:
        response.score, response.updated_at = judgement.score, at
    response.settles_at = None
    response.save(update_fields=["score", "verdict", "verdict_reasons", "settles_at", "updated_at"])


def _postpone(pk: int, at: datetime) -> None:
    """So that what fails does not stand before what would succeed."""
    again = at + timedelta(seconds=settings.SETTLE_SECONDS)
    Response.objects.filter(pk=pk, settles_at__isnull=False).update(settles_at=again)


def prune_clicks(*, at: datetime) -> int:
    """Delete evidence older than KEEP_CLICKS; returns how much of it."""
    count, _ = ClickEvent.objects.filter(at__lt=at - KEEP_CLICKS).delete()
    return count

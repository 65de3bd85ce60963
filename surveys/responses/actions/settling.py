"""Judging provisional answers whose settling time is over, and pruning the evidence."""

import logging
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction

from surveys.delivery.models import Invitation
from surveys.responses import verdicts
from surveys.responses.actions.answering import confirm
from surveys.responses.models import ClickEvent, Response, Verdict

logger = logging.getLogger(__name__)

SETTLE_BATCH: Final = 200
KEEP_CLICKS: Final = timedelta(days=400)  # a settled answer needs its evidence only to be explained


def settle(*, at: datetime, limit: int = SETTLE_BATCH) -> int:
    """Judge provisional answers whose time has come; returns how many. Two sweeps at once share them.

    Each in a transaction of its own: one that cannot be judged is logged and keeps its place, the others go on.
    """
    settled = 0
    due = Response.objects.filter(verdict=Verdict.PROVISIONAL, settles_at__lte=at).order_by("settles_at", "id")
    for pk in list(due.values_list("pk", flat=True)[:limit]):
        try:
            settled += _settle_one(pk, at)
        except Exception:
            logger.exception("response %s could not be settled", pk)
            _postpone(pk, at)
    return settled


def _settle_one(pk: int, at: datetime) -> bool:
    with transaction.atomic():
        # Always the invitation before its response: who erases customers locks in this order.
        list(Invitation.objects.select_for_update(no_key=True, of=("self",)).filter(response=pk).values_list("pk"))
        due = Response.objects.filter(pk=pk, verdict=Verdict.PROVISIONAL, settles_at__lte=at)
        response = due.select_for_update(skip_locked=True).first()
        if response is None:
            return False
        judgement = _judge(response)
        if judgement.verdict == Verdict.CONFIRMED:
            confirm(response, judgement.score, judgement.reasons, at)
        else:
            _quarantine(response, judgement, at)
        return True


def _judge(response: Response) -> verdicts.Judgement:
    invitation = Invitation.objects.get(organization=response.organization_id, response=response)
    events = ClickEvent.objects.filter(organization=response.organization_id, invitation_id=invitation.pk)
    rows = events.values_list("at", "kind", "score")
    clicks = [verdicts.Click(at, kind, score) for at, kind, score in rows if score is not None]
    soon = timedelta(seconds=settings.SETTLE_LINK_AGE_SECONDS)
    return verdicts.judge(clicks, sent_at=invitation.sent_at, soon=soon)


def _quarantine(response: Response, judgement: verdicts.Judgement, at: datetime) -> None:
    """It never counted, so nobody is told."""
    response.verdict, response.verdict_reasons = judgement.verdict, list(judgement.reasons)
    response.score, response.settles_at, response.updated_at = judgement.score, None, at
    response.save(update_fields=["score", "verdict", "verdict_reasons", "settles_at", "updated_at"])


def _postpone(pk: int, at: datetime) -> None:
    """So that what fails does not stand before what would succeed."""
    again = at + timedelta(seconds=settings.SETTLE_SECONDS)
    Response.objects.filter(pk=pk, verdict=Verdict.PROVISIONAL).update(settles_at=again)


def prune_clicks(*, at: datetime) -> int:
    """Delete evidence older than KEEP_CLICKS; returns how much of it."""
    count, _ = ClickEvent.objects.filter(at__lt=at - KEEP_CLICKS).delete()
    return count

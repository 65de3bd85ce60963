"""The rules over stored evidence once more: what they would say today, and making it so. See docs/clicks.md.

Slice by slice, by the key of the responses; each answer that changes is judged once more under its lock, in a transaction
of its own. So nobody who clicks waits for a slice, what was done stays done, and running again, from where it stopped or
from the beginning, changes nothing twice.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction

from surveys.core.locks import again_after_deadlock
from surveys.delivery.models import Invitation
from surveys.responses import kept, verdicts
from surveys.responses.actions.answering import amend_score, confirm, uncount
from surveys.responses.actions.settling import thresholds
from surveys.responses.models import Act, Response, Verdict
from surveys.responses.verdicts import Click, Judgement

SLICE: Final = 1_000


@dataclass(frozen=True)
class Scope:
    """Which answers: of one organization or all, those of `since` or later."""

    organization: int | None = None
    since: datetime | None = None


@dataclass(frozen=True)
class Change:
    response: int
    was: str
    becomes: str
    score_was: int
    score: int
    reason: str

    @property
    def kind(self) -> str:
        scores = "" if self.score == self.score_was else " with another score"
        return f"{self.was} -> {self.becomes}{scores} ({self.reason})"


@dataclass(frozen=True)
class Replayed:
    """One slice: how many were looked at, the last of them, and what changes."""

    seen: int
    last: int
    changes: Sequence[Change]


def foresee(scope: Scope, *, after: int = 0) -> Iterator[Replayed]:
    """What would change, slice by slice; writes nothing. What colleagues decided and what settles is left alone."""
    while found := _next(scope, after):
        after = found[-1].pk
        yield Replayed(len(found), after, [_change(*pair) for pair in _differing(found)])


def replay(scope: Scope, *, at: datetime, after: int = 0) -> Iterator[Replayed]:
    """The same, and make it so."""
    while found := _next(scope, after):
        after = found[-1].pk
        changes = [_make_so(response.pk, at) for response, _judgement in _differing(found)]
        yield Replayed(len(found), after, [change for change in changes if change])


def _next(scope: Scope, after: int) -> list[Response]:
    """Decided by the rules, of customers that were not erased and their evidence with them, in the order of their keys."""
    found = Response.objects.filter(pk__gt=after, judged_at=None, settles_at=None, invitation__customer__isnull=False)
    if scope.organization is not None:
        found = found.filter(organization=scope.organization)
    if scope.since is not None:
        found = found.filter(responded_at__gte=scope.since)
    decided = found.exclude(verdict=Verdict.PROVISIONAL).only(
        "pk", "organization", "invitation", "verdict", "score", "responded_at", "confirmed_at"
    )
    return list(decided.order_by("pk")[:SLICE])


@again_after_deadlock
def _make_so(pk: int, at: datetime) -> Change | None:
    """Judged anew under its lock, its invitation's first, as everywhere; None when it was decided otherwise meanwhile."""
    with transaction.atomic():
        asked = Invitation.objects.select_for_update(no_key=True, of=("self",)).filter(response=pk)
        list(asked.values_list("pk"))
        rows = Response.objects.select_for_update(of=("self",)).select_related("organization")
        found = list(rows.filter(pk=pk, judged_at=None, settles_at=None))
        for response, judgement in _differing(found):
            change = _change(response, judgement)
            _apply(response, judgement, at)
            return change
    return None


def _differing(responses: Sequence[Response]) -> Iterator[tuple[Response, Judgement]]:
    """Those of which the rules say something else today. Two statements, however many."""
    invitations = [response.invitation_id or 0 for response in responses]
    sent = dict(Invitation.objects.filter(pk__in=invitations).values_list("pk", "sent_at"))
    clicks = kept.judged_of(invitations)
    for response in responses:
        found = clicks.get(response.invitation_id or 0, [])
        said = [each for each in found if each.kind in _SAYING and each.score is not None]
        if not said or said[0].at > response.responded_at:
            continue  # imported, or its evidence was pruned, wholly or in part: nothing to judge by
        judgement = _judged(response, found, sent.get(response.invitation_id or 0))
        if (judgement.verdict, judgement.score) != (response.verdict, response.score):
            yield response, judgement


def _judged(response: Response, found: Sequence[Click], sent_at: datetime | None) -> Judgement:
    """What counts is not taken back for what came by long after it counted: then what was known by then is judged."""
    judgement = verdicts.judge(found, sent_at=sent_at, thresholds=thresholds())
    if response.confirmed_at is None or judgement.verdict == Verdict.CONFIRMED:
        return judgement
    until = response.confirmed_at + timedelta(seconds=settings.SETTLE_SECONDS)
    then = verdicts.judge([each for each in found if each.at <= until], sent_at=sent_at, thresholds=thresholds())
    return replace(then, score=response.score) if then.verdict == Verdict.CONFIRMED else then


_SAYING: Final = frozenset({Act.CLICK, *verdicts.HUMAN_ACTS})


def _change(response: Response, judgement: Judgement) -> Change:
    reason = judgement.reasons[0]["code"] if judgement.reasons else "no reason"
    return Change(response.pk, response.verdict, judgement.verdict, response.score, judgement.score, reason)


def _apply(response: Response, judgement: Judgement, at: datetime) -> None:
    reasons = list(judgement.reasons)
    if judgement.verdict == Verdict.CONFIRMED and response.verdict != Verdict.CONFIRMED:
        confirm(response, judgement.score, reasons, at)
        return
    if judgement.verdict == Verdict.CONFIRMED:
        amend_score(response, judgement.score, at)
    elif response.verdict == Verdict.CONFIRMED:
        uncount(response, judgement.verdict, at)
    response.verdict, response.score, response.verdict_reasons = judgement.verdict, judgement.score, reasons
    response.updated_at = at
    response.save(update_fields=["verdict", "score", "verdict_reasons", "updated_at"])

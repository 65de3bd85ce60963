"""A colleague decides whether an answer counts: rules do not change that any more. See docs/clicks.md."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from surveys.accounts import access, audit
from surveys.accounts.models import Membership
from surveys.accounts.permissions import Permission
from surveys.core.locks import again_after_deadlock
from surveys.delivery.models import Invitation
from surveys.responses import verdicts
from surveys.responses.actions.answering import confirm, uncount
from surveys.responses.models import Response, Verdict

LONGEST_NOTE: Final = 300


class NothingToUndo(Exception):
    """Nobody decided about this answer, or a colleague took it back first."""


def count_it(*, response: Response, by: Membership, note: str = "", at: datetime) -> None:
    """It counts from now on, whatever the rules said. Doing it again with another note changes the note, else nothing."""
    _judge(response, by, note, at, counts=True)


def do_not_count_it(*, response: Response, by: Membership, note: str = "", at: datetime) -> None:
    """It does not count any more: a robot's. What the customer still says on the page is kept, and counts as little."""
    _judge(response, by, note, at, counts=False)


@again_after_deadlock
def undo_judgement(*, response: Response, by: Membership, at: datetime) -> None:
    """As it stood before a colleague decided; what was settling then is judged now. Raises NothingToUndo."""
    access.require(by, Permission.EDIT_CUSTOMERS)
    with transaction.atomic():
        held = _held(response)
        if held.judged_at is None:
            raise NothingToUndo(held.pk)
        judged, reasons = _split(held.verdict_reasons)
        _stand(held, Verdict(judged["was"]), reasons, at)
        held.judged_at, held.judged_by_id, held.judged_note = None, None, ""
        held.save(update_fields=["judged_at", "judged_by", "judged_note"])
        audit.record(by, "response.judgement_undone", held, at=at)


@again_after_deadlock
def _judge(response: Response, by: Membership, note: str, at: datetime, *, counts: bool) -> None:
    access.require(by, Permission.EDIT_CUSTOMERS)
    with transaction.atomic():
        held = _held(response)
        judged, reasons = _split(held.verdict_reasons)
        note = note.strip()[:LONGEST_NOTE]
        if held.judged_at and judged and (judged["counts"], held.judged_note) == (counts, note):
            return  # from another tab, or a colleague who was faster
        was = judged["was"] if judged and held.judged_at else held.verdict
        told = verdicts.judged(counts=counts, was=was)
        _stand(held, Verdict.CONFIRMED if counts else Verdict.QUARANTINED, [told, *reasons], at)
        held.judged_at, held.judged_by_id, held.judged_note = at, by.user_id, note
        held.save(update_fields=["judged_at", "judged_by", "judged_note"])
        action = "response.counted" if counts else "response.uncounted"
        audit.record(by, action, held, at=at)  # without the note: who is erased may be named in it


def _held(response: Response) -> Response:
    """Locked as it stands now, its invitation first, as everywhere."""
    list(Invitation.objects.select_for_update(no_key=True, of=("self",)).filter(response=response).values_list("pk"))
    return Response.objects.select_for_update().get(organization=response.organization_id, pk=response.pk)


def _split(reasons: list[dict[str, Any]]) -> tuple[Mapping[str, Any], list[dict[str, Any]]]:
    """What a colleague decided (empty when nobody did), and what the rules said."""
    judged = next((reason for reason in reasons if reason["code"] == verdicts.JUDGED), {})
    return judged, verdicts.of_rules(reasons)


def _stand(response: Response, verdict: Verdict, reasons: list[dict[str, Any]], at: datetime) -> None:
    if verdict == Verdict.CONFIRMED and response.verdict != Verdict.CONFIRMED:
        confirm(response, response.score, reasons, at)
        return
    if verdict != Verdict.CONFIRMED and response.verdict == Verdict.CONFIRMED:
        uncount(response, verdict, at)
    response.verdict, response.verdict_reasons = verdict, reasons
    response.settles_at = at if verdict == Verdict.PROVISIONAL else None
    response.save(update_fields=["verdict", "verdict_reasons", "settles_at"])
